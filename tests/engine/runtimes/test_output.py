"""Output is split into lines and limited, however it arrives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roocode_server.engine.runtimes.output import LONGEST_PIECE, MOST_TAIL_PIECES, Lines, Tail, Transcript


def pieces_of(chunks: list[bytes]) -> list[str]:
    lines = Lines()
    return [piece for chunk in chunks for piece in lines.feed(chunk)] + lines.end()


def test_a_line_is_told_when_it_is_whole() -> None:
    lines = Lines()
    assert lines.feed(b"on") == []
    assert lines.feed(b"e\ntwo\nth") == ["one\n", "two\n"]
    assert lines.end() == ["th"]


def test_a_begun_line_can_be_asked_for_and_is_not_told_twice() -> None:
    lines = Lines()
    assert lines.feed(b"ask\xc3") == []
    assert lines.begun() == ["ask"]
    assert (lines.feed(b"\xbc\n"), lines.end()) == (["ü\n"], [])


def test_a_letter_that_comes_in_two_parts_is_one_letter() -> None:
    assert pieces_of([b"\xc3", b"\xbc\n"]) == ["ü\n"]


def test_half_a_letter_at_the_end_is_marked() -> None:
    assert pieces_of([b"a\xc3"]) == ["a\ufffd"]


def test_a_line_without_an_end_is_told_in_pieces() -> None:
    lines = Lines()
    told = lines.feed(b"x" * (3 * LONGEST_PIECE + 1))
    assert [len(piece) for piece in told] == [LONGEST_PIECE] * 3
    assert lines.end() == ["x"]


@given(st.lists(st.binary(max_size=30)))
def test_nothing_is_lost_or_added_between_chunks(chunks: list[bytes]) -> None:
    told = pieces_of(chunks)
    assert "".join(told) == b"".join(chunks).decode(errors="replace")
    assert all("\n" not in piece[:-1] for piece in told)


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=40)), st.integers(2, 60))
def test_a_transcript_is_whole_or_says_what_it_left_out(texts: list[str], bound: int) -> None:
    transcript = Transcript(bound)
    for text in texts:
        transcript.add(text)
    whole = "".join(texts)
    if len(whole.encode()) <= bound:
        assert (transcript.text, transcript.is_truncated) == (whole, False)
    else:
        head, _, tail = transcript.text.partition("\n[… ")
        assert transcript.is_truncated and whole.startswith(head)
        assert whole.endswith(tail.split(" bytes left out …]\n", 1)[1])
        assert len(head.encode()) <= bound // 2


def test_a_transcript_does_not_grow() -> None:
    transcript = Transcript(1000)
    for _ in range(1000):
        transcript.add("x" * 100)
    assert transcript.printed_bytes == 100_000
    assert len(transcript.text) < 1100


def test_many_lines_that_come_at_once_are_told_together() -> None:
    lines = Lines()
    told = lines.feed(b"y\n" * 30_000 + b"begun")
    assert "".join(told) == "y\n" * 30_000
    assert len(told) < 10 and all(piece.endswith("\n") for piece in told)
    assert lines.has_begun and lines.end() == ["begun"]


def test_few_lines_are_told_one_by_one() -> None:
    assert pieces_of([b"1\n2\n3\n"]) == ["1\n", "2\n", "3\n"]


@given(st.lists(st.text(max_size=30)), st.integers(1, 60))
def test_a_tail_is_the_end_of_all_that_was_added(texts: list[str], kept: int) -> None:
    tail = Tail(kept)
    for text in texts:
        tail.add(text)
    assert tail.text == "".join(texts)[-kept:]


@pytest.mark.parametrize("length", [1, 10, 15, 16, 17, 999, 1000, 3000])
def test_a_tail_does_not_grow(length: int) -> None:
    tail = Tail(1000)
    held = []
    for _ in range(10_000):
        tail.add("x" * length)
        held.append(tail.characters)
    assert tail.text == "x" * 1000
    assert max(held) <= 1000 + MOST_TAIL_PIECES * length


def test_a_transcript_that_keeps_nothing_says_how_much_there_was() -> None:
    transcript = Transcript(0)
    for _ in range(1000):
        transcript.add("x" * 1000)
    assert transcript.is_truncated
    assert transcript.text == "\n[… 1000000 bytes left out …]\n"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))), st.integers(1, 40), st.integers(1, 40))
def test_an_excerpt_is_what_a_smaller_transcript_would_have(texts: list[str], kept: int, most: int) -> None:
    transcript, smaller = Transcript(kept), Transcript(min(kept, most))
    for text in texts:
        transcript.add(text)
        smaller.add(text)
    assert transcript.excerpt(most) == smaller.text
