"""Reads the text of one document; done apart, for a hostile file can take any time and memory."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator
from typing import Final

CHARACTERS: Final = 1_000_000
PAGES: Final = 500
INFLATED_BYTES: Final = 200_000_000


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
    """A Word document's paragraphs and tables, in their order."""
    from docx import Document
    from docx.table import Table

    _check_inflated(content)
    try:
        for block in Document(io.BytesIO(content)).iter_inner_content():
            if isinstance(block, Table):
                yield from ("\t".join(cell.text for cell in row.cells) + "\n" for row in block.rows)
            else:
                yield f"{block.text}\n"
    except (ValueError, KeyError, AttributeError, SyntaxError, RecursionError) as mistake:
        raise Unreadable(f"not a Word document that can be read: {mistake}") from mistake


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
