"""Other users' resources do not exist, however they are requested."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
import pytest

from roocode_server.engine.engine import Engine
from roocode_server.handlers.registry import AREAS
from tests.end_to_end.hostile.talking import code_of, connected, talking
from tests.support.server import ServerProcess

SECRET = "the administrator's secret"
ABSENT = "session-00000000000000000000"
EVERY_OPERATION = [
    declared for area in AREAS for declared in area(Engine.__new__(Engine)).operations() if declared.on
]
ARGUMENTS: dict[str, Any] = {
    "path": "secret.txt",
    "url": "https://repositories.invalid/none.git",
    "content": "mine now",
    "to": "stolen.txt",
    "toolName": "read_file",
    "pattern": "*",
    "parameters": {"path": "secret.txt"},
    "taskId": "task-00000000000000000000",
    "approvalId": "approval-00000000000000000000",
    "input": "survey",
    "text": "hello",
    "action": "approve",
    "decision": "approve",
    "approved": True,
    "name": "stolen",
    "checkpointId": "0" * 40,
    "serverName": "tools",
    "command": "cat secret.txt",
    "cmd": "cat secret.txt",
    "pid": 1,
    "terminalId": "terminal-00000000000000000000",
    "data": "cat secret.txt\r",
    "columns": 80,
    "rows": 24,
}
OF_ITS_OWN = {"task.command": {"action": "kill"}}
"""Arguments that mean something else in one operation."""


@pytest.fixture(scope="module")
def secret(server: ServerProcess, session_id: str) -> dict[str, Any]:
    """A task and a file of the administrator, by their ids."""
    path = f"/api/v1/sessions/{session_id}"
    server.request("POST", f"{path}/files/secret.txt", {"content": SECRET})
    task = server.request("POST", f"{path}/tasks", {"input": SECRET})
    assert task.status == 201, task.body
    return {"sessionId": session_id, "taskId": task.body["task"]["id"]}


def _without_ids(answer: Any) -> str:
    """An error without what differs from call to call."""
    error = dict(answer["error"])
    for name in ("requestId", "timestamp"):
        del error[name]
    return json.dumps(error, sort_keys=True)


@pytest.mark.parametrize("declared", EVERY_OPERATION, ids=lambda declared: declared.name)
async def test_a_strangers_call_answers_as_for_what_does_not_exist(
    server: ServerProcess, stranger: str, secret: dict[str, Any], declared: Any
) -> None:
    known = {**ARGUMENTS, **secret, **OF_ITS_OWN.get(declared.name, {})}
    required = [field.data_key for field in declared.request.schema().fields.values() if field.required]
    raw = {name: known[name] for name in required if name in known}
    async with connected(server, stranger) as client:
        foreign = await client.call(declared.name, raw)
        absent = await client.call(declared.name, {**raw, "sessionId": ABSENT})
    assert code_of(foreign) == "RESOURCE_NOT_FOUND", foreign
    assert _without_ids(foreign).replace(secret["sessionId"], ABSENT) == _without_ids(absent)


async def test_a_task_cannot_be_reached_through_a_session_of_ones_own(
    server: ServerProcess, stranger: str, secret: dict[str, Any]
) -> None:
    async with connected(server, stranger) as client:
        own = (await client.call("session.create", {"name": "Mine"}))["session"]["id"]
        for name in ("task.get", "task.cancel", "task.messages", "task.resume"):
            answer = await client.call(name, {"sessionId": own, "taskId": secret["taskId"]})
            assert code_of(answer) == "RESOURCE_NOT_FOUND", (name, answer)
        listed = json.dumps(await client.call("session.list"))
    assert secret["sessionId"] not in listed


async def test_a_stranger_cannot_connect_for_the_session(
    server: ServerProcess, stranger: str, secret: dict[str, Any]
) -> None:
    async with talking(server) as client:
        refusal = await client.connect(stranger, sessionId=secret["sessionId"], lastSeq=0)
        assert code_of(refusal["data"]) == "RESOURCE_NOT_FOUND"


async def test_a_stranger_is_told_of_no_event(
    server: ServerProcess, stranger: str, secret: dict[str, Any]
) -> None:
    async with connected(server, stranger) as client:
        await client.call("event.subscribe", {"sessionId": secret["sessionId"], "lastSeq": 0})
        server.request("POST", f"/api/v1/sessions/{secret['sessionId']}/files/seen.txt", {"content": SECRET})
        await client.send('4299["system.health",{}]')
        assert (await client.receive() or "").startswith("4399[")
    server.request("DELETE", f"/api/v1/sessions/{secret['sessionId']}/files/seen.txt")


async def test_a_stranger_cannot_follow_over_a_plain_websocket(
    server: ServerProcess, stranger: str, secret: dict[str, Any]
) -> None:
    async with aiohttp.ClientSession() as http:
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await http.ws_connect(f"{server.url}/ws/{secret['sessionId']}?token={stranger}&lastSeq=0")
    assert refused.value.status == 404


def test_a_handshakes_session_is_no_way_around_the_check(
    server: ServerProcess, stranger: str, secret: dict[str, Any]
) -> None:
    path = f"/api/v1/sessions/{ABSENT}?sessionId={secret['sessionId']}"
    answer = server.request("GET", path, key=stranger)
    assert (answer.status, code_of(answer.body)) == (404, "RESOURCE_NOT_FOUND")
    body = {"sessionId": ABSENT, "name": "stolen"}
    answer = server.request("PUT", f"/api/v1/sessions/{secret['sessionId']}", body, key=stranger)
    assert (answer.status, code_of(answer.body)) == (400, "VALIDATION_ERROR")
    answer = server.request(
        "PUT", f"/api/v1/sessions/{secret['sessionId']}", {"name": "stolen"}, key=stranger
    )
    assert (answer.status, code_of(answer.body)) == (404, "RESOURCE_NOT_FOUND")
