"""The measured servers, each in a separate process: this one and its two peers."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

import psutil

from bench.figure import OURS
from bench.machine import SERVER_CORE, on_core

BARE: Final = "bare python-socketio"
NODE: Final = "Node socket.io"
READY: Final = " ready on "
SETTLED: Final = "settled"
PEERS: Final = Path(__file__).parent / "peers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server. `auth` is what its clients connect with."""

    name: str
    url: str
    process: subprocess.Popen[str]
    started_in_s: float
    auth: Mapping[str, Any]
    errors: IO[str]

    @property
    def cpu_s(self) -> float:
        """Return the CPU time it has used, in user and system mode."""
        used = psutil.Process(self.process.pid).cpu_times()
        return float(used.user + used.system)

    @property
    def resident_bytes(self) -> int:
        return int(psutil.Process(self.process.pid).memory_info().rss)

    @property
    def log(self) -> str:
        """Return what it has written to stderr so far."""
        self.errors.seek(0)
        return self.errors.read()

    def settled_bytes(self) -> tuple[int, int]:
        """Return the resident bytes after releasing free memory, and those of SQLite; for a server run by
        `bench.resting`.

        Raises: ProcessLookupError, if it has ended.
        """
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        for line in self.process.stdout:
            if line.startswith(SETTLED):
                return self.resident_bytes, int(line.split()[1])
        raise ProcessLookupError("the server did not live")

    def stop(self) -> int:
        """Ask it to stop, kill it if it does not, and return its exit code; after a signal, its number
        negated.
        """
        return _stop(self.process)


@contextlib.contextmanager
def roocode(data_dir: Path, *, is_pinned: bool = True) -> Iterator[Server]:
    """Run the real command on a data directory, as the administrator whom its first start creates.

    If it is pinned to a core, so are the programs it starts.
    """
    command = Path(sys.executable).with_name("roocode-server")
    arguments = [str(command), "serve", "--port", "0", "--data-dir", str(data_dir)]
    with _process(OURS, arguments, lambda: _admin(data_dir), is_pinned=is_pinned) as server:
        yield server


@contextlib.contextmanager
def resting_roocode(data_dir: Path, *, leaked_bytes: int = 0) -> Iterator[Server]:
    """As `roocode`, not pinned, with `settled_bytes`; it loses bytes at each call if told to, so that a check
    must fail.
    """
    arguments = [sys.executable, "-m", "bench.resting", str(leaked_bytes)]
    arguments += ["serve", "--port", "0", "--data-dir", str(data_dir)]
    with _process(OURS, arguments, lambda: _admin(data_dir), is_pinned=False) as server:
        yield server


@contextlib.contextmanager
def fresh_roocode() -> Iterator[Server]:
    """As `roocode`, with a temporary data directory."""
    with (
        tempfile.TemporaryDirectory(prefix="roocode-bench-") as folder,
        roocode(Path(folder) / "data") as server,
    ):
        yield server


@contextlib.contextmanager
def configured(settings: Mapping[str, str]) -> Iterator[None]:
    """Have servers of ours that are started within the block follow these environment variables."""
    os.environ.update(settings)
    try:
        yield
    finally:
        for name in settings:
            del os.environ[name]


@contextlib.contextmanager
def bare() -> Iterator[Server]:
    """Run python-socketio on aiohttp and nothing else."""
    with _process(BARE, [sys.executable, str(PEERS / "bare.py")], dict) as server:
        yield server


@contextlib.contextmanager
def node() -> Iterator[Server]:
    """Run Node's socket.io and nothing else. Raises: SystemExit, if Node is not installed."""
    command = shutil.which("node")
    if command is None:
        raise SystemExit("node is needed for this comparison: make clients")
    with _process(NODE, [command, str(PEERS / "node.cjs")], dict) as server:
        yield server


@contextlib.contextmanager
def _process(
    name: str,
    arguments: Sequence[str],
    credentials: Callable[[], dict[str, Any]],
    *,
    is_pinned: bool = True,
) -> Iterator[Server]:
    with tempfile.TemporaryFile("w+") as errors:
        began = time.perf_counter()
        with on_core(SERVER_CORE) if is_pinned else contextlib.nullcontext():
            process = subprocess.Popen(
                arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=_environment(),
            )
        try:
            url = _wait_until_ready(process)
            took_s = time.perf_counter() - began
            if not url:
                errors.seek(0)
                raise SystemExit(f"{name} did not start:\n{errors.read()}")
            yield Server(
                name=name,
                url=url,
                process=process,
                started_in_s=took_s,
                auth=credentials(),
                errors=errors,
            )
        finally:
            _stop(process)


def _environment() -> dict[str, str]:
    """Return this process's environment, with bytecode cached between starts, as by default."""
    return {name: content for name, content in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _wait_until_ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        _, found, url = line.strip().partition(READY)
        if found:
            return url
    return ""


def _stop(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    return process.returncode


def _admin(data_dir: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((data_dir / "admin.json").read_text())
    return {"token": content["apiKey"]}
