"""Events after a connection has broken: each once, and in order."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager

import pytest

from roocode import AsyncRooCodeClient, Event, NotFound, RooCodeClient, streams
from roocode.events import FileCreatedEvent, SessionDeletedEvent, SessionUpdatedEvent, TaskCompletedEvent
from tests.sdk.python.conftest import SCRIPTED
from tests.support.cutting import CuttingProxy
from tests.support.nightly import times
from tests.support.server import ServerProcess

CUTS = times(20, nightly=200)
PAUSE_S = 0.05
"""Between two files, so that the reader is not left behind by more than it reads in the end."""

Cutting = Callable[[Iterable[int]], CuttingProxy]


def budgets() -> list[int]:
    """How much each connection may carry: some end during the handshake, most between or within events."""
    chance = random.Random(200)  # noqa: S311
    return [chance.randint(100, 3000) for _ in range(CUTS)]


@contextmanager
def writing(server: ServerProcess, session_id: str, proxy: CuttingProxy) -> Iterator[None]:
    """Have files written while the proxy cuts, and one more afterwards."""

    def write() -> None:
        with RooCodeClient(server.key, base_url=server.url) as writer:
            number = 0
            while not proxy.is_through.wait(PAUSE_S):
                number += 1
                writer.files.write_bytes(session_id, f"/{number}.txt", b"some")
            writer.files.write_bytes(session_id, "/last.txt", b"end")

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        proxy.is_through.set()
        thread.join()


async def test_a_program_is_told_that_the_connection_is_away_and_back(
    server: ServerProcess, client: AsyncRooCodeClient, cutting: Cutting
) -> None:
    session = await client.sessions.create(name="Away")
    proxy, changes = cutting([3000] * 5), list[str]()
    async with AsyncRooCodeClient(server.key, base_url=proxy.url, on_connection=changes.append) as cut:
        with writing(server, session.id, proxy):
            async for event in cut.events.follow(session.id, after=0):
                if isinstance(event, FileCreatedEvent) and event.path == "/last.txt":
                    break
    assert changes == (["away", "back"] * len(changes))[: len(changes)] != []


async def test_what_is_raised_about_the_connection_is_raised_to_who_reads_events(
    server: ServerProcess, client: AsyncRooCodeClient, cutting: Cutting
) -> None:
    def refuse(change: str) -> None:
        raise LookupError(change)

    session = await client.sessions.create(name="Away")
    proxy = cutting([3000])
    async with AsyncRooCodeClient(server.key, base_url=proxy.url, on_connection=refuse) as cut:
        with writing(server, session.id, proxy), pytest.raises(LookupError, match="away"):
            async for _ in cut.events.follow(session.id, after=0):
                pass


@pytest.mark.timeout(600)  # as many pauses and connections as cuts
async def test_a_client_cut_off_often_has_each_event_once_and_in_order(
    server: ServerProcess, client: AsyncRooCodeClient, cutting: Cutting
) -> None:
    session = await client.sessions.create(name="Cut")
    proxy, seen = cutting(budgets()), []
    async with AsyncRooCodeClient(server.key, base_url=proxy.url) as cut:
        with writing(server, session.id, proxy):
            async for event in cut.events.follow(session.id, after=0):
                seen += [event.seq] if event.seq is not None else []
                if isinstance(event, FileCreatedEvent) and event.path == "/last.txt":
                    break
    assert proxy.cuts == CUTS
    assert seen == list(range(1, len(seen) + 1))


@pytest.mark.timeout(600)
def test_a_blocking_client_cut_off_often_has_each_event_once_and_in_order(
    server: ServerProcess, blocking: RooCodeClient, cutting: Cutting
) -> None:
    session = blocking.sessions.create(name="Cut")
    proxy, seen = cutting(budgets()), []
    with RooCodeClient(server.key, base_url=proxy.url) as cut, writing(server, session.id, proxy):
        for event in cut.events.follow(session.id, after=0):
            seen += [event.seq] if event.seq is not None else []
            if isinstance(event, FileCreatedEvent) and event.path == "/last.txt":
                break
    assert proxy.cuts == CUTS
    assert seen == list(range(1, len(seen) + 1))


async def test_a_reader_that_is_slower_than_events_come_gets_them_all(
    client: AsyncRooCodeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "WAITING_EVENTS", 3)
    session = await client.sessions.create(name="Slow")
    for number in range(20):
        await client.files.write_bytes(session.id, f"/{number}.txt", b"some")
    seen = []
    async for event in client.events.follow(session.id, after=0):
        seen.append(event.seq)
        await client.files.list(session.id)  # meanwhile more come than are kept
        if isinstance(event, FileCreatedEvent) and event.path == "/19.txt":
            break
    assert seen == list(range(1, len(seen) + 1))


async def test_two_readers_of_a_session_each_have_all_from_where_they_began(
    client: AsyncRooCodeClient,
) -> None:
    session = await client.sessions.create(name="Two", config=SCRIPTED)
    for number in range(4):
        await client.files.write_bytes(session.id, f"/{number}.txt", b"some")
    late = client.events.follow(session.id, after=3)
    assert (await anext(late)).seq == 4
    whole = [event.seq async for event in _until(client.events.follow(session.id, after=0), "/3.txt")]
    assert whole == list(range(1, len(whole) + 1))
    rest = [event.seq async for event in _until(late, "/3.txt")]
    assert [4, *rest] == whole[3:]


async def test_without_a_cursor_events_begin_with_what_comes_next(client: AsyncRooCodeClient) -> None:
    session = await client.sessions.create(name="New")
    await client.files.write_bytes(session.id, "/before.txt", b"some")
    events = client.events.follow(session.id)
    first = asyncio.ensure_future(anext(events))
    number = 0
    while not first.done():  # nobody is told when the cursor has been read
        number += 1
        await client.files.write_bytes(session.id, f"/{number}.txt", b"some")
    event = await first
    assert isinstance(event, FileCreatedEvent)
    assert event.path != "/before.txt"
    await client.files.write_bytes(session.id, "/last.txt", b"some")
    seqs = [event.seq, *[each.seq async for each in _until(events, "/last.txt")]]
    assert seqs == list(range(seqs[0] or 0, (seqs[0] or 0) + len(seqs)))


async def test_events_end_with_the_session(client: AsyncRooCodeClient) -> None:
    session = await client.sessions.create(name="Short")
    events = client.events.follow(session.id, after=0)
    await anext(events)
    await client.sessions.delete(session.id)
    rest = [event async for event in events]
    assert isinstance(rest[-1], SessionDeletedEvent)


async def test_a_session_that_does_not_exist_is_told(client: AsyncRooCodeClient) -> None:
    with pytest.raises(NotFound) as told:
        await anext(client.events.follow("session-none", after=0))
    assert told.value.code == "RESOURCE_NOT_FOUND"
    assert told.value.request_id


async def test_all_sessions_are_followed_at_once(client: AsyncRooCodeClient) -> None:
    config = {**SCRIPTED, "approvals": [{"decision": "always"}]}
    sessions = [await client.sessions.create(name="Many", config=config) for _ in range(2)]
    events = client.events.follow_all(types=["session.updated", "task.completed"])
    first = asyncio.ensure_future(anext(events))
    number = 0
    while not first.done():  # nobody is told when the following has begun
        number += 1
        await client.sessions.update(sessions[0].id, name=f"Many {number}")
    assert isinstance(await first, SessionUpdatedEvent)
    awaited = {(await client.tasks.create(session.id, "Write and run")).id for session in sessions}
    while awaited:
        event = await anext(events)
        assert isinstance(event, SessionUpdatedEvent | TaskCompletedEvent)
        awaited.discard(event.task_id or "")


@pytest.mark.timeout(600)
async def test_all_sessions_over_connections_that_are_cut_off_come_once_and_in_order(
    server: ServerProcess, client: AsyncRooCodeClient, cutting: Cutting
) -> None:
    session, other = [await client.sessions.create(name=name) for name in ("Cut", "Beside")]
    proxy, seen = cutting(budgets()[:60]), []
    async with AsyncRooCodeClient(server.key, base_url=proxy.url) as cut:
        with writing(server, session.id, proxy), writing(server, other.id, proxy):
            awaited = {session.id, other.id}
            async for event in cut.events.follow_all(cursor="0"):
                seen += [event] if event.cursor is not None else []
                if isinstance(event, FileCreatedEvent) and event.path == "/last.txt":
                    awaited.discard(event.session_id or "")
                if not awaited:
                    break
    for each in (session, other):
        seqs = [event.seq for event in seen if event.session_id == each.id]
        assert seqs == list(range(1, len(seqs) + 1))
    positions = [int((event.cursor or "").partition(".")[0]) for event in seen]
    assert positions == sorted(set(positions))


async def test_a_slow_reader_of_all_sessions_gets_everything(
    client: AsyncRooCodeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "WAITING_EVENTS", 3)
    session = await client.sessions.create(name="Slow")
    for number in range(20):
        await client.files.write_bytes(session.id, f"/{number}.txt", b"some")
    seen = []
    async for event in client.events.follow_all(cursor="0", types=["session.created", "file.created"]):
        if event.session_id != session.id:
            continue
        seen.append(event.seq)
        await client.files.list(session.id)  # meanwhile more come than are kept
        if isinstance(event, FileCreatedEvent) and event.path == "/19.txt":
            break
    assert seen == list(range(1, len(seen) + 1))
    assert len(seen) == 21


async def _until(events: AsyncIterator[Event], path: str) -> AsyncIterator[Event]:
    """Yield events up to the creation of a file."""
    async for event in events:
        yield event
        if isinstance(event, FileCreatedEvent) and event.path == path:
            return
