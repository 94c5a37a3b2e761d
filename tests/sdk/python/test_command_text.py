"""Text of agents and files is harmless for a terminal, however it comes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from roocode.commands.plain_text import StrippedStream, one_line, stripped, visible

CONTROLS = [*map(chr, range(32)), *map(chr, range(0x7F, 0xA0)), "\u202e", "\u2066", "\u2028", "\u200f"]
PIECES = st.lists(
    st.sampled_from([*CONTROLS, "\x1b[", "\x1b]0;", "31m", "2J", "a", "b", ";", "\ud800", "ü"]), max_size=30
).map("".join)


def is_harmless(text: str, but: str = "\n\t") -> bool:
    return not any(each in text for each in CONTROLS if each not in but)


@given(PIECES)
def test_no_control_is_left(text: str) -> None:
    assert is_harmless(stripped(text))
    assert is_harmless(visible(text))
    assert is_harmless(one_line(text), but="")
    stripped(text).encode()
    visible(text).encode()


@given(st.lists(PIECES, max_size=6))
def test_no_control_is_left_in_pieces(pieces: list[str]) -> None:
    stream = StrippedStream()
    assert is_harmless("".join([*map(stream.feed, pieces), stream.rest()]))


@given(PIECES)
def test_what_is_visible_hides_nothing(text: str) -> None:
    escaped = one_line(text).encode("ascii", "backslashreplace")
    assert escaped.decode("unicode_escape") == text


def test_a_sequence_is_removed_as_a_whole_and_its_text_stays() -> None:
    assert stripped("\x1b[1;31mred\x1b[0m and \x1b]8;;http://x\x1b\\link\x1b]8;;\x07") == "red and link"
    assert stripped("one\r\ntwo\tthree") == "one\ntwo\tthree"
    assert stripped("\x1b]0;never ended\nrm -r *") == "0;never ended\nrm -r *"


def test_a_sequence_in_two_pieces_is_removed_as_a_whole() -> None:
    stream = StrippedStream()
    assert [stream.feed("a\x1b["), stream.feed("31mb"), stream.rest()] == ["a", "b", ""]


def test_a_name_is_one_line_and_its_controls_are_seen() -> None:
    assert one_line("evil\x1b[2J\nname\u202e") == r"evil\x1b[2J\nname\u202e"
    assert one_line("a" * 20, 10) == "a" * 9 + "…"
