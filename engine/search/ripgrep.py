"""ripgrep: its command lines, and what it prints. Shared by the agent's tool and the searches of callers.

Its lines are read, not its JSON: JSON holds each matching line whole, and every place in it that matches, so
that one minified file would fill any bound.
"""

from __future__ import annotations

import os
import re
import shlex
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from roocode_server.engine.workspace.name_spelling import marked, spelled, unspelled

LINE_CHARACTERS: Final = 300
"""The most that is printed of a line that matches."""

NO_MATCH: Final = 1
FAILED: Final = 2
NOT_FOUND: Final = 127
"""What the shell says of a program that is not there."""

_COMMON: Final = ("--no-config", "--sort=path", "--no-require-git", "--no-ignore-global", "--no-messages")
_LINES: Final = (
    "--color=never",
    "--no-heading",
    "--with-filename",
    "--null",
    "--line-number",
    "--column",
    "--no-context-separator",
    f"--max-columns={LINE_CHARACTERS}",
    "--max-columns-preview",
)
_NOT_GIT: Final = "--glob=!.git"

_CARRIAGE_RETURN: Final = re.compile(r"\r|\\r|\\x0[dD]|\\x\{0*[dD]\}|\\u")
"""With `--crlf` ripgrep refuses to look for one; without, `$` does not stand before it."""
_NOT_PLAIN: Final = re.compile(r"[\[\](){}*+?|\\]")

_LINE: Final = re.compile(
    r"\./(?P<path>[^\0]+)\0(?P<number>\d+)(?:-|:(?P<column>\d+):)(?P<text>.*)", re.DOTALL
)
_REMARK: Final = re.compile(r" \[\.\.\. (?:\d+ more match(?:es)?|omitted end of long line)\]\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where to look. `path` is relative to the workspace, spelled, `.` for its root; `patterns` are globs of
    files.
    """

    path: str
    patterns: Sequence[str] = ()
    hidden: bool = False
    ignored: bool = False
    """Whether what `.gitignore` and its like name is looked at, too."""

    def options(self) -> list[str]:
        hidden = ["--hidden", _NOT_GIT] if self.hidden else []
        return [*_COMMON, *only(self.patterns), *hidden, *(["--no-ignore"] if self.ignored else [])]

    @property
    def place(self) -> str:
        return "." if self.path == "." else f"./{unspelled(self.path)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedLine:
    """A line of a file. `path` is relative to the workspace, spelled; `number` and `column` (in bytes) begin
    at 1.
    """

    path: str
    number: int
    column: int | None
    """Where the first match begins; None for a line that only stands beside one."""
    text: str


def search_line(scope: Scope, regex: str, *, context: int = 0, ignore_case: bool = False) -> str:
    """The command line that prints matching lines, with `context` lines on either side."""
    case = ["--ignore-case"] if ignore_case else []
    beside = [f"--context={context}"] if context else []
    ends = [] if _CARRIAGE_RETURN.search(regex) else ["--crlf"]
    wanted = [f"--regexp={each}" for each in _forms(regex)]
    words = ["rg", *_LINES, *ends, *beside, *case, *scope.options(), *wanted, "--"]
    return f"{shlex.join(words)} {_quoted(scope.place)}"


def files_line(scope: Scope) -> str:
    """The command line that prints the paths of files, each with a NUL after it."""
    return f"{shlex.join(['rg', '--files', '--null', *scope.options(), '--'])} {_quoted(scope.place)}"


def _forms(regex: str) -> list[str]:
    """The expression, and where it is plain text also with its letters composed and decomposed, as that text
    may stand in a file.
    """
    if _NOT_PLAIN.search(regex):
        return [regex]
    return list(dict.fromkeys([regex, *(unicodedata.normalize(form, regex) for form in ("NFC", "NFD"))]))


def _quoted(word: str) -> str:
    """The word as a shell reads it; what is no UTF-8 cannot stand in a line, so the shell prints it."""
    content = os.fsencode(word)
    if content == marked(word).encode():
        return shlex.quote(word)
    octal = "".join(f"\\{byte:03o}" for byte in content)
    return f"\"$(printf '{octal}')\""


def only(patterns: Sequence[str]) -> list[str]:
    """The options for files of any of these patterns; none for all files.

    Plain ones are made a file type, for a glob of ripgrep's brings back files that git ignores.
    """
    names = [pattern.removeprefix("**/") for pattern in patterns]
    if any("/" in name or name.startswith(("!", "include:")) for name in names):
        return [f"--glob={pattern}" for pattern in patterns]
    if not names or "*" in names:
        return []
    return [*(f"--type-add=wanted:{name}" for name in names), "--type=wanted"]


def read_lines(output: str) -> Iterator[MatchedLine]:
    """The lines that `search_line` has printed.

    What else ripgrep says in between (of binary files) is passed over, and so are files whose names have a
    line break, because their lines could be taken for those of others.
    """
    for printed in output.split("\n"):
        line = read_line(printed)
        if line is not None:
            yield line


def read_line(printed: str) -> MatchedLine | None:
    """One printed line without its end; None if it is no line of a file."""
    found = _LINE.fullmatch(printed)
    if found is None:
        return None
    column = found["column"]
    return MatchedLine(
        path=spelled(found["path"]),
        number=int(found["number"]),
        column=None if column is None else int(column),
        text=_REMARK.sub("…", marked(found["text"]).removesuffix("\r")),
    )
