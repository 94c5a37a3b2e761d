"""Which of many changes are reported, and when."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from roocode_server.engine.watching.debounce import SUMMARY_TIMEOUT_S, ChangeSummary, Settling, TokenBucket

MOMENTS = st.floats(0, 1000)


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.booleans())))
def test_many_stirs_of_one_thing_are_one_in_the_order_of_the_first(stirs: list[tuple[str, bool]]) -> None:
    settling: Settling[str] = Settling()
    for at, (key, mark) in enumerate(stirs):
        settling.stir(key, float(at), mark=mark)
    taken = settling.take()
    assert [key for key, _ in taken] == list(dict.fromkeys(key for key, _ in stirs))
    assert dict(taken) == dict(stirs)
    assert settling.due is None and settling.take() == []


@given(st.lists(st.tuples(st.sampled_from("abcdef"), MOMENTS)), MOMENTS)
def test_nothing_is_taken_before_it_has_settled_and_nothing_is_lost(
    stirs: list[tuple[str, float]], now: float
) -> None:
    settling: Settling[str] = Settling(1.0)
    first: dict[str, float] = {}
    for key, at in sorted(stirs, key=lambda stir: stir[1]):
        first.setdefault(key, at)
        settling.stir(key, at)
    early = [key for key, _ in settling.take(now)]
    assert early == [key for key, at in first.items() if at + 1.0 <= now]
    assert settling.due is None or settling.due > now
    assert early + [key for key, _ in settling.take()] == list(first)


@given(st.lists(st.tuples(st.integers(0, 500), st.floats(0, 10))))
def test_no_more_is_allowed_than_a_burst_and_what_time_gives(calls: list[tuple[int, float]]) -> None:
    allowance, now, given_ = TokenBucket(200, 10.0), 0.0, 0
    for wanted, passed in calls:
        now += passed
        told = allowance.take(wanted, now)
        assert 0 <= told <= wanted
        given_ += told
        assert given_ <= 200 + now * 10.0 + 1e-6


def test_a_burst_may_be_told_again_after_a_rest() -> None:
    allowance = TokenBucket(200, 10.0)
    assert (allowance.take(500, 0.0), allowance.take(500, 0.0), allowance.take(500, 60.0)) == (200, 0, 200)


def test_a_sum_counts_and_names_the_directory_that_holds_all_of_it() -> None:
    summed = ChangeSummary()
    assert summed.due is None and summed.take() is None
    summed.add([("created", "/src/a/one"), ("deleted", "/src/b/c/two")], 3.0)
    summed.add([("created", "/src/b/three")], 4.0)
    assert summed.due == 3.0 + SUMMARY_TIMEOUT_S
    told = summed.take()
    assert told is not None and told.is_exact
    assert (told.path, told.created, told.modified, told.deleted) == ("/src", 2, 0, 1)
    assert summed.due is None and summed.take() is None


def test_a_sum_that_has_missed_something_says_so_for_the_whole_workspace() -> None:
    summed = ChangeSummary()
    summed.add([("modified", "/src/one")], 3.0)
    summed.lose(4.0)
    told = summed.take()
    assert told is not None and (told.path, told.modified, told.is_exact) == ("/", 1, False)
