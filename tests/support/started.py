"""Imported by the process that servers are forked from: a server, made and ended once.

What a process makes once, such as the schemas of all calls, rows and settings, and the statements for the
database, the forks need not make again.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
import tempfile

from roocode_server.engine.engine import Engine, open_engine
from roocode_server.models.event import EVENTS
from roocode_server.models.session import SessionCreate
from roocode_server.models.settings import Settings
from roocode_server.models.task import FINAL, TaskCreate
from roocode_server.models.user import Caller
from roocode_server.server.app import build_doors
from tests.support.hashing import hash_cheaply
from tests.support.statements import share_statements

_SETTINGS = {"runtime": {"kind": "local"}, "approvals": {"edit": "always", "command": "always"}}


async def _make_and_end(folder: str) -> None:
    engine = await open_engine(Settings.load_plain({"server": {"data_dir": folder}, **_SETTINGS}))
    doors = build_doors(engine)
    for happened in EVENTS.values():
        happened.schema()
    await _run_a_task(engine)
    await doors.close()
    await engine.close()


async def _run_a_task(engine: Engine) -> None:
    who = Caller.of(await engine.accounts.open_identity(), request_id="", base_url="http://127.0.0.1")
    config = {"provider": "scripted", "model": "write-and-run"}
    session = await engine.sessions.create(who, SessionCreate.load({"config": config}))
    task = await engine.tasks.create(TaskCreate.load({"sessionId": session.id, "input": "Do it"}))
    while task.status not in FINAL:
        await asyncio.sleep(0.01)
        task = await engine.tasks.get(session.id, task.id)


hash_cheaply()
share_statements()
with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
    asyncio.run(_make_and_end(folder))

gc.collect()
gc.freeze()  # otherwise each fork's collections would write to, and so copy, all of these pages
