"""Text as tools read it from files and show it to models."""

from __future__ import annotations

import re
from typing import Final

from roocode_server.engine.tools.tool import ToolFailure
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.error import Conflict, NotFound, PayloadTooLarge

SHOWN_CHARACTERS: Final = 40_000
"""The longest text of one result; some ten thousand tokens."""
_ERASE_LINE: Final = re.compile(r"\x1b\[[02]?K")


async def read_text(workspace: Workspace, path: str) -> str:
    """Return the content of a text file, including a byte-order mark.

    Raises: ToolFailure, if it does not exist, is not a file, is too large, or is not UTF-8 text;
    InvalidField, if the path leaves the workspace.
    """
    text = decoded(await read_bytes(workspace, path))
    if text is None:
        raise ToolFailure(f"{path} is not a UTF-8 text file; this tool only handles text.")
    return text


async def read_bytes(workspace: Workspace, path: str) -> bytes:
    """Return the content of a file. Raises: as `read_text`, for any content."""
    try:
        return (await workspace.read(path)).content
    except NotFound as missing:
        raise ToolFailure(not_there(path, missing)) from None
    except Conflict as conflict:
        raise ToolFailure(f"{path}: {conflict.message}. This tool only handles files.") from None
    except PayloadTooLarge as excess:
        raise ToolFailure(f"{path} is too large for this tool (limit {_limit(excess)} bytes).") from None


async def write_bytes(workspace: Workspace, path: str, content: bytes) -> None:
    """Write a file. Raises: ToolFailure, if the path is not a file or the content is too large; AppError."""
    try:
        await workspace.put(path, content)
    except Conflict as conflict:
        raise ToolFailure(f"{path} cannot be written: {conflict.message}.") from None
    except PayloadTooLarge as excess:
        raise ToolFailure(f"The content for {path} is too large (limit {_limit(excess)} bytes).") from None


def not_there(path: str, missing: NotFound, what: str = "file") -> str:
    """Return the message for a file or folder that does not exist."""
    if "alike" in missing.details:
        return (
            f"There is no {what} {path}, but one whose name looks the same, its letters composed otherwise: "
            f"ask for `{str(missing.details['alike']).lstrip('/')}`, just so."
        )
    return f"There is no {what} {path}. list_files shows what there is."


def _limit(excess: PayloadTooLarge) -> str:
    return f"{excess.details['limitBytes']:,}"


def decoded(content: bytes) -> str | None:
    """Decode UTF-8; None for binary content."""
    if b"\0" in content:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def shortened(text: str, longest: int = SHOWN_CHARACTERS) -> str:
    """Return the text or, if it is too long, its beginning and end with a note about the middle."""
    if len(text) <= longest:
        return text
    head, tail = text[: longest // 2], text[-(longest // 2) :]
    left_out = len(text) - len(head) - len(tail)
    return f"{head}\n… ({left_out:,} characters left out here) …\n{tail}"


def printable(text: str) -> str:
    """Return a program's output as a terminal would show it, with overwritten lines resolved.

    NUL is replaced by a symbol, because not every database can store it in a text.
    """
    text = text.replace("\0", "\u2400")
    if "\r" not in text:
        return text
    return "\n".join(_written_over(line) for line in text.split("\n"))


def _written_over(line: str) -> str:
    """Return what a terminal shows of a line with carriage returns. Source: ECMA-48, EL."""
    shown = ""
    for piece in re.split(r"\r+", line.rstrip("\r")):
        erased = _ERASE_LINE.match(piece)
        piece = piece[erased.end() :] if erased else piece
        shown = piece if erased else piece + shown[len(piece) :]
    return shown


def without_nul(*texts: str) -> None:
    """Raises: ToolFailure, if a text has a NUL character, which a command line cannot contain."""
    if any("\0" in text for text in texts):
        raise ToolFailure("A command line cannot contain a NUL character. Nothing was run.")
