"""`search_and_replace`: texts and expressions, in a whole file or some lines."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.tools.conftest import Context

BEFORE = "one two\nTwo three\ntwo (two)\n"


@pytest.mark.parametrize(
    ("arguments", "after"),
    [
        ({"search": "two", "replace": "2"}, "one 2\nTwo three\n2 (2)\n"),
        ({"search": "two", "replace": "2", "ignore_case": True}, "one 2\n2 three\n2 (2)\n"),
        ({"search": "(two)", "replace": "\\1"}, "one two\nTwo three\ntwo \\1\n"),
        ({"search": r"\((\w+)\)", "replace": r"[\1]", "use_regex": True}, "one two\nTwo three\ntwo [two]\n"),
        ({"search": "^t", "replace": "T", "use_regex": True}, "one two\nTwo three\nTwo (two)\n"),
        ({"search": "two", "replace": "2", "start_line": 2}, "one two\nTwo three\n2 (2)\n"),
        ({"search": "two", "replace": "2", "end_line": 1}, "one 2\nTwo three\ntwo (two)\n"),
        ({"search": "two\nTwo", "replace": "x"}, "one x three\ntwo (two)\n"),
    ],
)
async def test_it_replaces(context: Context, arguments: dict[str, Any], after: str) -> None:
    context.write("a.txt", BEFORE)
    result = await context.call("search_and_replace", path="a.txt", **arguments)
    assert context.read("a.txt") == after
    assert [change.kind for change in result.changes] == ["modified"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"search": "four", "replace": "4"}, "does not contain 'four'"),
        ({"search": "(", "replace": "", "use_regex": True}, "pattern or its replacement is invalid"),
        ({"search": "two", "replace": r"\9", "use_regex": True}, "pattern or its replacement is invalid"),
        ({"search": "two", "replace": "2", "start_line": 9}, "There are no lines 9"),
        ({"search": "two", "replace": "2", "start_line": 3, "end_line": 1}, "There are no lines 3"),
    ],
)
async def test_what_cannot_be_done_changes_nothing(
    context: Context, arguments: dict[str, Any], told: str
) -> None:
    context.write("a.txt", BEFORE)
    assert told in await context.failure("search_and_replace", path="a.txt", **arguments)
    assert context.read("a.txt") == BEFORE


async def test_an_expression_that_runs_away_is_given_up(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roocode_server.engine.tools.search_and_replace.PATTERN_CPU_S", 1)
    content = "a" * 5000 + "b\n"
    context.write("a.txt", content)
    arguments = {"search": r"(a|a)*$", "replace": "x", "use_regex": True, "end_line": 1}
    told = await context.failure("search_and_replace", path="a.txt", **arguments)
    assert "was abandoned" in told
    assert context.read("a.txt") == content


@pytest.mark.parametrize(
    ("before", "arguments", "after"),
    [
        ("a\r\nb\r\nc\r\n", {"search": "a\nb", "replace": "x\ny\nz"}, "x\r\ny\r\nz\r\nc\r\n"),
        ("a;\r\nb\r\n", {"search": ";$", "replace": "", "use_regex": True}, "a\r\nb\r\n"),
        ("a\r\nb\r\n", {"search": r"a\r\nb", "replace": "c", "use_regex": True}, "c\r\n"),
        ("a\nb\r\na\n", {"search": "a", "replace": "x"}, "x\nb\r\nx\n"),
        ("\ufeffa\na\n", {"search": "^a", "replace": "x", "use_regex": True}, "\ufeffx\nx\n"),
        ("a\fb\u2028c\nb\n", {"search": "b", "replace": "x", "start_line": 2}, "a\fb\u2028c\nx\n"),
        ("un cafe\u0301\n", {"search": "caf\u00e9", "replace": "th\u00e9"}, "un th\u00e9\n"),
        ("un caf\u00e9\n", {"search": "cafe\u0301", "replace": "tea"}, "un tea\n"),
        ("CAFE\u0301\n", {"search": "caf\u00e9", "replace": "tea", "ignore_case": True}, "tea\n"),
        ("a\x1cb\x85\nb\n", {"search": "b", "replace": "x", "end_line": 1}, "a\x1cx\x85\nb\n"),
    ],
)  # fmt: skip
async def test_lines_end_as_the_file_ends_them(
    context: Context, before: str, arguments: dict[str, Any], after: str
) -> None:
    context.write("a.txt", before)
    await context.call("search_and_replace", path="a.txt", **arguments)
    assert context.read("a.txt") == after
