"""Sessions that go on while their old events are removed, on a real server, by its settings alone."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing, closing
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import socketio

from roocode import AsyncRooCodeClient
from tests.end_to_end.test_pages_in_a_browser import Line
from tests.sdk.js.conftest import run_script
from tests.support.browser import Page
from tests.support.server import ServerProcess

HEAD = 40
FIRST = 31
KEPT = list(range(FIRST, HEAD + 1))
NOTHING_ELSE = {
    "ROOCODE_RETENTION__EVENTS_DAYS": "1",
    "ROOCODE_RETENTION__KEPT_EVENTS": str(HEAD - FIRST + 1),
}


def rename(server: ServerProcess, session_id: str, times: int) -> None:
    for number in range(times):
        changed = server.request("PUT", f"/api/v1/sessions/{session_id}", {"name": f"Name {number}"})
        assert changed.status == 200


def grow_old(data: Path) -> None:
    with closing(sqlite3.connect(data / "roocode.sqlite3")) as database, database:
        database.execute("UPDATE events SET time_ms = time_ms - 200000000")


def wait_for_the_cut(server: ServerProcess, session_id: str) -> None:
    deadline = time.monotonic() + 60
    while server.request("GET", f"/api/v1/sessions/{session_id}/events").body["pagination"]["first"] != FIRST:
        assert time.monotonic() < deadline, server.log


@pytest.fixture(scope="module")
def cut(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[ServerProcess, str, str]]:
    """A server, a session whose first events were removed, and a cursor over all sessions from before."""
    data = tmp_path_factory.mktemp("cut") / "data"
    server = ServerProcess(data)
    try:
        server.start()
        session_id = server.open_session("Old")
        read = server.request("GET", "/api/v1/events?limit=1").body
        rename(server, session_id, HEAD - 1)
        server.stop()
        grow_old(data)
        server.settings |= NOTHING_ELSE
        server.start()
        wait_for_the_cut(server, session_id)
        yield server, session_id, read["pagination"]["nextAfter"]
    finally:
        server.end()


Cut = tuple[ServerProcess, str, str]


def test_pages_say_where_the_log_begins(cut: Cut) -> None:
    server, session_id, _ = cut
    path = f"/api/v1/sessions/{session_id}/events?limit=1000"
    for query, is_reset in (("", None), ("&after=0", None), ("&after=5", True), ("&after=30", None)):
        page = server.request("GET", path + query).body
        assert [event["seq"] for event in page["data"]] == KEPT
        assert (page["pagination"]["first"], page["pagination"].get("reset")) == (FIRST, is_reset)
    assert server.request("GET", f"{path}&after=39").body["pagination"].get("reset") is None


@pytest.mark.parametrize(
    ("last_seq", "told"), [(0, [("log.cut", FIRST)]), (5, [("log.reset", FIRST)]), (30, [])]
)
async def test_a_socket_is_told_what_is_gone_and_then_sent_what_is_there(
    cut: Cut, last_seq: int, told: list[tuple[str, int]]
) -> None:
    server, session_id, _ = cut
    came: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()
    client = socketio.AsyncClient(reconnection=False)

    @client.on("*")
    async def take(name: str, event: dict[str, Any]) -> None:
        await came.put((name, event))

    auth = {"token": server.key, "sessionId": session_id, "lastSeq": last_seq}
    await client.connect(server.url, auth=auth, transports=["websocket"])
    try:
        async with asyncio.timeout(20):
            assert [(name, event["first"]) for name, event in [await came.get() for _ in told]] == told
            assert [(await came.get())[1]["seq"] for _ in KEPT] == KEPT
    finally:
        await client.disconnect()


@pytest.mark.parametrize(("cursor", "told"), [("lastSeq=0", "log.cut"), ("lastSeq=5", "log.reset")])
async def test_a_stream_is_told_what_is_gone_and_then_sent_what_is_there(
    cut: Cut, cursor: str, told: str
) -> None:
    server, session_id, _ = cut
    data = await streamed(server, f"/api/v1/sessions/{session_id}/events/stream?{cursor}", 1 + len(KEPT))
    assert (data[0]["type"], data[0]["first"]) == (told, FIRST)
    assert [event["seq"] for event in data[1:]] == KEPT


async def test_who_follows_all_sessions_is_told_and_reads_on_to_the_end(cut: Cut) -> None:
    server, session_id, before = cut
    page = server.request("GET", f"/api/v1/events?after={before}&limit=3").body
    assert page["pagination"]["reset"] is True
    seqs = []
    while True:
        seqs += [event["seq"] for event in page["data"] if event["sessionId"] == session_id]
        after = page["pagination"]["nextAfter"]
        if not page["pagination"]["hasMore"]:
            break
        page = server.request("GET", f"/api/v1/events?after={after}&limit=3").body
        assert "reset" not in page["pagination"]
    assert seqs == KEPT
    data = await streamed(server, f"/api/v1/events/stream?lastEventId={before}", 2)
    assert data[0]["type"] == "log.reset"


async def test_the_python_client_goes_on_with_what_is_there(cut: Cut) -> None:
    server, session_id, _ = cut
    async with AsyncRooCodeClient(server.key, base_url=server.url) as client:
        assert await followed(client, session_id, 0) == ["log.cut", *KEPT]
        assert await followed(client, session_id, 5) == ["log.reset", *KEPT]
        assert await followed(client, session_id, 35) == KEPT[5:]


def test_the_javascript_client_goes_on_with_what_is_there(cut: Cut) -> None:
    server, session_id, _ = cut
    outcome = run_script(server, "cut_log", session_id, "0", "5", "35")
    assert outcome["first"] == FIRST
    assert outcome["alone"] == [[["log.cut", FIRST], *KEPT], [["log.reset", FIRST], *KEPT], KEPT[5:]]


async def test_a_copy_and_an_archive_of_the_session_begin_where_it_does(cut: Cut, tmp_path: Path) -> None:
    server, session_id, _ = cut
    forked = server.request("POST", f"/api/v1/sessions/{session_id}/fork", {}).body["session"]["id"]
    async with AsyncRooCodeClient(server.key, base_url=server.url) as client:
        await client.sessions.export(session_id, tmp_path / "session.tar")
        imported = (await client.sessions.take_in(tmp_path / "session.tar")).id
    for copy in (forked, imported):
        page = server.request("GET", f"/api/v1/sessions/{copy}/events?limit=1000").body
        seqs = [event["seq"] for event in page["data"]]
        assert page["pagination"]["first"] == FIRST
        assert seqs == list(range(FIRST, page["pagination"]["head"] + 1))


def test_a_server_that_is_killed_while_it_removes_events_goes_on_at_its_next_start(
    start_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    server = start_server("killed")
    ids = [server.open_session(f"Old {number}") for number in range(8)]
    rename(server, ids[-1], HEAD - 1)
    server.stop()
    multiply(tmp_path / "killed", ids[:-1], 20_000)
    grow_old(tmp_path / "killed")
    server.settings |= NOTHING_ELSE
    for remaining in (6, 3):
        server.start()
        while begun(tmp_path / "killed", ids[:-1]) > remaining:
            time.sleep(0.001)
        server.kill()
        assert all(is_whole(tmp_path / "killed", session_id) for session_id in ids)
    server.start()
    wait_for_the_cut(server, ids[-1])
    deadline = time.monotonic() + 60
    while stored(tmp_path / "killed") > len(ids) * len(KEPT):
        assert time.monotonic() < deadline, server.log
    rename(server, ids[0], 1)
    page = server.request("GET", f"/api/v1/sessions/{ids[0]}/events?after=20000").body
    assert [event["seq"] for event in page["data"]] == [20_001]


async def streamed(server: ServerProcess, path: str, count: int) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = []
    headers = {"Authorization": f"Bearer {server.key}"}
    async with (
        asyncio.timeout(20),
        aiohttp.ClientSession(headers=headers) as http,
        http.get(server.url + path) as answer,
    ):
        while len(data) < count:
            line = await answer.content.readline()
            if line.startswith(b"data:"):
                data.append(json.loads(line[5:]))
    return data


async def followed(client: AsyncRooCodeClient, session_id: str, after: int) -> list[Any]:
    told: list[Any] = []
    async with asyncio.timeout(20), aclosing(client.events.follow(session_id, after=after)) as events:
        async for event in events:
            told.append(event.seq or event.type)
            if event.seq == HEAD:
                break
    return told


def multiply(data: Path, ids: list[str], head: int) -> None:
    """Give sessions logs of that length, without the time that it takes to make them."""
    with closing(sqlite3.connect(data / "roocode.sqlite3")) as database, database:
        for session_id in ids:
            [last] = database.execute(
                "SELECT max(seq) FROM events WHERE session_id = ?", (session_id,)
            ).fetchone()
            rows = [
                (session_id, seq, f'{{"id":"{session_id}.{seq}.0","type":"session.updated","seq":{seq}}}')
                for seq in range(last + 1, head + 1)
            ]
            database.executemany(
                "INSERT INTO events (session_id, seq, type, time_ms, body)"
                " VALUES (?, ?, 'session.updated', 1000000000000, CAST(? AS BLOB))",
                rows,
            )


def begun(data: Path, ids: list[str]) -> int:
    """How many logs still have their first event."""
    with closing(sqlite3.connect(f"file:{data / 'roocode.sqlite3'}?mode=ro", uri=True)) as database:
        found = database.execute("SELECT session_id FROM events WHERE seq = 1").fetchall()
    return len({session_id for (session_id,) in found} & set(ids))


def is_whole(data: Path, session_id: str) -> bool:
    """Whether a log has no gap."""
    with closing(sqlite3.connect(f"file:{data / 'roocode.sqlite3'}?mode=ro", uri=True)) as database:
        asked = "SELECT count(*), min(seq), max(seq) FROM events WHERE session_id = ?"
        count, first, last = database.execute(asked, (session_id,)).fetchone()
    return bool(count == last - first + 1)


def stored(data: Path) -> int:
    with closing(sqlite3.connect(f"file:{data / 'roocode.sqlite3'}?mode=ro", uri=True)) as database:
        [count] = database.execute("SELECT count(*) FROM events").fetchone()
    return int(count)


async def test_the_dashboard_says_that_the_beginning_was_removed(cut: Cut, page: Page) -> None:
    server, session_id, _ = cut
    await page.open(f"{server.url}/?session={session_id}#token={server.key}")
    await page.shows(f"The story begins here: the first {FIRST - 1} events of this session were removed")
    shown = await page.evaluate("document.body.innerText")
    assert "Load the first" not in shown and "Nothing has happened yet" not in shown
    assert await page.obstacles_at((1280, 800), (390, 844)) == {}
    assert page.complaints == []


async def test_the_dashboard_says_so_to_whoever_was_away_while_it_was_removed(
    tmp_path: Path, page: Page
) -> None:
    server = ServerProcess(tmp_path / "data")
    line = Line(server)
    try:
        server.start()
        session_id = server.open_session("Old")
        async with await asyncio.start_server(line.carry, "127.0.0.1", 0) as listening:
            address = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
            await page.open(f"{address}/?session={session_id}#token={server.key}")
            await page.shows("Nothing has happened yet")
            line.cut()
            await page.shows("Disconnected")
            rename(server, session_id, HEAD - 1)
            server.stop()
            grow_old(server.data_dir)
            server.settings |= NOTHING_ELSE
            server.start()
            wait_for_the_cut(server, session_id)
            line.mend()
            await page.shows(f"the first {FIRST - 1} events of this session were removed")
    finally:
        server.end()
