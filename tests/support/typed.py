"""A client of `/ws` that keeps what it is told."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import AddrInfoType

from tests.support.server import ServerProcess

PATIENCE_S = 60
PASSWORD = "long enough for anybody"
UPDATES = ("resource_update", "task_status_update", "agent_update", "log_entry")

Content = dict[str, Any]


class TypedClient:
    """One connection; `told` has every message in order."""

    def __init__(self, connected: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = connected
        self.told: list[Content] = []
        self._untaken: list[Content] = []

    async def send(self, said: Any) -> None:
        """Send a message, or a text as it is."""
        await self.socket.send_str(said if isinstance(said, str) else json.dumps(said))

    async def ask(self, said: Any = None, /, **fields: Any) -> Content:
        """Send a message and return its answer: the next message that is no update."""
        await self.send(fields if said is None else said)
        return await self.until(lambda told: told.get("type") not in (*UPDATES, None))

    async def until(self, holds: Callable[[Content], bool]) -> Content:
        """Return the next message that fits."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                told = json.loads(await self.socket.receive_str())
                self.told.append(told)
                if told.get("type") in UPDATES:
                    self._untaken.append(told)
                if holds(told):
                    return dict(told)

    async def update(self, kind: str, **fields: Any) -> Content:
        """Return the next update of a type that has these fields, which may have come already."""
        wanted = {"type": kind, **fields}
        while True:
            for place, told in enumerate(self._untaken):
                if wanted.items() <= told.items():
                    del self._untaken[: place + 1]
                    return told
            await self.until(lambda told: told.get("type") in UPDATES)

    async def status_of(self, task_id: str, *statuses: str) -> Content:
        """Return the task, once it has one of these statuses."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                told = await self.ask(type="get_task_status", task_id=task_id)
                if told["task"]["status"] in statuses:
                    return dict(told["task"])
                await asyncio.sleep(0.1)

    async def closed(self) -> int | None:
        """Read until the connection is closed; return the code."""
        async with asyncio.timeout(PATIENCE_S):
            async for message in self.socket:
                self.told.append(json.loads(message.data))
        return self.socket.close_code

    def of(self, *kinds: str) -> list[Content]:
        """Return the messages of these types so far."""
        return [each for each in self.told if each.get("type") in kinds]


@contextlib.asynccontextmanager
async def typed(
    server: ServerProcess,
    key: str = "",
    *,
    headers: Mapping[str, str] | None = None,
    protocols: tuple[str, ...] = (),
    receiving_bytes: int | None = None,
    **query: str,
) -> AsyncIterator[TypedClient]:
    """Connect, as the administrator unless with another key; the greeting is the first of `told`.

    The kernel keeps no more than `receiving_bytes` for a client that does not read, if they are given.
    """

    def made(address: AddrInfoType) -> socket.socket:
        opened = socket.socket(*address[:3])
        if receiving_bytes is not None:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receiving_bytes)
        return opened

    asked = urlencode({"token": key or server.key, **query})
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(socket_factory=made)) as http,
        http.ws_connect(
            f"{server.url}/ws?{asked}", headers=headers, protocols=protocols, max_msg_size=0
        ) as connected,
    ):
        client = TypedClient(connected)
        await client.until(lambda told: "type" in told)
        yield client


def somebody(server: ServerProcess, role: str = "developer") -> str:
    """The key of a new user, who is no administrator."""
    entry = {"email": f"{secrets.token_hex(8)}@example.com", "password": PASSWORD}
    made = server.request("POST", "/api/v1/users", entry | {"name": "Somebody", "roles": [role]})
    assert made.status == 201, made.body
    token = server.request("POST", "/api/v1/auth/login", entry, key=None).body["tokens"]["accessToken"]
    key = server.request(
        "POST", "/api/v1/keys", {"name": "a program", "scopes": ["read", "write"]}, key=token
    )
    return str(key.body["secret"])


def task(identifier: str, description: str = "survey", **fields: Any) -> Content:
    """A `start_task` message."""
    given = {"id": identifier, "type": "testing", "priority": "high", "description": description}
    return {"type": "start_task", "task": given | fields}
