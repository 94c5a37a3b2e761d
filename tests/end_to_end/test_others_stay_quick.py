"""One client keeps the server busy, and the others are not slowed down."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from bench.wire import Client, connect
from tests.end_to_end.hostile.talking import Talker, connected
from tests.support.nightly import times
from tests.support.others import others_stay_quick
from tests.support.server import ServerProcess

EXCHANGES = """
import ctypes, os
libc = ctypes.CDLL(None)
os.makedirs("one", exist_ok=True)
os.makedirs("two", exist_ok=True)
print("begun", flush=True)
while True:
    libc.renameat2(-100, b"one", -100, b"two", 2)
"""
FILES = """
import os
print("begun", flush=True)
while True:
    open("one", "w").close()
    os.rename("one", "two")
"""


@dataclass
class Busy:
    """A client with a session of its own."""

    client: Talker
    session_id: str

    async def call(self, name: str, **raw: Any) -> Any:
        answer = await self.client.call(name, {"sessionId": self.session_id, **raw})
        assert "error" not in answer, answer
        return answer

    async def start(self, command: str) -> int:
        pid: int = (await self.call("process.start", command=command))["process"]["pid"]
        return pid

    async def has_printed(self, pid: int, text: str) -> None:
        async with asyncio.timeout(30):
            while text not in (await self.call("process.logs", pid=pid))["logs"]:
                await asyncio.sleep(0.02)


@pytest.fixture
async def busy(server: ServerProcess) -> AsyncIterator[Busy]:
    async with connected(server) as client:
        made = await client.call("session.create", {"name": "Busy"})
        yield Busy(client, made["session"]["id"])
        await client.call("session.delete", {"sessionId": made["session"]["id"]})


async def test_a_server_that_stands_still_is_felt(server: ServerProcess) -> None:
    assert server.process is not None
    with pytest.raises(AssertionError, match="another client waited"), others_stay_quick(server):
        os.kill(server.process.pid, signal.SIGSTOP)
        await asyncio.sleep(2)  # on a busy machine, what nobody had a processor for is subtracted
        os.kill(server.process.pid, signal.SIGCONT)


@pytest.mark.parametrize("command", ["yes", "yes | tr '\\n' '\\r'", "yes >&2", "cat /dev/zero"])
async def test_a_process_that_prints_without_end(server: ServerProcess, busy: Busy, command: str) -> None:
    with others_stay_quick(server):
        pid = await busy.start(command)
        for _ in range(50):
            await busy.call("process.logs", pid=pid, lines=10)
        stopped = await busy.call("process.stop", pid=pid, force=True)
    assert stopped["process"]["status"] == "stopped"


async def test_a_command_that_prints_without_end(server: ServerProcess, busy: Busy) -> None:
    with others_stay_quick(server):
        done = await busy.call("tool.execute", toolName="execute_command", parameters={"command": "yes"})
    assert not done["result"]["success"] and "it printed more" in done["result"]["output"]


async def test_a_terminal_that_prints_without_end(server: ServerProcess, busy: Busy) -> None:
    with others_stay_quick(server):
        opened = await busy.call("terminal.open", command="yes")
        terminal = {"terminalId": opened["terminal"]["id"]}
        for _ in range(50):
            await busy.call("terminal.get", **terminal)
        await busy.call("terminal.close", **terminal)


async def test_as_many_processes_as_there_may_be(server: ServerProcess, busy: Busy) -> None:
    for _ in range(32):
        await busy.start("sleep 600")
    with others_stay_quick(server):
        for _ in range(5):
            listed = await busy.call("process.list")
    assert [process["status"] for process in listed["processes"]] == ["running"] * 32
    with others_stay_quick(server):
        await busy.call("session.delete")


@pytest.mark.parametrize("program", [EXCHANGES, FILES])
async def test_names_that_change_without_end(server: ServerProcess, busy: Busy, program: str) -> None:
    await busy.call("file.create", path="restless.py", content=program)
    pid = await busy.start("exec python3 restless.py")
    await busy.has_printed(pid, "begun")
    with others_stay_quick(server):
        for _ in range(times(25, nightly=100)):
            await busy.call("process.get", pid=pid)
            await asyncio.sleep(0.02)
        await busy.call("process.stop", pid=pid, force=True)


@contextlib.asynccontextmanager
async def calling(server: ServerProcess) -> AsyncIterator[Client]:
    """A client that waits for as long as a call may take, and can have several under way."""
    client = await connect(server.url, {"token": server.key})
    yield client
    client.close()


async def test_a_workspace_whose_rules_are_hostile(server: ServerProcess) -> None:
    async with calling(server) as client:
        made = await client.call("session.create", {"name": "Rules"})
        session_id = made["session"]["id"]
        rules = "".join(f"*a*a*b{number}\n" for number in range(1000))
        for name in (".gitignore", ".rooignore"):
            await client.call("file.create", {"sessionId": session_id, "path": name, "content": rules})
        for number in range(20):
            path = f"{'a' * 240}{number}"
            await client.call("file.create", {"sessionId": session_id, "path": path, "content": ""})
        call = {"sessionId": session_id, "toolName": "list_files", "parameters": {"path": "."}}
        with others_stay_quick(server):
            done = await asyncio.gather(*(client.call("tool.execute", call) for _ in range(6)))
    assert all(each["result"]["success"] for each in done), done


async def test_a_pattern_that_runs_away(server: ServerProcess) -> None:
    async with calling(server) as client:
        made = await client.call("session.create", {"name": "Patterns"})
        session_id = made["session"]["id"]
        await client.call(
            "file.create", {"sessionId": session_id, "path": "a.txt", "content": "a" * 5000 + "b\n"}
        )
        asked = {"path": "a.txt", "search": "(a|a)*$", "replace": "x", "use_regex": True, "end_line": 1}
        call = {"sessionId": session_id, "toolName": "search_and_replace", "parameters": asked}
        with others_stay_quick(server):
            done = await client.call("tool.execute", call)
    assert "was abandoned" in done["result"]["output"], done
