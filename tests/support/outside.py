"""Another machine, which programs with network access can reach: a separate network namespace."""

from __future__ import annotations

import fcntl
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

OURS, THEIRS = "198.51.100.1", "198.51.100.2"
"""The addresses of this machine and the other one, reserved for documentation. Source: RFC 5737."""

TURN = Path(tempfile.gettempdir()) / "roocode-test-other-machine"

_RELAY = """
import ctypes, os, socket, sys, threading
setns = ctypes.CDLL(None, use_errno=True).setns
own, other = (os.open(f"/proc/{which}/ns/net", os.O_RDONLY) for which in ("self", sys.argv[1]))
assert setns(other, 0) == 0
server = socket.create_server((sys.argv[2], 0))
assert setns(own, 0) == 0
print(server.getsockname()[1], flush=True)

def carry(source, target):
    while piece := source.recv(65536):
        target.sendall(piece)
    target.shutdown(socket.SHUT_WR)

while True:
    came, _ = server.accept()
    gone = socket.create_connection(("127.0.0.1", int(sys.argv[3])))
    for pair in ((came, gone), (gone, came)):
        threading.Thread(target=carry, args=pair, daemon=True).start()
"""


class OtherMachine:
    """The other machine: its address and its services."""

    address = THEIRS
    ours = OURS

    def __init__(self, opened: ExitStack) -> None:
        self._opened = opened
        held = subprocess.Popen(
            ["unshare", "--net", "--", "sh", "-c", "echo; read -r word"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        opened.callback(_end, held)
        assert held.stdout is not None
        held.stdout.readline()
        self._holder = held.pid
        name, inside = f"rt{secrets.token_hex(4)}", ["nsenter", f"--target={held.pid}", "--net", "--"]
        for command in (
            ["ip", "link", "add", name, "type", "veth", "peer", "name", "outside", "netns", str(held.pid)],
            ["ip", "addr", "add", f"{OURS}/30", "dev", name],
            ["ip", "link", "set", name, "up"],
            [*inside, "ip", "addr", "add", f"{THEIRS}/30", "dev", "outside"],
            [*inside, "ip", "link", "set", "outside", "up"],
        ):
            subprocess.run(command, check=True)

    def serve(self, port: int) -> int:
        """Serve a loopback port of this machine on the other one; return its port there."""
        relay = subprocess.Popen(
            [sys.executable, "-c", _RELAY, str(self._holder), THEIRS, str(port)], stdout=subprocess.PIPE
        )
        self._opened.callback(_end, relay)
        assert relay.stdout is not None
        return int(relay.stdout.readline())


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()


@pytest.fixture
def other_machine() -> Iterator[OtherMachine]:
    """Needs root. There is only one address, so tests that need it take turns on a machine."""
    if os.geteuid() != 0:
        pytest.skip("only root connects networks")
    with ExitStack() as opened:
        turn = opened.enter_context(TURN.open("w"))
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield OtherMachine(opened)
