"""The machine that runs the benchmarks: its cores and its limit of open files."""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Iterator
from typing import Final

CLIENTS: Final = 1000
SOCKETS: Final = 4 * CLIENTS
"""Three servers with `CLIENTS` each, whose sockets this process holds, and some spare."""


def allow_many_sockets() -> None:
    """Raise the limit of open files as far as may be. Raises: SystemExit, if that is not enough."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if most != resource.RLIM_INFINITY and most < SOCKETS:
        raise SystemExit(f"at most {most} open files are allowed here (ulimit -Hn); {SOCKETS} are needed")


@contextlib.contextmanager
def on_core(number: int) -> Iterator[None]:
    """Run this process, and what it starts, on one core only; does nothing where cores cannot be chosen."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {sorted(before)[number % len(before)]})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


SERVER_CORE: Final = 0
LOAD_CORE: Final = 1
