"""`apply_diff` on real files; the engine below it has tests of its own in `diff/`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from roocode_server.models.error import InvalidField
from tests.engine.tools.conftest import Context

ONE_TO_UNO = "<<<<<<< SEARCH\n:start_line:1\n-------\none\n=======\nuno\n>>>>>>> REPLACE"
LOST = "<<<<<<< SEARCH\nnowhere to be found\n=======\nx\n>>>>>>> REPLACE"


async def test_blocks_change_the_file_and_the_change_is_told(context: Context) -> None:
    context.write("src/a", "one\ntwo\n")
    result = await context.call("apply_diff", path="src/a", diff=ONE_TO_UNO)
    assert result.success
    assert context.read("src/a") == "uno\ntwo\n"
    assert result.output == "src/a: 1 of 1 blocks applied.\nBlock 1: now lines 1-1 (it replaced 1)."
    (change,) = result.changes
    assert (change.kind, change.path, change.changes.added, change.changes.removed) == (
        "modified",
        "/src/a",
        1,
        1,
    )


async def test_a_deletion_is_told(context: Context) -> None:
    context.write("a", "one\ntwo\n")
    diff = "<<<<<<< SEARCH\ntwo\n=======\n>>>>>>> REPLACE"
    assert (
        "Block 1: 1 lines deleted before line 2."
        in (await context.call("apply_diff", path="a", diff=diff)).output
    )


async def test_the_bytes_beside_the_change_stay(context: Context) -> None:
    context.write("a", b"\xef\xbb\xbfone\r\ntwo")
    await context.call("apply_diff", path="a", diff=ONE_TO_UNO)
    assert (context.folder / "a").read_bytes() == b"\xef\xbb\xbfuno\r\ntwo"


async def test_blocks_that_fit_are_applied_and_the_others_told(context: Context) -> None:
    context.write("a", "one\ntwo\n")
    result = await context.call("apply_diff", path="a", diff=f"{ONE_TO_UNO}\n{LOST}")
    assert context.read("a") == "uno\ntwo\n"
    assert not result.success
    assert "a: 1 of 2 blocks applied." in result.output
    assert "Block 2 refused: The text to find is not there." in result.output
    assert "send only the refused ones again" in result.output
    assert len(result.changes) == 1


async def test_where_no_block_fits_the_file_is_untouched(context: Context) -> None:
    context.write("a", "one\n")
    reason = await context.failure("apply_diff", path="a", diff=LOST)
    assert reason.startswith("a was not changed.\nBlock 1 refused: The text to find is not there.")
    assert context.read("a") == "one\n"


async def test_a_malformed_diff_is_refused_with_its_line(context: Context) -> None:
    context.write("a", "one\n")
    reason = await context.failure("apply_diff", path="a", diff="<<<<<<< SEARCH\none\n>>>>>>> REPLACE")
    assert "Line 3 of the diff: found `>>>>>>> REPLACE`, expected `=======`" in reason


async def test_the_threshold_is_the_sessions(context: Context) -> None:
    context.write("a", "def compute(values):\n")
    diff = "<<<<<<< SEARCH\ndef compute(value):\n=======\ndef compute(x):\n>>>>>>> REPLACE"
    await context.failure("apply_diff", path="a", diff=diff)
    context.config = replace(context.config, fuzzy_match_threshold=0.9)
    await context.call("apply_diff", path="a", diff=diff)
    assert context.read("a") == "def compute(x):\n"


async def test_several_files_are_changed_in_one_call(context: Context) -> None:
    context.write("a", "one\n")
    context.write("b", "one\n")
    files = [{"path": "a", "diff": ONE_TO_UNO}, {"path": "b", "diff": ONE_TO_UNO}]
    result = await context.call("apply_diff", files=files)
    assert result.success
    assert result.output.startswith("2 of 2 files changed as asked.")
    assert (context.read("a"), context.read("b")) == ("uno\n", "uno\n")
    assert [change.path for change in result.changes] == ["/a", "/b"]


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"path": "b", "diff": LOST}, "b was not changed.\nBlock 1 refused"),
        ({"path": "b", "diff": "nonsense"}, "b was not changed. "),
        ({"path": "c", "diff": ONE_TO_UNO}, "There is no file c"),
        ({"path": "out", "diff": ONE_TO_UNO}, "out was not changed: "),
    ],
)
async def test_one_file_that_cannot_be_changed_hinders_no_other(
    context: Context, other: dict[str, str], told: str
) -> None:
    context.write("a", "one\n")
    context.write("b", "two\n")
    (context.folder / "out").symlink_to("/etc/hostname")
    result = await context.call("apply_diff", files=[other, {"path": "a", "diff": ONE_TO_UNO}])
    assert not result.success
    assert "1 of 2 files changed as asked." in result.output
    assert told in result.output
    assert (context.read("a"), context.read("b")) == ("uno\n", "two\n")
    assert [change.path for change in result.changes] == ["/a"]


async def test_two_diffs_for_one_file_mean_the_lines_from_before_the_call(context: Context) -> None:
    context.write("a", "one\none\n")
    first = "<<<<<<< SEARCH\n:start_line:1\n-------\none\n=======\nx\ny\n>>>>>>> REPLACE"
    second = "<<<<<<< SEARCH\n:start_line:2\n-------\none\n=======\nz\n>>>>>>> REPLACE"
    await context.call("apply_diff", path="a", diff=first, files=[{"path": "./a", "diff": second}])
    assert context.read("a") == "x\ny\nz\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({}, "Give path and diff, or files."),
        ({"path": "a"}, "both path and diff"),
        ({"diff": "x"}, "both path and diff"),
    ],
)
async def test_a_call_without_a_file_or_a_diff_is_refused(
    context: Context, arguments: dict[str, str], told: str
) -> None:
    assert told in await context.failure("apply_diff", **arguments)


async def test_a_missing_file_is_told(context: Context) -> None:
    assert "There is no file a" in await context.failure("apply_diff", path="a", diff=ONE_TO_UNO)


async def test_a_binary_file_is_refused(context: Context) -> None:
    context.write("a", b"one\n\x00")
    assert "not a UTF-8 text file" in await context.failure("apply_diff", path="a", diff=ONE_TO_UNO)


async def test_a_path_that_leaves_the_workspace_is_refused(context: Context) -> None:
    with pytest.raises(InvalidField):
        await context.call("apply_diff", path="../a", diff=ONE_TO_UNO)


async def test_a_hundred_missing_blocks_in_a_long_file_are_each_answered_and_others_applied(
    context: Context,
) -> None:
    lines = [f"def function_{number}(argument): return {number}" for number in range(20_000)]
    context.write("a.py", "\n".join(lines))
    missing = "".join(
        f"<<<<<<< SEARCH\ndef functoin_{number}(x):\n    y\n=======\nz\n>>>>>>> REPLACE\n"
        for number in range(99)
    )
    there = f"<<<<<<< SEARCH\n{lines[-1]}\n=======\nlast\n>>>>>>> REPLACE\n"
    result = await context.call("apply_diff", path="a.py", diff=missing + there)
    assert "1 of 100 blocks applied" in result.output
    assert context.read("a.py") == "\n".join([*lines[:-1], "last"])
