"""`write_to_file`."""

from __future__ import annotations

import pytest

from roocode_server.models.error import InvalidField
from tests.engine.tools.conftest import LARGEST_FILE, Context


async def test_a_new_file_is_made_with_its_folders(context: Context) -> None:
    result = await context.call("write_to_file", path="src/deep/a.py", content="one\ntwo\n")
    assert context.read("src/deep/a.py") == "one\ntwo\n"
    assert result.output == "src/deep/a.py created: 2 lines added, 0 removed."
    (change,) = result.changes
    assert (change.kind, change.path, change.changes.added) == ("created", "/src/deep/a.py", 2)


async def test_a_file_that_is_there_is_replaced(context: Context) -> None:
    context.write("a", "one\ntwo\nthree\n")
    result = await context.call("write_to_file", path="/a", content="one\n2\nthree\n")
    assert context.read("a") == "one\n2\nthree\n"
    assert result.output == "a modified: 1 lines added, 1 removed."
    (change,) = result.changes
    assert (change.kind, change.path) == ("modified", "/a")
    assert change.changes.diff is not None
    assert "-two\n+2\n" in change.changes.diff


async def test_the_content_is_written_to_the_byte(context: Context) -> None:
    await context.call("write_to_file", path="a", content="\ufeffone\r\ntwo")
    assert (context.folder / "a").read_bytes() == b"\xef\xbb\xbfone\r\ntwo"


async def test_the_same_content_again_changes_nothing(context: Context) -> None:
    context.write("a", "one\n")
    result = await context.call("write_to_file", path="a", content="one\n")
    assert result.success
    assert result.changes == ()


async def test_a_binary_file_may_be_replaced(context: Context) -> None:
    context.write("a", b"\x00\x01")
    result = await context.call("write_to_file", path="a", content="text\n")
    assert context.read("a") == "text\n"
    assert result.changes[0].changes.diff is None


async def test_content_that_was_cut_off_is_refused(context: Context) -> None:
    context.write("a", "old\n")
    reason = await context.failure("write_to_file", path="a", content="one\n", line_count=40)
    assert "line_count says 40 lines, content has 1" in reason
    assert context.read("a") == "old\n"


async def test_a_line_count_that_is_a_little_off_is_no_harm(context: Context) -> None:
    content = "line\n" * 20
    assert (await context.call("write_to_file", path="a", content=content, line_count=21)).success


async def test_a_folder_is_not_replaced(context: Context) -> None:
    (context.folder / "src").mkdir()
    assert "src is a folder" in await context.failure("write_to_file", path="src", content="x")


async def test_content_that_is_too_large_is_refused(context: Context) -> None:
    content = "x" * (LARGEST_FILE + 1)
    assert "too large" in await context.failure("write_to_file", path="a", content=content)
    assert not (context.folder / "a").exists()


async def test_a_path_that_leaves_the_workspace_is_refused(context: Context) -> None:
    with pytest.raises(InvalidField):
        await context.call("write_to_file", path="../outside", content="x")
    assert not (context.folder.parent / "outside").exists()


@pytest.mark.parametrize(
    ("before", "content", "after", "stayed"),
    [
        ("a\r\nb\r\n", "x\ny\nz\n", "x\r\ny\r\nz\r\n", "Its line ends (CRLF) stayed."),
        ("\ufeffa\n", "x\n", "\ufeffx\n", "Its byte-order mark stayed."),
        ("\ufeffa\r\nb", "x\ny", "\ufeffx\r\ny", "Its byte-order mark and line ends (CRLF) stayed."),
        ("a\r\nb\n", "x\ny\n", "x\ny\n", ""),
        ("a\r\n", "x\r\ny\n", "x\r\ny\n", ""),
        ("\ufeffa\n", "\ufeffx\n", "\ufeffx\n", ""),
        ("a\r\n\fb\u2028\r\n", "x\f\ny", "x\f\r\ny", "Its line ends (CRLF) stayed."),
        ("a", "x\ny\n", "x\ny\n", ""),
        ("", "x\n", "x\n", ""),
    ],
)
async def test_what_reading_does_not_show_stays(
    context: Context, before: str, content: str, after: str, stayed: str
) -> None:
    context.write("a", before)
    result = await context.call("write_to_file", path="a", content=content)
    assert context.read("a") == after
    assert result.output.partition(" removed.")[2].strip() == stayed


async def test_what_was_read_and_is_written_again_changes_nothing(context: Context) -> None:
    context.write("a", "\ufeffone\r\ntwo\r\n")
    result = await context.call("write_to_file", path="a", content="one\ntwo\n")
    assert (result.changes, context.read("a")) == ((), "\ufeffone\r\ntwo\r\n")
