"""What is somebody else's answers like what is not there, and after the same statements to the database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from roocode_server.engine.engine import Engine, open_engine
from roocode_server.handlers.operation import Operation
from roocode_server.handlers.pipeline import Pipeline
from roocode_server.handlers.registry import build_registry
from roocode_server.models.settings import Settings
from roocode_server.models.user import Caller, Credential, Identity, Role
from tests.contract.doors import FILTERS, without_what_differs
from tests.contract.smallest_requests import ABSENT, smallest
from tests.support.storage import note_statements


@dataclass
class Neighbours:
    """Two users; the first has one of each thing, the second nothing."""

    engine: Engine
    owner: Caller
    stranger: Caller
    pipeline: Pipeline
    operations: dict[str, Operation]
    things: dict[str, str]

    async def call(self, caller: Caller, name: str, /, **raw: Any) -> dict[str, Any]:
        return (await self.pipeline.answer(self.operations[name], caller, raw)).body


@pytest.fixture
async def neighbours(tmp_path: Path) -> AsyncIterator[Neighbours]:
    engine = await open_engine(Settings.load_plain({"server": {"data_dir": str(tmp_path / "data")}}))
    try:
        owner, stranger = [await _person(engine, name) for name in ("owner", "stranger")]
        pipeline = Pipeline.of(engine)
        here = Neighbours(engine, owner, stranger, pipeline, dict(build_registry(engine)), {})
        session = await here.call(owner, "session.create")
        receiver = {"url": "https://webhooks.invalid/", "events": ["session.expired"]}  # it asks for nothing
        webhook = await here.call(owner, "webhook.create", **receiver)
        profile = await here.call(owner, "profile.create", name="own", provider="scripted", activate=False)
        key = await here.call(owner, "key.create", name="own")
        here.things = {
            "sessionId": session["session"]["id"],
            "webhookId": webhook["webhook"]["id"],
            "profileId": profile["profile"]["id"],
            "keyId": key["key"]["id"],
        }
        yield here
    finally:
        await engine.close()


async def _person(engine: Engine, name: str) -> Caller:
    email = f"{name}@example.com"
    user = await engine.accounts.create_user(email, "long enough for anybody", name, [Role.DEVELOPER])
    identity = Identity(user=user, credential=Credential.OPEN, credential_id="", expires_at=None)
    return Caller.of(identity, request_id="request", base_url="http://here")


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of the database, as it is asked; entries of the audit log follow behind the answers."""
    return note_statements(
        monkeypatch, lambda asked: asked.startswith("SELECT") and "audit_entries" not in asked
    )


async def test_a_foreign_thing_costs_the_statements_of_one_that_is_not_there(
    neighbours: Neighbours, statements: list[str]
) -> None:
    """Every operation, while the owner's use keeps the foreign session in memory."""
    here, compared, differing = neighbours, 0, {}
    for declared in here.operations.values():
        named = [name for name in here.things if name in declared.wire_names]
        is_permitted = declared.permission is not None and here.stranger.may(declared.permission)
        if not named or declared.needs_connection or not is_permitted:
            continue
        seen = []
        for things in (here.things, ABSENT):
            await here.call(here.owner, "session.get", sessionId=here.things["sessionId"])
            asked = {**smallest(declared), **{name: things[name] for name in named}}
            statements.clear()
            body = await here.call(here.stranger, declared.name, **asked)
            told = body.get(FILTERS.get(declared.name, "error"))
            seen.append((list(statements), without_what_differs(told)))
        compared += 1
        refused = [] if declared.name in FILTERS else "RESOURCE_NOT_FOUND"
        if seen[0] != seen[1] or (seen[0][1] or {}).get("code", []) != refused:
            differing[declared.name] = seen
    assert differing == {}
    assert compared > 50


async def test_a_session_in_use_is_asked_for_no_more(neighbours: Neighbours, statements: list[str]) -> None:
    """Of its owner, or of somebody it is shared with: access comes from memory too."""
    here, session_id = neighbours, neighbours.things["sessionId"]
    shared = {"sessionId": session_id, "user": here.stranger.user_id, "access": "watcher"}
    await here.call(here.owner, "session.share", **shared)
    for caller in (here.owner, here.stranger):
        await here.call(caller, "session.get", sessionId=session_id)
        statements.clear()
        await here.call(caller, "session.get", sessionId=session_id)
        assert statements == []
    await here.call(here.owner, "session.unshare", sessionId=session_id, userId=here.stranger.user_id)
    costs = []
    for asked in (session_id, ABSENT["sessionId"]):
        statements.clear()
        answer = await here.call(here.stranger, "session.get", sessionId=asked)
        assert answer["error"]["code"] == "RESOURCE_NOT_FOUND"
        costs.append(list(statements))
    assert costs[0] == costs[1]
    assert len(costs[0]) == 1
