"""A program that forks a process for each piece of work, and exits with its server.

See engine/concurrency/worker.py.

Run as `python -m roocode_server.engine.concurrency.fork_server CHANNEL`, the descriptor of a socket. Each
message on it names a module and carries descriptors: of another socket, over which the process receives the
work and its limits, pickled, up to the end of the stream, and answers as JSON; of the files that are handed
to the work; and of a pipe that closes with the process. The kernel kills the process when it has used up its
processor time, or when its caller closes the socket.
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

_WORKER_NICENESS: Final = 10
_LONGEST_MODULE_NAME: Final = 4096
_MOST_DESCRIPTORS: Final = 8
_RECEIVED_PIECE_BYTES: Final = 1_048_576


def main(channel: int) -> None:
    """Fork a process for each message, until the server closes the channel."""
    os.nice(_WORKER_NICENESS)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # let the kernel reap the children
    with socket.socket(fileno=channel) as calls:
        while True:
            name, descriptors, _, _ = socket.recv_fds(calls, _LONGEST_MODULE_NAME, _MOST_DESCRIPTORS)
            if not name:
                return
            importlib.import_module(name.decode())  # once here, so that each fork has it
            gc.freeze()
            with contextlib.ExitStack() as held:
                call = held.enter_context(socket.socket(fileno=descriptors[0]))
                for handed in descriptors[1:]:
                    held.callback(os.close, handed)
                try:
                    is_new = os.fork() == 0
                except OSError:  # no process can be created now: the caller sees the socket close
                    traceback.print_exc()
                    continue
                if is_new:
                    calls.close()
                    _attend(call, descriptors[1:-1])


def _attend(call: socket.socket, handed: Sequence[int]) -> None:
    """Do the work of this process, then exit. `handed` are the descriptors to pass after its arguments."""
    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        work, arguments, cpu_s, memory_bytes = pickle.loads(_received(call))  # noqa: S301 - the server's own
        _bound(cpu_s, memory_bytes)
        with _while_wanted(call):
            answer = _answer(work, (*arguments, *handed))
        call.sendall(answer)
        status = 0
    except ConnectionError:
        status = 0  # the caller has gone
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _received(call: socket.socket) -> bytes:
    pieces = []
    while piece := call.recv(_RECEIVED_PIECE_BYTES):
        pieces.append(piece)
    return b"".join(pieces)


def _bound(cpu_s: int, memory_bytes: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@contextlib.contextmanager
def _while_wanted(call: socket.socket) -> Iterator[None]:
    """While the block runs, this process is killed as soon as the other side closes the socket.

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
