"""What `read_file` can show beside text: pictures as they are, and the text of PDF and Word documents."""

from __future__ import annotations

import asyncio
import base64
import os
import posixpath
import sys
from typing import Final

from engine.tools.document_reader import CANNOT
from engine.tools.tool import ToolFailure

PATIENCE_S: Final = 60.0
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
    return _ending(path) in _PICTURES


def is_document(path: str) -> bool:
    return _ending(path) in DOCUMENTS


def picture(path: str, content: bytes) -> str:
    """The `data:` URL of a picture. Raises: ToolFailure, for one that is too large, or is none."""
    media, signature = _PICTURES[_ending(path)]
    if len(content) > LARGEST_PICTURE:
        raise ToolFailure(
            f"{path} has {len(content):,} bytes; pictures of up to {LARGEST_PICTURE:,} can be shown."
        )
    if not content.startswith(signature):
        raise ToolFailure(f"{path} is not the {media} that its name says.")
    return f"data:{media};base64,{base64.b64encode(content).decode()}"


async def document_text(path: str, content: bytes) -> str:
    """The text of a document, read in a process of its own. Raises: ToolFailure."""
    reader = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "engine.tools.document_reader",
        DOCUMENTS[_ending(path)],
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        cwd="/",
    )
    try:
        async with asyncio.timeout(PATIENCE_S):
            printed, complaint = await reader.communicate(content)
    except TimeoutError:
        raise ToolFailure(f"{path} takes too long to read.") from None
    finally:
        if reader.returncode is None:
            reader.kill()
            await reader.wait()
    if reader.returncode == CANNOT:
        raise ToolFailure(f"{path} cannot be read: {complaint.decode(errors='replace')[:500]}.")
    if reader.returncode != 0:
        raise ToolFailure(f"{path} cannot be read: it takes more time or memory than a document may.")
    return printed.decode()


def _ending(path: str) -> str:
    return posixpath.splitext(path)[1].lower()
