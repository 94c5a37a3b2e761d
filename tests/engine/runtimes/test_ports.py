"""What the kernel says about listening sockets is read with address and port."""

from __future__ import annotations

import pytest

from roocode_server.engine.runtimes.ports import in_order, listening
from roocode_server.models.process import ListeningPort

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"


def line(local: str, state: str = "0A", inode: int = 7) -> str:
    """A row of `/proc/net/tcp` or `tcp6`."""
    return f"   0: {local} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000 0 0 {inode} 1"


@pytest.mark.parametrize(
    ("local", "address"),
    [
        ("0100007F:1F90", "127.0.0.1"),
        ("00000000:1F90", "0.0.0.0"),  # noqa: S104
        ("0B02A8C0:1F90", "192.168.2.11"),
        ("00000000000000000000000000000000:1F90", "::"),
        ("00000000000000000000000001000000:1F90", "::1"),
        ("B80D0120000000000000000001000000:1F90", "2001:db8::1"),
        ("0000000000000000FFFF00000100007F:1F90", "127.0.0.1"),
    ],
)
def test_an_address_is_read(local: str, address: str) -> None:
    table = "\n".join([HEAD, line(local), line(local, state="01")])
    assert list(listening(table)) == [("7", ListeningPort(port=8080, address=address))]


def test_listeners_are_told_once_by_port() -> None:
    low, high = ListeningPort(port=80, address="::"), ListeningPort(port=8080, address="127.0.0.1")
    assert in_order([high, low, high]) == [low, high]
