"""Sessions in which nothing has happened for as long as the operator has set: which are deleted, and how."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from roocode_server.engine.engine import Engine, open_engine
from roocode_server.engine.sessions.retention import retention_rules
from roocode_server.engine.storage.tables import events, sessions
from roocode_server.models.audit import AuditList
from roocode_server.models.clock import now
from roocode_server.models.file import FileWrite
from roocode_server.models.identifier import SessionId
from roocode_server.models.process import ProcessStart
from roocode_server.models.session import SessionCreate, SessionDeletedEvent, SessionStatus, SessionUpdate
from roocode_server.models.settings import RetentionSettings, Settings
from roocode_server.models.task import TaskCreate
from roocode_server.models.user import Caller

KEPT = {"inactive_sessions_days": 30, "untouched_sessions_days": 90}


class Killed(BaseException):
    """Nothing of the sweep is done after this."""


async def killed(*_: object) -> None:
    raise Killed


async def started(data_dir: Path, **retention: float) -> Engine:
    settings = {
        "server": {"data_dir": str(data_dir)},
        "runtime": {"kind": "local"},
        "retention": retention,
    }
    return await open_engine(Settings.load_plain(settings))


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    made = await started(tmp_path / "data", **KEPT)
    yield made
    await made.close()


async def caller_of(engine: Engine) -> Caller:
    return Caller.of(await engine.accounts.open_identity(), request_id="test", base_url="http://test")


async def session(
    engine: Engine, *, days: int, status: SessionStatus = SessionStatus.ACTIVE, **fields: Any
) -> SessionId:
    """A session in which the last thing happened that many days ago."""
    made = await engine.sessions.create(await caller_of(engine), SessionCreate.load(fields))
    if status is not SessionStatus.ACTIVE:
        await engine.sessions.update(SessionUpdate(session_id=made.id, status=status))
    await age(engine, made.id, days=days)
    return made.id


async def age(engine: Engine, session_id: SessionId, *, days: int) -> None:
    ago = datetime.timedelta(days=days)
    earlier_ms = events.c.time_ms - int(ago.total_seconds() * 1000)
    async with engine.database.transaction() as unit:
        await unit.execute(update(sessions).where(sessions.c.id == session_id).values(updated_at=now() - ago))
        await unit.execute(update(events).where(events.c.session_id == session_id).values(time_ms=earlier_ms))


@pytest.mark.parametrize(
    ("status", "days", "is_kept"),
    [
        (SessionStatus.INACTIVE, 29, True),
        (SessionStatus.INACTIVE, 31, False),
        (SessionStatus.ACTIVE, 31, True),
        (SessionStatus.ACTIVE, 89, True),
        (SessionStatus.ACTIVE, 91, False),
        (SessionStatus.ARCHIVED, 10_000, True),
    ],
)
async def test_a_session_is_kept_as_long_as_its_status_says(
    engine: Engine, status: SessionStatus, days: int, is_kept: bool
) -> None:
    made = await session(engine, days=days, status=status)
    assert await engine.retention.sweep() == (not is_kept)
    assert await engine.sessions.exists(made) is is_kept
    assert await engine.sessions.is_anything_left(made) is is_kept


def test_nothing_is_deleted_unless_it_is_set() -> None:
    assert retention_rules(RetentionSettings()) == ()


async def test_what_happens_in_a_session_keeps_it(engine: Engine) -> None:
    made = await session(engine, days=1000)
    await engine.files.create(FileWrite(session_id=made, path="a", content="new"))
    assert await engine.retention.sweep() == 0


async def test_a_session_in_which_something_runs_or_waits_is_kept(engine: Engine) -> None:
    running, waiting = await session(engine, days=0), await session(engine, days=0)
    await engine.processes.start(ProcessStart(session_id=running, command="sleep 1000"))
    config = {"provider": "scripted", "model": "write-and-run"}
    raw = {"sessionId": waiting, "input": "Write a program", "sessionConfig": config}
    await engine.tasks.create(TaskCreate.load(raw))
    for each in (running, waiting):
        await age(engine, each, days=1000)
    assert await engine.retention.sweep() == 0


async def test_the_end_is_told_recorded_and_counted(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await session(engine, days=31, status=SessionStatus.INACTIVE)
    told: list[tuple[SessionId, str]] = []
    append = engine.log.append

    async def hear(session_id: SessionId, happened: Any) -> Any:
        told.append((session_id, happened.name))
        return await append(session_id, happened)

    monkeypatch.setattr(engine.log, "append", hear)
    await engine.retention.sweep()
    assert told == [(made, SessionDeletedEvent.name)]
    [entry], _ = await engine.audit.page(AuditList(session_id=made, operation="session.delete"))
    assert entry.subject == {"sessionId": made, "retention": "inactive"}
    assert entry.user_id == ""
    assert engine.metrics.retention.sessions == {"inactive": 1}


async def test_more_sessions_than_are_read_at_once_end_and_no_other(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("roocode_server.engine.sessions.retention.SESSIONS_PER_READ", 2)
    kept = await session(engine, days=1)
    for _ in range(5):
        await session(engine, days=91)
    assert await engine.retention.sweep() == 5
    assert await engine.sessions.exists(kept)
    assert await engine.retention.sweep() == 0


async def test_a_session_that_cannot_be_ended_keeps_no_other_from_its_end(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = sorted([await session(engine, days=91), await session(engine, days=91)])
    end = engine.sessions.finish_deletion

    async def fail(session_id: SessionId) -> None:
        if session_id == first:
            raise OSError("the disk is broken")
        await end(session_id)

    monkeypatch.setattr(engine.sessions, "finish_deletion", fail)
    assert await engine.retention.sweep() == 1
    assert not await engine.sessions.is_anything_left(second)


async def test_of_two_who_sweep_one_ends_each_session(engine: Engine) -> None:
    made = await session(engine, days=91)
    [rule] = retention_rules(RetentionSettings(untouched_sessions_days=90))
    repository = engine.retention._repository
    assert await repository.lapsed(rule, after="", limit=10) == [made]
    async with engine.database.transaction() as unit:
        assert await repository.claim(unit, made, rule)
    async with engine.database.transaction() as unit:
        assert not await repository.claim(unit, made, rule)


async def test_a_session_that_is_touched_after_it_was_found_is_kept(engine: Engine) -> None:
    made = await session(engine, days=91)
    [rule] = retention_rules(RetentionSettings(untouched_sessions_days=90))
    await engine.sessions.update(SessionUpdate(session_id=made, name="Still wanted"))
    async with engine.database.transaction() as unit:
        assert not await engine.retention._repository.claim(unit, made, rule)
    assert await engine.sessions.exists(made)


@pytest.mark.parametrize(("service", "step"), [("sessions", "finish_deletion"), ("log", "retire")])
async def test_a_sweep_that_was_cut_short_is_finished_by_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: str, step: str
) -> None:
    engine = await started(tmp_path / "data", **KEPT)
    made = await session(engine, days=91)
    with monkeypatch.context() as patch:
        patch.setattr(getattr(engine, service), step, killed)
        with pytest.raises(Killed):
            await engine.retention.sweep()
    assert not await engine.sessions.exists(made)
    await engine.close()
    again = await started(tmp_path / "data")
    try:
        assert not await again.sessions.is_anything_left(made)
        assert list((tmp_path / "data").rglob(f"*{made}*")) == []
    finally:
        await again.close()
