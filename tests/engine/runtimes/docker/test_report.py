"""A command's report is told apart from what it prints, however both are cut."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from roocode_server.engine.runtimes.docker.report import Report, Reported

WORD = b"abcabd"
REPORT = WORD + b"3 0 1 2 4096\n0m0.010s 0m0.020s\n1m2.500s 0m0.500s\n"


def cut(content: bytes, places: list[int]) -> list[bytes]:
    bounds = [0, *sorted(place % (len(content) + 1) for place in places), len(content)]
    return [content[start:end] for start, end in itertools.pairwise(bounds)]


def read(pieces: list[bytes]) -> tuple[bytes, Report | None]:
    stream = Reported(WORD)
    printed = b"".join(stream.feed(piece) for piece in pieces)
    left, report = stream.end()
    return printed + left, report


def test_a_report_has_all_its_numbers() -> None:
    printed, report = read([b"oh no\n" + REPORT])
    assert printed == b"oh no\n"
    assert report == Report(code=3, has_left=False, memory_kills=1, peak_memory_bytes=4096, cpu_s=63.0)


def test_without_a_report_all_of_it_was_printed() -> None:
    assert read([b"killed abca"]) == (b"killed abca", None)


def test_half_a_report_is_none() -> None:
    assert read([b"x" + WORD + b"3 0 1"]) == (b"x", None)


def test_what_comes_after_the_report_is_not_printed() -> None:
    printed, report = read([REPORT, b"a straggler"])
    assert printed == b"" and report is not None


@given(
    st.lists(st.sampled_from([b"a", b"b", b"c", b"abc", b"\n"])), st.lists(st.integers(0, 200), max_size=6)
)
def test_where_it_is_cut_makes_no_difference(printed: list[bytes], places: list[int]) -> None:
    said = b"".join(printed).replace(WORD, b"")
    if WORD not in said:
        assert read(cut(said + REPORT, places)) == read([said + REPORT])
        assert read(cut(said, places))[0] == said


@given(st.lists(st.sampled_from([b"a", b"ab", b"abc", b"abca"])))
def test_what_only_begins_like_a_report_is_held_no_longer_than_it_may_be_one(pieces: list[bytes]) -> None:
    stream = Reported(WORD)
    said = b""
    for piece in pieces:
        said += piece
        if WORD in said:
            return
        stream.feed(piece)
        assert len(stream._held) < len(WORD) and said.endswith(stream._held)
