"""The command `roocode` for a look at its memory: `python -m bench.resting LEAKED serve …`.

For each line that it reads it collects garbage, gives the system back what is free, and prints `SETTLED` and
the bytes that SQLite holds, as far as it can be asked: what is resident then is what the server holds. What
the allocator keeps for later comes and goes by tens of megabytes, and no small leak would be seen. LEAKED
bytes are lost at every call: what finds leaks must find them.
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
    """Until nobody asks any more. The stream is not held by name: nobody is to wait for it at the end."""
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
    main(prog_name="roocode")
