"""`read_file`: text with line numbers. Source: S2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import ClassVar, Final

from engine.tools.line_numbers import with_numbers
from engine.tools.notices import informed
from engine.tools.parameters import in_workspace
from engine.tools.paths import place, shown
from engine.tools.text import SHOWN_CHARACTERS, lines_of, read_text
from engine.tools.tool import Notice, Tool, ToolContext, ToolFailure, ToolResult
from models.shape import PlainShape, described, limited, value
from models.tool import ToolGroup

SHOWN_LINES: Final = 2000
LINE_CHARACTERS: Final = 2000


@value
class ReadFileParameters(PlainShape):
    path: str = field(metadata=in_workspace("The file"))
    start_line: int | None = field(
        default=None, metadata=described("The first line to show, from 1", **limited(least=1))
    )
    end_line: int | None = field(
        default=None, metadata=described("The last line to show", **limited(least=1))
    )


class ReadFile(Tool[ReadFileParameters]):
    """Shows a part of a text file that fits in one result, and says what is left out."""

    name: ClassVar = "read_file"
    description: ClassVar = (
        "Read a text file. Each line is shown after its number, as `12 | text`; the number is not part of "
        f"the file. At most {SHOWN_LINES} lines at once: give start_line and end_line for others."
    )
    group: ClassVar = ToolGroup.READ
    repeatable: ClassVar = True
    parameters: ClassVar = ReadFileParameters

    def describe(self, parameters: ReadFileParameters) -> str:
        return f"Read {parameters.path}"

    def paths(self, parameters: ReadFileParameters) -> Sequence[str]:
        return (parameters.path,)

    async def notice(self, context: ToolContext, parameters: ReadFileParameters) -> Notice | None:
        return informed("readFile", path=parameters.path, startLine=parameters.start_line)

    async def run(self, context: ToolContext, parameters: ReadFileParameters) -> ToolResult:
        path = shown(place(context.workspace, parameters.path))
        lines = lines_of(await read_text(context.workspace, path))
        if not lines:
            return ToolResult(success=True, output=f"{path} is empty.")
        first, last = _wanted(parameters, len(lines))
        return ToolResult(success=True, output=_excerpt(path, lines, first, last))


def _wanted(parameters: ReadFileParameters, length: int) -> tuple[int, int]:
    """The first and the last line asked for, from 1, within the file."""
    first, last = parameters.start_line or 1, parameters.end_line or length
    if first > length:
        raise ToolFailure(f"start_line is {first}, but the file has {length} lines.")
    if last < first:
        raise ToolFailure(f"end_line {last} is before start_line {first}.")
    return first, min(last, length)


def _excerpt(path: str, lines: Sequence[str], first: int, last: int) -> str:
    asked = lines[first - 1 : last]
    fitting = _fitting(with_numbers([_cut(line) for line in asked[:SHOWN_LINES]], first=first))
    end = first + len(fitting) - 1
    notes = [f"{path}, lines {first}-{end} of {len(lines)}:", *fitting]
    if end < last:
        notes.append(f"(lines {end + 1}-{last} are left out: read on with start_line {end + 1})")
    return "\n".join(notes)


def _cut(line: str) -> str:
    if len(line) <= LINE_CHARACTERS:
        return line
    return f"{line[:LINE_CHARACTERS]} … ({len(line) - LINE_CHARACTERS:,} more characters in this line)"


def _fitting(lines: Sequence[str]) -> list[str]:
    """The lines that fit in one result; the first always does."""
    kept: list[str] = []
    room = SHOWN_CHARACTERS
    for line in lines:
        room -= len(line) + 1
        if room < 0 and kept:
            break
        kept.append(line)
    return kept
