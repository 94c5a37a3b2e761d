"""One process is ended, and never another that has its number by now."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from roocode_server.engine.monitoring.killing import kill
from roocode_server.engine.monitoring.proc import ProcessStat, command_line_of, stat_of
from roocode_server.models.error import NotFound
from roocode_server.models.monitoring import KillSignal


@contextmanager
def running(*words: str) -> Iterator[ProcessStat]:
    """A process of this test, reaped at its end."""
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            if words[0] != "sleep":
                process.stdout.readline()  # it is ready
            stat = stat_of(process.pid)
            assert stat is not None
            yield stat
        finally:
            process.kill()


async def test_a_process_that_ends_at_the_signal_has_a_time_of_its_end() -> None:
    with running("sleep", "60") as process:
        ended = await kill(process, KillSignal.SIGTERM)
    assert (ended.pid, ended.signal, ended.success) == (process.pid, "SIGTERM", True)
    assert ended.termination_time is not None


async def test_a_process_that_ignores_the_signal_goes_on_and_can_be_killed() -> None:
    with running("sh", "-c", "trap '' TERM; echo ready; while :; do sleep 1; done") as process:
        ignored = await kill(process, KillSignal.SIGTERM)
        assert (ignored.success, ignored.termination_time) == (False, None)
        assert (await kill(process, KillSignal.SIGKILL)).success


async def test_a_number_that_another_process_has_by_now_is_not_killed() -> None:
    with running("sleep", "60") as process:
        former = dataclasses.replace(process, started_ticks=process.started_ticks - 1)
        with pytest.raises(NotFound):
            await kill(former, KillSignal.SIGKILL)
        await asyncio.sleep(0.1)
        present = stat_of(process.pid)
        assert present is not None and present.state != "Z"


async def test_a_process_that_has_ended_is_not_found() -> None:
    with running("sleep", "60") as process:
        os.kill(process.pid, signal.SIGKILL)
    with pytest.raises(NotFound):
        await kill(process, KillSignal.SIGTERM)


def test_a_name_may_contain_anything(tmp_path: os.PathLike[str]) -> None:
    program = os.path.join(tmp_path, ") S 1 (")
    os.symlink("/bin/sleep", program)
    with running("sh", "-c", f"echo ready; exec '{program}' 60") as process:
        for _ in range(200):
            now = stat_of(process.pid)
            assert now is not None
            if now.name == ") S 1 (":
                break
            os.sched_yield()
            signal.sigtimedwait([], 0.01)
        assert now.name == ") S 1 ("
        assert now.parent == os.getpid()
        assert command_line_of(process.pid) == [program, "60"]
