"""Runs `roocode-server` so that its memory can be measured: `python -m bench.resting LEAKED serve …`.

For each line it reads, it collects garbage, returns free memory to the system, and prints `SETTLED` and the
bytes that SQLite holds, if known. What is resident then is what the server really holds; otherwise the
allocator's reserve varies by tens of megabytes and hides small leaks. LEAKED bytes are lost at each call, to
prove that leaks are found.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import gc
import os
import sys
import threading
from typing import Any

from bench.servers import SETTLED
from roocode_server.handlers.pipeline import Pipeline
from roocode_server.server.cli import main

_lost: list[bytearray] = []


def _rest() -> None:
    """Answer until the input ends.

    It reads the descriptor, because a reader that holds the stream would block the exit.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    of_sqlite: Any = getattr(ctypes.CDLL(getattr(_sqlite3, "__file__", None)), "sqlite3_memory_used", int)
    if of_sqlite is not int:
        of_sqlite.restype = ctypes.c_int64
    while os.read(0, 1):
        gc.collect()
        if trim is not None:
            trim(0)
        os.write(1, f"{SETTLED} {of_sqlite()}\n".encode())


def _leak(size: int) -> None:
    answer = Pipeline.answer

    async def leaking(self: Pipeline, *call: Any, **more: Any) -> Any:
        _lost.append(bytearray(os.urandom(size)))
        return await answer(self, *call, **more)

    Pipeline.answer = leaking  # type: ignore[method-assign]


if __name__ == "__main__":
    leaked = int(sys.argv.pop(1))
    if leaked:
        _leak(leaked)
    threading.Thread(target=_rest, name="rest", daemon=True).start()
    main(prog_name="roocode-server")
