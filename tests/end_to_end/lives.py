"""A server that is killed and restarted on the same data, and a client that follows it throughout."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import socketio

from tests.support.server import ServerProcess

DEADLINE_S = 60.0
"""The time limit for anything that must happen."""

Happened = dict[str, Any]

OF_FOCUS = ("task.focused", "task.unfocused")
"""Events about the focus of tasks, which follow from other events."""


PLAYBOOKS = Path(__file__).with_name("playbooks")
ALLOWED = ({"decision": "always"},)
"""The rules of a session in which nobody is asked."""


@dataclass
class Life:
    """A server process, and a connection that follows the session from `last_seq`."""

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
        """Start the server and, if there is a session, follow it again."""
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
        """Open a session and follow it from its first event."""
        created = await self.call("session.create", name="Many lives", config=config)
        self.session_id = created["session"]["id"]
        await self.call("event.subscribe", lastSeq=0)

    async def call(self, operation: str, **request: Any) -> Any:
        """Make a call about the session and return its acknowledgement; a refusal fails the test."""
        answer = await self.ask(operation, **request)
        assert "error" not in answer, (operation, answer)
        return answer

    async def ask(self, operation: str, **request: Any) -> Any:
        """Make a call about the session and return its acknowledgement, even a refusal."""
        about = {"sessionId": self.session_id} if self.session_id else {}
        return await self._client.call(operation, about | request, timeout=DEADLINE_S)

    async def kill(self) -> None:
        """Kill the server, as a power failure would."""
        self.server.kill()
        await self.leave()

    async def leave(self) -> None:
        """Wait until the client notices that the connection is closed, or close it."""
        await self._client.disconnect()
        await self._client.shutdown()

    async def events(self, *, after: int | None = None) -> AsyncIterator[Happened]:
        """Yield the events with a seq above `after` (None: from now on) as they arrive."""
        position = len(self.seen) if after is None else after
        async with asyncio.timeout(DEADLINE_S):
            while True:
                while position < len(self.seen):
                    position += 1
                    yield self.seen[position - 1]
                self._grown.clear()
                await self._grown.wait()

    async def until(self, is_it: Callable[[Happened], bool], *, after: int = 0) -> Happened:
        """Return the first matching event, whether it has arrived already or not."""
        async for happened in self.events(after=after):
            if is_it(happened):
                return happened
        raise AssertionError("there is always another event to wait for")

    async def stored(self) -> list[Happened]:
        """Return the session's whole log, as currently stored."""
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
    """Return the command lines of running processes that contain these words."""
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
    """Wait until no such process is running."""
    async with asyncio.timeout(DEADLINE_S):
        while processes_with(words):
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def living(folder: Path, *, approvals: Sequence[Mapping[str, str]] = ALLOWED) -> AsyncIterator[Life]:
    """A server that has the playbooks, and a session that plays them and is followed from its first event."""
    settings = {"ROOCODE_PROVIDERS__SCRIPTED__FOLDERS": f"[{PLAYBOOKS}]"}
    life = Life(ServerProcess(folder / "data", settings))
    await life.begin()
    await life.open_session(provider="scripted", approvals=approvals)
    yield life
    await life.leave()
    life.server.end()
