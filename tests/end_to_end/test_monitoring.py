"""The machine as dashboards see it: watched over sockets, for as long as their callers may."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
import socketio

from tests.support.server import ServerProcess


class Dashboard:
    """A client in one namespace, which keeps what it is sent."""

    def __init__(self, socket: socketio.AsyncClient, namespace: str) -> None:
        self.got: list[tuple[str, dict[str, Any]]] = []
        self.socket = socket
        self._namespace = namespace
        self._more = asyncio.Event()
        socket.on("*", self._note, namespace=namespace)

    async def call(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = await self.socket.call(name, body, namespace=self._namespace, timeout=30)
        return answer

    async def watch(self) -> dict[str, Any]:
        return await self.call("system.watch", {"channels": ["resources"]})

    async def samples(self, count: int) -> list[dict[str, Any]]:
        """Wait for so many samples; return all."""
        async with asyncio.timeout(30):
            while len(found := [body for name, body in self.got if name == "system.sampled"]) < count:
                self._more.clear()
                await self._more.wait()
        return found

    async def _note(self, name: str, body: dict[str, Any]) -> None:
        self.got.append((name, body))
        self._more.set()


@asynccontextmanager
async def dashboard(
    server: ServerProcess, namespace: str = "/monitoring", *, key: str = "", polls: bool = False
) -> AsyncIterator[Dashboard]:
    socket = socketio.AsyncClient(reconnection=False)
    here = Dashboard(socket, namespace)
    await socket.connect(
        server.url,
        auth={"token": key or server.key},
        namespaces=[namespace],
        transports=["polling" if polls else "websocket"],
    )
    try:
        yield here
    finally:
        await socket.disconnect()


@pytest.fixture
def quick(start_server: Callable[..., ServerProcess]) -> ServerProcess:
    """A server that measures ten times in a second."""
    return start_server(monitoring__sample_interval_s="0.1")


async def test_whoever_watches_is_sent_samples_until_they_stop(quick: ServerProcess) -> None:
    async with dashboard(quick) as here:
        assert await here.watch() == {"channels": ["resources"], "sampleInterval": 0.1}
        first, second, *_ = await here.samples(2)
        assert first["type"] == "system.sampled"
        assert "sessionId" not in first and "seq" not in first
        assert first["id"] != second["id"]
        assert 0 <= first["resources"]["cpuUsage"] <= 100
        assert first["resources"]["systemLoad"].keys() == {"load1", "load5", "load15"}
        assert await here.call("system.unwatch", {}) == {"channels": [], "sampleInterval": 0.1}
        here.got.clear()
        await asyncio.sleep(0.4)
        assert here.got == []


@pytest.mark.parametrize(("namespace", "polls"), [("/", False), ("/monitoring", True), ("/", True)])
async def test_samples_come_in_the_namespace_and_over_the_transport_of_the_call(
    quick: ServerProcess, namespace: str, polls: bool
) -> None:
    async with dashboard(quick, namespace, polls=polls) as here:
        await here.watch()
        await here.samples(2)


async def test_two_hundred_dashboards_are_sent_the_same_samples(quick: ServerProcess) -> None:
    unlimited = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=unlimited) as http, asyncio.timeout(120):
        sockets = [await _raw(http, quick) for _ in range(200)]
        for socket in sockets:
            await socket.send_str('421["system.watch",{"channels":["resources"]}]')
        seen = await asyncio.gather(*(_samples_of(socket, 3) for socket in sockets))
        await asyncio.gather(*(socket.close() for socket in sockets))
    assert len(set().union(*seen)) < 200, "dashboards have no samples of their own"


async def _raw(http: aiohttp.ClientSession, server: ServerProcess) -> aiohttp.ClientWebSocketResponse:
    """A dashboard without a client library, which would take long for two hundred."""
    socket = await http.ws_connect(f"{server.url}/socket.io/?EIO=4&transport=websocket")
    await socket.receive_str()
    await socket.send_str(f'40{{"token":"{server.key}"}}')
    assert (await socket.receive_str()).startswith("40")
    return socket


async def _samples_of(socket: aiohttp.ClientWebSocketResponse, count: int) -> list[str]:
    """The ids of the next samples."""
    found: list[str] = []
    while len(found) < count:
        text = await socket.receive_str()
        if text.startswith('42["system.sampled"'):
            found.append(text.partition('"id":"')[2].partition('"')[0])
    return found


async def test_a_client_that_does_not_read_misses_samples_and_keeps_its_connection(
    quick: ServerProcess,
) -> None:
    async with aiohttp.ClientSession() as http:
        slow = await _raw(http, quick)
        await slow.send_str('421["system.watch",{"channels":["resources"]}]')
        await asyncio.sleep(0.5)
        async with dashboard(quick) as other:
            await other.watch()
            await other.samples(3)
        await _samples_of(slow, 1)
        await slow.close()


async def test_a_channel_that_does_not_exist_is_refused(server: ServerProcess) -> None:
    async with dashboard(server) as here:
        answer = await here.call("system.watch", {"channels": ["weather"]})
        assert answer["error"]["code"] == "VALIDATION_ERROR"
        answer = await here.call("system.watch", {"channels": []})
        assert answer["error"]["code"] == "VALIDATION_ERROR"


async def test_what_a_revoked_key_watches_ends_with_it(quick: ServerProcess) -> None:
    made = quick.curl("POST", "/api/v1/keys", {"name": "dashboard"}).body
    async with dashboard(quick, key=made["secret"]) as here:
        await here.watch()
        await here.samples(1)
        assert quick.curl("DELETE", f"/api/v1/keys/{made['key']['id']}").status == 200
        async with asyncio.timeout(20):
            while here.socket.connected:
                await asyncio.sleep(0.05)
        here.got.clear()
        await asyncio.sleep(0.3)
        assert here.got == []
