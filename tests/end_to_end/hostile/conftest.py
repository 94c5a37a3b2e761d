"""After each attack, the server still works, another client stays connected, and the log has no traceback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

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
    assert server.curl("GET", "/api/v1/health", key=None).status == 200
    assert_nothing_failed(server.log[logged:])


def assert_nothing_failed(log: str) -> None:
    """No traceback, and no line about something that nobody foresaw."""
    assert "Traceback" not in log, log
    assert "[error" not in log, log


@pytest.fixture(scope="session")
def stranger(server: ServerProcess) -> str:
    """The API key of a second user, who owns nothing."""

    def roocode(*arguments: str) -> str:
        command = [str(Path(sys.executable).with_name("roocode-server")), *arguments]
        done = subprocess.run(
            [*command, "--data-dir", str(server.data_dir)], capture_output=True, text=True, check=True
        )
        return done.stdout

    roocode("user", "add", "stranger@example.com", "--password", "long enough for anybody")
    printed = roocode("key", "create", "stranger@example.com").split()
    [key] = [word for word in printed if word.startswith("rk_") or len(word) > 30]
    return key


@pytest.fixture(scope="session")
def session_id(server: ServerProcess) -> str:
    """A session of the administrator."""
    made = server.curl("POST", "/api/v1/sessions", {"name": "Attacked"})
    assert made.status == 201, made.body
    return str(made.body["session"]["id"])
