"""The installed command, forked from a process that has imported it already.

To import the server takes two seconds of processor time, and its schemas half of one: a process of this
worker imports and makes them once, and every server of a test is a fork of that. The command itself is
started by `test_command.py`, `test_demo.py`, `test_installed.py` and `test_extras.py`.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    ["__main__", "roocode_server.server.commands.serving", "tests.support.started"]
)


class ForkedCommand:
    """`roocode-server` with these arguments: what tests need of `subprocess.Popen`."""

    def __init__(self, arguments: Sequence[str], *, env: Mapping[str, str], cwd: Path, stderr: Path) -> None:
        reading, writing = _context.Pipe(duplex=False)
        self._process = _context.Process(target=_run, args=(arguments, dict(env), cwd, stderr, writing))
        self._process.start()
        writing.close()
        self.stdout = io.TextIOWrapper(io.FileIO(os.dup(reading.fileno())))
        reading.close()
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, once it has ended. Raises: subprocess.TimeoutExpired."""
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            assert timeout is not None
            raise subprocess.TimeoutExpired("roocode-server", timeout)
        return code

    def send_signal(self, number: int) -> None:
        """Nothing happens if it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it without asking."""
        self.send_signal(signal.SIGKILL)


def _run(
    arguments: Sequence[str], env: Mapping[str, str], cwd: Path, stderr: Path, stdout: Connection
) -> None:
    """What the fork does: become the command."""
    from roocode_server.models import event
    from roocode_server.server import identity
    from roocode_server.server.cli import main

    # What is drawn once a process: forks of one would all have it alike.
    event.EPOCH = secrets.token_hex(4)  # type: ignore[misc]
    identity._run = secrets.token_hex(4)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    log = os.open(stderr, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(log, 2)
    os.close(log)
    os.dup2(stdout.fileno(), 1)
    stdout.close()
    sys.argv = ["roocode-server", *arguments]
    main(prog_name="roocode-server")
