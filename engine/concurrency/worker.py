"""Worker processes for untrusted input, with limits on time and memory.

No pattern, text or document from a caller is processed without limits in this process, which serves other
callers: a thread cannot be killed, and shares its interpreter with all of them. A piece of work is a function
of a module with few imports. Its process is forked in a few milliseconds from one that has the module loaded
(engine/concurrency/fork_server.py), is limited in processor time and memory, and is killed when its caller is
cancelled.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import pickle
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final
from weakref import WeakKeyDictionary, WeakValueDictionary

from roocode_server.engine.concurrency.shield import run_to_completion

WORKER_CPU_S: Final = 10
WORKER_MEMORY_BYTES: Final = 1_073_741_824
WORKER_TIMEOUT_S: Final = 60.0
"""How long work may take on a busy machine, where it gets little processor time."""
MOST_WORKERS: Final = 8
MOST_LONG_WORKERS: Final = 4
"""Workers that may take minutes; they have places of their own, so that no short work waits for them."""
MOST_WORKERS_OF_ONE: Final = 2
"""Workers of one owner; further work of that owner waits, without delaying other owners."""

_LARGE_BYTES: Final = 262_144


class Exhausted(Exception):
    """The worker was killed: it used more time or memory than it may. The argument is `time` or `memory`."""


async def run_in_worker(
    work: Callable[..., Any],
    *arguments: object,
    owner: str,
    cpu_s: int = WORKER_CPU_S,
    memory_bytes: int = WORKER_MEMORY_BYTES,
    patience_s: float = WORKER_TIMEOUT_S,
    descriptors: Sequence[int] = (),
    is_long: bool = False,
) -> Any:
    """Run `work(*arguments)` in another process and return its result, converted to JSON and back.

    So a tuple comes back as a list. The process is killed if the caller is cancelled. `owner` identifies whom
    the work is for; each owner has at most `MOST_WORKERS_OF_ONE` workers at a time. Open `descriptors` are
    handed to the process and follow the arguments, under numbers of its own; it has ended when this returns.
    `is_long` marks work that may take minutes.

    Raises: Exhausted; OSError, if the work raised it.
    """
    request = pickle.dumps((work, arguments, cpu_s, memory_bytes))
    async with AsyncExitStack() as turn:
        for each in _turns(owner, is_long=is_long):
            await turn.enter_async_context(each)
        async with _adopted(work.__module__, descriptors) as call:
            try:
                async with asyncio.timeout(patience_s):
                    answer = await _asked(call, request)
            except TimeoutError:
                raise Exhausted("time") from None
    return await _understood(answer)


@asynccontextmanager
async def _adopted(module: str, descriptors: Sequence[int]) -> AsyncIterator[socket.socket]:
    """A socket to a new process with the module loaded, which has ended after the block."""
    ours, theirs = socket.socketpair()
    ended, alive = os.pipe()
    try:
        with ours:
            try:
                _nursery.adopt(module, [theirs.fileno(), *descriptors, alive])
            finally:
                theirs.close()
                os.close(alive)
            yield ours
    finally:
        try:
            if descriptors:  # it no longer uses them when this returns
                await run_to_completion(asyncio.to_thread(os.read, ended, 1))
        finally:
            os.close(ended)


async def _asked(call: socket.socket, request: bytes) -> bytes:
    """Return the answer as far as it was received; empty if the process was killed."""
    loop = asyncio.get_running_loop()
    call.setblocking(False)
    pieces = []
    try:
        await loop.sock_sendall(call, request)
        call.shutdown(socket.SHUT_WR)
        while piece := await loop.sock_recv(call, _LARGE_BYTES):
            pieces.append(piece)
    except ConnectionError:
        return b""
    return b"".join(pieces)


async def _understood(answer: bytes) -> Any:
    if not answer:
        raise Exhausted("time")
    large = len(answer) > _LARGE_BYTES
    told = await asyncio.to_thread(json.loads, answer) if large else json.loads(answer)
    if "exhausted" in told:
        raise Exhausted(told["exhausted"])
    if "errno" in told:
        raise OSError(told["errno"], told["reason"])
    if "failure" in told:
        raise RuntimeError(f"work that was done apart has failed\n{told['failure']}")
    return told["result"]


class _ForkServer:
    """The program that forks the workers: started when first needed, and restarted if it has exited."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: socket.socket | None = None
        self._starting = threading.Lock()

    def adopt(self, module: str, descriptors: Sequence[int]) -> None:
        """Have a process forked, with this module loaded, that serves the socket `call`."""
        with self._starting:
            try:
                socket.send_fds(self._channel or self._start(), [module.encode()], descriptors)
            except ConnectionError:
                self._end()
                socket.send_fds(self._start(), [module.encode()], descriptors)

    def close(self) -> None:
        """Stop the program; its workers exit once their callers are gone."""
        with self._starting:
            self._end()

    def _start(self) -> socket.socket:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - a module of ours
                [sys.executable, "-m", "roocode_server.engine.concurrency.fork_server", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env={"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
                cwd="/",
                start_new_session=True,
            )
        return self._channel

    def _end(self) -> None:
        if self._channel is not None:
            self._channel.close()
        if self._process is not None:
            self._process.wait()
        self._channel = self._process = None


class _Turns:
    """The semaphores of one event loop."""

    def __init__(self) -> None:
        self.all = asyncio.Semaphore(MOST_WORKERS)
        self.long = asyncio.Semaphore(MOST_LONG_WORKERS)
        self.owners: WeakValueDictionary[tuple[str, bool], asyncio.Semaphore] = WeakValueDictionary()


_loops: Final[WeakKeyDictionary[asyncio.AbstractEventLoop, _Turns]] = WeakKeyDictionary()
_nursery: Final = _ForkServer()
atexit.register(_nursery.close)


def _turns(owner: str, *, is_long: bool) -> tuple[asyncio.Semaphore, asyncio.Semaphore]:
    """Return the owner's semaphore and the common one, to be acquired in this order."""
    turns = _loops.setdefault(asyncio.get_running_loop(), _Turns())
    own = turns.owners.setdefault((owner, is_long), asyncio.Semaphore(MOST_WORKERS_OF_ONE))
    return own, turns.long if is_long else turns.all
