"""A server that is killed and started again on the same data, and a client that follows all its lives."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import socketio

from tests.support.server import ServerProcess

DEADLINE_S = 60.0
"""How long anything may take that has to happen at all."""

Happened = dict[str, Any]

OF_FOCUS = ("task.focused", "task.unfocused")
"""Events that tell which task a session's people look at, beside what becomes of the task itself."""


@dataclass
class Life:
    """One server process and one connection that follows the session from `last_seq` on."""

    server: ServerProcess
    seen: list[Happened] = field(default_factory=list)
    session_id: str = ""
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    _client: Any = None
    _grown: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def last_seq(self) -> int:
        return int(self.seen[-1]["seq"]) if self.seen else 0

    async def begin(self) -> None:
        """Start the server and, where there is a session, go on with following it."""
        self.server.start()
        await self.connect()

    async def connect(self) -> None:
        client: Any = socketio.AsyncClient(reconnection=False, handle_sigint=False)
        self._client = client
        self.gone = asyncio.Event()
        client.on("*", self._hear)
        client.on("disconnect", lambda _: self.gone.set())
        following = {"sessionId": self.session_id, "lastSeq": self.last_seq} if self.session_id else {}
        auth = {"token": self.server.key, **following}
        await client.connect(self.server.url, auth=auth, transports=["websocket"])

    async def open_session(self, **config: Any) -> None:
        """Open a session and follow it from its first event on."""
        created = await self.call("session.create", name="Many lives", config=config)
        self.session_id = created["session"]["id"]
        await self.call("event.subscribe", lastSeq=0)

    async def call(self, operation: str, **request: Any) -> Any:
        """The acknowledgement of a call about the session; a refusal fails the test."""
        answer = await self.ask(operation, **request)
        assert "error" not in answer, (operation, answer)
        return answer

    async def ask(self, operation: str, **request: Any) -> Any:
        """The acknowledgement of a call about the session, whatever it says."""
        about = {"sessionId": self.session_id} if self.session_id else {}
        return await self._client.call(operation, about | request, timeout=DEADLINE_S)

    async def kill(self) -> None:
        """End the server as a power cut would."""
        self.server.kill()
        await self.leave()

    async def leave(self) -> None:
        """Wait until the connection is seen to be closed, or close it."""
        await self._client.disconnect()
        await self._client.shutdown()

    async def events(self, *, after: int | None = None) -> AsyncIterator[Happened]:
        """Every event with a seq above `after` (None: that comes from now on), as it arrives."""
        position = len(self.seen) if after is None else after
        async with asyncio.timeout(DEADLINE_S):
            while True:
                while position < len(self.seen):
                    position += 1
                    yield self.seen[position - 1]
                self._grown.clear()
                await self._grown.wait()

    async def until(self, is_it: Callable[[Happened], bool], *, after: int = 0) -> Happened:
        """The first event that is wanted, whether it has been seen already or is still to come."""
        async for happened in self.events(after=after):
            if is_it(happened):
                return happened
        raise AssertionError("there is always another event to wait for")

    async def stored(self) -> list[Happened]:
        """The session's whole log, as the server has it now."""
        found: list[Happened] = []
        while True:
            page = await self.call("event.list", after=len(found), limit=1000)
            found += page["data"]
            if not page["pagination"]["hasMore"]:
                return found

    def _hear(self, name: str, happened: Happened) -> None:
        if "seq" in happened:
            assert name == happened["type"]
            self.seen.append(happened)
            self._grown.set()


def processes_with(words: str) -> list[str]:
    """The command lines, in the process table, of whatever has these words in its own."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue  # it has ended meanwhile
            if words in line:
                found.append(f"{entry.name}: {line}")
    return found


async def no_process_with(words: str) -> None:
    """Wait until the process table has nothing of this any more."""
    async with asyncio.timeout(DEADLINE_S):
        while processes_with(words):
            await asyncio.sleep(0.01)
