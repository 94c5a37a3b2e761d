"""Reads the log for a caller: the entries that they may see, newest first, within a bound of work."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from typing import Final

from roocode_server.engine.events.announcer import Deliver
from roocode_server.engine.monitoring.log_recorder import LogRecorder
from roocode_server.engine.monitoring.log_store import LogPlace, LogStore
from roocode_server.models.clock import now
from roocode_server.models.event import Broadcast
from roocode_server.models.identifier import SessionId
from roocode_server.models.log_entry import LogEntry, LogFilter, LogList, LogPage, LogWritten

MOST_READS: Final = 8
"""How many pieces of the log one call reads."""
LOG_READERS: Final = 2
"""How many calls read at the same time."""
WAITING_OF_A_WATCHER: Final = 1000

OpenTo = Callable[[Collection[SessionId]], Awaitable[set[SessionId]]]
"""Which of these sessions the caller may see."""


class LogReader:
    """The log as it is read and followed. `open_to` is None for those who see every entry."""

    def __init__(self, store: LogStore, recorder: LogRecorder) -> None:
        self._store = store
        self._recorder = recorder
        self._turns = asyncio.Semaphore(LOG_READERS)

    async def page(self, request: LogList, open_to: OpenTo | None) -> LogPage:
        """Return a page. Raises: InvalidField, if its cursor is none; OSError."""
        place = LogPlace.at(request.cursor) if request.cursor is not None else None
        found: list[LogEntry] = []
        for _ in range(MOST_READS):
            async with self._turns:
                selected, place, is_done = await asyncio.to_thread(self._selected, place, request)
            if open_to is not None:
                ids = {entry.session_id for _, entry in selected if entry.session_id is not None}
                visible = await open_to(ids)
                selected = [each for each in selected if each[1].session_id in visible]
            wanted = request.limit - len(found)
            found += [entry for _, entry in selected[:wanted]]
            if len(selected) >= wanted:
                place = selected[wanted - 1][0]
                break
            if is_done or place is None:
                place = None
                break
        return LogPage(
            entries=found, next_cursor=place.cursor if place is not None else None, timestamp=now()
        )

    def follow(self, wanted: LogFilter, open_to: OpenTo | None, deliver: Deliver) -> Callable[[], None]:
        """Deliver entries that are written from now on; call the returned function to stop."""

        def select(broadcast: Broadcast) -> None:
            written = broadcast.happened
            if isinstance(written, LogWritten) and wanted.selects(written.entry):
                hand_on(broadcast)

        hand_on: Deliver = deliver
        if open_to is None:
            return self._recorder.announcer.follow(select)
        visible = _VisibleOnly(open_to, deliver)
        hand_on = visible.take
        leave = self._recorder.announcer.follow(select)

        def stop() -> None:
            leave()
            visible.close()

        return stop

    def _selected(
        self, place: LogPlace | None, request: LogList
    ) -> tuple[list[tuple[LogPlace, LogEntry]], LogPlace | None, bool]:
        """What one piece of the log has for the request, and whether all that is older is too old."""
        entries, before = self._store.before(place)
        selected = [
            each
            for each in entries
            if request.selects(each[1]) and (request.until is None or each[1].time < request.until)
        ]
        since = request.since
        if since is None:
            return selected, before, before is None
        is_done = before is None or any(entry.time < since for _, entry in entries)
        return [each for each in selected if each[1].time >= since], before, is_done


class _VisibleOnly:
    """Hands on what the caller may see, in order; that is looked up for each entry, as it may change."""

    def __init__(self, open_to: OpenTo, deliver: Deliver) -> None:
        self._open_to = open_to
        self._deliver = deliver
        self._waiting: deque[Broadcast] = deque(maxlen=WAITING_OF_A_WATCHER)
        self._handing_on: asyncio.Task[None] | None = None

    def take(self, broadcast: Broadcast) -> None:
        """Queue an entry of a session; others are the administrators'."""
        written = broadcast.happened
        if not isinstance(written, LogWritten) or written.entry.session_id is None:
            return
        self._waiting.append(broadcast)
        if self._handing_on is None:
            self._handing_on = asyncio.create_task(self._hand_on())

    def close(self) -> None:
        """Hand on nothing more."""
        self._waiting.clear()
        if self._handing_on is not None:
            self._handing_on.cancel()

    async def _hand_on(self) -> None:
        try:
            while self._waiting:
                broadcast = self._waiting.popleft()
                written = broadcast.happened
                assert isinstance(written, LogWritten)  # noqa: S101 - `take` takes no other
                session_id = written.entry.session_id
                if session_id is not None and session_id in await self._open_to([session_id]):
                    self._deliver(broadcast)
        finally:
            self._handing_on = None
