"""Extracts text from a document; runs in a worker process, because a hostile file may need any time and
memory.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Any, Final

DOCUMENT_CHARACTERS: Final = 1_000_000
DOCUMENT_PAGES: Final = 500
DOCUMENT_INFLATED_BYTES: Final = 200_000_000
_INLINE: Final = frozenset(
    {"ins", "moveTo", "hyperlink", "smartTag", "sdt", "sdtContent", "fldSimple", "customXml", "dir", "bdo"}
)
"""Elements of a paragraph that may contain runs of text."""


class Unreadable(Exception):
    """The file is not of the type that its name says, or inflates beyond the limit."""


def pdf(content: bytes) -> Iterator[str]:
    """Yield a PDF's text, page by page. Raises: Unreadable."""
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(io.BytesIO(content))
        for number, page in enumerate(reader.pages, 1):
            if number > DOCUMENT_PAGES:
                yield f"\n(only the first {DOCUMENT_PAGES} of {len(reader.pages)} pages are read)"
                return
            yield f"--- page {number} ---\n{page.extract_text()}\n"
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as mistake:
        raise Unreadable(f"not a readable PDF: {mistake}") from mistake


def docx(content: bytes) -> Iterator[str]:
    """Yield the paragraphs and tables of a Word document, in order, with tracked changes accepted.

    Raises: Unreadable.
    """
    from docx import Document

    _check_inflated(content)
    try:
        yield from _blocks(Document(io.BytesIO(content)).element.body)
    except (ValueError, KeyError, AttributeError, SyntaxError, RecursionError) as mistake:
        raise Unreadable(f"not a readable Word document: {mistake}") from mistake


def _blocks(parent: Any) -> Iterator[str]:
    """Yield an element's paragraphs, one per line, and table rows; descends into content controls."""
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
    """Return the text of a paragraph with inserted and moved text, but without deleted text.

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
    """Return the name of a WordprocessingML element; empty for other elements."""
    namespace, _, name = str(element.tag).rpartition("}")
    return name if namespace.endswith("/wordprocessingml/2006/main") else ""


def _check_inflated(content: bytes) -> None:
    """Raises: Unreadable, if it is no ZIP archive, or would exceed `DOCUMENT_INFLATED_BYTES`."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
    except zipfile.BadZipFile as mistake:
        raise Unreadable("not a Word document: it is no archive") from mistake
    if size > DOCUMENT_INFLATED_BYTES:
        raise Unreadable(f"it decompresses to {size:,} bytes")


FORMAT_READERS: Final[dict[str, Callable[[bytes], Iterator[str]]]] = {"pdf": pdf, "docx": docx}


def text_of(kind: str, content: bytes) -> dict[str, str]:
    """Return `{"text": ...}`, cut at `DOCUMENT_CHARACTERS`, or `{"refused": reason}`."""
    pieces, room = [], DOCUMENT_CHARACTERS
    try:
        for piece in FORMAT_READERS[kind](content):
            pieces.append(piece[:room].encode(errors="replace").decode())
            room -= len(piece)
            if room <= 0:
                break
    except Unreadable as failure:
        return {"refused": str(failure)}
    return {"text": "".join(pieces)}
