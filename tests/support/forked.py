"""The installed commands, forked from a process that has imported them already.

To import the server takes 2 s of processor time, its schemas 0.5 s, the client 0.5 s, and the libraries of
models' vendors 3 s: one process for all workers imports and makes them once, and every command of a test is a
fork of that. The commands themselves are started by `test_command.py` of both, `test_demo.py`,
`test_installed.py` and `test_extras.py`.
"""

from __future__ import annotations

import contextlib
import fcntl
import io
import multiprocessing
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import termios
import threading
from collections.abc import Mapping, Sequence
from importlib import import_module
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(
    [
        "__main__",
        "roocode.cli",
        "roocode.client",
        "roocode_server.server.commands.serving",
        "anthropic",
        "openai",
        "google.genai",
        "tests.support.started",
    ]
)
_server = forkserver._forkserver
_SHARED = "ROOCODE_TESTS_FORK_SERVER"
SERVER = "roocode-server"
CLIENT = "roocode"
_MODULES = {SERVER: "roocode_server.server.cli", CLIENT: "roocode.cli"}


def share_fork_server() -> None:
    """Have all workers that are started from here on fork from one process, which lives as long as this."""
    _server.ensure_running()
    assert _server._forkserver_address is not None
    os.environ[_SHARED] = _server._forkserver_address


if _SHARED in os.environ:
    _server._forkserver_address = os.environ[_SHARED]
    _server._forkserver_alive_fd = os.open(os.devnull, os.O_RDONLY)  # who shares it keeps it alive
    _server.ensure_running = resource_tracker.ensure_running  # type: ignore[method-assign]


class ForkedCommand:
    """A command with these arguments: what tests need of `subprocess.Popen`."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        stderr: Path,
        program: str = SERVER,
        stdin: Connection | None = None,
        terminal: Connection | None = None,
    ) -> None:
        """In a terminal, if one is given: a descriptor for all three streams, and for Ctrl-C."""
        self._program = program
        reading, writing = _context.Pipe(duplex=False)
        given = (program, arguments, dict(env), cwd, stdin, writing, stderr, terminal)
        self._process = _context.Process(target=_run, args=given)
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
            raise subprocess.TimeoutExpired(self._program, timeout)
        return code

    def send_signal(self, number: int) -> None:
        """Nothing happens if it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it without asking."""
        self.send_signal(signal.SIGKILL)


def run_to_the_end(
    arguments: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    program: str = SERVER,
    said: str = "",
    timeout: float = 60,
) -> subprocess.CompletedProcess[str]:
    """Run a command that reads what is said, as `subprocess.run` would.

    Raises: subprocess.TimeoutExpired.
    """
    with tempfile.TemporaryDirectory() as folder:
        complaints = Path(folder, "stderr")
        reading, writing = _context.Pipe(duplex=False)
        command = ForkedCommand(
            arguments, env=env, cwd=cwd, stderr=complaints, program=program, stdin=reading
        )
        reading.close()
        saying = threading.Thread(target=_say, args=(said.encode(), writing))
        late = threading.Timer(timeout, command.kill)
        saying.start()
        late.start()
        with command.stdout:
            printed = command.stdout.read()
        is_late = late.finished.is_set()
        late.cancel()
        saying.join()
        code = command.wait(timeout)
        if is_late:
            raise subprocess.TimeoutExpired([program, *arguments], timeout, printed, complaints.read_text())
        return subprocess.CompletedProcess([program, *arguments], code, printed, complaints.read_text())


def _say(content: bytes, listener: Connection) -> None:
    with contextlib.suppress(BrokenPipeError), open(os.dup(listener.fileno()), "wb") as said:
        listener.close()
        said.write(content)


def _run(
    program: str,
    arguments: Sequence[str],
    env: Mapping[str, str],
    cwd: Path,
    stdin: Connection | None,
    stdout: Connection,
    stderr: Path,
    terminal: Connection | None,
) -> None:
    """What the fork does: become the command."""
    from roocode_server.models import event
    from roocode_server.server import identity

    # What is drawn once a process: forks of one would all have it alike.
    event.EPOCH = secrets.token_hex(4)  # type: ignore[misc]
    identity._run = secrets.token_hex(4)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    if stdin is not None:
        os.dup2(stdin.fileno(), 0)
        stdin.close()
        sys.stdin = open(0, closefd=False)  # noqa: SIM115 - for as long as the process lives
    log = os.open(stderr, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(log, 2)
    os.close(log)
    os.dup2(stdout.fileno(), 1)
    stdout.close()
    if terminal is not None:
        _sit_at(terminal)
    sys.argv = [program, *arguments]
    import_module(_MODULES[program]).main(prog_name=program)


def _sit_at(terminal: Connection) -> None:
    """Make this the first process of a terminal, with streams as Python opens them there."""
    os.setsid()
    fcntl.ioctl(terminal.fileno(), termios.TIOCSCTTY, 0)
    for standard in (0, 1, 2):
        os.dup2(terminal.fileno(), standard)
    terminal.close()
    sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False))
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), line_buffering=True)
    errors = io.FileIO(2, "w", closefd=False)
    sys.stderr = io.TextIOWrapper(errors, errors="backslashreplace", line_buffering=True)
