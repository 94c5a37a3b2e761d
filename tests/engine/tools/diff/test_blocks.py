"""Reading SEARCH/REPLACE blocks."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roocode_server.engine.tools.diff.blocks import MOST_BLOCKS, Block, MalformedDiff, escaped, parse
from tests.support.nightly import times

MARKERS = ["<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE", "-------", ":start_line:3", "<<<<<<< HEAD"]


def diff(*lines: str) -> str:
    return "\n".join(lines)


def test_a_block_is_read_with_its_hint() -> None:
    text = diff(
        "<<<<<<< SEARCH", ":start_line:12", "-------", "old", "=======", "new", "more", ">>>>>>> REPLACE"
    )
    assert parse(text) == (Block(number=1, search=("old",), replacement=("new", "more"), start_line=12),)


def test_hint_and_dashes_are_optional() -> None:
    (block,) = parse(diff("<<<<<<< SEARCH", "old", "=======", "new", ">>>>>>> REPLACE"))
    assert (block.search, block.start_line) == (("old",), None)


def test_an_end_line_hint_is_read_and_passed_over() -> None:
    (block,) = parse(
        diff(
            "<<<<<<< SEARCH",
            ":start_line: 4",
            ":end_line:5",
            "-------",
            "a",
            "b",
            "=======",
            "c",
            ">>>>>>> REPLACE",
        )
    )
    assert (block.search, block.start_line) == (("a", "b"), 4)


def test_several_blocks_are_numbered_and_text_between_them_is_passed_over() -> None:
    text = diff(
        "First:",
        "<<<<<<< SEARCH",
        "a",
        "=======",
        "b",
        ">>>>>>> REPLACE",
        "",
        "```",
        "<<<<<<< SEARCH",
        "c",
        "=======",
        ">>>>>>> REPLACE",
        "```",
    )
    first, second = parse(text)
    assert (first.number, second.number, second.replacement) == (1, 2, ())


def test_carriage_returns_of_the_diff_are_no_content() -> None:
    (block,) = parse("<<<<<<< SEARCH\r\nold\r\n=======\r\nnew\r\n>>>>>>> REPLACE\r\n")
    assert (block.search, block.replacement) == (("old",), ("new",))


def test_blank_lines_around_content_belong_to_it() -> None:
    (block,) = parse(diff("<<<<<<< SEARCH", "", "a", "", "=======", "", ">>>>>>> REPLACE"))
    assert (block.search, block.replacement) == (("", "a", ""), ("",))


def test_longer_rulers_are_content() -> None:
    (block,) = parse(diff("<<<<<<< SEARCH", "Title", "========", "=======", "Title", ">>>>>>> REPLACE"))
    assert block.search == ("Title", "========")


def test_an_escaped_marker_is_content() -> None:
    text = diff(
        "<<<<<<< SEARCH",
        "\\<<<<<<< HEAD",
        "a",
        "\\=======",
        "b",
        "\\>>>>>>> branch",
        "=======",
        "a",
        ">>>>>>> REPLACE",
    )
    (block,) = parse(text)
    assert block.search == ("<<<<<<< HEAD", "a", "=======", "b", ">>>>>>> branch")


@pytest.mark.parametrize(
    ("lines", "line", "expected"),
    [
        (["======="], 1, "<<<<<<< SEARCH"),
        (["text", ">>>>>>> REPLACE"], 2, "<<<<<<< SEARCH"),
        (["<<<<<<< SEARCH", "a", "<<<<<<< SEARCH"], 3, "======="),
        (["<<<<<<< SEARCH", "a", ">>>>>>> REPLACE"], 3, "======="),
        (["<<<<<<< SEARCH", "a", "=======", "b", "======="], 5, ">>>>>>> REPLACE"),
        (["<<<<<<< SEARCH", "a", "=======", "b", "<<<<<<< SEARCH"], 5, ">>>>>>> REPLACE"),
        (["<<<<<<< SEARCH", "<<<<<<< HEAD"], 2, "======="),
        (["<<<<<<< SEARCH", "a", "=======", "b", ">>>>>>> branch"], 5, ">>>>>>> REPLACE"),
        (["<<<<<<< HEAD"], 1, "<<<<<<< SEARCH"),
        (["<<<<<<< SEARCH", "a", "=======", ":start_line:4", "b", ">>>>>>> REPLACE"], 4, ">>>>>>> REPLACE"),
    ],
)
def test_a_marker_out_of_order_is_named_with_its_line(lines: list[str], line: int, expected: str) -> None:
    with pytest.raises(MalformedDiff, match=rf"Line {line} of the diff: .* expected `{expected}`"):
        parse(diff(*lines))


@pytest.mark.parametrize("lines", [["<<<<<<< SEARCH", "a"], ["<<<<<<< SEARCH", "a", "=======", "b"]])
def test_a_block_without_an_end_is_refused(lines: list[str]) -> None:
    with pytest.raises(MalformedDiff, match="opened on line 1 has no end"):
        parse(diff(*lines))


@pytest.mark.parametrize("text", ["", "just words", "--- a\n+++ b\n@@ -1 +1 @@\n-a\n+b"])
def test_a_diff_without_blocks_is_refused(text: str) -> None:
    with pytest.raises(MalformedDiff, match="no block"):
        parse(text)


@pytest.mark.parametrize("search", [[], [""], ["  ", "\t"]])
def test_an_empty_search_is_refused(search: list[str]) -> None:
    with pytest.raises(MalformedDiff, match="search is empty"):
        parse(diff("<<<<<<< SEARCH", *search, "=======", "new", ">>>>>>> REPLACE"))


def test_too_many_blocks_are_refused() -> None:
    block = diff("<<<<<<< SEARCH", "a", "=======", "b", ">>>>>>> REPLACE", "")
    assert len(parse(block * MOST_BLOCKS)) == MOST_BLOCKS
    with pytest.raises(MalformedDiff, match="more than 100 blocks"):
        parse(block * (MOST_BLOCKS + 1))


content = st.one_of(
    st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(MARKERS),
    st.sampled_from(MARKERS).map(lambda marker: "\\" + marker),
    st.sampled_from(MARKERS).map(lambda marker: "\\\\" + marker + " "),
)


@settings(max_examples=times(200, nightly=500), deadline=None)
@given(st.lists(content, max_size=6), st.lists(content, max_size=6), st.none() | st.integers(1, 999))
def test_escaped_content_comes_back_as_it_was(search: list[str], new: list[str], hint: int | None) -> None:
    head = [f":start_line:{hint}"] if hint else []
    text = diff(
        "<<<<<<< SEARCH",
        *head,
        "-------",
        *map(escaped, search),
        "=======",
        *map(escaped, new),
        ">>>>>>> REPLACE",
    )
    try:
        (block,) = parse(text)
    except MalformedDiff as refusal:
        assert "search is empty" in str(refusal) or "nothing would change" in str(refusal)
        return
    assert (block.search, block.replacement, block.start_line) == (tuple(search), tuple(new), hint)


@settings(max_examples=times(200, nightly=500), deadline=None)
@given(st.lists(content, max_size=20))
def test_any_text_is_read_or_refused(lines: list[str]) -> None:
    try:
        blocks = parse(diff(*lines))
    except MalformedDiff:
        return
    assert [block.number for block in blocks] == list(range(1, len(blocks) + 1))
