"""A call asks for its session once: what was loaded for access is what the operation works with."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from roocode_server.engine.engine import Engine, open_engine
from roocode_server.engine.storage.sessions import SessionRepository
from roocode_server.handlers.pipeline import OperationResponse, Pipeline
from roocode_server.handlers.registry import build_registry
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import Session, SessionCreate
from roocode_server.models.settings import Settings
from roocode_server.models.user import Caller
from tests.support.storage import note_statements


@dataclass
class Desk:
    """An engine with one session, and whoever calls its operations."""

    engine: Engine
    caller: Caller
    session_id: SessionId

    async def call(self, name: str, **raw: Any) -> OperationResponse:
        declared = build_registry(self.engine)[name]
        answer = await Pipeline.of(self.engine).answer(
            declared, self.caller, {"sessionId": self.session_id, **raw}
        )
        assert answer.failure is None, answer.body
        return answer


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    engine = await open_engine(Settings.load_plain({"server": {"data_dir": str(tmp_path / "data")}}))
    try:
        caller = Caller.of(await engine.accounts.open_identity(), request_id="test", base_url="http://test")
        made = await engine.sessions.create(caller, SessionCreate.load({}))
        await engine.sessions.workspace(made.id).create("a.txt", b"a")
        yield Desk(engine, caller, made.id)
    finally:
        await engine.close()


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The queries of the sessions table."""
    return note_statements(
        monkeypatch, lambda asked: "sessions.config" in asked and asked.startswith("SELECT")
    )


@pytest.fixture
def lookups(monkeypatch: pytest.MonkeyPatch) -> list[SessionId]:
    """Record the sessions requested from the repository, cached or not."""
    asked: list[SessionId] = []
    find: Callable[..., Any] = SessionRepository.find

    async def noted(self: SessionRepository, session_id: SessionId) -> Session | None:
        asked.append(session_id)
        found: Session | None = await find(self, session_id)
        return found

    monkeypatch.setattr(SessionRepository, "find", noted)
    return asked


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("session.get", {}),
    ("session.sandbox", {}),
    ("task.create", {"input": "Look around"}),
    ("file.read", {"path": "a.txt"}),
    ("tool.execute", {"toolName": "read_file", "parameters": {"path": "a.txt"}}),
    ("terminal.open", {"command": "exec true"}),
    ("shell.exec", {"cmd": "true"}),
]


@pytest.mark.parametrize(("name", "raw"), CALLS, ids=[name for name, _ in CALLS])
async def test_a_call_asks_for_its_session_once(
    desk: Desk, statements: list[str], lookups: list[SessionId], name: str, raw: dict[str, Any]
) -> None:
    desk.engine.sessions.forget(desk.session_id)
    await desk.call(name, **raw)
    assert lookups == [desk.session_id]
    assert len(statements) == 1


async def test_reading_a_task_asks_for_its_session_once(
    desk: Desk, statements: list[str], lookups: list[SessionId]
) -> None:
    created = await desk.call("task.create", input="Look around")
    task_id = created.body["task"]["id"]
    await desk.call("task.cancel", taskId=task_id)
    desk.engine.sessions.forget(desk.session_id)
    lookups.clear()
    statements.clear()
    await desk.call("task.get", taskId=task_id)
    assert (lookups, len(statements)) == ([desk.session_id], 1)
