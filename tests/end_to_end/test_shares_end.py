"""A share that is taken back or lowered under what it has opened, at every door that keeps something open."""

from __future__ import annotations

import asyncio
import contextlib
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from tests.support.server import ServerProcess

ACCESS_ENDED = 4404
PATIENCE_S = 120
LARGE_BYTES = 48 * 2**20
"""More than stands in the buffers between a server and a client that does not read."""


@dataclass
class Guest:
    """Somebody without anything of their own."""

    user_id: str
    key: str


@pytest.fixture(scope="module")
def guest(server: ServerProcess) -> Guest:
    server.roocode("user", "add", "guest-for-a-while@example.com", "--password", "long enough for anybody")
    key = server.roocode("key", "create", "guest-for-a-while@example.com").strip()
    user = server.request("GET", "/api/v1/auth/profile", key=key).body["user"]
    return Guest(user["id"], key)


@dataclass
class SharedRoom:
    """A session of the administrator that is shared with the guest as collaborator."""

    server: ServerProcess
    guest: Guest
    session_id: str
    http: aiohttp.ClientSession

    @property
    def path(self) -> str:
        return f"/api/v1/sessions/{self.session_id}"

    async def share(self, access: str) -> None:
        body = {"user": self.guest.user_id, "access": access}
        answer = await asyncio.to_thread(self.server.request, "POST", f"{self.path}/shares", body)
        assert answer.status == 200, answer.body

    async def unshare(self) -> None:
        path = f"{self.path}/shares/{self.guest.user_id}"
        answer = await asyncio.to_thread(self.server.request, "DELETE", path)
        assert answer.status == 200, answer.body

    def follow(self) -> Any:
        """The guest's plain WebSocket."""
        return self.http.ws_connect(f"{self.server.url}/ws/{self.session_id}?token={self.guest.key}")

    async def call(self, method: str, path: str, **options: Any) -> aiohttp.ClientResponse:
        """A call of the guest, whose answer has begun."""
        headers = {"Authorization": f"Bearer {self.guest.key}"}
        return await self.http.request(method, self.server.url + self.path + path, headers=headers, **options)


@pytest.fixture
async def room(server: ServerProcess, guest: Guest) -> AsyncIterator[SharedRoom]:
    made = server.request("POST", "/api/v1/sessions", {"name": "Shared"})
    async with aiohttp.ClientSession() as http, asyncio.timeout(PATIENCE_S):
        room = SharedRoom(server, guest, made.body["session"]["id"], http)
        await room.share("collaborator")
        yield room


def test_the_javascript_client_hears_nothing_more_of_the_session(server: ServerProcess, guest: Guest) -> None:
    """Its subscriptions and terminal output end; the socket goes on, but for the one of the extension."""
    seen = server.node("sharing.mjs", guest.key, guest.user_id)
    assert seen == {
        "told": ["RESOURCE_NOT_FOUND"] * 2,
        "running": "RESOURCE_NOT_FOUND",
        "after": ["file.created /own.txt"],
        "own": "/own.txt",
        "refused": "RESOURCE_NOT_FOUND",
        "extension": {
            "told": "RESOURCE_NOT_FOUND",
            "reason": "transport close",
            "refused": "RESOURCE_NOT_FOUND",
        },
    }


async def test_a_plain_websocket_is_closed_with_a_code_of_its_own(room: SharedRoom) -> None:
    async with room.follow() as socket:
        await room.unshare()
        closed = await socket.receive()
        assert (closed.type, closed.data, closed.extra) == (
            aiohttp.WSMsgType.CLOSE,
            ACCESS_ENDED,
            "RESOURCE_NOT_FOUND",
        )
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await room.follow()
    assert refused.value.status == 404


async def test_an_upload_is_broken_off_and_leaves_no_file(room: SharedRoom) -> None:
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 1000
            begun.set()
            await asyncio.sleep(0.01)

    uploading = asyncio.create_task(room.call("PUT", "/files/raw?path=endless", data=endless()))
    await begun.wait()
    await room.unshare()
    with contextlib.suppress(aiohttp.ClientError):  # closed while the client was still writing
        assert (await uploading).status == 404
    listed = await asyncio.to_thread(room.server.request, "GET", f"{room.path}/files")
    assert listed.body["files"] == []


async def test_a_download_is_broken_off(room: SharedRoom) -> None:
    made = await room.call("PUT", "/files/raw?path=large", data=io.BytesIO(bytes(LARGE_BYTES)))
    assert made.status == 201
    download = await room.call("GET", "/files/raw?path=large")
    assert download.status == 200
    await download.content.readexactly(1000)
    await room.unshare()
    with pytest.raises(aiohttp.ClientError):
        await download.read()


async def test_a_command_under_way_is_ended(room: SharedRoom) -> None:
    running = asyncio.create_task(room.call("POST", "/shell", json={"cmd": "touch begun; sleep 600"}))
    await _exists(room, "begun")
    await room.unshare()
    answer = await running
    assert (answer.status, (await answer.json())["error"]["code"]) == (404, "RESOURCE_NOT_FOUND")


async def test_a_tool_call_under_way_is_finished_but_not_answered(room: SharedRoom) -> None:
    call = {"parameters": {"command": "touch begun; sleep 2; touch ended"}}
    running = asyncio.create_task(room.call("POST", "/tools/execute_command", json=call))
    await _exists(room, "begun")
    await room.unshare()
    answer = await running
    assert (answer.status, (await answer.json())["error"]["code"]) == (404, "RESOURCE_NOT_FOUND")
    await _exists(room, "ended")


async def test_a_lower_access_ends_what_it_does_not_permit_and_nothing_else(room: SharedRoom) -> None:
    async with room.follow() as socket:
        running = asyncio.create_task(room.call("POST", "/shell", json={"cmd": "touch begun; sleep 600"}))
        await _exists(room, "begun")
        await room.share("watcher")
        answer = await running
        assert (answer.status, (await answer.json())["error"]["code"]) == (403, "PERMISSION_DENIED")
        task = {"input": "look around"}
        await asyncio.to_thread(room.server.request, "POST", f"{room.path}/tasks", task)
        told = await socket.receive_json()
        assert told["type"] == "task_started"


async def _exists(room: SharedRoom, name: str) -> None:
    """Wait until the session has this file."""
    while (await asyncio.to_thread(room.server.request, "GET", f"{room.path}/files/{name}")).status != 200:
        await asyncio.sleep(0.05)
