"""`search_files`: a regular expression over files, by ripgrep in the session's sandbox. Source: S2."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from engine.runtimes.runtime import Exit
from engine.runtimes.workspace import Workspace
from engine.tools.forbidden import Forbidden
from engine.tools.notices import informed
from engine.tools.parameters import in_workspace
from engine.tools.paths import place, shown
from engine.tools.text import SHOWN_CHARACTERS, without_nul
from engine.tools.tool import Notice, Tool, ToolContext, ToolFailure, ToolResult
from models.shape import PlainShape, described, limited, value
from models.tool import ToolGroup

SHOWN_MATCHES: Final = 300
LINE_CHARACTERS: Final = 300
_LINES_OF_A_MATCH: Final = 6
"""The most that one match prints: file, line before, match, line after, blank line, separator."""

_OPTIONS: Final = (
    "--no-config",
    "--color=never",
    "--heading",
    "--with-filename",
    "--line-number",
    "--context=1",
    f"--max-columns={LINE_CHARACTERS}",
    "--max-columns-preview",
    "--sort=path",
    "--hidden",
    "--no-require-git",
    "--no-ignore-global",
    "--no-messages",
)
_NOT_GIT: Final = "--glob=!.git"

_NO_MATCH: Final = 1
_FAILED: Final = 2
_NOT_FOUND: Final = 127


@value
class SearchFilesParameters(PlainShape):
    path: str = field(metadata=in_workspace("The folder or file to search; `.` is the workspace itself"))
    regex: str = field(
        metadata=described("The regular expression, in Rust's syntax", **limited(shortest=1, longest=5000))
    )
    file_pattern: str | None = field(
        default=None,
        metadata=described("Only files of this pattern, as `*.ts`", **limited(shortest=1, longest=500)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Matches:
    """The search's output as far as it is shown; `is_cut` where there is more."""

    lines: list[str]
    count: int
    files: int
    is_cut: bool


class SearchFiles(Tool[SearchFilesParameters]):
    """Searches text files, hidden ones included; what git ignores is left out."""

    name: ClassVar = "search_files"
    description: ClassVar = (
        "Search files for a regular expression (no look-around, no back-references). Shows each match with "
        f"its line number (`12:`) and one line on either side (`11-`), at most {SHOWN_MATCHES} matches. "
        "What .gitignore names is not searched."
    )
    group: ClassVar = ToolGroup.READ
    repeatable: ClassVar = True
    parameters: ClassVar = SearchFilesParameters

    def describe(self, parameters: SearchFilesParameters) -> str:
        return f"Search {parameters.path} for {parameters.regex}"

    def paths(self, parameters: SearchFilesParameters) -> Sequence[str]:
        return (parameters.path,)

    async def notice(self, context: ToolContext, parameters: SearchFilesParameters) -> Notice | None:
        return informed(
            "searchFiles", path=parameters.path, regex=parameters.regex, filePattern=parameters.file_pattern
        )

    async def run(self, context: ToolContext, parameters: SearchFilesParameters) -> ToolResult:
        path = await _existing(context.workspace, parameters.path)
        done = await context.run_quietly(_command_line(path, parameters))
        matches = _read(done, await Forbidden.of(context.workspace))
        _check(done, matches)
        return ToolResult(success=True, output=_report(path, matches))


async def _existing(workspace: Workspace, path: str) -> str:
    """The path from the workspace's root, as the command is given it."""
    found = shown(place(workspace, path))
    if await workspace.stat(found) is None:
        raise ToolFailure(f"There is nothing at {path}. list_files shows what there is.")
    return found


def _command_line(path: str, parameters: SearchFilesParameters) -> str:
    """ripgrep with its own exit code, though what it prints is cut after the lines that can be shown."""
    without_nul(parameters.regex, parameters.file_pattern or "")
    words = ["rg", *_OPTIONS, *_only(parameters.file_pattern), _NOT_GIT]
    line = shlex.join([*words, f"--regexp={parameters.regex}", "--", "." if path == "." else f"./{path}"])
    longest = (SHOWN_MATCHES + 1) * _LINES_OF_A_MATCH
    return f'exec 4>&1; code=$({{ {{ {line}; echo $? >&3; }} | head -n {longest} >&4; }} 3>&1); exit "$code"'


def _only(pattern: str | None) -> list[str]:
    """The options for a file pattern.

    A plain one is made a file type, for a glob of ripgrep's brings back files that git ignores.
    """
    name = (pattern or "*").removeprefix("**/")
    if name == "*":
        return []
    if pattern and ("/" in name or name.startswith(("!", "include:"))):
        return [f"--glob={pattern}"]
    return [f"--type-add=wanted:{name}", "--type=wanted"]


def _read(done: Exit, forbidden: Forbidden) -> _Matches:
    kept: list[str] = []
    count = files = 0
    room = SHOWN_CHARACTERS
    is_hidden = False
    for line in done.output.rstrip("\n").split("\n"):
        if line.startswith("./"):
            is_hidden = forbidden.forbids(line.removeprefix("./"))
        if is_hidden:
            continue
        room -= len(line) + 1
        is_match = re.match(r"\d+:", line) is not None
        if room < 0 or (is_match and count == SHOWN_MATCHES):
            return _Matches(lines=kept, count=count, files=files, is_cut=True)
        count += is_match
        files += line.startswith("./")
        kept.append(line.removeprefix("./"))
    return _Matches(lines=kept, count=count, files=files, is_cut=done.is_truncated)


def _check(done: Exit, matches: _Matches) -> None:
    """Raises: ToolFailure, where there is no result to show."""
    if done.stopped_by is not None:
        raise ToolFailure(
            f"The search was stopped by the session's {done.stopped_by} limit. Search a folder below, or "
            "give a file_pattern."
        )
    if done.code == _NOT_FOUND:
        raise ToolFailure(
            "ripgrep (rg) is missing where this session's commands run, so files cannot be searched. "
            "Install the package `ripgrep` there."
        )
    if done.code >= _FAILED and not matches.count:
        raise ToolFailure(f"The search failed: {done.output.strip() or 'the files could not be read'}")


def _report(path: str, matches: _Matches) -> str:
    if not matches.count:
        return f"No match in {path}."
    if not matches.is_cut:
        head = f"{matches.count} matching lines in {matches.files} files:"
    else:
        head = (
            f"The first {matches.count} matching lines; there are more. Narrow path, regex or file_pattern:"
        )
    return "\n".join([head, *matches.lines])
