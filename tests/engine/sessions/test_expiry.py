"""Sessions that expire: what happens to them and what runs in them, and how they are revived."""

from __future__ import annotations

import asyncio
import datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from roocode_server.engine.engine import Engine, open_engine
from roocode_server.models.checkpoint import CheckpointRef
from roocode_server.models.clock import now
from roocode_server.models.error import Conflict, InvalidField
from roocode_server.models.file import DirectoryMake, FileDelete, FileRead, FileRename, FileUpdate, FileWrite
from roocode_server.models.process import ProcessStart, ProcessStatus
from roocode_server.models.session import SessionCreate, SessionStatus, SessionUpdate
from roocode_server.models.settings import Settings
from roocode_server.models.task import TaskCreate, TaskStatus
from roocode_server.models.terminal import TerminalOpen
from roocode_server.models.user import Caller
from tests.engine.sessions.conftest import Room

SOON = datetime.timedelta(seconds=2)


async def told(room: Room, *types: str) -> list[dict[str, Any]]:
    """The session's events of these types, once each of them has come."""
    async with asyncio.timeout(60):
        while True:
            events = await room.events(*types)
            if {event["type"] for event in events} == set(types):
                return events
            await asyncio.sleep(0.01)


async def ending_soon(room: Room) -> None:
    await room.engine.sessions.update(SessionUpdate(session_id=room.session_id, expires_at=now() + SOON))


async def ended(room: Room) -> None:
    """Return when the session has expired and nothing of it runs: a change waits for that."""
    await told(room, "session.expired")
    await room.engine.sessions.update(SessionUpdate(session_id=room.session_id, name="Expired"))


async def test_what_runs_is_ended_and_told(room: Room) -> None:
    here = room.session_id
    await room.engine.processes.start(ProcessStart(session_id=here, command=f"sleep {room.nap}"))
    await room.engine.terminals.open(TerminalOpen(session_id=here, command=f"sleep {room.nap}"))
    tasks = [await room.engine.tasks.create(waiting(here)) for _ in range(2)]
    await ending_soon(room)
    events = await told(
        room, "session.expired", "session.updated", "task.cancelled", "process.ended", "terminal.closed"
    )
    first = next(place for place, event in enumerate(events) if event["type"] == "session.expired")
    assert events[first + 1]["changed"] == ["status"]
    assert {event["type"] for event in events[first + 2 :]} == {
        "task.cancelled",
        "process.ended",
        "terminal.closed",
    }
    session = await room.engine.sessions.get(here)
    assert session.status is SessionStatus.INACTIVE
    await ended(room)
    await room.until(lambda: room.sleepers() == 0)
    for task in tasks:
        assert (await room.engine.tasks.get(here, task.id)).status is TaskStatus.CANCELLED
    [process] = await room.engine.processes.list(here)
    assert process.status is ProcessStatus.STOPPED


def waiting(session_id: Any) -> TaskCreate:
    """A task that asks a person something, and waits."""
    config = {"provider": "scripted", "model": "write-and-run"}
    raw = {"sessionId": session_id, "input": "Write a program", "sessionConfig": config}
    return TaskCreate.load(raw)


async def test_files_can_be_read_and_nothing_else(room: Room) -> None:
    here, files = room.session_id, room.engine.files
    await files.create(FileWrite(session_id=here, path="a", content="kept"))
    saved = await room.engine.history.save(here, "kept")
    assert saved is not None
    await ending_soon(room)
    await ended(room)
    assert (await files.read(FileRead(session_id=here, path="a"))).content == "kept"
    for change in (
        files.create(FileWrite(session_id=here, path="b", content="x")),
        files.update(FileUpdate(session_id=here, path="a", content="x")),
        files.delete(FileDelete(session_id=here, path="a")),
        files.rename(FileRename(session_id=here, path="a", to="b")),
        files.make_directory(DirectoryMake(session_id=here, path="folder")),
        room.engine.history.restore(CheckpointRef(session_id=here, checkpoint_id=saved.id)),
        room.engine.processes.start(ProcessStart(session_id=here, command="true")),
        room.engine.tasks.create(TaskCreate(session_id=here, input="x")),
    ):
        with pytest.raises(Conflict, match="expired"):
            await change


async def test_it_comes_back_with_a_later_end_or_none(room: Room) -> None:
    here, sessions = room.session_id, room.engine.sessions
    await ending_soon(room)
    await told(room, "session.expired")
    with pytest.raises(InvalidField, match="Invalid"):
        await sessions.update(SessionUpdate(session_id=here, status=SessionStatus.ACTIVE))
    back = await sessions.update(SessionUpdate(session_id=here, status=SessionStatus.ACTIVE, expires_at=None))
    assert (back.status, back.expires_at) == (SessionStatus.ACTIVE, None)
    process = await room.engine.processes.start(ProcessStart(session_id=here, command=f"sleep {room.nap}"))
    assert process.status is ProcessStatus.RUNNING
    await room.until(room.sleepers)
    assert (await room.engine.processes.get(here, process.pid)).status is ProcessStatus.RUNNING


async def test_a_past_end_is_refused(room: Room) -> None:
    past = now() - SOON
    for refused in (
        room.engine.sessions.create(room.caller, SessionCreate(expires_at=past)),
        room.engine.sessions.update(SessionUpdate(session_id=room.session_id, expires_at=past)),
    ):
        with pytest.raises(InvalidField) as failure:
            await refused
        assert failure.value.details["field"] == "expiresAt"


async def test_a_session_that_somebody_made_inactive_takes_no_changes_either(room: Room) -> None:
    change = SessionUpdate(session_id=room.session_id, status=SessionStatus.ARCHIVED)
    await room.engine.sessions.update(change)
    with pytest.raises(Conflict, match="not active"):
        await room.engine.files.create(FileWrite(session_id=room.session_id, path="b", content="x"))


async def started(data_dir: Path) -> Engine:
    settings = {"server": {"data_dir": str(data_dir)}, "runtime": {"kind": "local"}}
    return await open_engine(Settings.load_plain(settings))


async def test_what_ran_out_while_the_server_was_down_is_ended_at_its_start(tmp_path: Path) -> None:
    engine = await started(tmp_path / "data")
    try:
        caller = Caller.of(await engine.accounts.open_identity(), request_id="test", base_url="http://test")
        session = await engine.sessions.create(caller, SessionCreate.load({}))
        task = await engine.tasks.create(waiting(session.id))
        end = now() + SOON
        await engine.expiry.close()  # so that the server has gone before the session's time has run out
        await engine.sessions.update(SessionUpdate(session_id=session.id, expires_at=end))
    finally:
        await engine.close()
    while now() < end:
        await asyncio.sleep(0.05)
    engine = await started(tmp_path / "data")
    try:
        assert (await engine.sessions.get(session.id)).status is SessionStatus.INACTIVE
        assert (await engine.tasks.get(session.id, task.id)).status is TaskStatus.CANCELLED
        stored = await engine.log.read(session.id, after=0, limit=1000)
        assert "session.expired" in [orjson.loads(each.body)["type"] for each in stored]
    finally:
        await engine.close()
