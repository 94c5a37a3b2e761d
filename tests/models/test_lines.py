"""What counts as a line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from roocode_server.models.lines import ended_lines, last_lines, lines_of


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("a", ["a"]),
        ("a\n", ["a"]),
        ("a\n\n", ["a", ""]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("a\rb\n", ["a\rb"]),
        ("a\r\r\n", ["a\r"]),
        ("a\n\r", ["a"]),
        ("\ufeffa\n", ["a"]),
        ("a\x0cb\u2028c\x85d\n", ["a\x0cb\u2028c\x85d"]),
    ],
)
def test_a_line_ends_with_a_line_feed_and_perhaps_a_carriage_return_before_it(
    text: str, lines: list[str]
) -> None:
    assert lines_of(text) == lines


@given(some.text(some.sampled_from("ab\r\n\ufeff\u2028")))
def test_each_line_is_what_stands_before_its_end(text: str) -> None:
    each = [line.removesuffix("\r") for line in text.removeprefix("\ufeff").split("\n")]
    assert lines_of(text) == (each if each[-1] else each[:-1])


@given(some.text(some.sampled_from("ab\r\n\ufeff\u2028")))
def test_lines_with_their_ends_are_the_text(text: str) -> None:
    assert "".join(ended_lines(text)) == text


@given(some.text(some.sampled_from("ab\r\n")), some.integers(1, 5))
def test_the_last_lines_are_those_of_all(text: str, count: int) -> None:
    assert last_lines(text, count) == "".join(ended_lines(text)[-count:])
