"""What the kernel tells of processes. Source: proc(5)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")
_STATE, _PARENT, _USER, _SYSTEM, _STARTED, _RESIDENT = 0, 1, 11, 12, 19, 21
"""Places of fields in `stat` after the name, which is in brackets and may contain anything."""

_ENDED: Final = frozenset("ZXx")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStat:
    """One line of `/proc/<pid>/stat`; `started_ticks`, since the machine's start, tells a reused pid."""

    pid: int
    parent: int
    name: str
    state: str
    cpu_s: float
    started_ticks: int
    resident_bytes: int

    @property
    def has_ended(self) -> bool:
        """Whether it has ended, and only its parent has not taken notice."""
        return self.state in _ENDED

    @property
    def started_s(self) -> float:
        """When it began, in seconds since 1970."""
        return psutil.boot_time() + self.started_ticks / _TICKS


def stat_of(pid: int) -> ProcessStat | None:
    """Return what the kernel counts of a process; None if there is none."""
    try:
        line = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    head, _, tail = line.rpartition(b")")
    fields = tail.split()
    return ProcessStat(
        pid=pid,
        parent=int(fields[_PARENT]),
        name=head.partition(b"(")[2].decode(errors="replace"),
        state=fields[_STATE].decode(),
        cpu_s=(int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS,
        started_ticks=int(fields[_STARTED]),
        resident_bytes=int(fields[_RESIDENT]) * _PAGE_BYTES,
    )


def command_line_of(pid: int) -> list[str]:
    """Return a process's words; empty for a kernel thread, and for one that has ended."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return []
    return words.removesuffix("\0").split("\0") if words else []


def working_directory_of(pid: int) -> str | None:
    """Return where a process works, as it sees it itself; None if this server may not know."""
    try:
        folder = Path(f"/proc/{pid}/cwd").readlink()
    except OSError:
        return None
    return os.fsencode(folder).decode(errors="replace")
