"""Every operation of the registry answers alike through Socket.IO and REST, with results and errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from marshmallow import fields

from roocode_server.engine.engine import Engine
from roocode_server.handlers.operation import Operation
from roocode_server.handlers.registry import AREAS
from roocode_server.models.error import AppError
from roocode_server.models.identifier import new_id
from tests.contract.doors import Doors
from tests.contract.smallest_requests import required_names, smallest
from tests.support.server import ServerProcess

OPERATIONS = {
    declared.name: declared for area in AREAS for declared in area(Engine.__new__(Engine)).operations()
}
MIRRORED = [declared for declared in OPERATIONS.values() if declared.rest is not None]
GENERAL = {"VALIDATION_ERROR", "AUTHENTICATION_FAILED", "TOKEN_EXPIRED", "PERMISSION_DENIED"}
"""Errors of the pipeline, which every operation can answer with."""


def named(declared: Operation) -> str:
    return declared.name


UNREACHABLE = "http://localhost:1/hook"


class World:
    """What must be there before a call, made anew for each: its methods return the fields that name it."""

    def __init__(self, doors: Doors, server: ServerProcess) -> None:
        self.doors = doors
        self.server = server

    async def call(self, operation: str, **raw: Any) -> Any:
        answer = await self.doors.socket(operation, raw)
        assert answer.code is None, answer.body
        return answer.body

    async def session(self, playbook: str = "survey") -> dict[str, Any]:
        config = {"provider": "scripted", "model": playbook}
        made = await self.call("session.create", name="Contract", config=config)
        return {"sessionId": made["session"]["id"]}

    async def purpose(self) -> dict[str, Any]:
        await self.call("session.ensure", purpose="contract")
        return {"purpose": "contract"}

    async def file(self) -> dict[str, Any]:
        place = await self.session()
        await self.call("file.create", **place, path="a.txt", content="one\n")
        return {**place, "path": "a.txt"}

    async def full_folder(self) -> dict[str, Any]:
        place = await self.session()
        await self.call("file.create", **place, path="full/a.txt", content="one\n")
        return {**place, "path": "full"}

    async def task(self, playbook: str = "survey", *, until: str = "status", value: str = "completed") -> Any:
        place = await self.session(playbook)
        task = (await self.call("task.create", **place, input="test task"))["task"]
        place["taskId"] = task["id"]
        async with asyncio.timeout(60):
            while task[until] != value:
                await asyncio.sleep(0.01)
                task = (await self.call("task.get", **place))["task"]
        return place

    async def waiting(self) -> dict[str, Any]:
        """Create a task that waits for an approval."""
        place: dict[str, Any] = await self.task("write-and-run", until="activity", value="interactive")
        return place

    async def cancelled(self) -> dict[str, Any]:
        place = await self.waiting()
        await self.call("task.cancel", **place)
        return place

    async def said(self) -> dict[str, Any]:
        place = await self.task()
        told = await self.call("task.messages", **place)
        return {**place, "messageId": told["data"][0]["id"]}

    async def rewound(self) -> dict[str, Any]:
        place = await self.said()
        await self.call("task.rewind", **place, files=False)
        return {name: place[name] for name in ("sessionId", "taskId")}

    async def approval(self) -> dict[str, Any]:
        place = await self.waiting()
        listed = await self.call("approval.list", sessionId=place["sessionId"])
        return {"sessionId": place["sessionId"], "approvalId": listed["data"][0]["id"]}

    async def checkpoint(self) -> dict[str, Any]:
        place = await self.file()
        made = await self.call("checkpoint.create", sessionId=place["sessionId"])
        await self.call("file.update", **place, content="two\n")
        return {"sessionId": place["sessionId"], "checkpointId": made["checkpoint"]["id"]}

    async def process(self, command: str = "sleep 60") -> dict[str, Any]:
        place = await self.session()
        made = await self.call("process.start", **place, command=command)
        return {**place, "pid": made["process"]["pid"]}

    async def process_of_the_machine(self) -> dict[str, Any]:
        """A process by the machine's number for it."""
        session_id = (await self.process())["sessionId"]
        async with asyncio.timeout(60):
            while True:
                listed = await self.call("system.processes", sessionId=session_id)
                for process in listed["processes"]:
                    if process["name"] == "sleep":
                        return {"pid": process["pid"], "signal": "SIGKILL"}
                await asyncio.sleep(0.1)

    async def printed(self) -> dict[str, Any]:
        """Run a process that prints something and ends."""
        place = await self.process("echo one; echo two")
        async with asyncio.timeout(60):
            while (await self.call("process.get", **place))["process"]["status"] == "running":
                await asyncio.sleep(0.01)
        return place

    async def terminal(self, command: str = "sleep 60") -> dict[str, Any]:
        place = await self.session()
        made = await self.call("terminal.open", **place, command=command)
        return {**place, "terminalId": made["terminal"]["id"]}

    async def new_profile(self) -> dict[str, Any]:
        """Return a request for a profile with a new name each time."""
        return {"name": new_id("profile"), "provider": "scripted", "activate": False}

    async def profile(self) -> dict[str, Any]:
        made = await self.call("profile.create", **await self.new_profile())
        return {"profileId": made["profile"]["id"]}

    async def read_events(self) -> dict[str, Any]:
        """Return a request for the first events after one of all sessions, which stay as they are."""
        await self.file()
        first = await self.call("event.read", scope="mine", limit=1)
        await self.file()
        return {"scope": "mine", "after": first["pagination"]["nextAfter"], "limit": 1}

    async def webhook(self) -> dict[str, Any]:
        """Create the caller's only webhook, whose receiver cannot be reached."""
        for other in (await self.call("webhook.list"))["webhooks"]:
            await self.call("webhook.delete", webhookId=other["id"])
        made = await self.call("webhook.create", url=UNREACHABLE, events=["session.expired"])
        return {"webhookId": made["webhook"]["id"]}

    async def event_to_send_again(self) -> dict[str, Any]:
        place = await self.session()
        listed = await self.call("event.list", **place, limit=1)
        return {**await self.webhook(), "eventId": listed["data"][0]["id"]}

    async def attempt(self) -> dict[str, Any]:
        place = await self.webhook()
        await self.call("webhook.test", **place)
        return place

    async def new_key(self) -> dict[str, Any]:
        return {"name": "contract", "scopes": ["read"], "expiresAt": "2099-01-01T00:00:00Z"}

    async def key(self) -> dict[str, Any]:
        made = await self.call("key.create", **await self.new_key())
        return {"keyId": made["key"]["id"]}

    async def new_user(self) -> dict[str, Any]:
        """Return a request for a user with a new address each time."""
        return {"email": f"{new_id('user')}@example.com", "name": "Somebody", "roles": ["viewer"]}

    async def user(self) -> dict[str, Any]:
        made = await self.call("user.create", **await self.new_user())
        return {"userId": made["user"]["id"]}

    async def guest(self) -> dict[str, Any]:
        """A session and somebody with whom it can be shared."""
        return {**await self.session(), "user": (await self.user())["userId"]}

    async def share(self) -> dict[str, Any]:
        place = await self.guest()
        made = await self.call("session.share", **place, access="watcher")
        return {"sessionId": place["sessionId"], "userId": made["share"]["userId"]}

    async def administrator(self) -> dict[str, Any]:
        """Create the only one."""
        return {"userId": (await self.call("auth.profile"))["user"]["id"]}

    async def invited(self) -> dict[str, Any]:
        made = await self.call("user.create", **await self.new_user())
        secret = made["invitation"]["url"].partition("#invitation=")[2]
        return {"invitation": secret, "password": "long enough for anybody"}

    async def password(self) -> dict[str, Any]:
        """Restore the former one, so that other calls can continue with it."""
        own = self.server.admin["password"]
        return {"currentPassword": own, "newPassword": own, "endOtherLogins": False}

    async def login(self) -> dict[str, Any]:
        return {"email": self.server.admin["email"], "password": self.server.admin["password"]}

    async def login_to_end(self) -> dict[str, Any]:
        await self.call("auth.login", **await self.login())
        listed = await self.call("login.list", limit=1)
        return {"loginId": listed["data"][0]["id"]}

    async def refresh(self) -> dict[str, Any]:
        answer = await self.call("auth.login", **await self.login())
        return {"refreshToken": answer["tokens"]["refreshToken"]}


def also(arrange: Callable[[World], Awaitable[dict[str, Any]]], **more: Any) -> Any:
    """What an arrangement gives, and more; None leaves out a field of it."""

    async def arranged(world: World) -> dict[str, Any]:
        return {**await arrange(world), **more}

    return arranged


async def nothing(world: World) -> dict[str, Any]:
    return {}


UNKNOWN_SIGN_IN = also(nothing, provider="company", code="forged", codeVerifier="v" * 43)

SUCCESSES: dict[str, Callable[[World], Awaitable[dict[str, Any]]]] = {
    "auth.login": World.login,
    "auth.refresh": World.refresh,
    "auth.profile": nothing,
    "auth.accept": World.invited,
    "auth.logout": also(nothing, all=True),
    "auth.update": also(nothing, preferences={"theme": "dark", "notifications": {"taskFailed": False}}),
    "auth.password": World.password,
    "login.list": also(nothing, limit=1),
    "login.end": World.login_to_end,
    "auth.providers": nothing,
    "identity.list": nothing,
    "key.list": nothing,
    "key.create": World.new_key,
    "key.revoke": World.key,
    "user.list": also(nothing, limit=1),
    "user.get": World.user,
    "user.create": World.new_user,
    "user.update": also(World.user, roles=["developer"], disabled=True),
    "user.invite": World.user,
    "user.logout": World.user,
    "profile.list": nothing,
    "profile.create": World.new_profile,
    "profile.get": World.profile,
    "profile.update": also(World.profile, model="survey"),
    "profile.activate": World.profile,
    "profile.delete": World.profile,
    "model.list": nothing,
    "playbook.list": nothing,
    "session.list": also(nothing, limit=1),
    "session.ensure": World.purpose,
    "session.create": also(nothing, name="New", config={"mode": "ask"}),
    "session.fork": also(World.session, name="A copy"),
    "session.get": World.session,
    "session.update": also(World.session, name="Renamed", config={"temperature": 0.5}),
    "session.delete": World.session,
    "session.sandbox": World.session,
    "session.share": also(World.guest, access="collaborator"),
    "session.shares": also(World.share, userId=None),
    "session.unshare": World.share,
    "task.create": also(World.session, input="test task"),
    "task.fork": also(World.said, files=False),
    "task.list": also(World.task, taskId=None),
    "task.get": World.task,
    "task.stack": also(World.task, taskId=None),
    "task.update": also(World.waiting, action="reject", feedback="no"),
    "task.cancel": World.waiting,
    "task.retry": World.cancelled,
    "task.rewind": also(World.said, files=False),
    "task.reinstate": World.rewound,
    "task.message": also(World.task, text="and now this"),
    "task.turns": World.task,
    "task.interrupt": World.waiting,
    "task.diff": World.task,
    "task.messages": also(World.task, limit=2),
    "mode.list": World.session,
    "mode.standing": nothing,
    "tool.list": nothing,
    "tool.execute": also(World.file, path=None, toolName="read_file", parameters={"path": "a.txt"}),
    "approval.list": also(World.approval, approvalId=None, status="pending"),
    "approval.get": World.approval,
    "approval.respond": also(World.approval, action="approve"),
    "approval.search": also(nothing, scope="shared", status="pending"),
    "rule.list": nothing,
    "inbox.list": also(nothing, scope="shared", limit=1),
    "usage.report": also(nothing, groupBy=["day", "model"], since="2024-01-01"),
    "file.list": also(World.file, path="/", recursive=True),
    "file.read": World.file,
    "file.create": also(World.session, path="new/b.txt", content="aGk=", encoding="base64"),
    "file.update": also(World.file, content="two\n"),
    "file.delete": World.file,
    "file.rename": also(World.file, to="b.txt", ifMatch="*"),
    "file.copy": also(World.file, to="new/b.txt"),
    "file.mkdir": also(World.session, path="new/folder"),
    "search.files": also(World.file, path=None, pattern="*.txt"),
    "search.text": also(World.file, path=None, pattern="o.e"),
    "search.semantic": also(World.file, path=None, query="a number", limit=1),
    "checkpoint.list": also(World.checkpoint, checkpointId=None),
    "checkpoint.create": also(World.file, path=None, reason="because"),
    "checkpoint.compare": World.checkpoint,
    "checkpoint.restore": World.checkpoint,
    "process.start": also(World.session, command="sleep 60"),
    "process.list": also(World.process, pid=None),
    "process.get": World.process,
    "process.logs": also(World.printed, lines=1),
    "process.stop": also(World.process, force=True),
    "shell.exec": also(World.session, cmd="echo one; exit 3"),
    "terminal.open": also(World.session, command="sleep 60", columns=100),
    "terminal.list": also(World.terminal, terminalId=None),
    "terminal.get": World.terminal,
    "terminal.input": also(World.terminal, data="a"),
    "terminal.resize": also(World.terminal, columns=120, rows=40),
    "terminal.close": World.terminal,
    "mcp.list": World.session,
    "webhook.list": also(World.webhook, webhookId=None),
    "webhook.create": also(World.webhook, webhookId=None, url=UNREACHABLE, events=["task.*"]),
    "webhook.get": World.webhook,
    "webhook.update": also(World.webhook, events=["*"], secret="webhook_secret", enabled=False),
    "webhook.rotate": World.webhook,
    "webhook.delete": World.webhook,
    "webhook.test": World.webhook,
    "webhook.redeliver": World.event_to_send_again,
    "webhook.attempts": also(World.attempt, limit=1),
    "event.list": also(World.file, path=None, limit=1),
    "event.read": World.read_events,
    "system.health": nothing,
    "system.resources": nothing,
    "system.performance": nothing,
    "system.processes": also(nothing, type="command", limit=1),
    "system.agents": nothing,
    "system.kill": World.process_of_the_machine,
    "log.list": also(nothing, limit=1),
}
ELSEWHERE = {
    "auth.oauth": "needs a provider: tests/engine/accounts/test_oauth.py",
    "auth.oidc": "needs a provider: tests/end_to_end/test_signing_in.py",
    "identity.link": "as above",
    "identity.unlink": "as above",
    "session.leave": "needs somebody else: tests/contract/test_every_access.py",
    "rule.delete": "its rule would answer what other rows ask: tests/end_to_end/test_remembering.py",
    "task.resume": "needs a stop of the server: tests/end_to_end/test_crashes.py",
    "task.command": "needs a command that runs on: tests/dialects/test_extension_methods.py",
    "task.condense": "needs a language model: tests/engine/agent/test_long_tasks.py",
    "audit.list": "a call through one door is an entry for the next: tests/end_to_end/test_audit.py",
    "audit.verify": "as above",
    "mcp.restart": "needs a server of tools: tests/engine/mcp",
    "workspace.clone": "needs a host of repositories: tests/end_to_end/test_cloning.py",
}
"""Operations whose success is tested elsewhere; only their errors are tested here."""

MEASURED = {
    "system.health",
    "system.resources",
    "system.performance",
    "system.processes",
    "system.agents",
    "system.kill",
    "log.list",
}
"""Operations that return measurements: the fields must agree, not the values."""


@pytest.fixture
async def world(server: ServerProcess) -> AsyncIterator[World]:
    async with Doors(server.url, server.key) as doors:
        yield World(doors, server)


@pytest.fixture(scope="session")
def other_key(server: ServerProcess) -> str:
    """The key of a second user, who owns nothing."""
    server.roocode("user", "add", "other@example.com", "--password", "long enough for anybody")
    return server.roocode("key", "create", "other@example.com").strip()


def test_every_operation_has_its_proof() -> None:
    proven = SUCCESSES.keys() | ELSEWHERE.keys()
    assert {declared.name for declared in MIRRORED} - proven == set(), "no row in SUCCESSES or ELSEWHERE"
    assert proven - OPERATIONS.keys() == set(), "a row of an operation that is not declared"


@pytest.mark.parametrize("declared", [OPERATIONS[name] for name in SUCCESSES], ids=named)
async def test_a_result_is_the_same_through_both_doors(world: World, declared: Operation) -> None:
    arrange = SUCCESSES[declared.name]
    one = {name: content for name, content in (await arrange(world)).items() if content is not None}
    by_socket = await world.doors.socket(declared.name, one)
    two = {name: content for name, content in (await arrange(world)).items() if content is not None}
    by_rest = await world.doors.rest(declared, two)
    assert by_socket.code is None, by_socket.body
    assert declared.rest is not None
    assert by_rest.status == declared.rest.status, by_rest.body
    if declared.name in MEASURED:
        assert by_socket.body.keys() == by_rest.body.keys()
    elif declared.name == "task.update":
        assert at_rest(by_socket.same) == at_rest(by_rest.same)
    else:
        assert by_socket.same == by_rest.same


def at_rest(body: Any) -> dict[str, Any]:
    """Return a task without the fields that change after its answer."""
    moving = {"activity", "iterations", "progress", "step", "toolUsage", "usage", "status", "error", "result"}
    return {name: content for name, content in body["task"].items() if name not in moving}


async def refused(world: World, declared: Operation, raw: dict[str, Any], doors: Doors | None = None) -> str:
    """Return the code of a refusal, which must be the same through both doors."""
    doors = doors or world.doors
    by_socket = await doors.socket(declared.name, raw)
    by_rest = await doors.rest(declared, raw)
    assert by_socket.same == by_rest.same
    assert by_socket.code is not None, by_socket.body
    assert by_rest.status == status_of(by_socket.code)
    allowed = GENERAL | {error.code for error in declared.errors}
    assert by_socket.code in allowed, f"{declared.name} does not declare {by_socket.code}"
    return by_socket.code


def status_of(code: str) -> int:
    def every(above: type[AppError]) -> list[type[AppError]]:
        return [above, *(below for each in above.__subclasses__() for below in every(each))]

    return next(error.status for error in every(AppError)[1:] if error.code == code)


IN_SESSIONS = [declared for declared in MIRRORED if declared.on is not None]


@pytest.mark.parametrize("declared", IN_SESSIONS, ids=named)
async def test_a_session_that_there_is_not(world: World, declared: Operation) -> None:
    assert await refused(world, declared, smallest(declared)) == "RESOURCE_NOT_FOUND"


@pytest.mark.parametrize("declared", IN_SESSIONS, ids=named)
async def test_somebody_elses_session_is_not_there_either(
    world: World, declared: Operation, other_key: str
) -> None:
    raw = {**smallest(declared), **await world.session()}
    async with Doors(world.server.url, other_key) as stranger:
        assert await refused(world, declared, raw, stranger) == "RESOURCE_NOT_FOUND"


@pytest.mark.parametrize(
    "declared",
    [
        each
        for each in IN_SESSIONS
        if set(required_names(each)) & {"taskId", "approvalId", "checkpointId", "serverName"}
    ],
    ids=named,
)
async def test_a_thing_that_the_session_does_not_have(world: World, declared: Operation) -> None:
    raw = {**smallest(declared), **await world.session()}
    assert await refused(world, declared, raw) == "RESOURCE_NOT_FOUND"


@pytest.mark.parametrize(
    ("operation", "arrange", "code"),
    [
        ("task.cancel", World.task, "RESOURCE_CONFLICT"),
        ("task.update", also(World.task, action="approve"), "RESOURCE_CONFLICT"),
        ("task.resume", World.task, "RESOURCE_CONFLICT"),
        ("task.retry", World.task, "RESOURCE_CONFLICT"),
        ("task.condense", World.task, "RESOURCE_CONFLICT"),
        ("task.rewind", World.said, "RESOURCE_CONFLICT"),
        ("task.fork", World.said, "RESOURCE_CONFLICT"),
        ("rule.delete", also(nothing, ruleId="rule-none"), "RESOURCE_NOT_FOUND"),
        ("task.reinstate", World.task, "RESOURCE_CONFLICT"),
        ("task.command", also(World.task, action="kill"), "RESOURCE_CONFLICT"),
        ("process.start", also(World.session, command="true", cwd="none"), "RESOURCE_NOT_FOUND"),
        ("process.stop", World.printed, "RESOURCE_CONFLICT"),
        ("shell.exec", also(World.session, cmd="true", cwd="../.."), "RESOURCE_NOT_FOUND"),
        ("task.interrupt", World.task, "RESOURCE_CONFLICT"),
        ("task.create", also(World.session, input="x", continueFrom="none"), "RESOURCE_NOT_FOUND"),
        ("task.create", also(World.session, input="x", config={"mode": "none"}), "VALIDATION_ERROR"),
        ("task.create", also(World.session, input="x", images=["nonsense"]), "VALIDATION_ERROR"),
        ("search.semantic", also(World.session, query="x", path="none"), "RESOURCE_NOT_FOUND"),
        ("file.delete", World.full_folder, "RESOURCE_CONFLICT"),
        ("file.delete", also(World.session, path="/", recursive=True), "RESOURCE_CONFLICT"),
        ("file.create", also(World.file, content="x"), "RESOURCE_CONFLICT"),
        ("file.create", also(World.session, path="a", content="?", encoding="base64"), "VALIDATION_ERROR"),
        ("file.read", also(World.session, path="none.txt"), "RESOURCE_NOT_FOUND"),
        ("file.update", also(World.session, path="none.txt", content="x"), "RESOURCE_NOT_FOUND"),
        ("file.update", also(World.file, content="x", ifMatch="other"), "RESOURCE_CONFLICT"),
        ("file.delete", also(World.session, path="none.txt"), "RESOURCE_NOT_FOUND"),
        ("file.delete", also(World.file, ifMatch="other"), "RESOURCE_CONFLICT"),
        ("file.rename", also(World.file, to="a.txt"), "RESOURCE_CONFLICT"),
        ("file.rename", also(World.file, to="b.txt", ifMatch="other"), "RESOURCE_CONFLICT"),
        ("file.rename", also(World.file, to="../b.txt"), "VALIDATION_ERROR"),
        ("file.copy", also(World.session, path="none.txt", to="b"), "RESOURCE_NOT_FOUND"),
        ("file.copy", also(World.file, to="a.txt"), "RESOURCE_CONFLICT"),
        ("file.mkdir", also(World.file), "RESOURCE_CONFLICT"),
        ("file.list", also(World.session, path="none"), "RESOURCE_NOT_FOUND"),
        ("file.list", also(World.file, path="a.txt"), "RESOURCE_CONFLICT"),
        ("search.files", also(World.session, pattern="*", path="none"), "RESOURCE_NOT_FOUND"),
        ("search.text", also(World.session, pattern="("), "VALIDATION_ERROR"),
        ("tool.execute", also(World.session, toolName="none"), "RESOURCE_NOT_FOUND"),
        ("tool.execute", also(World.session, toolName="read_file"), "VALIDATION_ERROR"),
        ("webhook.create", also(nothing, url=UNREACHABLE, events=["none"]), "VALIDATION_ERROR"),
        ("webhook.create", also(nothing, url="http://127.0.0.1/", events=["*"]), "VALIDATION_ERROR"),
        ("webhook.rotate", also(World.webhook, secret="whsec_too short"), "VALIDATION_ERROR"),
        ("webhook.redeliver", also(World.webhook, eventId="none"), "RESOURCE_NOT_FOUND"),
        ("auth.login", also(nothing, email="nobody@example.com", password="wrong"), "AUTHENTICATION_FAILED"),
        ("auth.accept", also(World.invited, invitation="forged"), "AUTHENTICATION_FAILED"),
        ("auth.logout", nothing, "RESOURCE_CONFLICT"),
        ("auth.password", also(World.password, currentPassword="wrong"), "VALIDATION_ERROR"),
        ("auth.password", also(World.password, newPassword="short"), "VALIDATION_ERROR"),
        ("auth.update", also(nothing, preferences={"theme": "loud"}), "VALIDATION_ERROR"),
        ("key.create", also(World.new_key, expiresAt="2001-01-01T00:00:00Z"), "VALIDATION_ERROR"),
        ("key.create", also(World.new_key, scopes=[]), "VALIDATION_ERROR"),
        ("login.end", also(nothing, loginId="login-00000000000000000000"), "RESOURCE_NOT_FOUND"),
        ("key.revoke", also(nothing, keyId="key-00000000000000000000"), "RESOURCE_NOT_FOUND"),
        ("user.get", also(nothing, userId="user-00000000000000000000"), "RESOURCE_NOT_FOUND"),
        ("user.create", also(World.new_user, email="admin@localhost"), "RESOURCE_CONFLICT"),
        ("user.create", also(World.new_user, email="nobody"), "VALIDATION_ERROR"),
        ("user.create", also(World.new_user, roles=["owner"]), "VALIDATION_ERROR"),
        ("user.update", also(nothing, userId="user-00000000000000000000"), "RESOURCE_NOT_FOUND"),
        ("user.update", also(World.administrator, disabled=True), "RESOURCE_CONFLICT"),
        ("user.update", also(World.administrator, roles=["developer"]), "RESOURCE_CONFLICT"),
        ("user.invite", also(nothing, userId="user-00000000000000000000"), "RESOURCE_NOT_FOUND"),
        ("user.logout", also(nothing, userId="user-00000000000000000000"), "RESOURCE_NOT_FOUND"),
        ("session.share", also(World.session, user="a@b.c", access="watcher"), "RESOURCE_NOT_FOUND"),
        ("session.share", also(World.guest, access="owner"), "VALIDATION_ERROR"),
        ("session.leave", World.session, "RESOURCE_NOT_FOUND"),
        ("auth.refresh", also(nothing, refreshToken="forged"), "AUTHENTICATION_FAILED"),
        ("auth.oidc", UNKNOWN_SIGN_IN, "AUTHENTICATION_FAILED"),
        ("identity.link", UNKNOWN_SIGN_IN, "RESOURCE_CONFLICT"),
        ("identity.unlink", also(nothing, identityId="identity-0"), "RESOURCE_NOT_FOUND"),
    ],
)
async def test_a_refusal_is_the_same_through_both_doors(
    world: World, operation: str, arrange: Any, code: str
) -> None:
    assert await refused(world, OPERATIONS[operation], await arrange(world)) == code


async def test_work_for_a_session_at_rest_is_a_conflict(world: World) -> None:
    place = await world.session()
    await world.call("session.update", **place, status="inactive")
    for operation, more in (
        ("task.create", {"input": "x"}),
        ("tool.execute", {"toolName": "list_files", "parameters": {"path": "."}}),
    ):
        assert await refused(world, OPERATIONS[operation], {**place, **more}) == "RESOURCE_CONFLICT"


@pytest.mark.parametrize("declared", [each for each in MIRRORED if each.permission is not None], ids=named)
async def test_without_credentials_nothing_is_told(server: ServerProcess, declared: Operation) -> None:
    async with Doors(server.url, None) as nobody:
        answer = await nobody.rest(declared, smallest(declared))
    assert (answer.status, answer.code) == (401, "AUTHENTICATION_FAILED")


WRONG = {
    fields.String: 7,
    fields.Integer: "many",
    fields.Float: "warm",
    fields.Boolean: "perhaps",
    fields.List: "one",
    fields.Dict: "none",
    fields.Nested: "none",
    fields.DateTime: "yesterday",
    fields.Enum: "none",
}


def wrong_for(field: fields.Field[Any]) -> Any:
    return next(content for kind, content in WRONG.items() if isinstance(field, kind))


EVERY_FIELD = [
    pytest.param(declared, field.data_key, wrong_for(field), id=f"{declared.name}-{field.data_key}")
    for declared in OPERATIONS.values()
    for field in declared.request.schema().fields.values()
]


@pytest.fixture(scope="module")
def own_session(server: ServerProcess) -> dict[str, str]:
    """Other users' sessions do not exist: mistakes are only reported for one's own."""
    return {"sessionId": server.request("POST", "/api/v1/sessions", {"name": "Own"}).body["session"]["id"]}


@pytest.mark.parametrize(("declared", "name", "content"), EVERY_FIELD)
async def test_a_wrong_type_is_named(
    world: World, own_session: dict[str, str], declared: Operation, name: str, content: Any
) -> None:
    raw = {**smallest(declared), **(own_session if declared.on else {}), name: content}
    answer = await world.doors.socket(declared.name, raw)
    assert answer.code == "VALIDATION_ERROR"
    details = answer.body["error"]["details"]
    told = [mistake["field"] for mistake in details.get("fields", [details])]
    assert any(each == name or each.startswith(f"{name}.") for each in told)


@pytest.mark.parametrize("declared", OPERATIONS.values(), ids=named)
async def test_an_unknown_field_is_named(
    world: World, own_session: dict[str, str], declared: Operation
) -> None:
    raw = {**smallest(declared), **(own_session if declared.on else {}), "nonsense": 1}
    answer = await world.doors.socket(declared.name, raw)
    assert answer.code == "VALIDATION_ERROR"
    details = answer.body["error"]["details"]
    assert "nonsense" in [mistake["field"] for mistake in details.get("fields", [details])]


@pytest.mark.parametrize(
    "declared", [each for each in OPERATIONS.values() if required_names(each)], ids=named
)
async def test_a_missing_field_is_named(world: World, declared: Operation) -> None:
    answer = await world.doors.socket(declared.name, {})
    assert answer.code == "VALIDATION_ERROR"
    details = answer.body["error"]["details"]
    told = {mistake["field"] for mistake in details.get("fields", [details])}
    assert told == set(required_names(declared))
