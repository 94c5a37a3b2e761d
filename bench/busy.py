"""One session in which everything is done at once: commands, processes, terminals, files, checkpoints, tasks.

Each kind of work runs in a loop of its own and compares every content it gets with what it expects.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.wire import Client, Refused

PATIENCE_S: Final = 240.0
"""The time limit for anything that must happen.

A task makes some twenty commits in a row, and each waits for a disk that others use, too.
"""
POLL_S: Final = 0.03
TASK_POLL_S: Final = 0.2
"""A task takes seconds: to ask after it more often would be most of what the server does."""
MOST_FAILURES: Final = 5
"""After this many mistakes, one kind of work of a session gives up."""
PRIMES: Final = "2 3 5 7 11 13 17 19 23 29 31 37 41 43 47"
FILES: Final = ("a.txt", "deep/er/b.txt", "c.txt")
PRINTED: Final = 40
"""The lines that a process prints.

Those of a hundred processes per session are kept, and must not dominate the growth.
"""
FINAL: Final = {"completed", "failed", "cancelled"}


class Wrong(Exception):
    """An answer is not as expected."""


@dataclass
class Tally:
    """What all sessions have done, and what has gone wrong."""

    rounds: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


class BusySession:
    """A session, the client that works in it, and its workspace on the disk."""

    def __init__(self, client: Client, session_id: str, workspace: Path, tally: Tally, seed: int) -> None:
        self._client = client
        self._place = {"sessionId": session_id}
        self._workspace = workspace
        self._tally = tally
        self._random = random.Random(seed)
        self._checkpoint: str | None = None
        self._numbers = itertools.count(1)

    async def prepare(self) -> None:
        """Create the files that are changed later."""
        for path in ("seen.txt", "saved.txt", *FILES):
            await self._call("file.create", path=path, content="")

    async def work(self, seconds: float, pause_s: float = 0) -> None:
        """Do everything at once for this long; work that has begun is completed. Between two rounds of a kind
        there is a pause.
        """
        end = time.monotonic() + seconds
        kinds = (self.command, self.process, self.terminal, self.files, self.checkpoint, self.task)
        await asyncio.gather(*(self._again(kind, end, pause_s) for kind in kinds))

    async def command(self) -> None:
        """Run a command: its output, long or short, must be complete, and it must see what was written
        before.
        """
        token, lines = self._token(), self._random.choice((1, 40, 4000))
        await self._update("seen.txt", token)
        where = self._random.choice(("", " >&2"))
        line = f"{{ cat seen.txt; seq -f '{token} %.0f' {lines}; }}{where}; exit 3"
        done = await self._call("shell.exec", cmd=line)
        printed = "".join(f"{token} {number}\n" for number in range(1, lines + 1))
        _check(done["exitCode"] == 3 and done["output"] == token + printed, done)

    async def process(self) -> None:
        """Start a process that prints and keeps running, and stop it."""
        token = self._token()
        line = f"seq -f '{token} %.0f' {PRINTED}; exec sleep 600"
        started = await self._call("process.start", command=line)
        number = {"pid": started["process"]["pid"]}
        printed = "".join(f"{token} {number}\n" for number in range(1, PRINTED + 1))
        await self._until("process.logs", number, lambda answer: answer["logs"] == printed, lines=10_000)
        stopped = await self._call("process.stop", **number, force=True)
        _check(stopped["process"]["status"] == "stopped", stopped)

    async def terminal(self) -> None:
        """Open a terminal, type into its shell, resize it, and close it or let it end."""
        opened = await self._call("terminal.open", command="exec sh")
        terminal = {"terminalId": opened["terminal"]["id"]}
        first, second = self._random.randrange(10**5, 10**6), self._random.randrange(10**5, 10**6)
        await self._call("terminal.input", **terminal, data=f"echo $(({first} * {second}))\r")
        await self._until("terminal.get", terminal, lambda answer: str(first * second) in answer["output"])
        await self._call("terminal.resize", **terminal, columns=100, rows=30)
        if self._random.random() < 0.5:
            await self._call("terminal.close", **terminal)
        else:
            await self._call("terminal.input", **terminal, data="exit\r")
        await self._until("terminal.list", {}, lambda answer: terminal["terminalId"] not in str(answer))

    async def files(self) -> None:
        """Write files, and compare what readers, the disk and a search find in them."""
        for path in FILES:
            token = self._token()
            content = f"{token}\n" * self._random.choice((1, 50, 2000))
            await self._update(path, content)
            _check((self._workspace / path).read_text() == content, f"{path} on the disk")
            _check((await self._call("file.read", path=path))["content"] == content, path)
        found = await self._call("search.text", pattern=token)
        _check("c.txt" in str(found), found)
        listed = await self._call("file.list", recursive=True)
        _check({"a.txt", "c.txt"} <= {entry["name"] for entry in listed["files"]}, listed)

    async def checkpoint(self) -> None:
        """Create two checkpoints, and compare the reported change of a file with the real one."""
        token = self._token()
        await self._update("saved.txt", f"{token}\n")
        made = await self._call("checkpoint.create", reason=token)
        _check(made["checkpoint"]["reason"] == token, made)
        if self._checkpoint is not None:
            pair = {"checkpointId": self._checkpoint, "to": made["checkpoint"]["id"]}
            _check("saved.txt" in str(await self._call("checkpoint.compare", **pair)), pair)
        self._checkpoint = made["checkpoint"]["id"]

    async def task(self) -> None:
        """Run a task that writes a script, runs it, changes it and runs it again."""
        made = await self._call("task.create", input="Write and run a script for prime numbers")
        task = {"taskId": made["task"]["id"]}
        done = await self._until(
            "task.get", task, lambda answer: answer["task"]["status"] in FINAL, every_s=TASK_POLL_S
        )
        _check(done["task"]["status"] == "completed" and PRIMES in str(done), done)
        _check("LIMIT = 50" in (self._workspace / "primes.py").read_text(), "primes.py on the disk")

    async def restore(self) -> None:
        """Restore a checkpoint while nothing else happens: a changed file must get its content back."""
        before, after = self._token(), self._token()
        await self._update("saved.txt", before)
        made = await self._call("checkpoint.create", reason=before)
        await self._update("saved.txt", after)
        await self._call("checkpoint.restore", checkpointId=made["checkpoint"]["id"])
        _check((await self._call("file.read", path="saved.txt"))["content"] == before, "saved.txt")

    async def count(self, kind: Callable[[], Awaitable[None]]) -> bool:
        """Do one round; return whether everything was as expected."""
        try:
            await kind()
        except (Wrong, Refused, TimeoutError, OSError) as failure:
            told = str(failure) or "no answer"
            self._tally.failures.append(f"{kind.__name__}: {type(failure).__name__}: {told[:500]}")
            return False
        self._tally.rounds[kind.__name__] += 1
        return True

    async def _again(self, kind: Callable[[], Awaitable[None]], end: float, pause_s: float) -> None:
        failures = 0
        while time.monotonic() < end and failures < MOST_FAILURES:
            failures += not await self.count(kind)
            await asyncio.sleep(max(POLL_S, min(pause_s, end - time.monotonic())))

    async def _update(self, path: str, content: str) -> None:
        await self._call("file.update", path=path, content=content)

    async def _call(self, name: str, **raw: Any) -> Any:
        return await self._client.call(name, {**self._place, **raw})

    async def _until(
        self,
        name: str,
        about: dict[str, Any],
        holds: Callable[[Any], bool],
        *,
        every_s: float = POLL_S,
        **raw: Any,
    ) -> Any:
        """Return the first answer that satisfies a condition."""
        answer = None
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not holds(answer := await self._call(name, **about, **raw)):
                    await asyncio.sleep(every_s)
        except TimeoutError:
            raise Wrong(f"{name} never came to it: {answer!r}") from None
        return answer

    def _token(self) -> str:
        return f"{self._place['sessionId'][-8:]}-{next(self._numbers)}-{self._random.randrange(10**9)}"


def _check(holds: bool, answer: object) -> None:
    if not holds:
        raise Wrong(repr(answer))
