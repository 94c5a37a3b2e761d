"""`/ws/{session_id}`: the events of S3 on a plain WebSocket."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest

from tests.support.server import ServerProcess


@pytest.mark.parametrize("credential", ["query", "subprotocol"])
def test_a_plain_websocket_follows_a_task_in_the_words_of_s3(server: ServerProcess, credential: str) -> None:
    outcome = server.node("raw.mjs", "survey", credential)
    assert outcome["websocket"] == f"{outcome['address']}?lastSeq=1"
    types = [event["type"] for event in outcome["seen"]]
    assert types[0] == "task_started"
    assert types[-1] == "task_completed"
    assert types.index("tool_call") < types.index("tool_complete")
    assert set(types) == {"task_started", "text_delta", "tool_call", "tool_complete", "task_completed"}
    assert outcome["seen"][0]["task"] == "test task"
    assert all(event["timestamp"] for event in outcome["seen"])


def _session(server: ServerProcess) -> str:
    made = server.request("POST", "/api/v1/sessions", {"name": "Raw"})
    return str(made.body["session"]["id"])


async def _replayed(url: str) -> list[dict[str, Any]]:
    """What a connection is told until nothing follows for a second."""
    told = []
    async with aiohttp.ClientSession() as client, client.ws_connect(url) as socket:
        while True:
            try:
                told.append(await asyncio.wait_for(socket.receive_json(), 1))
            except TimeoutError:
                return told


@pytest.mark.parametrize("joint", ["&", "?"])
def test_the_address_of_a_task_tells_it_from_its_beginning(server: ServerProcess, joint: str) -> None:
    config = {"provider": "scripted", "model": "survey"}
    made = server.request("POST", "/api/v1/sessions", {"name": "Raw", "config": config})
    tasks = f"/api/v1/sessions/{made.body['session']['id']}/tasks"
    for text in ("the first", "the second"):
        begun = server.request("POST", tasks, {"input": text}).body
        told = asyncio.run(_until_completed(f"{begun['websocket']}{joint}token={server.key}"))
        assert told[0] == told[0] | {"type": "task_started", "task": text}


async def _until_completed(url: str) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    async with aiohttp.ClientSession() as client, client.ws_connect(url) as socket, asyncio.timeout(60):
        while not told or told[-1]["type"] != "task_completed":
            told.append(await socket.receive_json())
    return told


def test_who_comes_later_reads_the_whole_text_from_the_log(server: ServerProcess) -> None:
    outcome = server.node("raw.mjs", "survey", "query")
    told = asyncio.run(_replayed(f"{outcome['address']}?token={server.key}&lastSeq=0"))

    def text(events: list[dict[str, Any]]) -> str:
        return "".join(event["content"] for event in events if event["type"] == "text_delta")

    assert text(told) == text(outcome["seen"])
    assert told[-1]["type"] == "task_completed"


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [("/ws/{session}", None, 401), ("/ws/{session}", "forged", 401), ("/ws/session-none", "", 404)],
)
def test_who_may_not_follow_is_told_before_the_handshake(
    server: ServerProcess, path: str, key: str | None, status: int
) -> None:
    answer = server.request("GET", path.format(session=_session(server)), key=key)
    assert answer.status == status
    assert answer.body["detail"]


def test_a_plain_request_is_no_websocket(server: ServerProcess) -> None:
    assert server.request("GET", f"/ws/{_session(server)}").status == 400


async def test_the_socket_of_a_session_is_closed_when_the_session_is_deleted(server: ServerProcess) -> None:
    session_id = server.request("POST", "/api/v1/sessions", {"name": "Short"}).body["session"]["id"]
    url = f"{server.url}/ws/{session_id}?token={server.key}"
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket, asyncio.timeout(20):
        assert server.request("DELETE", f"/api/v1/sessions/{session_id}").status == 200
        async for _ in socket:
            pass
        assert socket.close_code == 1000
