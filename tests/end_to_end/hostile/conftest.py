"""After each attack, the server still works, another client stays connected, and the log has no traceback."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.end_to_end.hostile.talking import connected
from tests.support.server import ServerProcess


@pytest.fixture(autouse=True)
async def bystander(server: ServerProcess) -> AsyncIterator[None]:
    """A client that is connected during the attack and is served afterwards as before."""
    logged = len(server.log)
    async with connected(server) as client:
        async with client.idle():
            yield
        health = await client.call("system.health")
        assert health is not None, server.log
        assert health["status"] == "healthy"
    assert server.request("GET", "/api/v1/health", key=None).status == 200
    assert_nothing_failed(server.log[logged:])


def assert_nothing_failed(log: str) -> None:
    """No traceback, and no line about something that nobody foresaw."""
    assert "Traceback" not in log, log
    assert "[error" not in log, log


@pytest.fixture(scope="session")
def stranger(server: ServerProcess) -> str:
    """The API key of a second user, who owns nothing."""
    server.roocode("user", "add", "stranger@example.com", "--password", "long enough for anybody")
    printed = server.roocode("key", "create", "stranger@example.com").split()
    [key] = [word for word in printed if word.startswith("rk_") or len(word) > 30]
    return key


@pytest.fixture(scope="session")
def session_id(server: ServerProcess) -> str:
    """A session of the administrator."""
    made = server.request("POST", "/api/v1/sessions", {"name": "Attacked"})
    assert made.status == 201, made.body
    return str(made.body["session"]["id"])
