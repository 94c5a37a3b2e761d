"""`apply_diff` on real files; the engine below it has tests of its own in `diff/`."""

from __future__ import annotations

import pytest

from engine.tools.apply_diff import ApplyDiff
from engine.tools.catalogue import Catalogue
from models.error import InvalidField
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


async def test_the_threshold_is_the_tools_own(context: Context) -> None:
    context.write("a", "def compute(values):\n")
    diff = "<<<<<<< SEARCH\ndef compute(value):\n=======\ndef compute(x):\n>>>>>>> REPLACE"
    await context.failure("apply_diff", path="a", diff=diff)
    tolerant = Catalogue([ApplyDiff(threshold=0.9)])
    await tolerant.prepare("apply_diff", {"path": "a", "diff": diff}).run(context)
    assert context.read("a") == "def compute(x):\n"


async def test_a_missing_file_is_told(context: Context) -> None:
    assert "There is no file a" in await context.failure("apply_diff", path="a", diff=ONE_TO_UNO)


async def test_a_binary_file_is_refused(context: Context) -> None:
    context.write("a", b"one\n\x00")
    assert "not a text file" in await context.failure("apply_diff", path="a", diff=ONE_TO_UNO)


async def test_a_path_that_leaves_the_workspace_is_refused(context: Context) -> None:
    with pytest.raises(InvalidField):
        await context.call("apply_diff", path="../a", diff=ONE_TO_UNO)
