"""TCP ports on which processes listen, each in its own network. Source: proc(5), `/proc/pid/net/tcp`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

_LISTENING: Final = "0A"
_STATE: Final = 3
_INODE: Final = 9


def listening_ports(processes: Iterable[int]) -> list[int]:
    """Return the ports of these processes' listening sockets; processes that have ended are ignored."""
    found: set[int] = set()
    for process in processes:
        try:
            held = set(_sockets(process))
            for table in ("tcp", "tcp6"):
                listed = listening(Path(f"/proc/{process}/net/{table}").read_text())
                found |= {port for inode, port in listed if inode in held}
        except OSError:
            continue
    return sorted(found)


def _sockets(process: int) -> Iterator[str]:
    """Yield the inodes of a process's sockets."""
    with os.scandir(f"/proc/{process}/fd") as entries:
        for entry in entries:
            target = os.readlink(entry.path)
            if target.startswith("socket:["):
                yield target[len("socket:[") : -1]


def listening(table: str) -> Iterator[tuple[str, int]]:
    """Yield inode and port of every listening socket in a table of the kernel."""
    for line in table.splitlines():
        columns = line.split()
        if len(columns) > _INODE and columns[_STATE] == _LISTENING:
            yield columns[_INODE], int(columns[1].rpartition(":")[2], 16)
