"""The files that a command line names: redirections, and words that may be file names.

This is for policy, not a sandbox: it cannot tell which files a program uses that its command line does not
name.
"""

from __future__ import annotations

import enum
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from roocode_server.engine.shell_lines.parser import InvalidCommand, ShellLine, SimpleCommand, read
from roocode_server.engine.shell_lines.vocabulary import MOVING, WRAPPERS, WRITING
from roocode_server.engine.shell_lines.words import Word

_MOST_NESTED_LINES: Final = 4
"""How many nested command lines (`sh -c '…'`) are examined."""
_MOST_FOLDERS: Final = 16
_LITERAL: Final = re.compile(r"[^*?\[\]{}$`\"'~\\]*")


class Naming(enum.Enum):
    """How a command line names a file."""

    OUTPUT = "output"
    """The shell opens it for writing."""
    INPUT = "input"
    """The shell opens it for reading."""
    WRITTEN = "written"
    """An argument of a program that changes its files, such as `tee` and `mv`."""
    WORD = "word"
    """A word that may be the name of a file."""


@dataclass(frozen=True, slots=True)
class NamedFile:
    """A file that a line names.

    `path` is relative to the folder in which the line runs, or absolute; None if it is not known before the
    line runs.
    """

    path: str | None
    naming: Naming


def named_files(line: str) -> Sequence[NamedFile]:
    """Return every file that a line names; a line that cannot be parsed may write anywhere."""
    try:
        script = read(line)
    except InvalidCommand:
        return (NamedFile(None, Naming.OUTPUT),)
    folders = _folders(script)
    found = dict.fromkeys(_named(script, _MOST_NESTED_LINES))
    return tuple(dict.fromkeys(each for file in found for each in _placed(file, folders)))


def _named(script: ShellLine, depth: int) -> Iterator[NamedFile]:
    for redirection in script.redirections:
        naming = Naming.INPUT if redirection.operator.startswith("<") else Naming.OUTPUT
        yield NamedFile(redirection.target.text if redirection.target.is_static else None, naming)
    for command in script.commands:
        yield from _named_by(command)
        if depth and _name(command.words[0]) in WRAPPERS:
            for inner in _inner(command):
                yield from _named(inner, depth - 1)


def _named_by(command: SimpleCommand) -> Iterator[NamedFile]:
    name, *words = command.words
    names = [name, *words] if _name(name) in WRAPPERS else [name]
    naming = Naming.WRITTEN if any(_name(each) in WRITING for each in names) else Naming.WORD
    for word in words:
        if not word.is_static:
            yield from _literal_folder(word)
            if naming is Naming.WRITTEN:
                yield NamedFile(None, naming)
            continue
        option, _, value = word.text.partition("=")
        if value:
            yield NamedFile(value, naming)
        if option and not option.startswith("-"):
            yield NamedFile(word.text, naming)


def _literal_folder(word: Word) -> Iterator[NamedFile]:
    """Yield the folder of a pattern such as `secret/*`."""
    folder = posixpath.dirname(_LITERAL.match(word.text)[0])  # type: ignore[index]
    if folder:
        yield NamedFile(folder, Naming.WORD)


def _inner(command: SimpleCommand) -> Iterator[ShellLine]:
    """Yield the command lines that a wrapper runs, if its arguments are such: `sh -c '…'`, `eval …`."""
    words = [word.text for word in command.words[1:] if word.is_static]
    for text in dict.fromkeys([*(word for word in words if len(word.split()) > 1), " ".join(words)]):
        try:
            yield read(text)
        except InvalidCommand:
            continue  # it is not a command line


def _folders(script: ShellLine) -> Sequence[str] | None:
    """Return the folders that a line may be in when it opens a file, following `cd`; None if unknown."""
    folders = [""]
    for command in script.commands:
        name, *arguments = command.words
        if _name(name) in WRAPPERS and any(_name(word) in MOVING for word in arguments):
            return None
        if _name(name) not in MOVING:
            continue
        targets = [word for word in arguments if not word.text.startswith("-")]
        if len(targets) != 1 or not targets[0].is_static or len(folders) > _MOST_FOLDERS:
            return None
        folders += [posixpath.join(folder, targets[0].text) for folder in folders]
    return folders


def _placed(file: NamedFile, folders: Sequence[str] | None) -> Iterator[NamedFile]:
    if file.path is None or file.path.startswith("/"):
        yield file
    elif folders is not None:
        yield from (NamedFile(posixpath.join(folder, file.path), file.naming) for folder in folders)
    else:
        yield NamedFile(None, file.naming)


def _name(word: Word) -> str:
    return posixpath.basename(word.text)
