"""Every code that callers can be refused with is provoked, through every door that can give it."""

from __future__ import annotations

import asyncio
import errno
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from roocode_server.engine.accounts.accounts import Accounts
from roocode_server.engine.sessions.sessions import Sessions
from roocode_server.models import extras
from roocode_server.models.error import AppError
from roocode_server.models.session import Session
from roocode_server.models.settings import Settings
from roocode_server.server.app import running
from tests.end_to_end.hostile.talking import Talker, code_of, connected, exchange, talking
from tests.support.server import PROJECT, ServerProcess

ABSENT = "session-00000000000000000000"
SESSIONS = "/api/v1/sessions"
EXTENSION = "/extension"
S0 = {
    "VALIDATION_ERROR": 400,
    "AUTHENTICATION_FAILED": 401,
    "TOKEN_EXPIRED": 401,
    "PERMISSION_DENIED": 403,
    "RESOURCE_NOT_FOUND": 404,
    "RATE_LIMIT_EXCEEDED": 429,
    "WORKSPACE_LIMIT_EXCEEDED": 409,
    "TOOL_EXECUTION_FAILED": 500,
}
"""Its codes, with those of its statuses that they go with. Source: S0, "Error Handling"."""

Told = dict[str, tuple[int | None, str | None]]
"""By door: HTTP's status, and the code, for which the plain WebSocket has words of S3."""


@dataclass
class Place:
    """A server in this process, and callers at its doors."""

    server: ServerProcess
    monkeypatch: pytest.MonkeyPatch
    http: aiohttp.ClientSession

    async def rest(
        self, method: str, path: str, body: Any = None, *, key: str | None = "", **headers: str
    ) -> tuple[int, str | None]:
        """Status and code of a request."""
        status, answer = await self.ask(method, path, body, key=key, **headers)
        return status, code_of(answer)

    async def ask(
        self, method: str, path: str, body: Any = None, *, key: str | None = "", **headers: str
    ) -> tuple[int, Any]:
        if key is not None:
            headers["Authorization"] = f"Bearer {key or self.server.key}"
        async with self.http.request(method, self.server.url + path, json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def socket(
        self, name: str, *arguments: Any, key: str | None = "", namespace: str = "/", **auth: Any
    ) -> tuple[None, str | None]:
        """The code of a call, or of the refusal of its connection."""
        async with talking(self.server) as client:
            told = await client.connect(self.server.key if key == "" else key, namespace, **auth)
            if "sid" not in told:
                return None, code_of(told["data"])
            return None, code_of(await client.call(name, *arguments, namespace=namespace))

    async def extension(self, name: str, *arguments: Any, key: str | None = "") -> tuple[None, str | None]:
        return await self.socket(name, *arguments, key=key, namespace=EXTENSION)

    async def websocket(
        self, session_id: str, query: str = "", *, key: str | None = "", **headers: str
    ) -> tuple[int, None]:
        """The status with which the plain WebSocket is refused."""
        if key is not None:
            headers["Authorization"] = f"Bearer {key or self.server.key}"
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await self.http.ws_connect(f"{self.server.url}/ws/{session_id}{query}", headers=headers)
        return refused.value.status, None

    async def session(self) -> str:
        status, answer = await self.ask("POST", SESSIONS, {"name": "One"})
        assert status == 201, answer
        return str(answer["session"]["id"])

    async def user(self, role: str) -> str:
        """The access token of a new user with this role."""
        user = {"email": f"{role}@example.com", "name": role, "roles": [role], "password": "long enough"}
        assert (await self.rest("POST", "/api/v1/users", user))[0] == 201
        login = {name: user[name] for name in ("email", "password")}
        _, answer = await self.ask("POST", "/api/v1/auth/login", login, key=None)
        return str(answer["tokens"]["accessToken"])


async def malformed(place: Place) -> Told:
    return {
        "rest": await place.rest("POST", SESSIONS, {"name": 7}),
        "socket": await place.socket("session.create", {"name": 7}),
        "extension": await place.extension("startNewTask", 7),
        "websocket": await place.websocket(await place.session(), "?lastSeq=-1"),
    }


async def forged(place: Place) -> Told:
    return {
        "rest": await place.rest("GET", SESSIONS, key="roo_forged"),
        "socket": await place.socket("session.list", key="roo_forged"),
        "extension": await place.extension("getCurrentTaskStack", key="roo_forged"),
        "websocket": await place.websocket(await place.session(), key="roo_forged"),
    }


async def expired(place: Place) -> Told:
    session_id = await place.session()
    token = await place.user("developer")
    async with asyncio.timeout(30):
        while (await place.rest("GET", SESSIONS, key=token))[0] == 200:
            await asyncio.sleep(0.05)
    return {
        "rest": await place.rest("GET", SESSIONS, key=token),
        "socket": await place.socket("session.list", key=token),
        "extension": await place.extension("getCurrentTaskStack", key=token),
        "websocket": await place.websocket(session_id, key=token),
    }


async def forbidden(place: Place) -> Told:
    viewer = await place.user("viewer")
    return {
        "rest": await place.rest("POST", SESSIONS, {"name": "One"}, key=viewer),
        "socket": await place.socket("session.create", {"name": "One"}, key=viewer),
        "extension": await place.extension("startNewTask", {"text": "small errand"}, key=viewer),
        "websocket": await place.websocket(await place.session(), Origin="https://evil.example"),
    }


async def absent(place: Place) -> Told:
    return {
        "rest": await place.rest("GET", f"{SESSIONS}/{ABSENT}"),
        "socket": await place.socket("session.get", {"sessionId": ABSENT}),
        "extension": await place.socket("", namespace=EXTENSION, sessionId=ABSENT),
        "websocket": await place.websocket(ABSENT),
    }


async def unknown(place: Place) -> Told:
    return {"socket": await place.socket("no.such"), "extension": await place.extension("noSuch")}


async def wrong_method(place: Place) -> Told:
    return {"rest": await place.rest("PATCH", SESSIONS)}


async def no_method(place: Place) -> Told:
    return {"rest": await place.rest("BREW", SESSIONS)}


async def stopped_coming(place: Place) -> Told:
    begun = b"POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"
    answer = (await exchange(place.server, begun)).decode()
    code = re.search(r'"code":"(\w+)"', answer)
    return {"rest": (int(answer.split()[1]), code[1] if code else None)}


async def there_already(place: Place) -> Told:
    session_id = await place.session()
    file = {"path": "a.txt", "content": "one"}
    assert (await place.rest("POST", f"{SESSIONS}/{session_id}/files/a.txt", {"content": "one"}))[0] == 201
    return {
        "rest": await place.rest("POST", f"{SESSIONS}/{session_id}/files/a.txt", {"content": "one"}),
        "socket": await place.socket("file.create", {"sessionId": session_id, **file}),
    }


async def under_way(place: Place) -> Told:
    """The first call with the key has begun, and ends when the others have been refused."""
    begun, refused = asyncio.Event(), asyncio.Event()
    create = Sessions.create

    async def slowly(*arguments: Any, **named: Any) -> Session:
        begun.set()
        await refused.wait()
        return await create(*arguments, **named)

    place.monkeypatch.setattr(Sessions, "create", slowly)
    asked = {"name": "One", "idempotencyKey": "one"}
    first = asyncio.create_task(place.rest("POST", SESSIONS, asked))
    await begun.wait()
    told: Told = {
        "rest": await place.rest("POST", SESSIONS, asked),
        "socket": await place.socket("session.create", asked),
    }
    refused.set()
    assert (await first)[0] == 201
    return told


async def used_for_another(place: Place) -> Told:
    assert (await place.rest("POST", SESSIONS, {"name": "One", "idempotencyKey": "one"}))[0] == 201
    asked = {"name": "Another", "idempotencyKey": "one"}
    return {
        "rest": await place.rest("POST", SESSIONS, asked),
        "socket": await place.socket("session.create", asked),
    }


async def used_up(place: Place) -> Told:
    key = await place.user("developer")
    assert (await place.rest("POST", SESSIONS, {"name": "One"}, key=key))[0] == 201
    return {
        "rest": await place.rest("POST", SESSIONS, {"name": "Another"}, key=key),
        "socket": await place.socket("session.create", {"name": "Another"}, key=key),
        "extension": await place.extension("startNewTask", {"text": "small errand"}, key=key),
    }


async def too_large(place: Place) -> Told:
    much = "x" * 5000
    return {
        "rest": await place.rest("POST", SESSIONS, {"name": much}),
        "socket": await place.socket("session.create", {"name": much}),
        "extension": await place.extension("startNewTask", {"text": much}),
    }


async def behind_the_end(place: Place) -> Told:
    path = f"{SESSIONS}/{await place.session()}/files"
    assert (await place.rest("POST", f"{path}/a.txt", {"content": "one"}))[0] == 201
    return {"rest": await place.rest("GET", f"{path}/raw?path=a.txt", Range="bytes=100-")}


async def too_often(place: Place) -> Told:
    key = await place.user("developer")
    _, made = await place.ask("POST", SESSIONS, {"name": "One"}, key=key)
    session_id, errand = made["session"]["id"], {"text": "small errand"}
    assert (await place.rest("GET", f"{SESSIONS}/{session_id}/files", key=key))[0] == 200
    assert (await place.extension("startNewTask", errand, key=key))[1] is None
    told: Told = {
        "rest": await place.rest("GET", f"{SESSIONS}/{session_id}/files", key=key),
        "socket": await place.socket("file.list", {"sessionId": session_id, "path": "/"}, key=key),
        "extension": await place.extension("startNewTask", errand, key=key),
    }
    async with connected(place.server, key):
        told["websocket"] = await place.websocket(session_id, key=key)
    return told


async def defective(place: Place) -> Told:
    place.monkeypatch.setattr(Accounts, "profile", _failing(ZeroDivisionError("a mistake")))
    return await _profile(place)


async def overloaded(place: Place) -> Told:
    session_id = await place.session()
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    place.monkeypatch.setattr(Accounts, "profile", _failing(full))
    async with connected(place.server) as client:
        return {
            **await _profile(place, client),
            "websocket": await place.websocket(session_id),  # the only connection is taken
        }


async def cannot_run(place: Place) -> Told:
    session_id, url = await place.session(), "http://127.0.0.1:1/nobody-listens.git"
    return {
        "rest": await place.rest("POST", f"{SESSIONS}/{session_id}/clone", {"url": url}),
        "socket": await place.socket("workspace.clone", {"sessionId": session_id, "url": url}),
    }


async def kept_from_killing(place: Place) -> Told:
    session_id = await place.session()
    await place.ask("POST", f"{SESSIONS}/{session_id}/processes", {"command": "sleep 60"})
    pid = 0
    while not pid:
        _, listed = await place.ask("GET", f"/api/v1/system/processes?sessionId={session_id}")
        pid = next((each["pid"] for each in listed["processes"] if each["name"] == "sleep"), 0)
    place.monkeypatch.setattr("signal.pidfd_send_signal", _refusing)
    return {
        "rest": await place.rest("POST", f"/api/v1/system/processes/{pid}/kill", {}),
        "socket": await place.socket("system.kill", {"pid": pid}),
    }


def _refusing(*_: object) -> None:
    raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))


async def not_installed(place: Place) -> Told:
    place.monkeypatch.setitem(extras.MODULES, "semantic", ("no_such_module",))  # type: ignore[arg-type]
    session_id = await place.session()
    call = {"sessionId": session_id, "toolName": "codebase_search", "parameters": {"query": "the price"}}
    body = {"parameters": call["parameters"]}
    return {
        "rest": await place.rest("POST", f"{SESSIONS}/{session_id}/tools/codebase_search", body),
        "socket": await place.socket("tool.execute", call),
    }


async def _profile(place: Place, client: Talker | None = None) -> Told:
    told = await place.rest("GET", "/api/v1/auth/profile")
    if client is not None:
        return {"rest": told, "socket": (None, code_of(await client.call("auth.profile")))}
    return {"rest": told, "socket": await place.socket("auth.profile")}


def _failing(failure: Exception) -> Callable[..., Awaitable[None]]:
    async def fail(*_: object) -> None:
        raise failure

    return fail


EVERYWHERE = ("rest", "socket", "extension", "websocket")


@dataclass(frozen=True)
class Row:
    """How a code is provoked, at which doors it has to come, and with what settings."""

    provoke: Callable[[Place], Awaitable[Told]]
    doors: tuple[str, ...] = EVERYWHERE
    settings: Mapping[str, Mapping[str, Any]] | None = None


ROWS = {
    "VALIDATION_ERROR": Row(malformed),
    "AUTHENTICATION_FAILED": Row(forged),
    "TOKEN_EXPIRED": Row(expired, settings={"auth": {"accessTokenS": 1}}),
    "PERMISSION_DENIED": Row(forbidden),
    "RESOURCE_NOT_FOUND": Row(absent),
    "UNKNOWN_OPERATION": Row(unknown, ("socket", "extension")),
    "METHOD_NOT_ALLOWED": Row(wrong_method, ("rest",)),
    "METHOD_NOT_IMPLEMENTED": Row(no_method, ("rest",)),
    "REQUEST_TIMEOUT": Row(stopped_coming, ("rest",), {"server": {"requestTimeoutS": 0.5}}),
    "RESOURCE_CONFLICT": Row(there_already, ("rest", "socket")),
    "IDEMPOTENCY_KEY_IN_USE": Row(under_way, ("rest", "socket")),
    "IDEMPOTENCY_KEY_REUSED": Row(used_for_another, ("rest", "socket")),
    "WORKSPACE_LIMIT_EXCEEDED": Row(used_up, ("rest", "socket", "extension"), {"limits": {"sessions": 1}}),
    "PAYLOAD_TOO_LARGE": Row(
        too_large, ("rest", "socket", "extension"), {"server": {"maxRequestBytes": 4096}}
    ),
    "RANGE_NOT_SATISFIABLE": Row(behind_the_end, ("rest",)),
    "RATE_LIMIT_EXCEEDED": Row(
        too_often, settings={"limits": {"fileOperations": 1, "taskCreation": 1, "connections": 1}}
    ),
    "INTERNAL_ERROR": Row(defective, ("rest", "socket")),
    "TOOL_EXECUTION_FAILED": Row(
        cannot_run, ("rest", "socket"), {"files": {"repositoryHosts": ["127.0.0.1"]}}
    ),
    "PROCESS_KILL_FAILED": Row(
        kept_from_killing, ("rest", "socket"), {"monitoring": {"sampleIntervalS": 0.1}}
    ),
    "EXTRA_NOT_INSTALLED": Row(not_installed, ("rest", "socket")),
    "SERVER_OVERLOAD": Row(overloaded, ("rest", "socket", "websocket"), {"limits": {"allConnections": 1}}),
}
"""The plain WebSocket calls nothing: it can refuse a handshake alone."""


@asynccontextmanager
async def opened(folder: Path, row: Row, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    sections: dict[str, dict[str, Any]] = {
        "server": {"ports": [0], "dataDir": str(folder / "data")},
        "runtime": {"kind": "unsafe-local"},
    }
    for name, section in (row.settings or {}).items():
        sections.setdefault(name, {}).update(section)
    async with running(Settings.load(sections)) as (address,), aiohttp.ClientSession() as http:
        yield Place(ServerProcess(folder / "data", url=address), monkeypatch, http)


def every_error(above: type[AppError] = AppError) -> Iterator[type[AppError]]:
    for error in above.__subclasses__():
        yield error
        yield from every_error(error)


STATUSES = {error.code: error.status for error in every_error()}


@pytest.mark.parametrize("code", ROWS)
async def test_a_code_comes_through_every_door_that_can_give_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    row = ROWS[code]
    async with opened(tmp_path, row, monkeypatch) as place:
        told = await row.provoke(place)
        monkeypatch.undo()
    assert told == {door: _expected(door, code) for door in row.doors}


def _expected(door: str, code: str) -> tuple[int | None, str | None]:
    status = STATUSES[code] if door in ("rest", "websocket") else None
    return status, None if door == "websocket" else code


def test_every_code_has_a_row() -> None:
    assert ROWS.keys() == STATUSES.keys()


def test_every_documented_code_has_a_row_and_its_status() -> None:
    table = re.findall(r"^\| `(\w+)` \| (\d+) \|", (PROJECT / "docs" / "errors.md").read_text(), re.MULTILINE)
    assert {code: int(status) for code, status in table} == STATUSES


def test_the_codes_of_s0_have_its_statuses() -> None:
    assert S0.items() <= STATUSES.items()
