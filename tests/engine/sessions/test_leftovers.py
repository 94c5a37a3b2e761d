"""The server keeps nothing in memory about deleted sessions."""

from __future__ import annotations

import asyncio
import gc

from roocode_server.models.file import FileWrite
from roocode_server.models.identifier import TaskId
from roocode_server.models.process import ProcessStart, ShellExec
from roocode_server.models.search import TextSearchRequest
from roocode_server.models.task import FINAL, TaskCreate
from roocode_server.models.terminal import TerminalInput, TerminalOpen
from roocode_server.models.tool import ToolExecute
from tests.engine.sessions.conftest import Room


async def test_nothing_is_kept_by_the_name_of_a_session_that_has_been_deleted(room: Room) -> None:
    engine, place = room.engine, {"sessionId": room.session_id}
    await engine.files.create(FileWrite.load({**place, "path": "a.txt", "content": "needle"}))
    await engine.shell.execute(ShellExec.load({**place, "cmd": "echo b > b.txt"}))
    await engine.processes.start(ProcessStart.load({**place, "command": "sleep 600"}))
    terminal = await engine.terminals.open(TerminalOpen.load(place))
    await engine.terminals.type(TerminalInput.load({**place, "terminalId": terminal.id, "data": "true\r"}))
    await engine.searches.text(TextSearchRequest.load({**place, "pattern": "needle"}))
    assert await engine.history.save(room.session_id, "kept") is not None
    read = {**place, "toolName": "read_file", "parameters": {"path": "a.txt"}}
    await engine.tools.execute(ToolExecute.load(read))
    task = await engine.tasks.create(TaskCreate.load({**place, "input": "What is here?"}))
    await room.until_true(lambda: _is_over(room, task.id))

    assert _keyed_by(room.session_id)
    await engine.sessions.delete(room.session_id)
    async with asyncio.timeout(60):
        while _keyed_by(room.session_id):
            await asyncio.sleep(0.2)  # to look at all that there is takes as long


async def _is_over(room: Room, task_id: TaskId) -> bool:
    return (await room.engine.tasks.get(room.session_id, task_id)).status in FINAL


def _keyed_by(session_id: str) -> list[str]:
    gc.collect()
    return [
        repr(each)[:300]
        for each in gc.get_objects()
        if isinstance(each, dict | set) and any(isinstance(key, str) and key == session_id for key in each)
    ]
