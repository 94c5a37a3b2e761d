"""A while of `python -m bench soak`, and its result for a server that leaks memory."""

from __future__ import annotations

import pytest

from bench.soak import MORE_BYTES, MORE_BYTES_A_ROUND, PARTS, SESSIONS, Held, of_the_level, soak
from tests.support.nightly import times

KINDS = ("command", "process", "terminal", "files", "checkpoint", "task", "restore")


@pytest.mark.timeout(1200)
async def test_eight_sessions_that_do_everything_at_once_get_every_content_right() -> None:
    # A minute with the moments of rest; by day all is done once a part, and other tests get on.
    soaked = await soak(45, parts=times(2, nightly=PARTS), pause_s=times(60, nightly=0))
    assert not soaked.failures, "\n".join(soaked.lines())
    assert all(soaked.tally.rounds[kind] >= SESSIONS for kind in KINDS), soaked.lines()


@pytest.mark.timeout(1200)
async def test_a_server_that_loses_memory_at_each_call_does_not_hold() -> None:
    soaked = await soak(
        1, sessions=1, parts=times(2, nightly=PARTS), leaked_bytes=times(2, nightly=1) * 262_144, quiet_s=0
    )
    assert [each.partition(":")[0] for each in soaked.failures] == ["memory grew"], soaked.lines()


def _held(rounds: int, more_bytes: float, *, database_bytes: int = 0, descriptors: int = 40) -> Held:
    return Held(
        rounds=rounds,
        descriptors=descriptors,
        resident_bytes=140 * 2**20 + int(more_bytes),
        database_bytes=database_bytes,
    )


def _points(rounds: int, bytes_a_round: float) -> list[Held]:
    """Moments of a soak in which the server comes to hold more, beside what comes and goes."""
    numbers = [rounds * part // PARTS for part in range(PARTS + 1)]
    return [_held(each, each * bytes_a_round + (-1) ** each * 2**20) for each in numbers]


def test_in_ten_minutes_a_leak_of_some_kibibytes_a_round_is_seen() -> None:
    assert of_the_level(_points(6000, 0)) == []
    assert of_the_level(_points(6000, 8 * 1024)) != []


def test_in_a_minute_what_is_kept_of_late_is_no_leak() -> None:
    assert of_the_level(_points(500, MORE_BYTES / 500)) == []
    assert of_the_level(_points(500, MORE_BYTES / 500 + 2 * MORE_BYTES_A_ROUND)) != []


def test_pages_of_a_database_that_grows_are_no_leak() -> None:
    grown = [_held(each, each * 20_000, database_bytes=each * 20_000) for each in range(0, 7000, 1000)]
    assert of_the_level(grown) == []


def test_descriptors_that_stay_open_are_seen() -> None:
    assert of_the_level([_held(each, 0, descriptors=40 + 2 * each) for each in range(PARTS + 1)]) != []


def test_a_server_that_ended_on_the_way_does_not_hold() -> None:
    assert of_the_level(_points(6000, 0)[:3]) == ["the server did not live"]
