"""`read_file`: text with line numbers, images, and the text of documents. Source: S2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import ClassVar, Final

from roocode_server.engine.tools.documents import document_text, is_document, is_picture, picture
from roocode_server.engine.tools.line_numbers import with_numbers
from roocode_server.engine.tools.notices import informed
from roocode_server.engine.tools.parameters import in_workspace
from roocode_server.engine.tools.paths import place, shown
from roocode_server.engine.tools.text import SHOWN_CHARACTERS, read_bytes, read_text
from roocode_server.engine.tools.tool import Notice, Tool, ToolContext, ToolFailure, ToolResult
from roocode_server.models.lines import lines_of
from roocode_server.models.shape import PlainShape, described, limited, value
from roocode_server.models.tool import ToolGroup

MOST_READ_LINES: Final = 2000
READ_LINE_CHARACTERS: Final = 2000
MOST_READ_FILES: Final = 20


@value
class FilePart(PlainShape):
    """A file, or some of its lines."""

    path: str = field(metadata=in_workspace("The file"))
    line_ranges: list[list[int]] = field(
        default_factory=list,
        metadata=described("First and last line of each part to show, from 1", **limited(longest=50)),
    )


@value
class ReadFileParameters(PlainShape):
    """The arguments of `read_file`."""

    path: str = field(metadata=in_workspace("The file"))
    start_line: int | None = field(
        default=None, metadata=described("The first line to show, from 1", **limited(least=1))
    )
    end_line: int | None = field(
        default=None, metadata=described("The last line to show", **limited(least=1))
    )
    files: list[FilePart] = field(
        default_factory=list,
        metadata=described("More files to read in the same call", **limited(longest=MOST_READ_FILES - 1)),
    )


class ReadFile(Tool[ReadFileParameters]):
    """Shows as much of a file as fits in one result, and says what is left out."""

    name: ClassVar = "read_file"
    description: ClassVar = (
        "Read a file, or several at once. Each line of text is shown after its number, as `12 | text`; the "
        f"number is not part of the file. At most {MOST_READ_LINES} lines of each: give start_line and "
        "end_line for others. Images are shown, and the text of PDF and docx documents."
    )
    group: ClassVar = ToolGroup.READ
    repeatable: ClassVar = True
    parameters: ClassVar = ReadFileParameters

    def describe(self, parameters: ReadFileParameters) -> str:
        """Name the file, and how many others."""
        more = f" and {len(parameters.files)} more files" if parameters.files else ""
        return f"Read {parameters.path}{more}"

    def paths(self, parameters: ReadFileParameters) -> Sequence[str]:
        """The files to read."""
        return (parameters.path, *(part.path for part in parameters.files))

    async def notice(self, context: ToolContext, parameters: ReadFileParameters) -> Notice | None:
        """Return S2's `readFile` notice."""
        more = [part.path for part in parameters.files] or None
        return informed("readFile", path=parameters.path, startLine=parameters.start_line, batchFiles=more)

    async def run(self, context: ToolContext, parameters: ReadFileParameters) -> ToolResult:
        """Read the files. Raises: ToolFailure, if there is one file and it cannot be read."""
        whole = parameters.start_line is None and parameters.end_line is None
        ranges = [] if whole else [(parameters.start_line or 1, parameters.end_line)]
        asked = [(parameters.path, ranges), *((part.path, _ranges(part)) for part in parameters.files)]
        if len(asked) == 1:
            text, images = await _shown(context, *asked[0])
            return ToolResult(success=True, output=text, images=images)
        return await _all(context, asked)


Range = tuple[int, int | None]


def _ranges(part: FilePart) -> list[Range]:
    """Return a file's line ranges. Raises: ToolFailure, if one is not a pair of a first and a last line."""
    if any(len(pair) != 2 or min(pair) < 1 for pair in part.line_ranges):
        raise ToolFailure(f"line_ranges of {part.path}: each is a first and a last line, from 1.")
    return [(first, last) for first, last in part.line_ranges]


async def _all(context: ToolContext, asked: Sequence[tuple[str, Sequence[Range]]]) -> ToolResult:
    """Read the files one after the other as long as the result has room; if one fails, the others are still
    read.
    """
    parts: list[str] = []
    images: list[str] = []
    failed = 0
    for path, ranges in asked:
        try:
            text, pictures = await _shown(context, path, ranges)
        except ToolFailure as failure:
            text, pictures = str(failure), []
            failed += 1
        if parts and sum(map(len, parts)) + len(text) > SHOWN_CHARACTERS:
            text = f"{path} is left out because the result is full. Read it separately."
        parts.append(text)
        images += pictures
    return ToolResult(success=not failed, output="\n\n".join(parts), images=images)


async def _shown(context: ToolContext, path: str, ranges: Sequence[Range]) -> tuple[str, list[str]]:
    """Return the requested lines of a file, or its image as a `data:` URL."""
    path = shown(place(context.workspace, path))
    if is_picture(path):
        content = await read_bytes(context.workspace, path)
        return f"{path} is shown as an image ({len(content):,} bytes).", [picture(path, content)]
    if is_document(path):
        content = await read_bytes(context.workspace, path)
        lines = lines_of(await document_text(path, content, owner=str(context.workspace.folder)))
    else:
        lines = lines_of(await read_text(context.workspace, path))
    if not lines:
        return f"{path} is empty.", []
    wanted = [_wanted(first, last, len(lines)) for first, last in ranges or [(1, None)]]
    return "\n".join(_excerpt(path, lines, first, last) for first, last in wanted), []


def _wanted(first: int, last: int | None, length: int) -> tuple[int, int]:
    """Return the first and last line requested, clipped to the file. Raises: ToolFailure."""
    last = last or length
    if first > length:
        raise ToolFailure(f"start_line is {first}, but the file has {length} lines.")
    if last < first:
        raise ToolFailure(f"end_line {last} is before start_line {first}.")
    return first, min(last, length)


def _excerpt(path: str, lines: Sequence[str], first: int, last: int) -> str:
    asked = lines[first - 1 : last]
    fitting = _fitting(with_numbers([_cut(line) for line in asked[:MOST_READ_LINES]], first=first))
    end = first + len(fitting) - 1
    notes = [f"{path}, lines {first}-{end} of {len(lines)}:", *fitting]
    if end < last:
        notes.append(f"(lines {end + 1}-{last} are left out: read on with start_line {end + 1})")
    return "\n".join(notes)


def _cut(line: str) -> str:
    if len(line) <= READ_LINE_CHARACTERS:
        return line
    return (
        f"{line[:READ_LINE_CHARACTERS]} … ({len(line) - READ_LINE_CHARACTERS:,} more characters in this line)"
    )


def _fitting(lines: Sequence[str]) -> list[str]:
    """Return the lines that fit in one result, at least the first."""
    kept: list[str] = []
    room = SHOWN_CHARACTERS
    for line in lines:
        room -= len(line) + 1
        if room < 0 and kept:
            break
        kept.append(line)
    return kept
