"""Imported by the process that servers are forked from: a server, made and ended once.

What a process makes once, such as the schemas of all calls, rows and settings, the forks need not make again.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
import tempfile

from roocode_server.engine.engine import open_engine
from roocode_server.models.event import EVENTS
from roocode_server.models.settings import Settings
from roocode_server.server.app import build_doors
from tests.support.hashing import hash_cheaply


async def _make_and_end(folder: str) -> None:
    engine = await open_engine(Settings.load({"server": {"dataDir": folder}, "runtime": {"kind": "local"}}))
    doors = build_doors(engine)
    for happened in EVENTS.values():
        happened.schema()
    await doors.close()
    await engine.close()


hash_cheaply()
with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
    asyncio.run(_make_and_end(folder))

gc.collect()
gc.freeze()  # otherwise each fork's collections would write to, and so copy, all of these pages
