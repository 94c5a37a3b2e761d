"""`search_files`: search files for a regular expression with ripgrep in the sandbox. Source: S2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from roocode_server.engine.search.ripgrep import MatchedLine, Scope, read_line, search_line
from roocode_server.engine.search.search_run import PatternRejected, SearchFailure, SearchRun
from roocode_server.engine.tools.notices import informed
from roocode_server.engine.tools.parameters import in_workspace
from roocode_server.engine.tools.paths import place, shown
from roocode_server.engine.tools.rooignore import RooIgnore
from roocode_server.engine.tools.text import SHOWN_CHARACTERS, without_nul
from roocode_server.engine.tools.tool import Notice, Tool, ToolContext, ToolFailure, ToolResult
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.shape import PlainShape, described, limited, value
from roocode_server.models.tool import ToolGroup

SHOWN_MATCHES: Final = 300
_CONTEXT: Final = 1
_LINES_OF_A_MATCH: Final = 2 * _CONTEXT + 1


@value
class SearchFilesParameters(PlainShape):
    """The arguments of `search_files`."""

    path: str = field(metadata=in_workspace("The folder or file to search; `.` is the workspace itself"))
    regex: str = field(
        metadata=described("The regular expression, in Rust's syntax", **limited(shortest=1, longest=5000))
    )
    file_pattern: str | None = field(
        default=None,
        metadata=described(
            "Only files that match this pattern, such as `*.ts`", **limited(shortest=1, longest=500)
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Matches:
    """The part of the search's output that is shown; `is_cut` if there is more."""

    lines: list[str]
    count: int
    files: int
    is_cut: bool


class SearchFiles(Tool[SearchFilesParameters]):
    """Searches text files, including hidden ones, but not those that git ignores."""

    name: ClassVar = "search_files"
    description: ClassVar = (
        "Search files for a regular expression (no look-around, no back-references). Shows each match with "
        f"its line number (`12:`) and one line on either side (`11-`), at most {SHOWN_MATCHES} matches. "
        "Files named by .gitignore are not searched."
    )
    group: ClassVar = ToolGroup.READ
    repeatable: ClassVar = True
    looks_below: ClassVar = True
    parameters: ClassVar = SearchFilesParameters

    def describe(self, parameters: SearchFilesParameters) -> str:
        """Name the folder and quote the expression."""
        return f"Search {parameters.path} for {parameters.regex}"

    def paths(self, parameters: SearchFilesParameters) -> Sequence[str]:
        """The folder or file to search."""
        return (parameters.path,)

    async def notice(self, context: ToolContext, parameters: SearchFilesParameters) -> Notice | None:
        """Return S2's `searchFiles` notice."""
        return informed(
            "searchFiles", path=parameters.path, regex=parameters.regex, filePattern=parameters.file_pattern
        )

    async def run(self, context: ToolContext, parameters: SearchFilesParameters) -> ToolResult:
        """Search, and report the matching lines with context. Raises: ToolFailure."""
        path = await _existing(context.workspace, parameters.path)
        search = SearchRun(read_line, limit=(SHOWN_MATCHES + 1) * _LINES_OF_A_MATCH)
        try:
            await search.execute(context.run_quietly, _command_line(path, parameters))
        except PatternRejected as rejection:
            raise ToolFailure(f"The search failed: {rejection}") from None
        except SearchFailure as failure:
            raise ToolFailure(str(failure)) from None
        hidden = await (await RooIgnore.of(context)).among({line.path for line in search.matches})
        lines = [line for line in search.matches if line.path not in hidden]
        matches = _read(lines, is_cut=search.is_truncated)
        if search.has_unreadable_files and not matches.count:
            raise ToolFailure("The search failed: the files could not be read")
        return ToolResult(success=True, output=_report(path, matches))


async def _existing(workspace: Workspace, path: str) -> str:
    """Return the path for the command, with links resolved, as rules know files. Raises: ToolFailure."""
    found = place(workspace, path)
    if await workspace.stat(found) is None:
        raise ToolFailure(f"There is nothing at {path}. list_files shows what there is.")
    (reached,) = await workspace.reached(found)
    return shown(reached)


def _command_line(path: str, parameters: SearchFilesParameters) -> str:
    without_nul(parameters.regex, parameters.file_pattern or "")
    patterns = [parameters.file_pattern] if parameters.file_pattern else []
    return search_line(Scope(path=path, patterns=patterns, hidden=True), parameters.regex, context=_CONTEXT)


def _read(lines: Sequence[MatchedLine], *, is_cut: bool) -> _Matches:
    shown: list[str] = []
    count = files = 0
    room = SHOWN_CHARACTERS
    before: MatchedLine | None = None
    for line in lines:
        printed = [*_between(before, line), _shown(line)]
        room -= sum(len(text) + 1 for text in printed)
        is_match = line.column is not None
        if room < 0 or (is_match and count == SHOWN_MATCHES):
            return _Matches(lines=shown, count=count, files=files, is_cut=True)
        count += is_match
        files += before is None or before.path != line.path
        shown += printed
        before = line
    return _Matches(lines=shown, count=count, files=files, is_cut=is_cut)


def _between(before: MatchedLine | None, line: MatchedLine) -> list[str]:
    """Return what precedes a line: its file's path, or a mark that lines are left out."""
    if before is None:
        return [line.path]
    if before.path != line.path:
        return ["", line.path]
    return [] if line.number == before.number + 1 else ["--"]


def _shown(line: MatchedLine) -> str:
    return f"{line.number}{'-' if line.column is None else ':'}{line.text}"


def _report(path: str, matches: _Matches) -> str:
    if not matches.count and matches.is_cut:
        return f"No match that may be shown so far in {path}; there are more. Narrow path or file_pattern."
    if not matches.count:
        return f"No match in {path}."
    if not matches.is_cut:
        head = f"{matches.count} matching lines in {matches.files} files:"
    else:
        head = (
            f"The first {matches.count} matching lines; there are more. Narrow path, regex or file_pattern:"
        )
    return "\n".join([head, *matches.lines])
