"""Limits of a task and its subtasks together: time, requests, cost. Waiting for people uses no time, except
that of a deadline.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType

from roocode_server.models.usage import TokenUsage


@dataclass(slots=True)
class Ledger:
    """What a task and all its subtasks have used together; cost in US dollars."""

    requests: int = 0
    cost: float = 0.0
    subtasks: int = 0
    confirmed_requests: int = 0
    confirmed_cost: float = 0.0
    """The figures when a person last confirmed that the task should go on."""
    spent: TokenUsage = field(default_factory=TokenUsage)
    """What all runs have used, failed requests and summaries included; a budget counts this."""

    def confirm(self) -> None:
        """Record that a person has confirmed that the task should go on."""
        self.confirmed_requests, self.confirmed_cost = self.requests, self.cost


class PausableTimeout:
    """A time limit, in seconds, that can be paused. Raises TimeoutError in the block when it is reached.

    A subtask's limit is at most what its parent has left; its use is deducted from the parent's.
    """

    def __init__(self, seconds: float, parent: PausableTimeout | None = None) -> None:
        self._seconds = min(seconds, parent.left_s) if parent is not None else seconds
        self._parent = parent
        self._timeout: asyncio.Timeout | None = None
        self._left_s = self._seconds

    @property
    def left_s(self) -> float:
        """Seconds left."""
        when = self._timeout.when() if self._timeout is not None else None
        return self._left_s if when is None else max(0.0, when - asyncio.get_running_loop().time())

    async def __aenter__(self) -> None:
        self._timeout = asyncio.timeout(self._seconds)
        await self._timeout.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._parent is not None:
            self._parent._left_s -= self._seconds - self.left_s
        if self._timeout is not None:
            await self._timeout.__aexit__(kind, failure, traceback)

    @contextlib.contextmanager
    def paused(self) -> Iterator[None]:
        """Pause the time limit while the block runs."""
        timeout, loop = self._timeout, asyncio.get_running_loop()
        when = timeout.when() if timeout is not None else None
        if timeout is None or when is None:
            yield
            return
        self._left_s = when - loop.time()
        timeout.reschedule(None)
        try:
            yield
        finally:
            if not timeout.expired():
                timeout.reschedule(loop.time() + self._left_s)


class Deadline:
    """A moment, in the loop's time, at which the block raises TimeoutError, whatever it waits for; None for
    never.
    """

    def __init__(self, at: float | None) -> None:
        self._at = at
        self._timeout: asyncio.Timeout | None = None

    def of_subtask(self) -> Deadline:
        """Return the deadline of a subtask, which is the same moment."""
        return Deadline(self._at)

    @property
    def has_passed(self) -> bool:
        """Whether the moment has come."""
        return self._at is not None and asyncio.get_running_loop().time() >= self._at

    async def __aenter__(self) -> None:
        self._timeout = asyncio.timeout_at(self._at)
        await self._timeout.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._timeout is not None:
            await self._timeout.__aexit__(kind, failure, traceback)

    @contextlib.contextmanager
    def left_to_subtask(self) -> Iterator[None]:
        """While the block runs, a subtask with the same deadline is the one that ends by it."""
        timeout = self._timeout
        if timeout is None or self._at is None or timeout.expired():
            yield
            return
        timeout.reschedule(None)
        try:
            yield
        finally:
            if not timeout.expired():
                timeout.reschedule(self._at)
