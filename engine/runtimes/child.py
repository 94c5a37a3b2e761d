"""A started program as those see it who follow it to its end, wherever it runs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How a program ended (the code is 128 + the signal's number after a signal), and what it used.

    What children used counts once they have been waited for.
    """

    code: int
    peak_memory_bytes: int
    cpu_s: float
    is_out_of_memory: bool = False
    """The kernel has killed something of it for memory."""


class Readable(Protocol):
    """What a program prints on one stream."""

    async def read(self, most: int, /) -> bytes:
        """The next bytes; none at the end."""
        ...


class Child(Protocol):
    """A program with everything that it starts."""

    ended: asyncio.Event

    @property
    def end(self) -> End | None:
        """How it ended; whole once it is closed."""
        ...

    async def begin(self) -> tuple[Readable, Readable]:
        """Let it run; what it prints on stdout and stderr. Raises: OSError, RuntimeUnavailable."""
        ...

    async def write(self, content: bytes) -> None:
        """Give it input. Raises: OSError, once it no longer reads."""
        ...

    def close_input(self) -> None:
        """Let it see that no more input comes."""
        ...

    def is_out_of_memory(self) -> bool:
        """Whether it is known by now that the kernel has killed something of it for memory."""
        ...

    def kill(self) -> None:
        """Kill all that it has started, so that it ends."""
        ...

    async def terminate(self) -> None:
        """Ask it, and all that it has started, to end (SIGTERM)."""
        ...

    async def ports(self) -> list[int]:
        """The TCP ports that it, and all that it has started, listen on."""
        ...

    async def end_stragglers(self) -> None:
        """Once it has ended: kill what it has left behind."""
        ...

    def close_pipes(self) -> None:
        """Hear nothing more of it."""
        ...

    async def close(self) -> None:
        """End whatever is left of it and let go of everything."""
        ...
