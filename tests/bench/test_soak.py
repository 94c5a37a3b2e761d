"""A minute of `python -m bench soak`."""

from __future__ import annotations

import pytest

from bench.soak import SESSIONS, soak

KINDS = ("command", "process", "terminal", "files", "checkpoint", "task", "restore")


@pytest.mark.timeout(600)
async def test_eight_sessions_that_do_everything_at_once_get_every_content_right() -> None:
    soaked = await soak(45)
    assert not soaked.failures, "\n".join(soaked.lines())
    assert all(soaked.tally.rounds[kind] >= SESSIONS for kind in KINDS), soaked.lines()
