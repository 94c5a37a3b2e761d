"""Text as tools read it from files and show it to a model."""

from __future__ import annotations

import re
from typing import Final

from roocode_server.engine.tools.tool import ToolFailure
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.error import Conflict, NotFound, PayloadTooLarge

SHOWN_CHARACTERS: Final = 40_000
"""The longest text that a tool hands to a model in one result; some ten thousand tokens."""
_ERASE_LINE: Final = re.compile(r"\x1b\[[02]?K")


async def read_text(workspace: Workspace, path: str) -> str:
    """The content of a text file, a byte-order mark included.

    Raises: ToolFailure, for what is not there, is no file, is too large, or no UTF-8 text; InvalidField for
    a path that leaves the workspace.
    """
    text = decoded(await read_bytes(workspace, path))
    if text is None:
        raise ToolFailure(f"{path} is not a text file in UTF-8; this tool handles text alone.")
    return text


async def read_bytes(workspace: Workspace, path: str) -> bytes:
    """The content of a file. Raises: as `read_text`."""
    try:
        return (await workspace.read(path)).content
    except NotFound as missing:
        raise ToolFailure(not_there(path, missing)) from None
    except Conflict as conflict:
        raise ToolFailure(f"{path}: {conflict.message}. This tool handles files alone.") from None
    except PayloadTooLarge as excess:
        raise ToolFailure(f"{path} is too large for this tool (limit {_limit(excess)} bytes).") from None


async def write_bytes(workspace: Workspace, path: str, content: bytes) -> None:
    """Put a file in its place. Raises: ToolFailure, for what is no file, or too large; AppError."""
    try:
        await workspace.put(path, content)
    except Conflict as conflict:
        raise ToolFailure(f"{path} cannot be written: {conflict.message}.") from None
    except PayloadTooLarge as excess:
        raise ToolFailure(f"The content for {path} is too large (limit {_limit(excess)} bytes).") from None


def not_there(path: str, missing: NotFound, what: str = "file") -> str:
    """What is told of a file or folder that is not there."""
    if "alike" in missing.details:
        return (
            f"There is no {what} {path}, but one whose name looks the same, its letters composed otherwise: "
            f"ask for `{str(missing.details['alike']).lstrip('/')}`, just so."
        )
    return f"There is no {what} {path}. list_files shows what there is."


def _limit(excess: PayloadTooLarge) -> str:
    return f"{excess.details['limitBytes']:,}"


def decoded(content: bytes) -> str | None:
    """The text that the bytes are in UTF-8; None for binary content."""
    if b"\0" in content:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def shortened(text: str, longest: int = SHOWN_CHARACTERS) -> str:
    """The text, or its beginning and end with a note of how much is left out between them."""
    if len(text) <= longest:
        return text
    head, tail = text[: longest // 2], text[-(longest // 2) :]
    left_out = len(text) - len(head) - len(tail)
    return f"{head}\n… ({left_out:,} characters left out here) …\n{tail}"


def printable(text: str) -> str:
    """What a program printed as a terminal would show it: of a line that was written over, what is left.

    NUL has a sign in its place: not every database keeps one in a text.
    """
    text = text.replace("\0", "\u2400")
    if "\r" not in text:
        return text
    return "\n".join(_written_over(line) for line in text.split("\n"))


def _written_over(line: str) -> str:
    """What is seen of a line in which carriage returns go back to its beginning. Source: ECMA-48, EL."""
    shown = ""
    for piece in re.split(r"\r+", line.rstrip("\r")):
        erased = _ERASE_LINE.match(piece)
        piece = piece[erased.end() :] if erased else piece
        shown = piece if erased else piece + shown[len(piece) :]
    return shown


def without_nul(*texts: str) -> None:
    """Raises: ToolFailure, for a text with a NUL character, which no command line can hold."""
    if any("\0" in text for text in texts):
        raise ToolFailure("A command line cannot hold a NUL character. Nothing was run.")
