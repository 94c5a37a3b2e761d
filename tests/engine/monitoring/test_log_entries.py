"""The server's log on disk: bounded, read from its end, and never in the way of the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog.testing

from roocode_server.engine.monitoring.log_reader import LogReader
from roocode_server.engine.monitoring.log_recorder import LEFT_OUT_OF_ENTRIES, LogRecorder
from roocode_server.engine.monitoring.log_store import LOG_SEGMENTS, LogStore
from roocode_server.models.clock import now
from roocode_server.models.error import InvalidField
from roocode_server.models.event import Broadcast
from roocode_server.models.identifier import SessionId
from roocode_server.models.log_entry import LogEntry, LogFilter, LogList, LogWritten

MOST_BYTES = 2**20


@asynccontextmanager
async def recording(
    folder: Path, most_bytes: int = MOST_BYTES
) -> AsyncIterator[tuple[LogRecorder, LogReader]]:
    store = LogStore(folder, most_bytes=most_bytes)
    recorder = LogRecorder(store)
    recorder.begin()
    try:
        yield recorder, LogReader(store, recorder)
    finally:
        await recorder.close()


async def written(folder: Path, *messages: str, **facts: object) -> None:
    async with recording(folder) as (recorder, _):
        for message in messages:
            recorder.note("info", message, "test", facts)


async def read(folder: Path, **request: object) -> list[LogEntry]:
    async with recording(folder) as (_, reader):
        return (await reader.page(LogList.load(request), None)).entries


async def test_entries_are_there_after_a_restart_newest_first(tmp_path: Path) -> None:
    await written(tmp_path / "logs", "first", session_id="session-1", task_id="task-1", number=7)
    await written(tmp_path / "logs", "second", request_id="req-1")
    second, first = await read(tmp_path / "logs")
    assert (second.message, second.request_id, second.session_id) == ("second", "req-1", None)
    assert (first.message, first.session_id, first.task_id) == ("first", "session-1", "task-1")
    assert (first.level, first.logger, first.details) == ("info", "test", {"number": 7})


async def test_entries_are_selected_by_what_they_are(tmp_path: Path) -> None:
    async with recording(tmp_path / "logs") as (recorder, _):
        recorder.note("error", "Disk Full", "test", {"session_id": "session-1", "task_id": "task-1"})
        recorder.note("warning", "slow", "test", {"session_id": "session-2"})
        recorder.note("info", "started", "test", {})
        recorder.note("critical", "of a library", "test", {})
    wanted: list[tuple[dict[str, object], list[str]]] = [
        ({}, ["of a library", "started", "slow", "Disk Full"]),
        ({"minLevel": "warning"}, ["of a library", "slow", "Disk Full"]),
        ({"levels": ["info", "warning"]}, ["started", "slow"]),
        ({"text": "disk f"}, ["Disk Full"]),
        ({"sessionId": "session-2"}, ["slow"]),
        ({"taskId": "task-1"}, ["Disk Full"]),
        ({"taskId": "task-1", "levels": ["info"]}, []),
    ]
    for request, messages in wanted:
        assert [entry.message for entry in await read(tmp_path / "logs", **request)] == messages


async def test_entries_are_selected_by_time(tmp_path: Path) -> None:
    await written(tmp_path / "logs", "before")
    await asyncio.sleep(0.01)
    moment = now().isoformat()
    await written(tmp_path / "logs", "after")
    assert [entry.message for entry in await read(tmp_path / "logs", since=moment)] == ["after"]
    assert [entry.message for entry in await read(tmp_path / "logs", until=moment)] == ["before"]


async def test_a_long_log_is_read_page_by_page_without_gaps(tmp_path: Path) -> None:
    padding = "x" * 400
    async with recording(tmp_path / "logs", 64 * MOST_BYTES) as (recorder, reader):
        for number in range(9000):
            recorder.note("info", f"{number}", "test", {"padding": padding})
    seen: list[str] = []
    async with recording(tmp_path / "logs", 64 * MOST_BYTES) as (_, reader):
        cursor = None
        while True:
            page = await reader.page(LogList(cursor=cursor, limit=1000), None)
            seen += [entry.message for entry in page.entries]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert seen == [f"{number}" for number in reversed(range(9000))]


async def test_a_call_reads_a_bounded_part_and_says_where_to_go_on(tmp_path: Path) -> None:
    """Looking for something rare in a large log."""
    async with recording(tmp_path / "logs", 256 * MOST_BYTES) as (recorder, _):
        recorder.note("info", "rare", "test", {})
        for _ in range(9000):
            recorder.note("info", "often", "test", {"padding": ["x" * 500] * 4})
    async with recording(tmp_path / "logs", 256 * MOST_BYTES) as (_, reader):
        calls, cursor, found = 0, None, []
        while True:
            page = await reader.page(LogList(text="rare", cursor=cursor), None)
            calls, cursor, found = calls + 1, page.next_cursor, page.entries
            if cursor is None:
                break
    assert calls > 1
    assert [entry.message for entry in found] == ["rare"]


async def test_the_oldest_entries_make_room_for_new_ones(tmp_path: Path) -> None:
    async with recording(tmp_path / "logs") as (recorder, _):
        for number in range(5000):
            recorder.note("info", f"{number}", "test", {"padding": "x" * 480})
    files = list((tmp_path / "logs").iterdir())
    assert len(files) == LOG_SEGMENTS
    assert sum(file.stat().st_size for file in files) <= MOST_BYTES
    assert all(file.stat().st_mode & 0o077 == 0 for file in files)
    [newest] = await read(tmp_path / "logs", limit=1)
    assert newest.message == "4999"


async def test_a_line_that_a_crash_has_cut_off_harms_no_other(tmp_path: Path) -> None:
    await written(tmp_path / "logs", "before")
    [file] = (tmp_path / "logs").iterdir()
    with file.open("ab") as end:
        end.write(b'{"time":"2026-')
    await written(tmp_path / "logs", "after")
    assert [entry.message for entry in await read(tmp_path / "logs")] == ["after", "before"]


async def test_a_cursor_that_is_none_is_refused_and_one_of_a_removed_file_is_the_end(tmp_path: Path) -> None:
    await written(tmp_path / "logs", "one")
    with pytest.raises(InvalidField):
        await read(tmp_path / "logs", cursor="../../etc/passwd")
    assert await read(tmp_path / "logs", cursor="0-5") == []
    assert len(await read(tmp_path / "logs", cursor="99999999-5")) == 1


async def test_a_log_that_cannot_be_written_is_told_of_once_and_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("in the way")
    with structlog.testing.capture_logs() as lines:
        async with recording(tmp_path / "logs") as (recorder, _):
            for number in range(5):
                recorder.note("info", f"{number}", "test", {})
                await asyncio.sleep(0.05)
            (tmp_path / "logs").unlink()
            recorder.note("info", "again", "test", {})
    assert [line["event"] for line in lines] == ["log entries cannot be stored"]
    assert [entry.message for entry in await read(tmp_path / "logs")] == ["again"]


async def test_facts_are_kept_short_and_without_people_and_addresses(tmp_path: Path) -> None:
    hostile = dict.fromkeys(LEFT_OUT_OF_ENTRIES, "ada@example.com")
    await written(
        tmp_path / "logs",
        "x" * 100_000,
        **hostile,
        long="y" * 100_000,
        deep=[[["z"]]],
        big=10**50,
        odd="\ud83d",
        kind=ValueError("v"),
    )
    [entry] = await read(tmp_path / "logs")
    assert len(entry.message) == 2000
    assert entry.details.keys() == {"long", "deep", "big", "odd", "kind"}
    assert len(entry.details["long"]) == 500


async def test_others_are_shown_and_told_of_their_sessions_alone(tmp_path: Path) -> None:
    async def open_to(ids: Collection[SessionId]) -> set[SessionId]:
        return set(ids) & {SessionId("session-1")}

    told: list[str] = []

    def deliver(broadcast: Broadcast) -> None:
        assert isinstance(broadcast.happened, LogWritten)
        told.append(broadcast.happened.entry.message)

    async with recording(tmp_path / "logs") as (recorder, reader):
        leave = reader.follow(LogFilter(), open_to, deliver)
        everything: list[Broadcast] = []
        reader.follow(LogFilter(min_level="warning"), None, everything.append)  # type: ignore[arg-type]
        for session_id in ("session-1", "session-2", None):
            recorder.note("info", str(session_id), "test", {"session_id": session_id})
        recorder.note("error", "wrong", "test", {"session_id": "session-1"})
        async with asyncio.timeout(20):
            while len(told) < 2:
                await asyncio.sleep(0.01)
        leave()
        recorder.note("error", "later", "test", {"session_id": "session-1"})
        async with asyncio.timeout(20):
            while len(everything) < 2:
                await asyncio.sleep(0.01)
        assert told == ["session-1", "wrong"]
        page = await reader.page(LogList(), open_to)
    assert [entry.message for entry in page.entries] in (
        ["wrong", "session-1"],
        ["later", "wrong", "session-1"],
    )
