"""Sessions are shared: who is let in, what they may do there, and how it ends."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from roocode_server.engine.engine import Engine, open_engine
from roocode_server.engine.events.log import EventLog
from roocode_server.engine.sessions import sharing
from roocode_server.engine.storage.tables import session_shares, users
from roocode_server.handlers.pipeline import Pipeline
from roocode_server.handlers.registry import build_registry
from roocode_server.models.account import KeyCreate
from roocode_server.models.event import LogReset
from roocode_server.models.identifier import SessionId
from roocode_server.models.settings import Settings
from roocode_server.models.user import Caller, Credential, Identity, KeyScope, Role

PASSWORD = "long enough for anybody"


class KeptConnection:
    """A stand-in for a socket that keeps what it follows."""

    def __init__(self) -> None:
        self.following: set[SessionId] = set()

    def follow(self, session_id: SessionId, *, after: int | None, reset: LogReset | None = None) -> None:
        self.following.add(session_id)

    def unfollow(self, session_id: SessionId) -> None:
        self.following.discard(session_id)

    def renew(self, identity: Identity) -> None:
        raise NotImplementedError


@dataclass
class Company:
    """An engine, an owner with one session, and others."""

    engine: Engine
    owner: Caller
    other: Caller
    session_id: str

    async def call(self, caller: Caller, name: str, /, **raw: Any) -> dict[str, Any]:
        """The answer's body, whatever it is; about the owner's session if the operation is about one."""
        declared = build_registry(self.engine)[name]
        here = {"sessionId": self.session_id} if declared.on else {}
        pipeline = Pipeline.of(self.engine)
        return (await pipeline.answer(declared, caller, {**here, **raw})).body

    async def subscribe(self, caller: Caller, connection: KeptConnection) -> str | None:
        """The code of the refusal, or None."""
        declared = build_registry(self.engine)["event.subscribe"]
        pipeline = Pipeline.of(self.engine)
        answer = await pipeline.answer(declared, caller, {"sessionId": self.session_id}, connection)
        return answer.failure.code if answer.failure is not None else None

    async def code(self, caller: Caller, name: str, /, **raw: Any) -> str | None:
        """The code of the refusal, or None."""
        answer = await self.call(caller, name, **raw)
        code: str | None = answer["error"]["code"] if "error" in answer else None
        return code

    async def share(self, access: str, user: str = "other@example.com") -> dict[str, Any]:
        return await self.call(self.owner, "session.share", user=user, access=access)

    async def person(self, email: str, role: Role = Role.DEVELOPER) -> Caller:
        user = await self.engine.accounts.create_user(email, PASSWORD, email.partition("@")[0], [role])
        identity = Identity(user=user, credential=Credential.OPEN, credential_id="", expires_at=None)
        return Caller.of(identity, request_id="request", base_url="http://here")

    async def stored_shares(self) -> int:
        async with self.engine.database.read() as connection:
            counted = select(func.count()).select_from(session_shares)
            return int((await connection.execute(counted)).scalar_one())

    async def told(self, kind: str) -> list[dict[str, Any]]:
        """The events of a kind in the session's log."""
        page = await self.call(self.owner, "event.list", limit=1000)
        return [event for event in page["data"] if event["type"] == kind]


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    settings = {"server": {"data_dir": str(tmp_path / "data")}, "limits": {"tasks": 2}}
    engine = await open_engine(Settings.load_plain(settings))
    try:
        company = Company(engine, *[None] * 2, "")  # type: ignore[arg-type]
        company.owner = await company.person("owner@example.com")
        company.other = await company.person("other@example.com")
        made = await company.call(company.owner, "session.create", name="Shared")
        company.session_id = made["session"]["id"]
        yield company
    finally:
        await engine.close()


async def test_a_watcher_reads_and_changes_nothing(company: Company) -> None:
    await company.call(company.owner, "file.create", path="a.txt", content="read me")
    share = (await company.share("watcher"))["share"]
    assert (share["email"], share["name"], share["access"]) == ("other@example.com", "other", "watcher")
    read = await company.call(company.other, "file.read", path="a.txt")
    assert read["content"] == "read me"
    assert (await company.call(company.other, "session.get"))["session"]["access"] == "watcher"
    for name, raw in (
        ("file.create", {"path": "b.txt", "content": "b"}),
        ("task.create", {"input": "work"}),
        ("shell.exec", {"cmd": "true"}),
        ("session.delete", {}),
    ):
        assert await company.code(company.other, name, **raw) == "PERMISSION_DENIED", name


async def test_a_collaborator_works_and_leaves_rights_and_money_to_the_owner(company: Company) -> None:
    await company.share("collaborator")
    assert await company.code(company.other, "file.create", path="b.txt", content="b") is None
    assert await company.code(company.other, "task.create", input="look around") is None
    for name, raw in (
        ("session.update", {"name": "Mine now"}),
        ("task.create", {"input": "work", "sessionConfig": {"network": True}}),
        ("session.share", {"user": "owner@example.com", "access": "watcher"}),
        ("session.unshare", {"userId": company.other.user_id}),
        ("session.delete", {}),
    ):
        assert await company.code(company.other, name, **raw) == "PERMISSION_DENIED", name


async def test_a_user_can_be_named_by_id_and_an_address_in_any_case(company: Company) -> None:
    by_id = await company.share("watcher", company.other.user_id)
    again = await company.share("watcher", " Other@Example.com")
    assert by_id == again
    assert len(await company.told("session.shared")) == 1


async def test_another_access_is_told_and_holds_from_the_next_call_on(company: Company) -> None:
    await company.share("collaborator")
    assert await company.code(company.other, "file.create", path="a.txt", content="a") is None
    await company.share("watcher")
    assert await company.code(company.other, "file.create", path="b.txt", content="b") == "PERMISSION_DENIED"
    told = await company.told("session.shared")
    assert [each["access"] for each in told] == ["collaborator", "watcher"]
    assert {(each["userId"], each["sharedBy"]) for each in told} == {
        (company.other.user_id, company.owner.user_id)
    }


async def test_a_share_that_is_taken_back_leaves_nothing(company: Company) -> None:
    await company.share("collaborator")
    assert await company.code(company.other, "session.get") is None
    removed = await company.call(company.owner, "session.unshare", userId=company.other.user_id)
    assert removed["removed"]
    assert await company.code(company.other, "session.get") == "RESOURCE_NOT_FOUND"
    assert (await company.call(company.other, "session.list"))["total"] == 0
    assert [each["userId"] for each in await company.told("session.unshared")] == [company.other.user_id]
    again = await company.code(company.owner, "session.unshare", userId=company.other.user_id)
    assert again == "RESOURCE_NOT_FOUND"


@pytest.mark.parametrize("step", ["place", "head", "id_of"])
async def test_a_subscription_does_not_outlive_a_share_that_ends_while_it_begins(
    company: Company, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """At whichever step of it: what the log is asked for before it begins, or after."""
    await company.share("watcher")
    original = getattr(EventLog, step)

    async def after_the_end(self: EventLog, *arguments: Any) -> Any:
        monkeypatch.setattr(EventLog, step, original)
        await company.call(company.owner, "session.unshare", userId=company.other.user_id)
        return await original(self, *arguments)

    monkeypatch.setattr(EventLog, step, after_the_end)
    connection = KeptConnection()
    assert await company.subscribe(company.other, connection) == "RESOURCE_NOT_FOUND"
    assert connection.following == set()


async def test_somebody_leaves_by_themselves_whatever_their_role(company: Company) -> None:
    viewer = await company.person("viewer@example.com", Role.VIEWER)
    await company.share("watcher", "viewer@example.com")
    assert (await company.call(viewer, "session.leave"))["removed"]
    assert await company.code(viewer, "session.get") == "RESOURCE_NOT_FOUND"
    assert await company.code(company.owner, "session.leave") == "RESOURCE_NOT_FOUND"


async def test_a_viewer_and_a_key_that_reads_only_read_as_collaborators_too(company: Company) -> None:
    viewer = await company.person("viewer@example.com", Role.VIEWER)
    request = KeyCreate(name="narrow", scopes=[KeyScope.READ])
    _, secret = await company.engine.accounts.own.create_key(company.other, request)
    identity = await company.engine.accounts.identify(secret)
    key = Caller.of(identity, request_id="request", base_url="http://here")
    await company.share("collaborator", "viewer@example.com")
    await company.share("collaborator")
    for caller in (viewer, key):
        assert await company.code(caller, "file.list") is None
        assert await company.code(caller, "file.create", path="b", content="b") == "PERMISSION_DENIED"


async def test_the_list_tells_whose_sessions_they_are(company: Company) -> None:
    own = (await company.call(company.other, "session.create", name="Own"))["session"]
    assert own["access"] == "owner"
    await company.share("watcher")

    async def listed(**raw: Any) -> list[tuple[str, str]]:
        page = await company.call(company.other, "session.list", **raw)
        assert page["total"] == len(page["sessions"])
        return [(each["name"], each["access"]) for each in page["sessions"]]

    assert await listed() == [("Own", "owner"), ("Shared", "watcher")]
    assert await listed(scope="mine") == [("Own", "owner")]
    assert await listed(scope="shared") == [("Shared", "watcher")]


async def test_the_owner_and_the_shares_are_shown_to_all_who_are_in(company: Company) -> None:
    await company.share("watcher")
    for caller in (company.owner, company.other):
        shown = await company.call(caller, "session.shares")
        [share] = shown["shares"]
        assert shown["owner"]["userId"] == company.owner.user_id
        assert (share["userId"], share["access"]) == (company.other.user_id, "watcher")


@pytest.mark.parametrize("user", ["nobody@example.com", "user-00000000000000000000", "disabled@example.com"])
async def test_nobody_is_found_who_is_not_there_or_disabled(company: Company, user: str) -> None:
    await company.person("disabled@example.com")
    await company.engine.accounts.set_disabled("disabled@example.com", is_disabled=True)
    answer = await company.share("watcher", user)
    assert answer["error"]["code"] == "RESOURCE_NOT_FOUND"
    assert answer["error"]["details"] == {"resource": "user", "id": user}


async def test_a_session_is_not_shared_with_its_owner(company: Company) -> None:
    answer = await company.share("watcher", "owner@example.com")
    assert answer["error"]["details"]["field"] == "user"


async def test_shares_are_limited_and_a_new_access_needs_no_room(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "MOST_SHARES", 1)
    await company.person("third@example.com")
    await company.share("watcher")
    refused = await company.share("watcher", "third@example.com")
    assert refused["error"]["code"] == "RESOURCE_CONFLICT"
    assert (await company.share("collaborator"))["share"]["access"] == "collaborator"


async def test_an_administrator_shares_everybodys_sessions(company: Company) -> None:
    admin = await company.person("boss@example.com", Role.ADMIN)
    assert (await company.call(admin, "session.get"))["session"]["access"] == "owner"
    answer = await company.call(admin, "session.share", user="other@example.com", access="watcher")
    assert answer["share"]["access"] == "watcher"
    [told] = await company.told("session.shared")
    assert told["sharedBy"] == admin.user_id


async def test_shares_go_with_their_session_and_with_their_user(company: Company) -> None:
    await company.person("third@example.com")
    await company.share("watcher")
    await company.share("watcher", "third@example.com")
    async with company.engine.database.transaction() as unit:
        await unit.execute(delete(users).where(users.c.email == "third@example.com"))
    assert await company.stored_shares() == 1
    await company.call(company.owner, "session.delete")
    assert await company.stored_shares() == 0


async def test_tasks_count_among_those_of_the_owner_of_the_session(company: Company) -> None:
    """Two unfinished ones are allowed here; the owner pays for them, so nobody adds to the owner's."""
    await company.share("collaborator")
    await company.call(company.owner, "session.update", config={"provider": "scripted", "model": "survey"})
    for _ in range(2):
        assert await company.code(company.owner, "task.create", input="look around") is None
    answer = await company.call(company.other, "task.create", input="look around")
    assert answer["error"]["code"] == "WORKSPACE_LIMIT_EXCEEDED"


async def test_sharing_is_in_the_audit_log(company: Company) -> None:
    await company.share("watcher")
    await company.call(company.other, "session.leave")
    admin = await company.person("boss@example.com", Role.ADMIN)
    entries = (await company.call(admin, "audit.list", sessionId=company.session_id))["data"]
    left, shared, *_ = entries
    assert (left["operation"], left["userId"]) == ("session.leave", company.other.user_id)
    assert shared["operation"] == "session.share"
    assert shared["subject"] == {
        "sessionId": company.session_id,
        "user": "other@example.com",
        "access": "watcher",
    }
