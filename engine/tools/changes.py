"""How a file's content changed, as events, results and people are told."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from itertools import takewhile
from typing import Final

from engine.tools.text import decoded
from engine.tools.tool import FileChange
from models.file import Changes

DIFF_CHARACTERS: Final = 20_000
COMPARED_LINES: Final = 20_000
"""Files of more lines, both together, are counted without a diff: comparing them could take minutes."""


def change_of(path: str, before: bytes | None, after: bytes | None) -> FileChange:
    """The change of a file from `before` to `after`; None stands for a file that is not there."""
    kind = "created" if before is None else "deleted" if after is None else "modified"
    return FileChange(kind=kind, path=path, changes=changes_between(path, before, after))


def changes_between(
    path: str, before: bytes | None, after: bytes | None, *, compared_lines: int = COMPARED_LINES
) -> Changes:
    """Lines added and removed, and a unified diff; binary content has neither lines nor a diff.

    Files that have more than `compared_lines`, both together, are counted without a diff. Takes time on long
    files: call it in a thread.
    """
    old, new = decoded(before or b""), decoded(after or b"")
    if old is None or new is None:
        return Changes(added=0, removed=0, is_counted=False)
    old_lines, new_lines = _lines(old), _lines(new)
    if len(old_lines) + len(new_lines) > compared_lines:
        return _counted(old_lines, new_lines)
    return _compared(path, old_lines, new_lines, created=before is None, deleted=after is None)


def _compared(path: str, old: list[str], new: list[str], *, created: bool, deleted: bool) -> Changes:
    from_file = "/dev/null" if created else f"a{path}"
    to_file = "/dev/null" if deleted else f"b{path}"
    diff = list(difflib.unified_diff(old, new, from_file, to_file))
    body = diff[2:]
    return Changes(
        added=sum(line.startswith("+") for line in body),
        removed=sum(line.startswith("-") for line in body),
        diff=_cut(diff),
    )


def _counted(old: Sequence[str], new: Sequence[str]) -> Changes:
    """The lines between the first and the last difference, without looking for what is alike in between."""
    same_head = _alike(old, new)
    same_tail = _alike(old[same_head:][::-1], new[same_head:][::-1])
    same = same_head + same_tail
    return Changes(added=len(new) - same, removed=len(old) - same)


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _lines(text: str) -> list[str]:
    """Lines with their endings; a last line without one says so, as in every unified diff."""
    *lines, rest = text.split("\n")
    ended = [line + "\n" for line in lines]
    return [*ended, rest + "\n\\ No newline at end of file\n"] if rest else ended


def _cut(diff: Sequence[str]) -> str | None:
    """The diff in whole lines up to the bound, with a note of the rest; None where nothing differs."""
    kept: list[str] = []
    room = DIFF_CHARACTERS
    for position, line in enumerate(diff):
        room -= len(line)
        if room < 0:
            kept.append(f"… ({len(diff) - position} more lines of the diff)\n")
            break
        kept.append(line)
    return "".join(kept) or None
