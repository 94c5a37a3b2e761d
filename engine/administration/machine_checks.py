"""Checks of the machine alone: whatever the settings are, a server needs this."""

from __future__ import annotations

import asyncio
import ctypes
import platform
import resource
import sys
from collections.abc import Sequence
from typing import Final

from roocode_server.models.diagnosis import Finding

OLDEST_PYTHON: Final = (3, 11)
NEWEST_PYTHON: Final = (3, 14)
"""The last for which the dependencies are locked; `requirements/` has them."""
PROCESSORS: Final = ("x86_64", "aarch64")
DESCRIPTORS_BESIDES: Final = 512
"""File descriptors for all that is no caller's socket: the database, workspaces, commands."""

_TIMEX_BYTES: Final = 512  # more than `struct timex` has anywhere
_UNSYNCHRONISED: Final = 5  # TIME_ERROR


async def check_machine(most_connections: int | None) -> Sequence[Finding]:
    """Look at Python, the system, the clock and the limit of open files.

    `most_connections` is how many sockets callers may have open in all; None: as many as they like.
    """
    clock = await asyncio.to_thread(_clock)
    return [_python(sys.version_info[:2]), _system(), clock, _descriptors(most_connections)]


def _python(version: tuple[int, int]) -> Finding:
    found = platform.python_version()
    oldest, newest = (".".join(map(str, each)) for each in (OLDEST_PYTHON, NEWEST_PYTHON))
    if version < OLDEST_PYTHON:
        return Finding.bad("python", found, f"Install Python {oldest} or newer.")
    if version > NEWEST_PYTHON:
        return Finding.lacking(
            "python", f"{found}, newer than any that is known to work", f"Use Python {oldest} to {newest}."
        )
    return Finding.good("python", f"{found} at {sys.executable}")


def _system() -> Finding:
    system, processor = platform.system(), platform.machine()
    found = f"{system} {platform.release()} on {processor}"
    if system != "Linux":
        return Finding.bad("system", found, "The server runs on Linux: use a virtual machine or a container.")
    if processor not in PROCESSORS:
        return Finding.lacking(
            "system", found, f"Packages are locked for {' and '.join(PROCESSORS)}; others may not install."
        )
    return Finding.good("system", found)


def _clock() -> Finding:
    """Ask the kernel whether something keeps the clock right. Source: adjtimex(2)."""
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    if state == _UNSYNCHRONISED:
        return Finding.lacking(
            "clock",
            "nothing keeps it right, as far as the kernel knows",
            "Run chrony or systemd-timesyncd, unless the machine around this one sees to it: a clock that is "
            "minutes off makes sign-ins and webhooks' signatures fail.",
        )
    if state < 0:
        return Finding.lacking(
            "clock", "the kernel does not say whether it is kept right", "See to it yourself."
        )
    return Finding.good("clock", "kept right")


def _descriptors(most_connections: int | None) -> Finding:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return Finding.good("open files", "any number")
    room = max(soft - DESCRIPTORS_BESIDES, 0)
    if most_connections is None or room >= most_connections:
        return Finding.good("open files", f"{soft} at most")
    return Finding.lacking(
        "open files",
        f"{soft} at most: enough for about {room} sockets, and limits.all_connections allows "
        f"{most_connections}",
        f"Raise the limit (`ulimit -n {most_connections + DESCRIPTORS_BESIDES}`; in systemd "
        "`LimitNOFILE=`), or lower limits.all_connections.",
    )
