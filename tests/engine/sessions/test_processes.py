"""Processes that run beside tasks: started, listed, read, stopped, and gone with their session."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

import orjson
import pytest

from roocode_server.engine.runtimes.execution import Execution
from roocode_server.engine.sessions import process_log, processes
from roocode_server.models.error import Conflict, NotFound, PermissionDenied
from roocode_server.models.event import StoredEvent
from roocode_server.models.process import Process, ProcessStart, ProcessStatus
from tests.engine.sessions.conftest import Room


async def start(room: Room, command: str, **more: Any) -> Process:
    raw = {"sessionId": room.session_id, "command": command, **more}
    return await room.engine.processes.start(ProcessStart.load(raw))


async def now(room: Room, process: Process) -> Process:
    return await room.engine.processes.get(room.session_id, process.pid)


def logs(room: Room, process: Process, lines: int = 50) -> str:
    return room.engine.processes.logs(room.session_id, process.pid, lines=lines).logs


async def ended(room: Room, process: Process) -> Process:
    await room.until_true(lambda: _is_over(room, process))
    return await now(room, process)


async def _is_over(room: Room, process: Process) -> bool:
    return (await now(room, process)).status is not ProcessStatus.RUNNING


async def test_a_process_runs_on_and_its_lines_are_kept(room: Room) -> None:
    process = await start(room, "echo one; echo two; sleep 60")
    await room.until(lambda: "two" in logs(room, process))
    assert (await now(room, process)).status is ProcessStatus.RUNNING
    assert logs(room, process) == "one\ntwo\n"
    assert logs(room, process, lines=1) == "two\n"
    assert (room.folder / process.log).read_text() == "one\ntwo\n"


async def test_what_it_complains_of_is_kept_too(room: Room) -> None:
    process = await ended(room, await start(room, "echo no such thing >&2"))
    assert logs(room, process) == "no such thing\n"


class Listener:
    """Somebody who follows a session and hears what its processes print."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []

    def deliver(self, stored: StoredEvent) -> None:
        if stored.type == "process.output":
            self.heard.append(orjson.loads(stored.body))


async def test_output_says_where_it_belongs_after_what_was_read_before(room: Room) -> None:
    listener = Listener()
    leave = room.engine.hub.follow(room.session_id, listener)
    process = await ended(room, await start(room, "echo Grüße; echo two"))
    leave()
    printed = {each["position"]: each["text"] for each in listener.heard}
    assert printed == {0: "Grüße\n", 6: "two\n"}
    read = room.engine.processes.logs(room.session_id, process.pid, lines=1)
    assert (read.logs, read.position) == ("two\n", 10)


async def test_one_that_ends_by_itself_has_its_exit_code(room: Room) -> None:
    process = await ended(room, await start(room, "exit 3"))
    assert (process.status, process.exit_code) == (ProcessStatus.EXITED, 3)
    assert [each["process"]["status"] for each in await room.events("process.started")] == ["running"]
    assert [each["process"]["exitCode"] for each in await room.events("process.ended")] == [3]


async def test_it_is_asked_to_end_and_may_tidy_up(room: Room) -> None:
    process = await start(room, "trap 'echo tidy; exit 0' TERM; echo up; while :; do sleep 0.05; done")
    await room.until(lambda: "up" in logs(room, process))
    stopped = await room.engine.processes.stop(room.session_id, process.pid, force=False)
    assert (stopped.status, stopped.exit_code) == (ProcessStatus.STOPPED, 0)
    assert "tidy\n" in logs(room, process)


async def test_one_that_does_not_listen_is_killed(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "STOP_TIMEOUT_S", 0.3)
    process = await start(room, "trap '' TERM; echo up; while :; do sleep 0.05; done")
    await room.until(lambda: "up" in logs(room, process))
    stopped = await room.engine.processes.stop(room.session_id, process.pid, force=False)
    assert stopped.status is ProcessStatus.STOPPED


async def test_what_it_started_ends_with_it(room: Room) -> None:
    process = await start(room, f"(setsid sleep {room.nap} &); echo up; sleep {room.nap}")
    await room.until(lambda: "up" in logs(room, process) and room.sleepers() == 2)
    await room.engine.processes.stop(room.session_id, process.pid, force=True)
    assert room.sleepers() == 0


async def test_one_that_has_ended_cannot_be_stopped(room: Room) -> None:
    process = await ended(room, await start(room, "true"))
    with pytest.raises(Conflict):
        await room.engine.processes.stop(room.session_id, process.pid, force=False)


async def test_its_ports_are_listed(room: Room) -> None:
    process = await start(room, "python3 -u -m http.server 8765")
    await room.until_true(lambda: _listens(room, process))
    assert (await now(room, process)).ports == [8765]


@pytest.mark.parametrize(
    ("bound", "told"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "0.0.0.0"), ("::", "::")],  # noqa: S104
)
async def test_a_port_is_told_with_the_address_that_it_is_bound_to(room: Room, bound: str, told: str) -> None:
    process = await start(room, f"python3 -u -m http.server 8766 --bind {bound}")
    await room.until_true(lambda: _listens(room, process))
    seen = await now(room, process)
    assert [(each.port, each.address) for each in seen.listeners] == [(8766, told)]
    assert seen.ports == [8766]


async def _listens(room: Room, process: Process) -> bool:
    return bool((await now(room, process)).ports)


async def test_one_that_cannot_be_started_says_why_and_is_not_listed(room: Room) -> None:
    with pytest.raises(NotFound):
        await start(room, "true", cwd="none")
    assert await room.engine.processes.list(room.session_id) == []
    assert await room.events("process.started", "process.ended") == []


async def test_a_session_holds_processes_to_its_commands(room: Room) -> None:
    room.session_id = await room.session(allowedCommands=["echo"])
    assert (await ended(room, await start(room, "echo hello"))).exit_code == 0
    with pytest.raises(PermissionDenied, match="sleep"):
        await start(room, "echo hello && sleep 1")


async def test_too_many_are_refused(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "MOST_RUNNING_PROCESSES", 1)
    await start(room, "sleep 60")
    with pytest.raises(Conflict):
        await start(room, "sleep 60")


async def test_the_oldest_that_have_ended_are_forgotten(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "MOST_ENDED_PROCESSES", 2)
    for _ in range(4):
        await ended(room, await start(room, "true"))
    assert [each.pid for each in await room.engine.processes.list(room.session_id)] == [3, 4]


async def test_the_oldest_are_forgotten_where_they_have_printed_much(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "ENDED_OUTPUT_CHARACTERS", 1_000)
    for line in ("seq 1 100", "true", "seq 1 200", "seq 1 200", "true"):
        await ended(room, await start(room, line))
    assert [each.pid for each in await room.engine.processes.list(room.session_id)] == [4, 5]


@pytest.mark.parametrize("line", ["echo one", "echo one; exec sleep 60"])
async def test_of_one_that_has_ended_its_record_and_its_text_are_kept_and_nothing_else(
    room: Room, line: str
) -> None:
    standing = _executions()
    process = await start(room, line)
    running = [weakref.ref(each) for each in _executions() if each not in standing]
    await room.until(lambda: logs(room, process) == "one\n")
    if "sleep" in line:
        assert running
        await room.engine.processes.stop(room.session_id, process.pid, force=True)
    await ended(room, process)
    await room.until(lambda: gc.collect() >= 0 and not any(each() for each in running))
    assert logs(room, process) == "one\n"


def _executions() -> list[Execution]:
    return [each for each in gc.get_objects() if isinstance(each, Execution)]


async def test_the_last_lines_are_those_that_line_feeds_end(room: Room) -> None:
    line = r"printf 'one\ntwo\f\342\200\250\302\205three\r4\n'"
    process = await ended(room, await start(room, line))
    assert logs(room, process, lines=1) == "two\f\u2028\u0085three\r4\n"


async def test_a_long_log_keeps_its_end(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_log, "LARGEST_PROCESS_LOG_BYTES", 10_000)
    monkeypatch.setattr(process_log, "PROCESS_OUTPUT_CHARACTERS", 2_000)
    process = await ended(room, await start(room, "seq 1 20000"))
    assert logs(room, process, lines=2) == "19999\n20000\n"
    kept = (room.folder / process.log).read_text()
    assert len(kept) <= 10_000 and kept.endswith("20000\n")


async def test_processes_end_with_their_session_and_with_the_engine(room: Room) -> None:
    await start(room, f"sleep {room.nap}")
    other = room.session_id
    room.session_id = await room.session()
    await start(room, f"sleep {room.nap}")
    await room.until(lambda: room.sleepers() == 2)
    await room.engine.sessions.delete(other)
    await room.until(lambda: room.sleepers() == 1)
    assert await room.engine.processes.list(other) == []
    await room.engine.end_work()
    assert room.sleepers() == 0


async def test_those_of_another_session_do_not_exist(room: Room) -> None:
    process = await start(room, "sleep 60")
    other = await room.session()
    with pytest.raises(NotFound):
        await room.engine.processes.get(other, process.pid)
    with pytest.raises(NotFound):
        await room.engine.processes.stop(other, process.pid, force=True)


async def test_several_start_at_once_under_numbers_of_their_own(room: Room) -> None:
    several = await asyncio.gather(*[start(room, "sleep 60") for _ in range(5)])
    assert sorted(each.pid for each in several) == [1, 2, 3, 4, 5]
