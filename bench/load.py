"""`python -m bench load`: many clients do what programs do with a server, for some seconds, on loopback.

Each client opens sessions over REST, follows them over Socket.IO, gives each a task, reads what came of it
over REST, and deletes the session; a watcher follows all sessions on `/ws` meanwhile. Times are what the
clients see. The exit code is 1 if a call failed, an event was missing, came twice or out of order, the
watcher missed the end of a task, or the server logged errors or did not stop when asked.

Source: S1, "Validation Commands", and its endpoints for sessions, tasks and real-time communication.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson

from bench.servers import Server, roocode
from bench.soak import TROUBLE
from bench.wire import Client, Refused, connect

LOAD_CLIENTS: Final = 16
LOAD_SECONDS: Final = 20.0
MOST_LOAD_CLIENTS: Final = 500
MOST_LOAD_SECONDS: Final = 600.0
TASK_TIMEOUT_S: Final = 240.0
WATCHER_TIMEOUT_S: Final = 30.0
MOST_SHOWN_FAILURES: Final = 20
MIB: Final = 2**20

OPENED: Final = "session opened"
FOLLOWED: Final = "socket connected"
ASKED: Final = "task created"
DONE: Final = "task done"
READ: Final = "read"
DELETED: Final = "session deleted"
DELIVERED: Final = "event delivered"
STEPS: Final = (OPENED, FOLLOWED, ASKED, DONE, READ, DELETED, DELIVERED)
"""In the order in which they are shown; `task done` is from asking for it to its last event at the client,
and `event delivered` from its storing to its client.
"""
_WANTED: Final = {
    "name": "load",
    "config": {"provider": "scripted", "model": "write-and-run", "approvals": [{"decision": "always"}]},
}
_ENDS: Final = {"task.completed", "task.failed", "task.cancelled"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How often something was done, and how long it took, in milliseconds."""

    count: int
    per_second: float
    median_ms: float
    p95_ms: float
    p99_ms: float
    longest_ms: float

    @classmethod
    def of(cls, taken_s: Sequence[float], seconds: float) -> Step:
        """Sum up durations."""
        if len(taken_s) > 1:
            cuts = statistics.quantiles(taken_s, n=100, method="inclusive")
        else:
            cuts = [*taken_s, 0.0][:1] * 99
        return cls(
            count=len(taken_s),
            per_second=round(len(taken_s) / seconds, 2),
            median_ms=_ms(cuts[49]),
            p95_ms=_ms(cuts[94]),
            p99_ms=_ms(cuts[98]),
            longest_ms=_ms(max(taken_s, default=0.0)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The result of a run. `cpu_cores` is the server's processor time a second; commands are not in it."""

    clients: int
    seconds: float
    python: str
    cores: int
    steps: Mapping[str, Step]
    events: int
    watched: int
    cpu_cores: float
    resident_bytes: int
    failures: Sequence[str]

    def json(self) -> str:
        """Return everything as JSON."""
        return orjson.dumps(asdict(self), option=orjson.OPT_INDENT_2).decode()

    def lines(self) -> list[str]:
        """Return the report as text."""
        columns = ("", "count", "a second", "median", "95 %", "99 %", "longest")
        told = [
            f"load: {self.clients} clients, {self.seconds:.0f} s, Python {self.python}, {self.cores} cores",
            "  " + _row(columns),
        ]
        for name, step in self.steps.items():
            times = (step.median_ms, step.p95_ms, step.p99_ms, step.longest_ms)
            cells = (
                name,
                f"{step.count:,}",
                f"{step.per_second:,.1f}",
                *(f"{each:,.1f} ms" for each in times),
            )
            told.append("  " + _row(cells))
        told += [
            f"  {self.events:,} events at the clients, and {self.watched:,} at the watcher of all sessions",
            f"  the server: {self.cpu_cores:.2f} cores, {self.resident_bytes / MIB:.0f} MiB",
        ]
        told += [f"  FAILED {failure}" for failure in self.failures[:MOST_SHOWN_FAILURES]]
        return [*told, f"  {len(self.failures)} failures"]


def _row(cells: Sequence[str]) -> str:
    return f"{cells[0]:<18}" + "".join(f"{cell:>12}" for cell in cells[1:])


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)


@dataclass
class Record:
    """What all clients have seen."""

    taken_s: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    completed: set[str] = field(default_factory=set)
    failures: list[str] = field(default_factory=list)

    @contextlib.contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Keep how long the block takes, unless it fails."""
        began = time.perf_counter()
        yield
        self.taken_s[step].append(time.perf_counter() - began)

    def fail(self, reason: str) -> None:
        """Keep what went wrong."""
        self.failures.append(reason)


class LoadClient:
    """A program that uses the server: one session after the other."""

    def __init__(self, server: Server, http: aiohttp.ClientSession, record: Record) -> None:
        self._server = server
        self._http = http
        self._record = record

    async def work(self, end: float) -> None:
        """Go through sessions until this moment of the monotonic clock; what has begun is finished."""
        while time.monotonic() < end:
            try:
                await self._round()
            except (aiohttp.ClientError, Refused, TimeoutError, OSError) as failure:
                self._record.fail(f"{type(failure).__name__}: {failure}")
                return

    async def _round(self) -> None:
        record = self._record
        with record.timed(OPENED):
            session = (await self._ask("POST", "/api/v1/sessions", _WANTED))["session"]["id"]
        place = f"/api/v1/sessions/{session}"
        followed = Followed(record)
        with record.timed(FOLLOWED):
            socket = await connect(
                self._server.url, {**self._server.auth, "sessionId": session, "lastSeq": 0}, followed.listen
            )
        try:
            with record.timed(DONE):
                with record.timed(ASKED):
                    made = await self._ask("POST", f"{place}/tasks", {"input": "Write and run a program"})
                async with asyncio.timeout(TASK_TIMEOUT_S):
                    await followed.ended.wait()
            await self._compare(place, made["task"]["id"], followed)
        finally:
            socket.close()
        with record.timed(DELETED):
            await self._ask("DELETE", place)

    async def _compare(self, place: str, task: str, followed: Followed) -> None:
        """Read the session's task and log, and compare them with what was told."""
        for path in ("/api/v1/sessions", place, f"{place}/tasks"):
            with self._record.timed(READ):
                await self._ask("GET", path)
        with self._record.timed(READ):
            found = (await self._ask("GET", f"{place}/tasks/{task}"))["task"]
        if found["status"] == "completed" and found["result"]["filesCreated"] == ["/primes.py"]:
            self._record.completed.add(task)
        else:
            self._record.fail(f"the task {task} has ended like this: {found['status']}")
        head = (await self._ask("GET", f"{place}/events?limit=1"))["pagination"]["head"]
        async with asyncio.timeout(TASK_TIMEOUT_S):
            await followed.reaches(head)
        if followed.numbers != list(range(1, len(followed.numbers) + 1)):
            self._record.fail(f"the events of {place} came as {followed.numbers}")

    async def _ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return the answer. Raises: Refused, if it is an error."""
        async with self._http.request(method, path, json=body) as answer:
            content = await answer.read()
            if answer.status >= 400:
                raise Refused(f"{method} {path}: {answer.status} {content[:200]!r}")
            return orjson.loads(content) if content else None


class Followed:
    """The events of one session as they arrive at a socket."""

    def __init__(self, record: Record) -> None:
        self.numbers: list[int] = []
        self.ended = asyncio.Event()
        self._arrived = asyncio.Event()
        self._record = record

    def listen(self, socket: Client) -> None:
        """Take the events of a client that is about to connect."""
        socket.on_event = lambda: self._take(socket.last_event)

    async def reaches(self, number: int) -> None:
        """Wait until the event with this number has arrived."""
        while not self.numbers or self.numbers[-1] < number:
            self._arrived.clear()
            await self._arrived.wait()

    def _take(self, payload: bytes) -> None:
        name, event = orjson.loads(payload[2:])
        if "seq" not in event:
            return
        stored = datetime.fromisoformat(event["timestamp"]).timestamp()
        self._record.taken_s[DELIVERED].append(max(time.time() - stored, 0.0))
        self.numbers.append(event["seq"])
        self._arrived.set()
        if name in _ENDS:
            self.ended.set()


class Watcher:
    """A plain WebSocket at `/ws`, which has the events of all sessions as `{event, data}`."""

    def __init__(self) -> None:
        self.events = 0
        self.completed: set[str] = set()
        self._arrived = asyncio.Event()

    @contextlib.asynccontextmanager
    async def watching(self, http: aiohttp.ClientSession) -> AsyncIterator[None]:
        """Listen while the block runs."""
        async with http.ws_connect("/ws") as socket:
            listening = asyncio.create_task(self._listen(socket), name="load watcher")
            try:
                yield
            finally:
                await socket.close()
                await listening

    async def sees(self, tasks: set[str]) -> set[str]:
        """Wait for the ends of these tasks; return those that are not told of in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WATCHER_TIMEOUT_S):
                while not tasks <= self.completed:
                    self._arrived.clear()
                    await self._arrived.wait()
        return tasks - self.completed

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            told = orjson.loads(message.data)
            self.events += 1
            if told.get("event") == "task.completed":
                self.completed.add(told["data"]["taskId"])
                self._arrived.set()


async def load(clients: int = LOAD_CLIENTS, seconds: float = LOAD_SECONDS) -> Load:
    """Put this load on a fresh server of its own, and return the report."""
    with (
        tempfile.TemporaryDirectory(prefix="roocode-bench-") as folder,
        roocode(Path(folder) / "data", is_pinned=False) as server,
    ):
        return await load_on(server, clients, seconds)


async def load_on(server: Server, clients: int, seconds: float) -> Load:
    """Put this load on a server, stop it, and return the report."""
    record, watcher = Record(), Watcher()
    headers = {"Authorization": f"Bearer {server.auth['token']}"}
    connector = aiohttp.TCPConnector(limit=clients + 1)
    async with (
        aiohttp.ClientSession(server.url, headers=headers, connector=connector) as http,
        watcher.watching(http),
    ):
        cpu_s, began = server.cpu_s, time.monotonic()
        workers = [LoadClient(server, http, record) for _ in range(clients)]
        await asyncio.gather(*(worker.work(began + seconds) for worker in workers))
        took_s = time.monotonic() - began
        missed = await watcher.sees(record.completed)
        cpu_s, resident_bytes = server.cpu_s - cpu_s, server.resident_bytes
    if missed:
        record.fail(f"the watcher of all sessions was not told of the end of {len(missed)} tasks")
    if not record.completed:
        record.fail("no task was completed")
    record.failures += await asyncio.to_thread(_of_the_server, server)
    return Load(
        clients=clients,
        seconds=round(took_s, 2),
        python=platform.python_version(),
        cores=len(os.sched_getaffinity(0)),
        steps={name: Step.of(record.taken_s[name], took_s) for name in STEPS},
        events=len(record.taken_s[DELIVERED]),
        watched=watcher.events,
        cpu_cores=round(cpu_s / took_s, 2),
        resident_bytes=resident_bytes,
        failures=record.failures,
    )


def _of_the_server(server: Server) -> list[str]:
    """Stop it, and return what is wrong with how it ended and what it logged."""
    code = server.stop()
    found = [f"the server ended with {code}"] if code != 0 else []
    return found + [f"logged: {line}" for line in server.log.splitlines() if TROUBLE.search(line)]
