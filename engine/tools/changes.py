"""Changes of a file's content, for events, results and people."""

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
"""Files with more lines than this, both versions together, are counted without a diff."""

Step = Literal["replace", "delete", "insert", "equal"]


def change_of(path: str, before: bytes | None, after: bytes | None) -> FileChange:
    """Describe the change of a file from `before` to `after`; None means that the file does not exist."""
    kind = "created" if before is None else "deleted" if after is None else "modified"
    return FileChange(kind=kind, path=path, changes=changes_between(path, before, after))


def changes_between(
    path: str, before: bytes | None, after: bytes | None, *, compared_lines: int = COMPARED_LINES
) -> Changes:
    """Count added and removed lines and make a unified diff; binary content has neither.

    Files with more than `compared_lines` lines, both versions together, are counted without a diff. Takes
    milliseconds for long files, whatever their content: call it in a thread.
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
    """The longest common subsequence of lines, in the form in which difflib makes unified diffs.

    It is computed bit-parallel: difflib's own algorithm takes minutes for files with many repeated lines.
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
        """Return equal blocks, and the replaced blocks between them."""
        return list(self._steps)


def _range(start: int, stop: int) -> str:
    """Format lines as a unified diff does. Source: diff(1), "Detailed Description of Unified Format"."""
    count = stop - start
    return str(start + 1) if count == 1 else f"{start + 1 if count else start},{count}"


def _counted(old: str, new: str) -> Changes:
    """Count the lines between the first and the last difference, without looking for equal lines in
    between.
    """
    begun = old.rfind("\n", 0, _alike(old, new)) + 1
    old, new = old[begun:], new[begun:]
    end = _alike(old[::-1], new[::-1])
    is_whole = all(len(text) == end or text[-end - 1] == "\n" for text in (old, new))
    tail = old[len(old) - end :]
    same = _length(tail if is_whole else tail.partition("\n")[2])
    return Changes(added=_length(new) - same, removed=_length(old) - same)


def _alike(one: str, other: str) -> int:
    """Return the length of the common prefix of two texts."""
    alike, differ = 0, min(len(one), len(other)) + 1
    while differ - alike > 1:
        middle = (alike + differ) // 2
        if one[alike:middle] == other[alike:middle]:
            alike = middle
        else:
            differ = middle
    return alike


def _length(text: str) -> int:
    """Return the number of lines of a text."""
    return text.count("\n") + (not text.endswith("\n") and text != "")


def _lines(text: str) -> list[str]:
    """Split into lines with their endings; a last line without one is marked as in every unified diff."""
    *lines, rest = text.split("\n")
    ended = [line + "\n" for line in lines]
    return [*ended, rest + "\n\\ No newline at end of file\n"] if rest else ended


def _cut(diff: Sequence[str]) -> str | None:
    """Join the diff's lines up to the limit, with a note about the rest; None if there is no difference."""
    kept: list[str] = []
    room = DIFF_CHARACTERS
    for position, line in enumerate(diff):
        room -= len(line)
        if room < 0:
            kept.append(f"… ({len(diff) - position} more lines of the diff)\n")
            break
        kept.append(line)
    return "".join(kept) or None
