"""A program that begins a process for each piece of work, and ends when its server does.

See engine/concurrency/worker.py.

Run as `python -m roocode_server.engine.concurrency.fork_server CHANNEL`, the descriptor of a socket. Each
message on it names a module and brings another socket: the work and its bounds come over that one, pickled,
until its end; the answer goes back as JSON. The kernel ends the work: when it has used up its time, and when
nobody waits for it any more.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import json
import os
import pickle
import resource
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

_NICENESS: Final = 10
_LONGEST_NAME: Final = 4096
_PIECE_BYTES: Final = 1_048_576


def main(channel: int) -> None:
    """Begin a process for each message, until the server is gone."""
    os.nice(_NICENESS)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel forgets those that have ended
    with socket.socket(fileno=channel) as calls:
        while True:
            name, descriptors, _, _ = socket.recv_fds(calls, _LONGEST_NAME, 1)
            if not name:
                return
            importlib.import_module(name.decode())  # once, and not in each process
            gc.freeze()
            with socket.socket(fileno=descriptors[0]) as call:
                try:
                    is_new = os.fork() == 0
                except OSError:  # no process is to be had now: the caller sees the call end
                    traceback.print_exc()
                    continue
                if is_new:
                    calls.close()
                    _attend(call)


def _attend(call: socket.socket) -> None:
    """Do the work of this process, which ends with it."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        work, arguments, cpu_s, memory_bytes = pickle.loads(_received(call))  # noqa: S301 - the server's own
        _bound(cpu_s, memory_bytes)
        with _while_wanted(call):
            answer = _answer(work, arguments)
        call.sendall(answer)
        status = 0
    except ConnectionError:
        status = 0  # nobody waits for it any more
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _received(call: socket.socket) -> bytes:
    pieces = []
    while piece := call.recv(_PIECE_BYTES):
        pieces.append(piece)
    return b"".join(pieces)


def _bound(cpu_s: int, memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@contextlib.contextmanager
def _while_wanted(call: socket.socket) -> Iterator[None]:
    """Within the block this process ends at the moment when the other side is closed, whatever it does.

    The kernel sends SIGIO then, which ends a process that has no handler for it. Source: fcntl(2), O_ASYNC.
    """
    flags = fcntl.fcntl(call, fcntl.F_GETFL)
    fcntl.fcntl(call, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(call, fcntl.F_SETFL, flags | os.O_ASYNC)
    closed = select.poll()
    closed.register(call, 0)
    if closed.poll(0):
        os._exit(1)
    yield
    fcntl.fcntl(call, fcntl.F_SETFL, flags)


def _answer(work: Callable[..., Any], arguments: Sequence[Any]) -> bytes:
    answer: dict[str, object]
    try:
        return json.dumps({"result": work(*arguments)}).encode()
    except MemoryError:
        answer = {"exhausted": "memory"}
    except OSError as failure:
        answer = {"errno": failure.errno, "reason": str(failure)}
    except Exception:
        answer = {"failure": traceback.format_exc()}
    return json.dumps(answer).encode()


if __name__ == "__main__":
    main(int(sys.argv[1]))
