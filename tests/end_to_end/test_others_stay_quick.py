"""One client keeps the server busy; the others feel nothing of it."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from tests.end_to_end.hostile.talking import connected
from tests.support.others import others_stay_quick
from tests.support.server import ServerProcess


async def test_a_server_that_stands_still_is_felt(server: ServerProcess) -> None:
    assert server.process is not None
    with pytest.raises(AssertionError, match="another client waited"), others_stay_quick(server):
        os.kill(server.process.pid, signal.SIGSTOP)
        await asyncio.sleep(0.5)
        os.kill(server.process.pid, signal.SIGCONT)


async def test_a_command_that_prints_a_little(server: ServerProcess) -> None:
    async with connected(server) as client:
        made = await client.call("session.create", {"name": "Chatter"})
        session_id = made["session"]["id"]
        with others_stay_quick(server):
            done = await client.call("shell.exec", {"sessionId": session_id, "cmd": "seq 2000; sleep 1"})
    assert done["exitCode"] == 0, done
