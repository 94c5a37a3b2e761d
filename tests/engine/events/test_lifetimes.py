"""Every beginning gets its end, from the same server or at the next start."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from roocode_server.engine.events.lifetimes import Lifetimes
from roocode_server.models.error import NotFound
from roocode_server.models.identifier import SessionId
from roocode_server.models.mcp import McpStarted, McpStopped
from roocode_server.models.terminal import TerminalClosed
from tests.support.storage import OTHER, SESSION, Storage, open_storage

STARTED = McpStarted(server_name="one", tools=1, resources=0, prompts=0)
STOPPED = McpStopped(server_name="one")
LOST = McpStopped(server_name="one", error="cut off")


async def told(storage: Storage, session_id: SessionId = SESSION) -> list[tuple[str, str | None]]:
    stored = await storage.log.read(session_id, after=0, limit=100)
    return [(each.type, orjson.loads(each.body).get("error")) for each in stored]


async def test_the_end_that_nobody_told_is_told_by_the_next_start_once(
    storage: Storage, tmp_path: Path
) -> None:
    await Lifetimes(storage.database).begin(SESSION, "mcp/one", STARTED, pending_end=LOST)
    await storage.database.close()
    again = await open_storage(tmp_path)
    for _ in range(2):
        await Lifetimes(again.database).recover()
    assert await told(again) == [("mcp.started", None), ("mcp.stopped", "cut off")]
    await again.database.close()


async def test_an_end_that_was_told_is_not_told_again(storage: Storage) -> None:
    lasting = Lifetimes(storage.database)
    await lasting.begin(SESSION, "mcp/one", STARTED, pending_end=LOST)
    await lasting.begin(OTHER, "mcp/one", STARTED, pending_end=LOST)
    await lasting.end(SESSION, "mcp/one", STOPPED)
    await lasting.recover()
    assert await told(storage) == [("mcp.started", None), ("mcp.stopped", None)]
    assert await told(storage, OTHER) == [("mcp.started", None), ("mcp.stopped", "cut off")]


async def test_what_begins_anew_under_its_name_ends_once(storage: Storage) -> None:
    lasting = Lifetimes(storage.database)
    for _ in range(2):
        await lasting.begin(SESSION, "mcp/one", STARTED, pending_end=LOST)
    await lasting.recover()
    assert [kind for kind, _ in await told(storage)].count("mcp.stopped") == 1


async def test_nothing_begins_in_a_session_that_is_gone(storage: Storage) -> None:
    lasting = Lifetimes(storage.database)
    gone = SessionId("session-gone")
    with pytest.raises(NotFound):
        await lasting.begin(gone, "mcp/one", STARTED, pending_end=LOST)
    await lasting.end(gone, "terminal/one", TerminalClosed(terminal_id="terminal-one", exit_code=0))
    assert await told(storage, gone) == []
