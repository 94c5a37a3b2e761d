"""Searches through the doors: a caller that goes away ends its search."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable

import aiohttp
import psutil
import pytest

from tests.end_to_end.hostile.talking import connected
from tests.support.server import ServerProcess


@pytest.fixture(scope="module")
def session_id(server: ServerProcess) -> str:
    """A session whose searches wait: ripgrep reads its `.gitignore`, and nobody writes into that pipe."""
    made = server.request("POST", "/api/v1/sessions", {"name": "Waiting"})
    session_id = str(made.body["session"]["id"])
    os.mkfifo(server.data_dir / "workspaces" / session_id / ".gitignore")
    return session_id


def searching(server: ServerProcess) -> bool:
    """Whether ripgrep runs below the server."""
    assert server.process is not None
    below = psutil.Process(server.process.pid).children(recursive=True)
    return any(name_of(process) == "rg" for process in below)


def name_of(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.NoSuchProcess:
        return ""


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.02)


async def test_a_search_ends_when_its_socket_closes(server: ServerProcess, session_id: str) -> None:
    async with connected(server) as client:
        call = asyncio.create_task(client.call("search.text", {"sessionId": session_id, "pattern": "x"}))
        await until(lambda: searching(server))
        call.cancel()
    await until(lambda: not searching(server))


async def test_a_search_ends_when_its_request_is_dropped(server: ServerProcess, session_id: str) -> None:
    headers = {"Authorization": f"Bearer {server.key}"}
    async with aiohttp.ClientSession(server.url, headers=headers) as client:
        call = asyncio.create_task(
            client.post(f"/api/v1/sessions/{session_id}/search/text", json={"pattern": "x"})
        )
        await until(lambda: searching(server))
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
    await until(lambda: not searching(server))
    assert "Traceback" not in server.log
