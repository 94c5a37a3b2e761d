"""Takes the server's log entries from whatever writes them, keeps them, and tells those who watch."""

from __future__ import annotations

import asyncio
import datetime
import queue
import threading
from collections.abc import Mapping
from typing import Any, Final

import structlog

from roocode_server.engine.events.announcer import Announcer
from roocode_server.engine.monitoring.log_store import LogStore
from roocode_server.models.cleaning import cleaned, cleaned_text, encoded
from roocode_server.models.clock import now
from roocode_server.models.identifier import SessionId, TaskId
from roocode_server.models.log_entry import LogEntry, LogWritten
from roocode_server.models.settings import LogLevel

WAITING_LOG_ENTRIES: Final = 10_000
"""The most entries that wait to be stored; further ones are counted, and not stored."""
LONGEST_LOG_MESSAGE: Final = 2000
LONGEST_DETAIL: Final = 500
MOST_DETAILS: Final = 30
LEFT_OUT_OF_ENTRIES: Final = frozenset({"address", "email", "host", "origin"})
"""Facts of people and networks, for the operator's own log only: entries are shown to others, too."""
_ENDS: Final = None

log: Final = structlog.get_logger("monitoring")


class LogRecorder:
    """One thread stores the entries, so that nobody waits for the disk."""

    def __init__(self, store: LogStore) -> None:
        self.announcer = Announcer()
        self._store = store
        self._waiting: queue.Queue[LogEntry | None] = queue.Queue(WAITING_LOG_ENTRIES)
        self._lost = 0
        self._has_failed = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._writer: threading.Thread | None = None

    def begin(self) -> None:
        """Start to store entries, and to tell of them in this event loop."""
        self._loop = asyncio.get_running_loop()
        self._writer = threading.Thread(target=self._write, name="log entries", daemon=True)
        self._writer.start()

    async def close(self) -> None:
        """Store what is waiting, then end."""
        writer, self._loop, self._writer = self._writer, None, None
        if writer is not None:
            await asyncio.to_thread(self._waiting.put, _ENDS)
            await asyncio.to_thread(writer.join)

    def note(self, level: str, message: str, logger: str, facts: Mapping[str, Any]) -> None:
        """Take an entry, in any thread; never waits or raises."""
        loop = self._loop
        if loop is None or facts.get("type") == LogWritten.name:  # that one would tell of itself for ever
            return
        entry = _entry(level, message, logger, facts)
        try:
            self._waiting.put_nowait(entry)
        except queue.Full:
            self._lost += 1
        if self.announcer.is_heard and not loop.is_closed():
            loop.call_soon_threadsafe(self.announcer.announce, LogWritten(entry=entry))

    def _write(self) -> None:
        while (entry := self._waiting.get()) is not _ENDS:
            batch = [entry]
            has_ended = False
            while len(batch) < WAITING_LOG_ENTRIES and not self._waiting.empty():
                following = self._waiting.get_nowait()
                if following is _ENDS:
                    has_ended = True
                    break
                batch.append(following)
            lost, self._lost = self._lost, 0
            if lost:
                batch.append(_entry("warning", f"{lost} entries were not stored", "monitoring", {}))
            self._store_all(batch)
            if has_ended:
                break
        self._store.close()

    def _store_all(self, batch: list[LogEntry]) -> None:
        """A disk that cannot be written is told of once, until it can be written again."""
        try:
            for entry in batch:
                self._store.write(encoded(entry.dump()) + b"\n")
        except OSError as failure:
            self._store.close()
            if not self._has_failed:
                self._has_failed = True
                log.error("log entries cannot be stored", reason=str(failure))
        else:
            self._has_failed = False


def _entry(level: str, message: str, logger: str, facts: Mapping[str, Any]) -> LogEntry:
    known = {"session_id": SessionId, "task_id": TaskId, "request_id": str}
    named = {name: str(facts[name]) for name in known if facts.get(name)}
    others = [name for name in facts if name not in known and name not in LEFT_OUT_OF_ENTRIES]
    return LogEntry(
        time=now(),
        level=LogLevel(level) if level in set(LogLevel) else LogLevel.ERROR,
        message=cleaned_text(message[:LONGEST_LOG_MESSAGE]),
        logger=logger[:100],
        session_id=SessionId(named["session_id"][:100]) if "session_id" in named else None,
        task_id=TaskId(named["task_id"][:100]) if "task_id" in named else None,
        request_id=named["request_id"][:100] if "request_id" in named else None,
        details=cleaned({str(name)[:100]: _plain(facts[name]) for name in others[:MOST_DETAILS]}),
    )


def _plain(fact: Any) -> Any:
    """A fact as JSON has it, and short."""
    if fact is None or isinstance(fact, bool | int | float):
        return fact
    if isinstance(fact, datetime.datetime):
        return fact.isoformat()
    if isinstance(fact, list | tuple):
        return [_plain(each) for each in fact[:MOST_DETAILS] if not isinstance(each, list | tuple)]
    return str(fact)[:LONGEST_DETAIL]
