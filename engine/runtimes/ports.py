"""TCP ports on which processes listen, each in its own network. Source: proc(5), `/proc/pid/net/tcp`."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from roocode_server.models.process import ListeningPort

_LISTENING: Final = "0A"
_LOCAL: Final = 1
_STATE: Final = 3
_INODE: Final = 9


def listeners_of(processes: Iterable[int]) -> list[ListeningPort]:
    """Return ports and addresses of these processes' listening sockets; those that have ended have none."""
    found: set[ListeningPort] = set()
    for process in processes:
        try:
            if not (held := set(_sockets(process))):
                continue
            for table in ("tcp", "tcp6"):
                listed = listening(Path(f"/proc/{process}/net/{table}").read_text())
                found |= {listener for inode, listener in listed if inode in held}
        except OSError:
            continue
    return in_order(found)


def in_order(listeners: Iterable[ListeningPort]) -> list[ListeningPort]:
    """Return each once, by port."""
    return sorted(set(listeners), key=lambda each: (each.port, each.address))


def _sockets(process: int) -> Iterator[str]:
    """Yield the inodes of a process's sockets."""
    with os.scandir(f"/proc/{process}/fd") as entries:
        for entry in entries:
            target = os.readlink(entry.path)
            if target.startswith("socket:["):
                yield target[len("socket:[") : -1]


def listening(table: str) -> Iterator[tuple[str, ListeningPort]]:
    """Yield inode, port and address of every listening socket in a table of the kernel."""
    for line in table.splitlines():
        columns = line.split()
        if len(columns) > _INODE and columns[_STATE] == _LISTENING:
            yield columns[_INODE], _listener(columns[_LOCAL])


def _listener(local: str) -> ListeningPort:
    """Parse a local address: words of 32 bits as this machine has them in memory, a colon, the port."""
    host, _, port = local.rpartition(":")
    words = (int(host[first : first + 8], 16) for first in range(0, len(host), 8))
    address = ipaddress.ip_address(b"".join(word.to_bytes(4, sys.byteorder) for word in words))
    mapped = getattr(address, "ipv4_mapped", None)
    return ListeningPort(port=int(port, 16), address=str(mapped or address))
