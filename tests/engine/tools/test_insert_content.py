"""`insert_content`: lines are added and no others change."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.tools.conftest import Context


@pytest.mark.parametrize(
    ("before", "line", "content", "after"),
    [
        ("a\nb\n", 1, "x", "x\na\nb\n"),
        ("a\nb\n", 2, "x\ny\n", "a\nx\ny\nb\n"),
        ("a\nb\n", 3, "x", "a\nb\nx\n"),
        ("a\nb\n", 0, "x", "a\nb\nx\n"),
        ("a\nb", 0, "x", "a\nb\nx\n"),
        ("a\r\nb\r\n", 2, "x\ny", "a\r\nx\r\ny\r\nb\r\n"),
        ("", 0, "x", "x\n"),
        ("", 1, "x", "x\n"),
        ("\ufeffa\n", 1, "x", "\ufeffx\na\n"),
        ("a\fb\u2028c\nd\n", 2, "x\fy\u2028z", "a\fb\u2028c\nx\fy\u2028z\nd\n"),
        ("a\x1cb\x85\nd", 0, "x", "a\x1cb\x85\nd\nx\n"),
    ],
)
async def test_lines_come_where_they_should(
    context: Context, before: str, line: int, content: str, after: str
) -> None:
    context.write("a.txt", before)
    await context.call("insert_content", path="a.txt", line=line, content=content)
    assert context.read("a.txt") == after


async def test_a_line_beyond_the_end_is_refused(context: Context) -> None:
    context.write("a.txt", "a\n")
    assert "has 1 lines" in await context.failure("insert_content", path="a.txt", line=3, content="x")
    assert context.read("a.txt") == "a\n"


async def test_a_file_that_is_not_there_is_refused(context: Context) -> None:
    assert "no file" in await context.failure("insert_content", path="a.txt", line=1, content="x")


TEXT = st.lists(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"])), max_size=8)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=TEXT, content=TEXT.filter(lambda lines: any(lines)), data=st.data())
async def test_what_was_there_is_still_there(
    context: Context, lines: list[str], content: list[str], data: st.DataObject
) -> None:
    line = data.draw(st.integers(0, len(lines) + 1))
    context.write("a.txt", "".join(f"{each}\n" for each in lines))
    await context.call("insert_content", path="a.txt", line=line, content="\n".join(content))
    after = context.read("a.txt").split("\n")[:-1]
    position = len(lines) if line == 0 else line - 1
    added = len(after) - len(lines)
    assert after[:position] + after[position + added :] == lines
