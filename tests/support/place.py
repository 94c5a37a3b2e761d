"""A session's files, for a client that only speaks HTTP."""

from __future__ import annotations

import asyncio
import io
import os
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from tests.support.server import ServerProcess


class Place:
    """The files of a new session, for a client that only speaks HTTP."""

    def __init__(self, server: ServerProcess, http: aiohttp.ClientSession, session_id: str) -> None:
        self.server = server
        self.session = f"/api/v1/sessions/{session_id}"
        self.http = http
        self.folder = server.data_dir / "workspaces" / session_id

    def raw(self, path: str) -> str:
        return f"{self.session}/files/raw?path={quote(path, safe='')}"

    async def put(self, path: str, content: Any, **headers: str) -> tuple[int, Any]:
        data = io.BytesIO(content) if isinstance(content, bytes) else content
        async with self.http.put(self.raw(path), data=data, headers=headers) as answer:
            return answer.status, await answer.json()

    async def get(self, path: str, method: str = "GET", **headers: str) -> tuple[int, Any, bytes]:
        async with self.http.request(method, self.raw(path), headers=headers) as answer:
            return answer.status, answer.headers, await answer.read()

    async def events(self) -> list[str]:
        async with self.http.get(f"{self.session}/events?limit=100") as answer:
            told = (await answer.json())["data"]
        return [f"{each['type']} {each['path']}" for each in told if each["type"].startswith("file.")]

    def left(self) -> list[str]:
        """Return the files in the workspace and in its staging area."""
        staged = self.folder.parent / ".staging"
        return sorted(os.listdir(self.folder)) + (os.listdir(staged) if staged.exists() else [])


@pytest.fixture
async def place(server: ServerProcess) -> AsyncIterator[Place]:
    headers = {"Authorization": f"Bearer {server.key}"}
    async with aiohttp.ClientSession(server.url, headers=headers) as http:
        limits = {"maxFileSizeMB": 16, "maxDiskMB": 32}
        async with http.post(
            "/api/v1/sessions", json={"name": "Transfers", "config": {"resourceLimits": limits}}
        ) as answer:
            made = await answer.json()
        yield Place(server, http, made["session"]["id"])
    await asyncio.sleep(0.1)  # a connection with a refused upload closes once the server has read the rest


def code(body: Any) -> str:
    return str(body["error"]["code"])
