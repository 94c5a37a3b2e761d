"""`insert_content`: insert lines into a file. Source: S2."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import field
from typing import ClassVar

from roocode_server.engine.tools.changes import change_of
from roocode_server.engine.tools.diff.document import Document, TextLine
from roocode_server.engine.tools.notices import informed
from roocode_server.engine.tools.parameters import in_workspace
from roocode_server.engine.tools.paths import place, shown
from roocode_server.engine.tools.text import read_text, write_bytes
from roocode_server.engine.tools.tool import Notice, Tool, ToolContext, ToolFailure, ToolResult
from roocode_server.models.shape import PlainShape, described, limited, value
from roocode_server.models.tool import ToolGroup


@value
class InsertContentParameters(PlainShape):
    """The arguments of `insert_content`."""

    path: str = field(metadata=in_workspace("The file"))
    line: int = field(
        metadata=described("The line before which to insert, from 1; 0: at the end", **limited(least=0))
    )
    content: str = field(metadata=described("The lines to insert", **limited(shortest=1)))


class InsertContent(Tool[InsertContentParameters]):
    """Inserts lines and changes no others; the file's line endings are kept."""

    name: ClassVar = "insert_content"
    description: ClassVar = (
        "Insert lines into a text file without changing others: before the line of this number, or at the "
        "end with 0. To replace lines, use apply_diff."
    )
    group: ClassVar = ToolGroup.EDIT
    parameters: ClassVar = InsertContentParameters

    def describe(self, parameters: InsertContentParameters) -> str:
        """Name the file and the line."""
        where = f"before line {parameters.line}" if parameters.line else "at the end"
        return f"Insert into {parameters.path} {where}"

    def paths(self, parameters: InsertContentParameters) -> Sequence[str]:
        """The file to be changed."""
        return (parameters.path,)

    async def notice(self, context: ToolContext, parameters: InsertContentParameters) -> Notice | None:
        """Return S2's `insertContent` notice."""
        return informed(
            "insertContent", path=parameters.path, lineNumber=parameters.line, content=parameters.content
        )

    async def run(self, context: ToolContext, parameters: InsertContentParameters) -> ToolResult:
        """Insert the lines. Raises: ToolFailure."""
        path = place(context.workspace, parameters.path)
        before = await read_text(context.workspace, shown(path))
        text = _inserted(before, parameters.line, parameters.content)
        await write_bytes(context.workspace, shown(path), text.encode())
        change = await asyncio.to_thread(change_of, path, before.encode(), text.encode())
        return ToolResult(
            success=True,
            output=f"{shown(path)}: {change.changes.added} lines inserted.",
            changes=(change,),
        )


def _inserted(text: str, line: int, content: str) -> str:
    """Return the text with the content before the line, using the text's own line endings."""
    document = Document.parse(text)
    lines = list(document.lines)
    if line > len(lines) + 1:
        raise ToolFailure(f"line is {line}, but the file has {len(lines)} lines; 0 inserts at the end.")
    added = [TextLine(each, document.ending) for each in _lines(content)]
    position = len(lines) if line == 0 else line - 1
    if position == len(lines) and lines and not lines[-1].ending:
        lines[-1] = TextLine(lines[-1].text, document.ending)
    inserted = [*lines[:position], *added, *lines[position:]]
    return document.mark + "".join(each.text + each.ending for each in inserted)


def _lines(content: str) -> list[str]:
    """Split the content into lines; a line break at its end does not begin another one."""
    return [each.removesuffix("\r") for each in content.removesuffix("\n").split("\n")]
