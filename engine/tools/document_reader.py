"""A program of its own that reads the text of one document: what a hostile file can do ends with it.

Run as `python -m engine.tools.document_reader KIND`; the document comes by standard input, its text goes to
standard output as UTF-8. Status 3: the file cannot be read, and why on standard error.
"""

from __future__ import annotations

import io
import resource
import sys
import zipfile
from collections.abc import Callable, Iterator
from typing import Final

CHARACTERS: Final = 1_000_000
PAGES: Final = 500
MEMORY_BYTES: Final = 1_073_741_824
CPU_S: Final = 20
INFLATED_BYTES: Final = 200_000_000
CANNOT: Final = 3


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


def main(kind: str) -> int:
    """Read standard input and print its text."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    room = CHARACTERS
    try:
        for piece in READERS[kind](sys.stdin.buffer.read()):
            sys.stdout.buffer.write(piece[:room].encode(errors="replace"))
            room -= len(piece)
            if room <= 0:
                break
    except (Unreadable, MemoryError) as failure:
        sys.stderr.write(str(failure) or "it takes too much memory")
        return CANNOT
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
