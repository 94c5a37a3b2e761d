"""Many sessions at once, each with a process and a terminal, leave nothing when they are gone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import psutil

from roocode_server.models.process import ProcessStart
from roocode_server.models.terminal import TerminalInput, TerminalOpen
from tests.engine.sessions.conftest import Room
from tests.support.nightly import times

SESSIONS = times(12, nightly=50)


async def live(room: Room) -> None:
    """Run one session: a process, a terminal, work in both, deletion."""
    engine, session_id = room.engine, await room.session()
    session = {"sessionId": session_id}
    started = ProcessStart.load({**session, "command": f"echo up; exec sleep {room.nap}"})
    process = await engine.processes.start(started)
    terminal = await engine.terminals.open(TerminalOpen.load({**session, "command": "exec sh"}))
    typed = {**session, "terminalId": terminal.id, "data": "echo $((40 + 2))\r"}
    await engine.terminals.type(TerminalInput.load(typed))
    async with asyncio.timeout(120):
        while "42" not in engine.terminals.screen(session_id, terminal.id).output:
            await asyncio.sleep(0.02)
        while "up" not in engine.processes.logs(session_id, process.pid, lines=5).logs:
            await asyncio.sleep(0.02)
    await engine.sessions.delete(session_id)


async def test_many_sessions_leave_nothing(room: Room) -> None:
    me = psutil.Process()
    await asyncio.gather(*[live(room) for _ in range(SESSIONS)])  # opens what the server keeps
    before, children = me.num_fds(), set(me.children(recursive=True))
    await asyncio.gather(*[live(room) for _ in range(SESSIONS)])
    assert room.sleepers() == 0
    await room.until(lambda: set(me.children(recursive=True)) <= children)
    await room.until(lambda: me.num_fds() <= before)  # idle connections are kept for a while
    assert [each.name for each in room.folder.parent.iterdir() if not each.name.startswith(".")] == [
        Path(room.session_id).name
    ]
    if room.containers is not None:
        assert room.containers.containers_of(room.engine.data_dir) == []
