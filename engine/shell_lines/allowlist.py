"""Which command lines a session may run, judged by every command in them.

This is policy, not a sandbox: an allowed program can run others. `npm` permits whatever a package's scripts
do, and a wrapper that is allowed by name (`env`, `sudo`, `xargs`, `timeout`, `find`, `sh`, `eval` …) permits
whatever it runs. What commands can do at all is limited by the runtime.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import Final

from roocode_server.engine.shell_lines.parser import InvalidCommand, Refusal, ShellLine, SimpleCommand, read
from roocode_server.engine.shell_lines.vocabulary import WRAPPERS
from roocode_server.engine.shell_lines.words import Word

__all__ = ["InvalidCommand", "Refusal", "SimpleCommand", "allowed", "matches", "objection", "parse"]

ANYTHING: Final = "*"

_MOST_NESTED_WRAPPERS: Final = 4
"""How many nested wrappers a restricting rule looks through."""


def parse(line: str) -> Sequence[SimpleCommand]:
    """Return every simple command that a line may run, in order of appearance.

    This includes the commands of pipelines, lists, groups, loops, conditions, functions and substitutions.
    Raises: InvalidCommand, if the line is incomplete or too long.
    """
    return read(line).commands


def allowed(line: str, prefixes: Sequence[str]) -> Refusal | None:
    """Return why a line may not run; None if each of its commands begins with the words of some prefix.

    `npm` allows `npm test` but not `npmx`; `git status` allows `git status -s`; `*` allows every line, and an
    empty list allows none. Without `*`, whatever could change the meaning of an allowed name is refused, too:
    functions, aliases, setting PATH and the like, and everything that shells interpret differently.
    """
    if ANYTHING in prefixes:
        return None
    if not prefixes:
        return Refusal(line, "this session runs no commands")
    try:
        script = read(line)
    except InvalidCommand as mistake:
        return Refusal(line, str(mistake))
    return _first_refusal(script, [tuple(prefix.split()) for prefix in prefixes])


def objection(line: str, prefixes: Sequence[str]) -> str | None:
    """Say why a line may not run in a session that allows `prefixes`, and what may; None, if it may run."""
    refusal = allowed(line, prefixes)
    if refusal is None:
        return None
    reason = f"`{refusal.command}` may not be run in this session: {refusal.reason.removesuffix('.')}."
    if not prefixes:
        return reason
    may = ", ".join(f"`{prefix}`" for prefix in prefixes)
    return f"{reason} Allowed are commands that begin with: {may}."


def matches(line: str, prefix: str, *, any_of: bool = False) -> bool:
    """Return whether a rule for `prefix` matches a line.

    An allowing rule needs at least one command, and every command to begin with the prefix, as in `allowed`.
    A restricting rule (`any_of`) matches if any command may begin with it: by its path, within a wrapper such
    as `sudo` or `sh -c`, or because its name is not known before it runs or the line cannot be judged.
    """
    if prefix == ANYTHING:
        return True
    try:
        script = read(line)
    except InvalidCommand:
        return any_of
    wanted = tuple(prefix.split())
    if any_of:
        return bool(script.objections) or any(_may_begin(command, wanted) for command in script.commands)
    return bool(script.commands) and _first_refusal(script, [wanted]) is None


def _first_refusal(script: ShellLine, prefixes: Sequence[tuple[str, ...]]) -> Refusal | None:
    for command in script.commands:
        if not any(_begins(command.words, prefix) for prefix in prefixes):
            return Refusal(command.source, _reason(command.words[0]))
    return script.objections[0] if script.objections else None


def _reason(name: Word) -> str:
    if name.is_static:
        return "it begins with none of the allowed prefixes"
    return "its name is only known when it runs"


def _begins(words: Sequence[Word], prefix: tuple[str, ...]) -> bool:
    """Whether these words certainly begin with the prefix."""
    if not prefix or len(words) < len(prefix):
        return False
    return all(word.is_static and word.text == wanted for word, wanted in zip(words, prefix, strict=False))


def _may_begin(command: SimpleCommand, prefix: tuple[str, ...]) -> bool:
    return any(_could_be(words, prefix) for words in _wrapped(command.words, _MOST_NESTED_WRAPPERS))


def _could_be(words: Sequence[Word], prefix: tuple[str, ...]) -> bool:
    if not prefix or not words or (len(words) < len(prefix) and all(word.is_static for word in words)):
        return False
    name, *rest = words
    if name.is_static and posixpath.basename(name.text) != posixpath.basename(prefix[0]):
        return False
    for word, wanted in zip(rest, prefix[1:], strict=False):
        if not word.is_static:
            return True
        if word.text != wanted:
            return False
    return True


def _wrapped(words: Sequence[Word], depth: int) -> Iterator[Sequence[Word]]:
    """Yield these words and, if they begin with a wrapper, everything that they may run."""
    yield words
    if depth == 0 or not words or posixpath.basename(words[0].text) not in WRAPPERS:
        return
    for start in range(1, len(words)):
        yield words[start:]
        for inner in _commands_in(words[start]):
            yield from _wrapped(inner.words, depth - 1)
    joined = Word(" ".join(word.text for word in words[1:]), is_static=all(word.is_static for word in words))
    for inner in _commands_in(joined):
        yield from _wrapped(inner.words, depth - 1)


def _commands_in(word: Word) -> Sequence[SimpleCommand]:
    """Return the commands in a word that is a command line itself, as after `sh -c`."""
    if not word.is_static:
        return ()
    try:
        return read(word.text).commands
    except InvalidCommand:
        return ()
