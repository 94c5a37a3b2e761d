"""ripgrep: its command lines, and parsing of its output, for the agent's tool and for callers' searches.

It parses text, not ripgrep's JSON, which repeats each matching line in full with every match in it, so that
one minified file would exceed any limit.
"""

from __future__ import annotations

import os
import re
import shlex
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from roocode_server.engine.workspace.name_spelling import marked, spelled, unspelled

MATCHED_LINE_BYTES: Final = 300
"""How much is printed of a matching line."""

RIPGREP_FAILED: Final = 2
PROGRAM_NOT_FOUND: Final = 127
"""The shell's exit status for a program that does not exist."""

_COMMON: Final = ("--no-config", "--sort=path", "--no-require-git", "--no-ignore-global", "--no-messages")
_LINES: Final = (
    "--color=never",
    "--no-heading",
    "--with-filename",
    "--null",
    "--line-number",
    "--column",
    "--no-context-separator",
    f"--max-columns={MATCHED_LINE_BYTES}",
    "--max-columns-preview",
)
_NOT_GIT: Final = "--glob=!.git"

_CARRIAGE_RETURN: Final = re.compile(r"\r|\\r|\\x0[dD]|\\x\{0*[dD]\}|\\u")
"""With `--crlf`, ripgrep rejects a pattern for a carriage return; without it, `$` does not match before
one.
"""
_NOT_PLAIN: Final = re.compile(r"[\[\](){}*+?|\\]")

_LINE: Final = re.compile(
    r"\./(?P<path>[^\0]+)\0(?P<number>\d+)(?:-|:(?P<column>\d+):)(?P<text>.*)", re.DOTALL
)
_REMARK: Final = re.compile(r" \[\.\.\. (?:\d+ more match(?:es)?|omitted end of long line)\]\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where to search.

    `path` is relative to the workspace and spelled, `.` for its root; `patterns` are file globs.
    """

    path: str
    patterns: Sequence[str] = ()
    hidden: bool = False
    ignored: bool = False
    """Whether files that `.gitignore` and the like exclude are searched, too."""

    def options(self) -> list[str]:
        """Return ripgrep's options for this scope."""
        hidden = ["--hidden", _NOT_GIT] if self.hidden else []
        return [*_COMMON, *only(self.patterns), *hidden, *(["--no-ignore"] if self.ignored else [])]

    @property
    def place(self) -> str:
        """The path as ripgrep takes it, never starting with a dash."""
        return "." if self.path == "." else f"./{unspelled(self.path)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedLine:
    """A printed line of a file.

    `path` is relative to the workspace and spelled; `number` and `column` (in bytes) count from 1.
    """

    path: str
    number: int
    column: int | None
    """Where the first match begins; None for a context line."""
    text: str


def search_line(scope: Scope, regex: str, *, context: int = 0, ignore_case: bool = False) -> str:
    """Return the command line that prints matching lines, with `context` lines on either side."""
    case = ["--ignore-case"] if ignore_case else []
    beside = [f"--context={context}"] if context else []
    ends = [] if _CARRIAGE_RETURN.search(regex) else ["--crlf"]
    wanted = [f"--regexp={each}" for each in _forms(regex)]
    words = ["rg", *_LINES, *ends, *beside, *case, *scope.options(), *wanted, "--"]
    return f"{shlex.join(words)} {_quoted(scope.place)}"


def files_line(scope: Scope) -> str:
    """Return the command line that prints the paths of files, each followed by a NUL."""
    return f"{shlex.join(['rg', '--files', '--null', *scope.options(), '--'])} {_quoted(scope.place)}"


def _forms(regex: str) -> list[str]:
    """Return the pattern; plain text also in composed and decomposed Unicode form, as files may contain
    either.
    """
    if _NOT_PLAIN.search(regex):
        return [regex]
    return list(dict.fromkeys([regex, *(unicodedata.normalize(form, regex) for form in ("NFC", "NFD"))]))


def _quoted(word: str) -> str:
    """Quote a word for the shell; bytes that are not UTF-8 are written as `printf` octal escapes."""
    content = os.fsencode(word)
    if content == marked(word).encode():
        return shlex.quote(word)
    octal = "".join(f"\\{byte:03o}" for byte in content)
    return f"\"$(printf '{octal}')\""


def only(patterns: Sequence[str]) -> list[str]:
    """Return the options that select files matching any of the patterns; empty for all files.

    Plain patterns are passed as a file type, because ripgrep's `--glob` overrides `.gitignore`.
    """
    names = [pattern.removeprefix("**/") for pattern in patterns]
    if any("/" in name or name.startswith(("!", "include:")) for name in names):
        return [f"--glob={pattern}" for pattern in patterns]
    if not names or "*" in names:
        return []
    return [*(f"--type-add=wanted:{name}" for name in names), "--type=wanted"]


def read_line(printed: str) -> MatchedLine | None:
    """Parse one line that `search_line`'s command prints, given without its line ending.

    None for other output (about binary files), and for files with a line break in their name, whose lines
    could be mistaken for those of another file.
    """
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
