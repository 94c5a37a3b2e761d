"""All of one's sessions as one stream: to curl and EventSource, paged, and what others do not see of it."""

from __future__ import annotations

import asyncio
import random
import subprocess
from contextlib import aclosing
from typing import Any

import aiohttp
import pytest

from tests.support.event_source import EventSource, Message
from tests.support.server import ServerProcess

PATIENCE_S = 60
EVENTS = 120
PASSWORD = "correct horse battery staple"


def person(server: ServerProcess, name: str, role: str = "developer") -> tuple[str, str]:
    """A new user's id and token."""
    entry = {"email": f"{name}@example.com", "password": PASSWORD}
    made = server.request("POST", "/api/v1/users", entry | {"name": name, "roles": [role]})
    assert made.status == 201, made.body
    login = server.request("POST", "/api/v1/auth/login", entry, key=None)
    return made.body["user"]["id"], login.body["tokens"]["accessToken"]


def session(server: ServerProcess, name: str, key: str) -> str:
    made = server.request("POST", "/api/v1/sessions", {"name": name}, key=key)
    assert made.status == 201, made.body
    return str(made.body["session"]["id"])


def read_all(server: ServerProcess, key: str, query: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = "0"
    while True:
        page = server.request("GET", f"/api/v1/events?after={after}&limit=50{query}", key=key).body
        found += page["data"]
        after = page["pagination"]["nextAfter"]
        if not page["pagination"]["hasMore"]:
            return found


async def taken(source: EventSource, number: int) -> list[Message]:
    """The next messages, after which the connection is cut."""
    found: list[Message] = []
    async with asyncio.timeout(PATIENCE_S), aclosing(source.messages()) as messages:
        async for message in messages:
            found.append(message)
            if len(found) == number:
                break
    return found


async def rename(server: ServerProcess, key: str, session_ids: list[str], times: int) -> None:
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {key}"}) as client:
        for number in range(times):
            url = f"{server.url}/api/v1/sessions/{session_ids[number % len(session_ids)]}"
            async with client.put(url, json={"name": f"name {number}"}) as answer:
                assert answer.status == 200


async def test_two_people_who_are_cut_off_at_random_have_each_of_their_events_once_and_in_order(
    server: ServerProcess,
) -> None:
    keys = [person(server, name)[1] for name in ("ada", "bea")]
    theirs = [[session(server, f"{key[-4:]} {n}", key) for n in range(3)] for key in keys]
    chance = random.Random(4)  # noqa: S311 - the seed makes a failure repeatable

    async def follow(key: str) -> list[Message]:
        source = EventSource(f"{server.url}/api/v1/events/stream", key, "0")
        seen: list[Message] = []
        while len(seen) < EVENTS + 3:
            seen += await taken(source, min(chance.choice((1, 2, 3, 7)), EVENTS + 3 - len(seen)))
        return seen

    found = await asyncio.gather(
        *(follow(key) for key in keys),
        *(rename(server, key, own, EVENTS) for key, own in zip(keys, theirs, strict=True)),
    )
    for key, own, seen in zip(keys, theirs, found[:2], strict=True):
        assert seen is not None
        for each in own:
            numbers = [message.data["seq"] for message in seen if message.data["sessionId"] == each]
            assert numbers == list(range(1, len(numbers) + 1))
        assert {message.data["sessionId"] for message in seen} == set(own)
        positions = [int(message.cursor.partition(".")[0]) for message in seen]
        assert positions == sorted(set(positions))
        assert [message.cursor for message in seen] == [message.data["cursor"] for message in seen]
        assert read_all(server, key) == [message.data for message in seen]


def test_curl_goes_on_where_it_was(server: ServerProcess) -> None:
    _, key = person(server, "curl")
    session(server, "One", key)
    (first,) = read_all(server, key)
    other = session(server, "Two", key)
    command = ["curl", "-sN", "--max-time", "2", f"{server.url}/api/v1/events/stream"]
    asked = ["-H", f"Authorization: Bearer {key}", "-H", f"Last-Event-ID: {first['cursor']}"]
    told = subprocess.run([*command, *asked], capture_output=True, text=True, check=False).stdout
    assert told.count("event: session.created") == 1
    assert other in told
    assert first["sessionId"] not in told


def test_what_is_shared_is_seen_and_what_is_taken_back_ends(server: ServerProcess) -> None:
    owner_key = person(server, "owner")[1]
    guest, key = person(server, "guest", "viewer")
    shared = session(server, "Shared", owner_key)
    assert read_all(server, key) == []
    share = {"user": guest, "access": "watcher"}
    assert server.request("POST", f"/api/v1/sessions/{shared}/shares", share, key=owner_key).status in (
        200,
        201,
    )
    assert [each["type"] for each in read_all(server, key)] == ["session.created", "session.shared"]
    assert read_all(server, key, "&scope=mine") == []
    assert server.request("DELETE", f"/api/v1/sessions/{shared}/shares/{guest}", key=owner_key).status == 200
    assert [each["type"] for each in read_all(server, key)] == ["session.unshared"]
    assert server.request("DELETE", f"/api/v1/sessions/{shared}", key=owner_key).status == 200
    assert [each["type"] for each in read_all(server, key, "&scope=shared")] == ["session.unshared"]
    assert [each["type"] for each in read_all(server, owner_key)] == ["session.deleted"]


@pytest.mark.parametrize(
    "cursor", ["7.ffffffff", "99999999999999999999", "-1", "x", "1e9.0", "9007199254740993.0"]
)
async def test_a_cursor_of_another_log_is_told_and_everything_follows(
    server: ServerProcess, cursor: str
) -> None:
    _, key = person(server, f"c{abs(hash(cursor))}")
    session(server, "Mine", key)
    page = server.request("GET", f"/api/v1/events?after={cursor}", key=key).body
    assert page["pagination"]["reset"] is True
    assert [each["seq"] for each in page["data"]] == [1]
    source = EventSource(f"{server.url}/api/v1/events/stream", key, cursor)
    assert [each.name for each in await taken(source, 2)] == ["log.reset", "session.created"]


async def test_one_event_is_enough_to_show_and_answer_what_a_task_asks(server: ServerProcess) -> None:
    _, key = person(server, "asked")
    config = {"provider": "scripted", "model": "write-and-run"}
    made = server.request("POST", "/api/v1/sessions", {"name": "Asks", "config": config}, key=key)
    place = f"/api/v1/sessions/{made.body['session']['id']}"
    source = EventSource(f"{server.url}/api/v1/events/stream?types=task.interactive", key, "0")
    assert server.request("POST", f"{place}/tasks", {"input": "Write a program"}, key=key).status == 201
    (told,) = await taken(source, 1)
    asked = told.data["approval"]
    found = server.request("GET", "/api/v1/approvals?scope=mine&status=pending", key=key).body["data"]
    assert [each["id"] for each in found] == [asked["approvalId"]]
    assert {
        name: found[0][name] for name in ("callId", "toolName", "action", "description", "expiresAt")
    } == {name: value for name, value in asked.items() if name != "approvalId"}
    _, other = person(server, "curious")
    assert server.request("GET", "/api/v1/approvals", key=other).body["data"] == []
    answer = server.request(
        "POST", f"{place}/approvals/{asked['approvalId']}", {"action": "approve"}, key=key
    )
    assert answer.status == 200


def test_a_cursor_that_is_too_long_is_refused(server: ServerProcess) -> None:
    answer = server.request("GET", f"/api/v1/events?after={'1' * 65}")
    assert (answer.status, answer.body["error"]["code"]) == (400, "VALIDATION_ERROR")


async def test_a_stream_ends_with_the_login(server: ServerProcess) -> None:
    _, key = person(server, "gone")
    source = EventSource(f"{server.url}/api/v1/events/stream", key)
    last: list[Message] = []
    async with asyncio.timeout(PATIENCE_S), aclosing(source.messages()) as messages:
        reading = asyncio.ensure_future(anext(messages))
        while not source.cursor:
            await asyncio.sleep(0.01)
        server.request("POST", "/api/v1/auth/logout", {}, key=key)
        last.append(await reading)
    assert (last[0].name, last[0].data["error"]["code"]) == ("end", "AUTHENTICATION_FAILED")
