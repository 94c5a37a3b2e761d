"""Reads the text of one document; done apart, for a hostile file can take any time and memory."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, Final

CHARACTERS: Final = 1_000_000
PAGES: Final = 500
INFLATED_BYTES: Final = 200_000_000
_INLINE: Final = frozenset(
    {"ins", "moveTo", "hyperlink", "smartTag", "sdt", "sdtContent", "fldSimple", "customXml", "dir", "bdo"}
)
"""What runs of text stand in beside the paragraph itself."""


class Unreadable(Exception):
    """The file is not what its name says, or larger than it looks."""


def pdf(content: bytes) -> Iterator[str]:
    """A PDF's text, page by page."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(content))
        for number, page in enumerate(reader.pages, 1):
            if number > PAGES:
                yield f"\n(only the first {PAGES} of {len(reader.pages)} pages are read)"
                return
            yield f"--- page {number} ---\n{page.extract_text()}\n"
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as mistake:
        raise Unreadable(f"not a PDF that can be read: {mistake}") from mistake


def docx(content: bytes) -> Iterator[str]:
    """A Word document's paragraphs and tables, in their order, with its tracked changes made."""
    from docx import Document

    _check_inflated(content)
    try:
        yield from _blocks(Document(io.BytesIO(content)).element.body)
    except (ValueError, KeyError, AttributeError, SyntaxError, RecursionError) as mistake:
        raise Unreadable(f"not a Word document that can be read: {mistake}") from mistake


def _blocks(parent: Any) -> Iterator[str]:
    """The paragraphs of an element, a line each, and the rows of its tables; controls are gone into."""
    for block in parent:
        match _tag(block):
            case "p":
                yield f"{_text(block)}\n"
            case "tbl":
                for row in block.tr_lst:
                    yield "\t".join("\n".join(map(_text, cell.p_lst)) for cell in row.tc_lst) + "\n"
            case "sdt" | "sdtContent" | "customXml":
                yield from _blocks(block)


def _text(parent: Any) -> str:
    """The text of a paragraph: what was inserted or moved here, and not what was deleted or moved away.

    Source: ECMA-376, part 1, 17.13.5, "Revisions".
    """
    pieces = []
    for child in parent:
        tag = _tag(child)
        if tag == "r":
            pieces.append(child.text)
        elif tag in _INLINE:
            pieces.append(_text(child))
    return "".join(pieces)


def _tag(element: Any) -> str:
    """The name of an element of WordprocessingML; empty for others."""
    namespace, _, name = str(element.tag).rpartition("}")
    return name if namespace.endswith("/wordprocessingml/2006/main") else ""


def _check_inflated(content: bytes) -> None:
    """Raises: Unreadable, for what is no archive, or one that inflates to far more than it looks."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as mistake:
        raise Unreadable("not a Word document: it is no archive") from mistake
    if size > INFLATED_BYTES:
        raise Unreadable(f"it inflates to {size:,} bytes")


READERS: Final[dict[str, Callable[[bytes], Iterator[str]]]] = {"pdf": pdf, "docx": docx}


def text_of(kind: str, content: bytes) -> dict[str, str]:
    """The document's text, cut where it is very long; or `refused`, and why."""
    pieces, room = [], CHARACTERS
    try:
        for piece in READERS[kind](content):
            pieces.append(piece[:room].encode(errors="replace").decode())
            room -= len(piece)
            if room <= 0:
                break
    except Unreadable as failure:
        return {"refused": str(failure)}
    return {"text": "".join(pieces)}
