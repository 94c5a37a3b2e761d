"""The interface of a started program to those who supervise it, wherever it runs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

from roocode_server.models.process import ListeningPort


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a program ended, and what it used. After a signal, `code` is 128 + the signal's number.

    Use by child processes is included once they have been waited for.
    """

    code: int
    peak_memory_bytes: int
    cpu_s: float
    is_out_of_memory: bool = False
    """Whether the kernel has killed a process of it for lack of memory."""


class Readable(Protocol):
    """The output of a program on one stream."""

    async def read(self, most: int, /) -> bytes:
        """Return the next bytes; empty at the end."""
        ...


class Child(Protocol):
    """A program with everything that it starts."""

    ended: asyncio.Event

    @property
    def end(self) -> End | None:
        """How it ended; complete after `close`."""
        ...

    async def begin(self) -> tuple[Readable, Readable]:
        """Start it; returns its stdout and stderr. Raises: OSError, RuntimeUnavailable."""
        ...

    async def write(self, content: bytes) -> None:
        """Write to its stdin. Raises: OSError, if it no longer reads."""
        ...

    def close_input(self) -> None:
        """Close its stdin."""
        ...

    def is_out_of_memory(self) -> bool:
        """Whether the kernel is already known to have killed a process of it for lack of memory."""
        ...

    def kill(self) -> None:
        """Kill all that it has started, so that it ends."""
        ...

    async def terminate(self) -> None:
        """Send SIGTERM to it and all that it has started."""
        ...

    async def listeners(self) -> list[ListeningPort]:
        """Return the TCP ports, with their addresses, on which it, and all that it has started, listen."""
        ...

    async def end_stragglers(self) -> None:
        """After its end, kill what it has left behind."""
        ...

    def close_pipes(self) -> None:
        """Close its stdout and stderr."""
        ...

    async def close(self) -> None:
        """Kill what is left of it and release all its resources."""
        ...
