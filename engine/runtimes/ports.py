"""TCP ports that processes listen on, each seen in its own network. Source: proc(5), `/proc/pid/net/tcp`."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

_LISTENING: Final = "0A"


def listening_ports(processes: Iterable[int]) -> list[int]:
    """The ports of the sockets that these processes hold open; those that have ended meanwhile hold none."""
    found: set[int] = set()
    for process in processes:
        try:
            held = set(_sockets(process))
            for table in ("tcp", "tcp6"):
                listed = _listed(Path(f"/proc/{process}/net/{table}"))
                found |= {port for inode, port in listed if inode in held}
        except OSError:
            continue
    return sorted(found)


def _sockets(process: int) -> Iterator[str]:
    """The inodes of a process's sockets."""
    with os.scandir(f"/proc/{process}/fd") as entries:
        for entry in entries:
            target = os.readlink(entry.path)
            if target.startswith("socket:["):
                yield target[len("socket:[") : -1]


def _listed(table: Path) -> Iterator[tuple[str, int]]:
    for line in table.read_text().splitlines()[1:]:
        columns = line.split()
        if columns[3] == _LISTENING:
            yield columns[9], int(columns[1].rpartition(":")[2], 16)
