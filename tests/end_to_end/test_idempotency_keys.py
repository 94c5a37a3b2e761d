"""A call with an idempotency key creates once: repeated, at another door, at once, or after a kill."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.contract.doors import Doors
from tests.support.nightly import times
from tests.support.server import ServerProcess

KEYS = times(20, nightly=40)
CALLERS_OF_A_KEY = 3
KILLS = times(3, nightly=6)
PAUSE_S = 0.05
PLAYED = {"provider": "scripted", "model": "survey"}


@pytest.fixture
async def doors(server: ServerProcess) -> AsyncIterator[Doors]:
    async with Doors(server.url, server.key) as doors:
        yield doors


def keyed(key: str) -> tuple[str, str]:
    return ("-H", f"Idempotency-Key: {key}")


def creates(server: ServerProcess) -> list[tuple[str, dict[str, Any]]]:
    """A path and a body for each kind of thing that can be created with a key."""
    session_id = server.open_session("Keyed")
    task = server.request("POST", f"/api/v1/sessions/{session_id}/tasks", {"input": "Look"}).body["task"]
    here = f"/api/v1/sessions/{session_id}"
    return [
        ("/api/v1/sessions", {"name": "Another"}),
        (f"{here}/tasks", {"input": "Look around"}),
        (f"{here}/tasks/{task['id']}/messages", {"text": "Look there, too"}),
        (f"{here}/processes", {"command": "sleep 60"}),
        (f"{here}/terminals", {"command": "cat"}),
        ("/api/v1/keys", {"name": "bot"}),
        ("/api/v1/webhooks", {"url": "https://example.com/hook", "events": ["*"]}),
        ("/api/v1/profiles", {"name": "keyed", "provider": "scripted", "activate": False}),
        ("/api/v1/users", {"email": "keyed@example.com"}),
        ("/api/v1/users", {"email": "with@example.com", "password": "a password of nobody"}),
    ]


def test_everything_that_is_created_with_a_key_is_created_once(server: ServerProcess) -> None:
    for number, (path, body) in enumerate(creates(server)):
        first = server.curl("POST", path, body, *keyed(f'"create-{number}"'))
        again = server.curl("POST", path, body, *keyed(f'"create-{number}"'))
        assert first.status == again.status == 201, (path, first.body, again.body)
        assert again.body == first.body
        assert again.headers["location"] == first.headers["location"]
        other = server.curl("POST", path, {**body, "name": "else"}, *keyed(f"create-{number}"))
        assert other.status in (400, 422), path


def test_a_key_with_another_body_is_refused(server: ServerProcess) -> None:
    assert server.curl("POST", "/api/v1/sessions", {"name": "One"}, *keyed("mixed")).status == 201
    refused = server.curl("POST", "/api/v1/sessions", {"name": "Two"}, *keyed("mixed"))
    assert (refused.status, refused.code) == (422, "IDEMPOTENCY_KEY_REUSED")


def test_a_header_that_contradicts_the_body_is_refused(server: ServerProcess) -> None:
    body = {"name": "One", "idempotencyKey": "in the body"}
    refused = server.curl("POST", "/api/v1/sessions", body, *keyed("in-the-header"))
    assert (refused.status, refused.code) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("key", ["x" * 256, '""', "two words", "kö"])
def test_a_key_that_is_none_is_refused(server: ServerProcess, key: str) -> None:
    refused = server.curl("POST", "/api/v1/sessions", {"name": "One"}, *keyed(key))
    assert (refused.status, refused.code) == (400, "VALIDATION_ERROR")
    assert refused.body["error"]["details"]["field"] == "idempotencyKey"


async def test_the_key_counts_at_every_door(server: ServerProcess, doors: Doors) -> None:
    by_rest = server.curl("POST", "/api/v1/sessions", {"name": "Everywhere"}, *keyed('"a \\"key\\""'))
    assert by_rest.status == 400  # a blank
    by_rest = server.curl("POST", "/api/v1/sessions", {"name": "Everywhere"}, *keyed('"a-\\"key\\""'))
    by_socket = await doors.socket("session.create", {"name": "Everywhere", "idempotencyKey": 'a-"key"'})
    assert by_socket.body == by_rest.body
    other = await doors.socket("session.create", {"name": "Other", "idempotencyKey": 'a-"key"'})
    assert other.code == "IDEMPOTENCY_KEY_REUSED"


def test_a_refused_call_can_be_repeated_with_its_key(server: ServerProcess) -> None:
    path = f"/api/v1/sessions/{server.open_session()}/tasks"
    one = {"input": "Look", "clientId": "mine"}
    assert server.request("POST", path, one).status == 201
    refused = server.curl("POST", path, one, *keyed("again"))
    assert refused.code == "RESOURCE_CONFLICT"
    other = server.curl("POST", path, {**one, "clientId": "other"}, *keyed("again"))
    assert other.status == 201


def test_an_answer_is_not_given_to_who_may_no_longer_see_it(server: ServerProcess) -> None:
    session_id = server.open_session()
    path = f"/api/v1/sessions/{session_id}/tasks"
    assert server.curl("POST", path, {"input": "Look"}, *keyed("gone")).status == 201
    assert server.request("DELETE", f"/api/v1/sessions/{session_id}").status == 200
    refused = server.curl("POST", path, {"input": "Look"}, *keyed("gone"))
    assert refused.code == "RESOURCE_NOT_FOUND"


async def test_calls_at_once_create_once(server: ServerProcess, doors: Doors) -> None:
    asked = {"name": "At once", "idempotencyKey": "at-once"}
    answers = await asyncio.gather(*(doors.socket("session.create", asked) for _ in range(20)))
    made = {answer.body["session"]["id"] for answer in answers if answer.code is None}
    assert len(made) == 1
    assert {answer.code for answer in answers} <= {None, "IDEMPOTENCY_KEY_IN_USE"}
    again = await doors.socket("session.create", asked)
    assert {again.body["session"]["id"]} == made


class Callers:
    """Clients that repeat their calls until they are answered, whatever happens to the server."""

    def __init__(self, server: ServerProcess, chance: random.Random) -> None:
        self.server = server
        self.answers: defaultdict[str, list[Any]] = defaultdict(list)
        self._chance = chance

    async def create(self, client: aiohttp.ClientSession, key: str, path: str, body: Any) -> None:
        """Ask until an answer has come; now and then, give up waiting for one that is about to come."""
        while True:
            patience_s = self._chance.choice((0.005, 0.02, 0.1, 5))
            with contextlib.suppress(aiohttp.ClientError, TimeoutError, ConnectionError):
                async with (
                    asyncio.timeout(patience_s),
                    client.post(
                        f"{self.server.url}/api/v1{path}",
                        json=body,
                        headers={
                            "Authorization": f"Bearer {self.server.key}",
                            "Idempotency-Key": key,
                        },
                    ) as response,
                ):
                    answer = await response.json()
                    if response.status == 201:
                        self.answers[key].append(answer)
                        return
                    assert answer["error"]["code"] in ("IDEMPOTENCY_KEY_IN_USE", "SERVER_OVERLOAD"), answer
            await asyncio.sleep(self._chance.random() * PAUSE_S)


async def test_whatever_is_killed_when_each_key_creates_once(tmp_path: Path) -> None:
    chance = random.Random(13)  # noqa: S311 - the seed makes a failure repeatable
    server = ServerProcess(tmp_path / "data").start()
    try:
        session_id = server.open_session("Killed")
        callers = Callers(server, chance)

        async def later(client: aiohttp.ClientSession, number: int) -> None:
            await asyncio.sleep(chance.random() * KILLS)
            path, body = (
                ("/sessions", {"name": f"key {number}"})
                if number % 2
                else (f"/sessions/{session_id}/tasks", {"input": f"key {number}"})
            )
            await callers.create(client, f"key-{number}", path, body)

        async with aiohttp.ClientSession() as client:
            calls = [later(client, number) for number in range(KEYS) for _ in range(CALLERS_OF_A_KEY)]
            calling = asyncio.gather(*calls)
            for _ in range(KILLS):
                await asyncio.sleep(0.2 + chance.random())
                await asyncio.to_thread(server.kill)
                await asyncio.to_thread(server.start)
            await calling
        sessions = server.request("GET", "/api/v1/sessions?limit=100").body["data"]
        tasks = server.request("GET", f"/api/v1/sessions/{session_id}/tasks?limit=100").body["data"]
        made = sorted([each["name"] for each in sessions if each["id"] != session_id])
        made += sorted(each["input"] for each in tasks)
        assert sorted(made) == sorted(f"key {number}" for number in range(KEYS))
        for answers in callers.answers.values():
            assert answers == [answers[0]] * CALLERS_OF_A_KEY
    finally:
        server.end()
