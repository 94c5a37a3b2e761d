"""What clients are told whose cursor is none of the log that the server has."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest
import socketio

from tests.support.server import ServerProcess


def open_session(server: ServerProcess) -> str:
    return str(server.request("POST", "/api/v1/sessions", {"name": "Cursors"}).body["session"]["id"])


def make_file(server: ServerProcess, session_id: str, path: str) -> None:
    made = server.request("POST", f"/api/v1/sessions/{session_id}/files/{path}", {"content": "x"})
    assert made.status == 201


@pytest.mark.parametrize("namespace", ["/", "/files"])
async def test_a_client_with_a_cursor_above_the_head_is_told_and_given_everything(
    server: ServerProcess, namespace: str
) -> None:
    session_id = open_session(server)
    make_file(server, session_id, "a.txt")
    told: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
    client = socketio.AsyncClient(reconnection=False)

    @client.on("*", namespace=namespace)
    async def take(name: str, event: dict[str, Any]) -> None:
        await told.put((name, event))

    await client.connect(
        server.url,
        auth={"token": server.key, "sessionId": session_id, "lastSeq": 383},
        namespaces=[namespace],
        transports=["websocket"],
    )
    try:
        async with asyncio.timeout(20):
            name, event = await told.get()
            assert (name, event["head"]) == ("log.reset", 2)
            while (await told.get())[0] != "file.created":
                pass
            make_file(server, session_id, "b.txt")
            name, event = await told.get()
            assert (name, event["path"], event["seq"]) == ("file.created", "/b.txt", 3)
    finally:
        await client.disconnect()


def test_rest_begins_anew_for_a_cursor_above_the_head_and_for_an_id_of_another_log(
    server: ServerProcess,
) -> None:
    session_id = open_session(server)
    make_file(server, session_id, "a.txt")
    path = f"/api/v1/sessions/{session_id}/events"
    whole = server.request("GET", path).body
    assert "reset" not in whole["pagination"]
    assert whole["pagination"]["lastEventId"] == whole["data"][-1]["id"]
    for cursor in ("after=383", f"lastEventId={session_id}.2.00000000", "after=1&lastEventId=nothing"):
        page = server.request("GET", f"{path}?{cursor}").body
        assert page["data"] == whole["data"] and page["pagination"]["reset"] is True
    rest = server.request("GET", f"{path}?lastEventId={whole['data'][0]['id']}").body
    assert rest["data"] == whole["data"][1:]


async def test_a_plain_websocket_with_a_cursor_above_the_head_is_not_deaf(server: ServerProcess) -> None:
    session_id = open_session(server)
    url = f"{server.url}/ws/{session_id}?token={server.key}&lastSeq=383"
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket, asyncio.timeout(20):
        server.request(
            "POST", f"/api/v1/sessions/{session_id}/tools/list_files", {"parameters": {"path": "."}}
        )
        assert json.loads((await socket.receive()).data)["type"] == "tool_call"
