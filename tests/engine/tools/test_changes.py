"""How the change of a file is reported."""

from __future__ import annotations

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roocode_server.engine.tools.changes import COMPARED_LINES, DIFF_CHARACTERS, change_of, changes_between


def test_a_new_file_is_all_added() -> None:
    change = change_of("/src/a.py", None, b"one\ntwo\n")
    assert (change.kind, change.changes.added, change.changes.removed) == ("created", 2, 0)
    assert change.changes.diff == "--- /dev/null\n+++ b/src/a.py\n@@ -0,0 +1,2 @@\n+one\n+two\n"


def test_a_deleted_file_is_all_removed() -> None:
    change = change_of("/a", b"one\n", None)
    assert (change.kind, change.changes.added, change.changes.removed) == ("deleted", 0, 1)


def test_a_changed_line_is_one_removed_and_one_added() -> None:
    change = change_of("/a", b"one\ntwo\nthree\n", b"one\n2\nthree\n")
    assert (change.kind, change.changes.added, change.changes.removed) == ("modified", 1, 1)
    assert change.changes.diff == "--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n"


def test_lines_that_look_like_a_diffs_own_are_counted() -> None:
    changes = changes_between("/a", b"-- x\n", b"++ y\n")
    assert (changes.added, changes.removed) == (1, 1)


def test_a_missing_final_newline_is_told() -> None:
    changes = changes_between("/a", b"one\n", b"one")
    assert (changes.added, changes.removed) == (1, 1)
    assert changes.diff is not None
    assert changes.diff.endswith("+one\n\\ No newline at end of file\n")


def test_the_same_content_has_no_diff() -> None:
    changes = changes_between("/a", b"one\n", b"one\n")
    assert (changes.added, changes.removed, changes.diff) == (0, 0, None)


def test_an_empty_new_file_is_created_without_lines() -> None:
    change = change_of("/a", None, b"")
    assert (change.kind, change.changes.added, change.changes.diff) == ("created", 0, None)


def test_binary_content_has_neither_lines_nor_diff() -> None:
    for content in (b"\x00\x01", b"\xff\xfe"):
        changes = changes_between("/a", b"one\n", content)
        assert (changes.added, changes.removed, changes.diff) == (0, 0, None)


def test_a_long_diff_is_cut_in_whole_lines_and_counted_whole() -> None:
    content = "".join(f"line {number}\n" for number in range(5000)).encode()
    changes = changes_between("/a", None, content)
    assert changes.added == 5000
    assert changes.diff is not None
    assert len(changes.diff) < DIFF_CHARACTERS + 100
    assert changes.diff.splitlines()[-1].endswith("more lines of the diff)")


def test_a_very_long_file_is_counted_without_comparing() -> None:
    lines = [b"same\n"] * COMPARED_LINES
    changes = changes_between("/a", b"".join(lines), b"".join([*lines[:500], b"new\n", b"x\n", *lines[501:]]))
    assert (changes.added, changes.removed, changes.diff) == (2, 1, None)


LINES = st.lists(st.sampled_from(["a", "b", "", "\f", "  a"]), max_size=30).map("\n".join)


@given(before=LINES, after=LINES)
def test_a_diff_makes_the_new_text_of_the_old(before: str, after: str) -> None:
    changes = changes_between("/a", before.encode(), after.encode())
    assert patched(before, changes.diff or "") == after


@given(before=LINES, after=LINES)
def test_lines_counted_without_a_diff_are_no_fewer(before: str, after: str) -> None:
    compared = changes_between("/a", before.encode(), after.encode())
    counted = changes_between("/a", before.encode(), after.encode(), compared_lines=0)
    assert counted.added - counted.removed == compared.added - compared.removed
    assert counted.added >= compared.added
    assert (counted.added == 0 == counted.removed) is (before == after)


@pytest.mark.parametrize("kinds", [3, 5000])
def test_lines_that_stand_in_a_file_again_and_again_are_compared(kinds: int) -> None:
    chance = random.Random(kinds)  # noqa: S311 - a test's own texts
    before, after = (
        "".join(f"{chance.randrange(kinds)}\n" for _ in range(COMPARED_LINES // 2)).encode() for _ in range(2)
    )
    changes = changes_between("/a", before, after)
    assert changes.diff is not None
    assert 0 < changes.added == changes.removed < COMPARED_LINES // 2


def patched(text: str, diff: str) -> str:
    """What a unified diff makes of a text."""
    lines, result, at = marked(text), list[str](), 0
    body = diff.replace("\n\\ No newline at end of file\n", "\0").split("\n")[2:]
    for line in [part for each in body for part in re.findall(r"[^\0]*\0|[^\0]+", each)]:
        if hunk := re.match(r"@@ -(\d+)(,0)?", line):
            start = int(hunk[1]) - (hunk[2] is None)
            result, at = result + lines[at:start], start
            continue
        content = line[1:] if line.endswith("\0") else line[1:] + "\n"
        if line[0] in " -":
            assert lines[at] == content
            at += 1
        if line[0] in " +":
            result.append(content)
    return "".join([*result, *lines[at:]]).replace("\0", "")


def marked(text: str) -> list[str]:
    """Lines with their ends: a line break, or NUL after the last."""
    *lines, rest = text.split("\n")
    return [*(line + "\n" for line in lines), *([rest + "\0"] if rest else [])]
