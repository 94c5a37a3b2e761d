"""Kills server and receiver of a webhook in turn, and compares what arrives with the log.

`python -m tests.end_to_end.deaths KILLS EVENTS` runs it at any size.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import aiohttp

from tests.support.ports import free_port
from tests.support.server import PROJECT, ServerProcess

SETTINGS = {
    "ROOCODE_WEBHOOKS__ALLOW_PRIVATE_ADDRESSES": "true",
    "ROOCODE_WEBHOOKS__RETRY_DELAY_S": "0.05",
    "ROOCODE_WEBHOOKS__MAX_RETRY_DELAY_S": "0.5",
}
SESSIONS = 2
PAUSE_S = 0.02


@dataclass
class ReceiverProcess:
    """`examples/webhook_receiver.py`, changed to record what it has verified before it accepts it."""

    folder: Path
    port: int = field(default_factory=free_port)
    secret: str = ""
    process: subprocess.Popen[str] | None = None
    _errors: IO[str] | None = None

    @property
    def lines(self) -> list[str]:
        """A line per request, in order of arrival."""
        return self._taken.read_text().splitlines() if self._taken.exists() else []

    @property
    def _taken(self) -> Path:
        return self.folder / "taken"

    def start(self) -> None:
        script = PROJECT / "examples" / "webhook_receiver.py"
        with self._taken.open("a") as taken:
            self.process = subprocess.Popen(
                [sys.executable, str(script), str(self.port)],
                stdout=taken,
                text=True,
                env={**os.environ, "WEBHOOK_SECRET": self.secret},
            )

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@dataclass
class Course:
    """The stored and the received events, by session and number."""

    kills: int
    seconds: float
    stored: list[tuple[str, int]]
    arrived: list[tuple[str, int]]

    @property
    def repeated(self) -> int:
        return len(self.arrived) - len(set(self.arrived))

    def of(self, session_id: str, events: list[tuple[str, int]]) -> list[int]:
        return [seq for session, seq in events if session == session_id]

    @property
    def sessions(self) -> set[str]:
        return {session for session, _ in self.stored}


class Deaths:
    """A server, a receiver, and a writer that changes sessions."""

    def __init__(self, folder: Path) -> None:
        self.server = ServerProcess(folder / "data", SETTINGS)
        self.receiver = ReceiverProcess(folder)
        self._client: aiohttp.ClientSession | None = None
        self._sessions: list[str] = []

    async def run(self, *, kills: int, events: int) -> Course:
        """Make this many changes, and meanwhile kill one of the two this many times."""
        started = time.monotonic()
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as self._client:
                await self._begin()
                writing = asyncio.create_task(self._write(events))
                for number in range(1, kills + 1):
                    await self._until_arrived(number * events // (kills + 1))
                    await self._kill(number)
                await writing
                stored = await self._stored()
                await self._until_arrived(len(stored))
                return Course(kills, time.monotonic() - started, stored, self._arrived())
        finally:
            self.server.end()
            self.receiver.kill()

    async def _begin(self) -> None:
        await asyncio.to_thread(self.server.start)
        url = f"http://127.0.0.1:{self.receiver.port}/"
        made = await self._call("POST", "/webhooks", {"url": url, "events": ["*"]})
        self.receiver.secret = made["secret"]
        self.receiver.start()
        for number in range(SESSIONS):
            session = await self._call("POST", "/sessions", {"name": f"Session {number}"})
            self._sessions.append(session["session"]["id"])

    async def _write(self, events: int) -> None:
        for number in range(events):
            session_id = self._sessions[number % SESSIONS]
            await self._call("PUT", f"/sessions/{session_id}", {"name": f"Change {number}"})

    async def _kill(self, number: int) -> None:
        """Kill the receiver every second time, which restarts after a moment; otherwise the server."""
        if number % 2:
            self.receiver.kill()
            await asyncio.sleep(PAUSE_S * (number % 5))
            self.receiver.start()
        else:
            self.server.kill()
            await asyncio.to_thread(self.server.start)

    async def _call(self, method: str, path: str, body: Any = None) -> Any:
        """Return the server's answer, once it is running."""
        assert self._client is not None
        while True:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                headers = {"Authorization": f"Bearer {self.server.key}"}
                url = f"{self.server.url}/api/v1{path}"
                async with self._client.request(method, url, json=body, headers=headers) as answer:
                    content = await answer.json()
                    assert answer.ok, content
                    return content
            await asyncio.sleep(PAUSE_S)

    async def _stored(self) -> list[tuple[str, int]]:
        found: list[tuple[str, int]] = []
        for session_id in self._sessions:
            after, has_more = 0, True
            while has_more:
                page = await self._call("GET", f"/sessions/{session_id}/events?limit=1000&after={after}")
                found += [(session_id, each["seq"]) for each in page["data"]]
                after, has_more = page["pagination"]["nextAfter"], page["pagination"]["hasMore"]
        return found

    def _arrived(self) -> list[tuple[str, int]]:
        parts = [line.split()[0].rsplit("-", 2) for line in self.receiver.lines]
        return [(session_id, int(seq)) for session_id, seq, _ in parts]

    async def _until_arrived(self, count: int) -> None:
        async with asyncio.timeout(300):
            while len(set(self._arrived())) < count:
                await asyncio.sleep(PAUSE_S)


async def main(kills: int, events: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        course = await Deaths(Path(folder)).run(kills=kills, events=events)
    check(course)
    print(
        f"{course.kills} kills, {len(course.stored)} events stored, {len(course.arrived)} arrived, "
        f"{course.repeated} of them again, none missing, all in order, {course.seconds:.1f} s"
    )


def check(course: Course) -> None:
    """Check that every event of the log arrived at least once, in order, and that repetitions are of the last
    one.
    """
    assert set(course.arrived) == set(course.stored)
    for session_id in course.sessions:
        seqs = course.of(session_id, course.arrived)
        assert seqs[0] == 1
        assert all(after - before in (0, 1) for before, after in itertools.pairwise(seqs))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
