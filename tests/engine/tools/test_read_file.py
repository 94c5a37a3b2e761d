"""`read_file`."""

from __future__ import annotations

import pytest

from roocode_server.engine.tools.text import SHOWN_CHARACTERS
from roocode_server.models.error import InvalidField
from tests.engine.tools.conftest import LARGEST_FILE, Context


async def test_lines_are_shown_after_their_numbers(context: Context) -> None:
    context.write("src/a.py", "".join(f"line {number}\n" for number in range(1, 11)))
    result = await context.call("read_file", path="src/a.py")
    assert result.success
    shown = result.output.splitlines()
    assert shown[:2] == ["src/a.py, lines 1-10 of 10:", " 1 | line 1"]
    assert shown[-1] == "10 | line 10"


async def test_a_range_is_shown_with_the_numbers_of_the_file(context: Context) -> None:
    context.write("a", "one\ntwo\nthree\nfour\n")
    result = await context.call("read_file", path="a", start_line=2, end_line=3)
    assert result.output == "a, lines 2-3 of 4:\n2 | two\n3 | three"


async def test_a_range_may_end_beyond_the_file(context: Context) -> None:
    context.write("a", "one\ntwo")
    result = await context.call("read_file", path="a", start_line=2, end_line=99)
    assert result.output == "a, lines 2-2 of 2:\n2 | two"


async def test_a_range_that_begins_beyond_the_file_is_refused(context: Context) -> None:
    context.write("a", "one\n")
    assert "the file has 1 lines" in await context.failure("read_file", path="a", start_line=2)


async def test_a_range_that_ends_before_it_begins_is_refused(context: Context) -> None:
    context.write("a", "one\ntwo\n")
    assert "before start_line" in await context.failure("read_file", path="a", start_line=2, end_line=1)


async def test_an_empty_file_is_told(context: Context) -> None:
    context.write("a", "")
    assert (await context.call("read_file", path="a")).output == "a is empty."


async def test_neither_mark_nor_carriage_returns_are_shown(context: Context) -> None:
    context.write("a", "\ufeffone\r\ntwo\r\n")
    result = await context.call("read_file", path="a")
    assert result.output.splitlines()[1:] == ["1 | one", "2 | two"]


async def test_other_separators_do_not_end_a_line(context: Context) -> None:
    context.write("a", "one\x0c\u2028still one\ntwo\n")
    assert (await context.call("read_file", path="a")).output.startswith("a, lines 1-2 of 2:")


async def test_a_long_file_is_cut_and_the_rest_named(context: Context) -> None:
    context.write("a", "".join(f"{number}\n" for number in range(1, 5001)))
    shown = (await context.call("read_file", path="a")).output.splitlines()
    assert shown[0] == "a, lines 1-2000 of 5000:"
    assert shown[-1] == "(lines 2001-5000 are left out: read on with start_line 2001)"


async def test_long_lines_are_cut_and_the_whole_fits_in_one_result(context: Context) -> None:
    context.write("a", ("x" * 5000 + "\n") * 100)
    output = (await context.call("read_file", path="a")).output
    assert "… (3,000 more characters in this line)" in output
    assert len(output) < SHOWN_CHARACTERS + 1000
    assert "are left out: read on with start_line" in output


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\x00", b"\xff\xfe", b"caf\xe9"])
async def test_binary_content_is_refused(context: Context, content: bytes) -> None:
    context.write("a", content)
    assert "not a UTF-8 text file" in await context.failure("read_file", path="a")


async def test_a_missing_file_is_told_with_what_to_do(context: Context) -> None:
    assert "list_files" in await context.failure("read_file", path="nothing.txt")


async def test_a_folder_is_refused(context: Context) -> None:
    (context.folder / "src").mkdir()
    assert "only handles files" in await context.failure("read_file", path="src")


async def test_a_file_that_is_too_large_is_refused(context: Context) -> None:
    context.write("a", b"x" * (LARGEST_FILE + 1))
    assert "limit 1,000,000 bytes" in await context.failure("read_file", path="a")


async def test_a_path_with_dots_within_the_workspace_is_folded(context: Context) -> None:
    context.write("src/a", "one\n")
    assert "src/a, lines 1-1" in (await context.call("read_file", path="src/../src/./a")).output


async def test_a_link_that_leads_out_is_refused(context: Context) -> None:
    (context.folder / "link").symlink_to("/etc/passwd")
    with pytest.raises(InvalidField):
        await context.call("read_file", path="link")


async def test_dots_are_folded_before_a_link_is_followed(context: Context) -> None:
    context.write("a", "the near one\n")
    context.write("deep/a", "the far one\n")
    (context.folder / "deep/below").mkdir()
    (context.folder / "link").symlink_to("deep/below")
    assert "the near one" in (await context.call("read_file", path="link/../a")).output


async def test_a_path_that_leaves_the_workspace_is_refused(context: Context) -> None:
    with pytest.raises(InvalidField):
        await context.call("read_file", path="../outside")


async def test_a_name_that_looks_the_same_is_told_so_that_it_can_be_asked_for(context: Context) -> None:
    context.write("cafe\u0301.txt", "here\n")
    told = await context.failure("read_file", path="caf\u00e9.txt")
    assert r"ask for `cafe\xcc\x81.txt`, just so" in told
    read = await context.call("read_file", path=r"cafe\xcc\x81.txt")
    assert read.output.endswith("1 | here")


async def test_ranges_count_the_lines_that_line_feeds_end(context: Context) -> None:
    context.write("a.txt", "\ufeffa\fb\u2028c\u0085d\re\r\nsecond\x1c\r\nthird\r\n")
    read = await context.call("read_file", path="a.txt", start_line=2, end_line=2)
    assert read.output == "a.txt, lines 2-2 of 3:\n2 | second\x1c"
    assert (await context.call("read_file", path="a.txt", end_line=1)).output.endswith(
        "\n1 | a\fb\u2028c\u0085d\re"
    )
