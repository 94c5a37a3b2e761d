"""Files that `read_file` shows besides text: images, and the text of PDF and Word documents."""

from __future__ import annotations

import base64
import posixpath
from typing import Final

from roocode_server.engine.concurrency.worker import Exhausted, run_in_worker
from roocode_server.engine.tools.document_reader import text_of
from roocode_server.engine.tools.tool import ToolFailure

DOCUMENT_CPU_S: Final = 20
LARGEST_PICTURE: Final = 5_000_000
DOCUMENTS: Final = {".pdf": "pdf", ".docx": "docx"}
_PICTURES: Final = {
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    ".gif": ("image/gif", b"GIF8"),
    ".webp": ("image/webp", b"RIFF"),
}


def is_picture(path: str) -> bool:
    """Whether the path has an extension of an image."""
    return _ending(path) in _PICTURES


def is_document(path: str) -> bool:
    """Whether the path has an extension of a document."""
    return _ending(path) in DOCUMENTS


def picture(path: str, content: bytes) -> str:
    """Return an image as a `data:` URL.

    Raises: ToolFailure, if it is too large or not what its extension says.
    """
    media, signature = _PICTURES[_ending(path)]
    if len(content) > LARGEST_PICTURE:
        raise ToolFailure(
            f"{path} has {len(content):,} bytes; images of up to {LARGEST_PICTURE:,} can be shown."
        )
    if not content.startswith(signature):
        raise ToolFailure(f"{path} does not contain {media}, as its name says.")
    return f"data:{media};base64,{base64.b64encode(content).decode()}"


async def document_text(path: str, content: bytes, *, owner: str) -> str:
    """Extract the text of a document in a worker process. Raises: ToolFailure."""
    try:
        found = await run_in_worker(
            text_of, DOCUMENTS[_ending(path)], content, owner=owner, cpu_s=DOCUMENT_CPU_S
        )
    except Exhausted:
        raise ToolFailure(
            f"{path} cannot be read: it exceeds the limits on time or memory for documents."
        ) from None
    if "refused" in found:
        raise ToolFailure(f"{path} cannot be read: {found['refused'][:500]}.")
    text: str = found["text"]
    return text


def _ending(path: str) -> str:
    return posixpath.splitext(path)[1].lower()
