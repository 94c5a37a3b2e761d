"""`write_to_file`: write a whole file. Source: S2."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import field
from typing import ClassVar, Final

from roocode_server.engine.tools.changes import change_of
from roocode_server.engine.tools.diff.document import BYTE_ORDER_MARK, Document
from roocode_server.engine.tools.notices import informed
from roocode_server.engine.tools.parameters import in_workspace
from roocode_server.engine.tools.paths import place, shown
from roocode_server.engine.tools.text import decoded, read_bytes, write_bytes
from roocode_server.engine.tools.tool import Notice, Tool, ToolContext, ToolFailure, ToolResult
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.lines import lines_of
from roocode_server.models.shape import PlainShape, described, limited, value
from roocode_server.models.tool import ToolGroup

KEPT_MARK: Final = "byte-order mark"
KEPT_LINE_ENDS: Final = "line ends (CRLF)"

COMPLETE_SHARE: Final = 0.8
"""Content with less than this share of the lines announced by `line_count` counts as cut off."""


@value
class WriteToFileParameters(PlainShape):
    """The arguments of `write_to_file`."""

    path: str = field(metadata=in_workspace("The file"))
    content: str = field(metadata=described("The whole content that the file shall have, nothing left out"))
    line_count: int | None = field(
        default=None,
        metadata=described(
            "The number of lines in `content`, to notice one that was cut off", **limited(least=0)
        ),
    )


class WriteToFile(Tool[WriteToFileParameters]):
    """Creates or replaces a file, with the folders above it."""

    name: ClassVar = "write_to_file"
    description: ClassVar = (
        "Write a file: create it, with the folders above it, or replace its content. `content` is the "
        "whole file. To change a part of a long file, use apply_diff."
    )
    group: ClassVar = ToolGroup.EDIT
    repeatable: ClassVar = True
    parameters: ClassVar = WriteToFileParameters

    def describe(self, parameters: WriteToFileParameters) -> str:
        """Name the file and its number of lines."""
        count = len(lines_of(parameters.content))
        return f"Write {parameters.path} ({count} {'line' if count == 1 else 'lines'})"

    def paths(self, parameters: WriteToFileParameters) -> Sequence[str]:
        """The file to be written."""
        return (parameters.path,)

    async def notice(self, context: ToolContext, parameters: WriteToFileParameters) -> Notice | None:
        """Return S2's `editedExistingFile` or `newFileCreated` notice."""
        path = shown(place(context.workspace, parameters.path))
        exists = await context.workspace.stat(path) is not None
        name = "editedExistingFile" if exists else "newFileCreated"
        return informed(name, path=path, content=parameters.content)

    async def run(self, context: ToolContext, parameters: WriteToFileParameters) -> ToolResult:
        """Write the file. Raises: ToolFailure."""
        _check_complete(parameters)
        path = place(context.workspace, parameters.path)
        before = await _content(context.workspace, shown(path))
        kept = _kept(before, parameters.content)
        after = _as_before(parameters.content, kept).encode()
        if before == after:
            return ToolResult(success=True, output=f"{shown(path)} already had this content.")
        await write_bytes(context.workspace, shown(path), after)
        change = await asyncio.to_thread(change_of, path, before, after)
        counts = f"{change.changes.added} lines added, {change.changes.removed} removed"
        note = f" Its {' and '.join(kept)} stayed." if kept else ""
        output = f"{shown(path)} {change.kind}: {counts}.{note}"
        return ToolResult(success=True, output=output, changes=(change,))


def _check_complete(parameters: WriteToFileParameters) -> None:
    lines = len(lines_of(parameters.content))
    announced = parameters.line_count
    if announced is not None and lines < announced * COMPLETE_SHARE:
        raise ToolFailure(
            f"Nothing was written: line_count says {announced} lines, content has {lines}. Send the whole "
            "content, or use apply_diff to change a part."
        )


def _kept(before: bytes | None, content: str) -> list[str]:
    """Return which properties of the old file the content lacks because reading does not show them."""
    old = decoded(before or b"")
    if not old:
        return []
    is_wide = {line.ending for line in Document.parse(old).lines if line.ending} == {"\r\n"}
    kept = [KEPT_MARK] if old.startswith(BYTE_ORDER_MARK) and not content.startswith(BYTE_ORDER_MARK) else []
    return [*kept, KEPT_LINE_ENDS] if is_wide and "\n" in content and "\r" not in content else kept


def _as_before(content: str, kept: Sequence[str]) -> str:
    """Return the content with the properties that are kept."""
    if KEPT_LINE_ENDS in kept:
        content = content.replace("\n", "\r\n")
    return BYTE_ORDER_MARK + content if KEPT_MARK in kept else content


async def _content(workspace: Workspace, path: str) -> bytes | None:
    """Return the file's present content, or None if it does not exist.

    Raises: ToolFailure, if it is not a file.
    """
    entry = await workspace.stat(path)
    if entry is None:
        return None
    if entry.type == "directory":
        raise ToolFailure(f"{path} is a folder and cannot be written. Nothing was changed.")
    return await read_bytes(workspace, path)
