"""How a file's content changed, as events, results and people are told."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Final, Literal

from rapidfuzz.distance import Indel

from roocode_server.engine.tools.text import decoded
from roocode_server.engine.tools.tool import FileChange
from roocode_server.models.file import Changes

DIFF_CHARACTERS: Final = 20_000
COMPARED_LINES: Final = 20_000
"""Files of more lines, both together, are counted without a diff."""

Step = Literal["replace", "delete", "insert", "equal"]


def change_of(path: str, before: bytes | None, after: bytes | None) -> FileChange:
    """The change of a file from `before` to `after`; None stands for a file that is not there."""
    kind = "created" if before is None else "deleted" if after is None else "modified"
    return FileChange(kind=kind, path=path, changes=changes_between(path, before, after))


def changes_between(
    path: str, before: bytes | None, after: bytes | None, *, compared_lines: int = COMPARED_LINES
) -> Changes:
    """Lines added and removed, and a unified diff; binary content has neither lines nor a diff.

    Files that have more than `compared_lines`, both together, are counted without a diff. Takes milliseconds
    on long files, whatever is in them: call it in a thread.
    """
    old, new = decoded(before or b""), decoded(after or b"")
    if old is None or new is None:
        return Changes(added=0, removed=0, is_counted=False)
    if _length(old) + _length(new) > compared_lines:
        return _counted(old, new)
    return _compared(path, _lines(old), _lines(new), created=before is None, deleted=after is None)


def _compared(path: str, old: Sequence[str], new: Sequence[str], *, created: bool, deleted: bool) -> Changes:
    found = _ChangedMatches(old, new)
    diff: list[str] = []
    for group in found.get_grouped_opcodes():
        _, first, _, begun, _ = group[0]
        _, _, last, _, end = group[-1]
        diff.append(f"@@ -{_range(first, last)} +{_range(begun, end)} @@\n")
        for kind, start, stop, new_start, new_stop in group:
            if kind == "equal":
                diff += [f" {line}" for line in old[start:stop]]
            else:
                diff += [f"-{line}" for line in old[start:stop]]
                diff += [f"+{line}" for line in new[new_start:new_stop]]
    from_file = "/dev/null" if created else f"a{path}"
    to_file = "/dev/null" if deleted else f"b{path}"
    head = [f"--- {from_file}\n", f"+++ {to_file}\n"] if diff else []
    return Changes(added=len(new) - found.alike, removed=len(old) - found.alike, diff=_cut([*head, *diff]))


class _ChangedMatches(difflib.SequenceMatcher[str]):
    """The most lines that two texts share in order, and how one becomes the other.

    They are found by bits, many at a time: difflib's own way takes minutes where lines repeat.
    """

    def __init__(self, old: Sequence[str], new: Sequence[str]) -> None:
        super().__init__()
        numbers: dict[str, int] = {}
        old_numbers, new_numbers = (
            [numbers.setdefault(line, len(numbers)) for line in lines] for lines in (old, new)
        )
        opcodes = Indel.opcodes(old_numbers, new_numbers)
        equal = [
            (each.src_start, each.src_end, each.dest_start, each.dest_end)
            for each in opcodes
            if each.tag == "equal"
        ]
        self.alike = sum(end - start for start, end, _, _ in equal)
        self._steps: list[tuple[Step, int, int, int, int]] = []
        at, new_at = 0, 0
        for start, end, new_start, new_end in [*equal, (len(old), len(old), len(new), len(new))]:
            if (at, new_at) != (start, new_start):
                self._steps.append(("replace", at, start, new_at, new_start))
            if start < end:
                self._steps.append(("equal", start, end, new_start, new_end))
            at, new_at = end, new_end

    def get_opcodes(self) -> list[tuple[Step, int, int, int, int]]:
        """What is equal, and between that what is replaced."""
        return list(self._steps)


def _range(start: int, stop: int) -> str:
    """Lines as a unified diff names them. Source: diff(1), "Detailed Description of Unified Format"."""
    count = stop - start
    return str(start + 1) if count == 1 else f"{start + 1 if count else start},{count}"


def _counted(old: str, new: str) -> Changes:
    """The lines between the first and the last difference, without looking for what is alike in between."""
    begun = old.rfind("\n", 0, _alike(old, new)) + 1
    old, new = old[begun:], new[begun:]
    end = _alike(old[::-1], new[::-1])
    is_whole = all(len(text) == end or text[-end - 1] == "\n" for text in (old, new))
    tail = old[len(old) - end :]
    same = _length(tail if is_whole else tail.partition("\n")[2])
    return Changes(added=_length(new) - same, removed=_length(old) - same)


def _alike(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    alike, differ = 0, min(len(one), len(other)) + 1
    while differ - alike > 1:
        middle = (alike + differ) // 2
        if one[alike:middle] == other[alike:middle]:
            alike = middle
        else:
            differ = middle
    return alike


def _length(text: str) -> int:
    """How many lines a text has."""
    return text.count("\n") + (not text.endswith("\n") and text != "")


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
