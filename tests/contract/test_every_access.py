"""Who may what in whose session: every operation and event, every role and access, every door."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
import socketio
import socketio.exceptions
from aiohttp import web

from roocode_server.engine.engine import Engine, open_engine
from roocode_server.handlers.operation import Operation, Registry
from roocode_server.handlers.registry import build_registry, build_transfers
from roocode_server.models.account import KeyCreate
from roocode_server.models.clock import now
from roocode_server.models.event import EVENTS, EventEnvelope
from roocode_server.models.identifier import SessionId
from roocode_server.models.quota import NO_LIMITS
from roocode_server.models.session import SessionCreate
from roocode_server.models.settings import Settings
from roocode_server.models.sharing import SessionShare, SharedAccess
from roocode_server.models.user import Caller, Credential, Identity, KeyScope, Role
from roocode_server.server.app import build_doors
from roocode_server.server.doors.protocol import HttpRunner, Limits
from tests.contract.doors import Answer, Doors
from tests.contract.smallest_requests import ABSENT, smallest
from tests.contract.test_every_role import READS_WITHOUT_GET, is_allowed

PLACES: Final = ("own", "collaborator", "watcher", "foreign", "absent")
OF_OWNERS: Final = {
    *("session.update", "session.delete", "session.share", "session.unshare"),
    *("session.fork", "task.fork"),
}
CHANGES_THE_PLACE: Final = {"session.delete", "session.leave"}
"""After these another session has to be made."""


@dataclass(frozen=True)
class Kind:
    """A kind of caller: a role, and what its credential reaches."""

    role: Role
    scopes: tuple[KeyScope, ...] = tuple(KeyScope)

    @property
    def has_every_access(self) -> bool:
        return self.role is Role.ADMIN and KeyScope.ADMIN in self.scopes

    def may(self, declared: Operation) -> bool:
        """What the documents say of the role and the scope, wherever it is."""
        if KeyScope.WRITE not in self.scopes:
            return reads(declared)
        return is_allowed(declared, self.role)


KINDS: Final = {
    "admin": Kind(Role.ADMIN),
    "developer": Kind(Role.DEVELOPER),
    "viewer": Kind(Role.VIEWER),
    "reading key of a developer": Kind(Role.DEVELOPER, (KeyScope.READ,)),
    "reading key of an administrator": Kind(Role.ADMIN, (KeyScope.READ,)),
}


def reads(declared: Operation) -> bool:
    return declared.name in READS_WITHOUT_GET or (declared.rest is not None and declared.rest.method == "GET")


def expected(declared: Operation, kind: Kind, place: str) -> str:
    """What the documents say, in this test's own words: `done`, `denied`, or `absent` for no such session."""
    if not kind.may(declared):
        return "denied"
    if place == "absent" or (place == "foreign" and not kind.has_every_access):
        return "absent"
    if place in ("own", "foreign") or kind.has_every_access or declared.name == "session.leave":
        return "done"
    is_beyond = declared.name in OF_OWNERS if place == "collaborator" else not reads(declared)
    return "denied" if is_beyond else "done"


def outcome(answer: Answer) -> str:
    details = answer.body["error"]["details"] if answer.code is not None else {}
    if answer.code == "PERMISSION_DENIED" and details == {}:  # else it names a host without a network to it
        return "denied"
    is_about_session = (
        answer.code is not None and answer.body["error"]["details"].get("resource") == "session"
    )
    return "absent" if answer.code == "RESOURCE_NOT_FOUND" and is_about_session else "done"


@dataclass
class Premises:
    """A server in this process, a caller of some kind, and a neighbour who shares or does not."""

    engine: Engine
    url: str
    kind: Kind
    caller: Caller
    key: str
    neighbour: Caller
    operations: Registry
    transfers: Registry

    async def session(self, place: str) -> SessionId:
        """A session that is to the caller what the place says."""
        if place == "absent":
            return SessionId(ABSENT["sessionId"])
        owner = self.caller if place == "own" else self.neighbour
        made = await self.engine.sessions.create(owner, SessionCreate.load({"name": place}))
        if place in ("collaborator", "watcher"):
            share = SessionShare(session_id=made.id, user=self.caller.user_id, access=SharedAccess(place))
            await self.engine.sessions.sharing.share(owner, share)
        return made.id

    def in_sessions(self) -> list[Operation]:
        return [each for each in self.operations.values() if each.on is not None]


@asynccontextmanager
async def opened(folder: Path, kind: Kind) -> AsyncIterator[Premises]:
    settings = {
        "server": {"data_dir": str(folder / "data")},
        "runtime": {"kind": "local"},
        "limits": dict(NO_LIMITS),
    }
    engine = await open_engine(Settings.load_plain(settings))
    doors = build_doors(engine)
    limits = Limits(request_s=60, keep_alive_s=60, idle_s=60)
    runner = HttpRunner(
        doors.app, limits=limits, traffic=engine.calls.traffic, access_log=None, shutdown_timeout=1
    )
    try:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        caller, key = await _person(engine, "caller@example.com", kind)
        neighbour, _ = await _person(engine, "neighbour@example.com", Kind(Role.DEVELOPER))
        host, port = runner.addresses[0][:2]
        yield Premises(
            engine,
            f"http://{host}:{port}",
            kind,
            caller,
            key,
            neighbour,
            build_registry(engine),
            build_transfers(engine),
        )
    finally:
        await doors.close()
        await runner.cleanup()
        await engine.close()


async def _person(engine: Engine, email: str, kind: Kind) -> tuple[Caller, str]:
    """A user, as the caller that an API key of theirs makes them, and the key."""
    user = await engine.accounts.create_user(email, "long enough for anybody", email, [kind.role])
    identity = Identity(user=user, credential=Credential.OPEN, credential_id="", expires_at=None)
    request = KeyCreate(name="contract", scopes=list(kind.scopes))
    _, secret = await engine.accounts.own.create_key(_caller(identity), request)
    return _caller(await engine.accounts.identify(secret)), secret


def _caller(identity: Identity) -> Caller:
    return Caller.of(identity, request_id="request", base_url="http://here")


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
async def test_every_operation_through_every_door_that_has_it(tmp_path: Path, kind: Kind) -> None:
    wrong: dict[str, Any] = {}
    asked = 0
    async with opened(tmp_path, kind) as here, Doors(here.url, here.key) as doors:
        for place in PLACES:
            session_id = await here.session(place)
            for declared in here.in_sessions():
                raw = {**smallest(declared), "sessionId": session_id}
                answers = {"socket": await doors.socket(declared.name, raw)}
                if declared.name in CHANGES_THE_PLACE:
                    session_id = await here.session(place)
                if declared.rest is not None:
                    answers["rest"] = await doors.rest(declared, {**raw, "sessionId": session_id})
                if declared.name in CHANGES_THE_PLACE:
                    session_id = await here.session(place)
                for door, answer in answers.items():
                    asked += 1
                    if outcome(answer) != expected(declared, kind, place):
                        wrong[f"{declared.name} at {door}, {place}"] = answer.body
            for declared in here.transfers.values():
                if declared.on is None:
                    continue
                asked += 1
                answer = await _transfer(here, declared, session_id)
                if outcome(answer) != expected(declared, kind, place):
                    wrong[f"{declared.name}, {place}"] = answer.body
    assert wrong == {}
    assert asked > 500


async def _transfer(here: Premises, declared: Operation, session_id: str) -> Answer:
    """An upload or a download; of an answer that is no JSON nothing is kept."""
    assert declared.rest is not None
    raw = smallest(declared)
    async with (
        aiohttp.ClientSession() as http,
        http.request(
            declared.rest.method,
            here.url + declared.rest.path.replace("{sessionId}", session_id),
            params={name: str(content) for name, content in raw.items() if name != "sessionId"},
            data=None if declared.rest.method == "GET" else b"x",
            headers={"Authorization": f"Bearer {here.key}"},
        ) as response,
    ):
        is_json = response.content_type == "application/json"
        return Answer(await response.json() if is_json else {}, response.status)


STRANGERS = {name: kind for name, kind in KINDS.items() if not kind.has_every_access}


@pytest.mark.parametrize("kind", STRANGERS.values(), ids=STRANGERS)
async def test_what_is_foreign_answers_like_what_is_not_there(tmp_path: Path, kind: Kind) -> None:
    async with opened(tmp_path, kind) as here, Doors(here.url, here.key) as doors:
        differing = {}
        session_ids = [await here.session(place) for place in ("foreign", "absent")]
        for declared in here.in_sessions():
            seen = []
            for session_id in session_ids:  # the same for all: who may not enter changes nothing in it
                raw = {**smallest(declared), "sessionId": session_id}
                answers = [await doors.socket(declared.name, raw)]
                answers += [await doors.rest(declared, raw)] if declared.rest is not None else []
                seen.append([(each.status, each.same) for each in answers])
            if seen[0] != seen[1]:
                differing[declared.name] = seen
        assert differing == {}


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
async def test_every_event_and_every_connection_for_a_session(tmp_path: Path, kind: Kind) -> None:
    """Who may enter hears every event of the session; who may not cannot connect for it, and hears none."""
    wrong: dict[str, Any] = {}
    async with opened(tmp_path, kind) as here, Doors(here.url, here.key) as client:
        heard = client.hear()
        for place in PLACES:
            session_id = await here.session(place)
            is_open = expected(here.operations["event.subscribe"], kind, place) == "done"
            await client.socket("event.subscribe", {"sessionId": session_id})
            told = [EventEnvelope(now())(name, b"{}", 0, session_id, None) for name in EVENTS]
            here.engine.hub.publish(told)
            await client.socket("system.health", {})  # what was published is sent before this is answered
            if sorted(heard) != sorted((name, session_id) for name in EVENTS if is_open):
                wrong[f"events, {place}"] = list(heard)
            heard.clear()
            for namespace in (*here.operations.namespaces, "/extension"):
                if await _connects(here, namespace, session_id) is not is_open:
                    wrong[f"{namespace}, {place}"] = f"open: {not is_open}"
            if await _follows(here, session_id) is not is_open:
                wrong[f"/ws/{{sessionId}}, {place}"] = f"open: {not is_open}"
    assert wrong == {}


async def _connects(here: Premises, namespace: str, session_id: str) -> bool:
    """Whether a Socket.IO client that names the session is let into the namespace."""
    async with aiohttp.ClientSession() as http:
        client = socketio.AsyncClient(http_session=http, reconnection=False)
        refusals: list[Any] = []
        client.on("connect_error", refusals.append, namespace=namespace)
        auth = {"token": here.key, "sessionId": session_id}
        try:
            await client.connect(here.url, auth=auth, namespaces=[namespace], transports=["websocket"])
        except socketio.exceptions.ConnectionError:
            assert [each["data"]["error"]["code"] for each in refusals] == ["RESOURCE_NOT_FOUND"]
            return False
        await client.disconnect()
        return True


async def _follows(here: Premises, session_id: str) -> bool:
    """Whether a plain WebSocket is opened for the session."""
    async with aiohttp.ClientSession() as http:
        try:
            socket = await http.ws_connect(f"{here.url}/ws/{session_id}?token={here.key}")
        except aiohttp.WSServerHandshakeError as refusal:
            assert refusal.status == 404
            return False
        await socket.close()
        return True
