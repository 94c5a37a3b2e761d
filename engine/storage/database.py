"""The database: many readers, one writer, and group commit.

A unit of work is rows and events that are stored together or not at all. Concurrent units run one after the
other in one database transaction, each in a savepoint of its own, so that durability costs one disk write per
group instead of one per unit.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import os
import sqlite3
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import orjson
import structlog
from sqlalchemy import (
    Connection,
    Executable,
    Result,
    UpdateBase,
    event,
    make_url,
    text,
    update,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.storage.driver import BATCHING_DRIVER, SqliteConnection, driver_of
from roocode_server.engine.storage.journal import Journal, PendingEvent
from roocode_server.engine.storage.prepared import Prepared
from roocode_server.engine.storage.readers import Readers
from roocode_server.engine.storage.schema import NewerVersion, bring_up_to_date
from roocode_server.engine.storage.selects import AnySelect, Selected, put_into_words
from roocode_server.engine.storage.tables import PROBED, server_state
from roocode_server.models.cleaning import encoded
from roocode_server.models.clock import milliseconds, now
from roocode_server.models.event import Event
from roocode_server.models.identifier import SessionId, TaskId
from roocode_server.models.settings import Synchronous

UNITS_PER_COMMIT: Final = 512
UNIT_TIMEOUT_S: Final = 30.0
"""How long one unit of work may delay all others."""
READERS: Final = 8
"""How many connections may read at the same time; further readers wait."""
WRITER_CACHE_KIB: Final = 65_536
READER_CACHE_KIB: Final = 8_192
PROBE_TIMEOUT_S: Final = 5.0
PROBE_LIFETIME_S: Final = 1.0
KEPT_FREE_BYTES: Final = 8 * 2**20
KEPT_FREE_SHARE: Final = 0.1
"""How much free room stays in the file for new rows: so much, or this part of the file if that is more."""
PAGES_PER_UNIT: Final = 250
PAUSE_BETWEEN_PAGES_S: Final = 0.02
_GIVES_BACK: Final = "PRAGMA auto_vacuum=INCREMENTAL"
_INCREMENTAL: Final = 2
_FREE_PAGE: Final = text("PRAGMA incremental_vacuum(1)")
_SAVEPOINT: Final = "SAVEPOINT unit"
_RELEASE: Final = "RELEASE SAVEPOINT unit"

log = structlog.get_logger("storage")

_inside: contextvars.ContextVar[bool] = contextvars.ContextVar("inside_transaction", default=False)


class DatabaseUnusable(Exception):
    """The database cannot be used; the message says which one, why, and what to do."""


class UnitTooSlow(Exception):
    """A unit of work exceeded its time limit; nothing of it is stored."""

    def __init__(self) -> None:
        super().__init__("a unit of work took too long and was abandoned; nothing of it is stored")


class Statements:
    """A connection whose statements run to completion even if the caller is cancelled.

    SQLAlchemy discards a connection on which a statement was cancelled, and the writer's connection is
    shared.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def execute(
        self, statement: Executable, rows: Sequence[dict[str, Any]] | None = None
    ) -> Result[Any]:
        """Execute a statement; its rows have been fetched when this returns. Raises: DBAPIError."""
        if isinstance(statement, AnySelect):
            return (await self.select(statement, *rows or ())).result()
        return await run_to_completion(self._connection.execute(statement, rows))

    async def changed(self, statement: UpdateBase, rows: Sequence[dict[str, Any]] | None = None) -> int:
        """Execute a statement and return how many rows it has changed or deleted. Raises: DBAPIError."""
        return (await run_to_completion(self._connection.execute(statement, rows))).rowcount

    async def select(self, statement: AnySelect, values: Mapping[str, Any] | None = None) -> Selected:
        """All rows of a SELECT, with values for its named parameters, if it has any. Raises: DBAPIError."""
        plain = _synchronous(self._connection)
        worded = put_into_words(plain, statement, values)
        try:
            running = driver_of(plain).run("execute", worded.sql, worded.parameters)
            rows, description, _, _ = await run_to_completion(running)
        except sqlite3.Error as failure:
            raise DBAPIError(worded.sql, worded.parameters, failure) from failure
        return worded.selected(plain, rows, description)


class Transaction:
    """One unit of work: statements on the shared connection, and their events."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.granted: asyncio.Future[AsyncConnection] = loop.create_future()
        self.finished: asyncio.Future[bool] = loop.create_future()
        self.committed: asyncio.Future[None] = loop.create_future()
        self.drafts: list[PendingEvent] = []
        self.is_expired = False

    @property
    def connection(self) -> Statements:
        """The shared connection, for reads that must see what this unit has written. Raises: UnitTooSlow."""
        return Statements(self._granted())

    async def execute(
        self, statement: Executable, rows: Sequence[dict[str, Any]] | None = None
    ) -> Result[Any]:
        """Execute a statement within this unit and return its result."""
        return await self.connection.execute(statement, rows)

    async def changed(self, statement: UpdateBase, rows: Sequence[dict[str, Any]] | None = None) -> int:
        """Execute a statement within this unit and return how many rows it has changed or deleted."""
        return await self.connection.changed(statement, rows)

    async def write(
        self, statement: Executable | Prepared, rows: Sequence[dict[str, Any]] | None = None
    ) -> None:
        """Queue a statement whose result is not needed; if it fails, the unit fails. All rows have the same
        names.
        """
        connection = self._granted()
        plain = _synchronous(connection)
        if isinstance(statement, Prepared):
            rows = rows or [{}]
            worded = statement.worded(plain.dialect, rows[0])
            defer(connection, worded.sql, [worded.parameters(row) for row in rows])
            return
        with driver_of(plain).deferring():
            plain.execute(statement, rows)

    def append(self, session_id: SessionId, happened: Event, *, task_id: TaskId | None = None) -> None:
        """Add an event, which is stored and announced if and only if the unit is committed.

        Raises: TypeError, if it cannot be encoded.
        """
        self.drafts.append(PendingEvent.of(session_id, task_id, happened))

    def expire(self) -> None:
        """Take the connection away from a unit that exceeds its time limit."""
        if not self.finished.done():
            self.is_expired = True
            self.finished.set_result(False)

    def leave(self, *, succeeded: bool) -> None:
        """End the unit when its block is left.

        Raises: UnitTooSlow, if the block succeeded but was too late.
        """
        if not self.finished.done():
            self.finished.set_result(succeeded)
        elif succeeded:
            raise UnitTooSlow

    def _granted(self) -> AsyncConnection:
        if self.is_expired:
            raise UnitTooSlow
        return self.granted.result()


class Database:
    """A database at a URL. Only SQLite is supported now; no other package depends on that."""

    def __init__(
        self,
        url: str,
        *,
        synchronous: Synchronous = Synchronous.FULL,
        unit_limit_s: float = UNIT_TIMEOUT_S,
        on_commit: Callable[[float], None] | None = None,
    ) -> None:
        """`on_commit` is called with the duration in seconds of each commit, with all units that it has."""
        self._engine = _checked_engine(url, synchronous)
        self._name = make_url(url).database or make_url(url).render_as_string()
        self._unit_limit_s = unit_limit_s
        self._on_commit = on_commit
        self._is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self._begin = "BEGIN IMMEDIATE" if self._is_sqlite else "BEGIN"
        self._waiting: deque[Transaction] = deque()
        self._wake = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._closing = False
        self._readers = Readers(self._engine, READERS)
        self._ended = asyncio.Event()
        self._failure: Exception | None = None
        self._probing: asyncio.Task[None] | None = None
        self._probed_at = -PROBE_LIFETIME_S

    async def open(self, journal: Journal) -> None:
        """Migrate the schema and start the writer.

        Raises: DatabaseUnusable, if it is not a database, cannot be read or written, or has a newer schema.
        """
        if self._is_sqlite:
            await asyncio.to_thread(_check_file, self._name)
        try:
            async with self._engine.connect() as connection:
                await connection.run_sync(bring_up_to_date)
        except DBAPIError as failure:
            await self._engine.dispose()
            raise DatabaseUnusable(f"The database {self._name} cannot be used: {failure.orig}") from failure
        except NewerVersion as failure:
            await self._engine.dispose()
            raise DatabaseUnusable(
                f"The database {self._name} was left by a newer version of this server (its schema is "
                f"{failure}): start that version, or restore a backup that was made before it"
            ) from failure
        self._writer = asyncio.create_task(self._write(journal), name="database writer")

    async def close(self) -> None:
        """Finish waiting units and close all connections."""
        self._closing = True
        self._wake.set()
        if self._writer is not None:
            await self._writer
        if self._probing is not None:
            await asyncio.wait([self._probing])
        await self._readers.close()
        await self._engine.dispose()

    async def compact(self) -> None:
        """Write the database anew, so that its files hold nothing of what was replaced or deleted.

        Raises: DatabaseUnusable, if there is no room for it.
        """
        if not self._is_sqlite:
            return
        try:
            async with self._readers.one() as connection:
                for statement in (_GIVES_BACK, "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
                    await run_plain(connection, statement)
        except DBAPIError as failure:
            raise DatabaseUnusable(
                f"The database {self._name} cannot be written anew, which takes as much room as it has: "
                f"{failure.orig}"
            ) from failure

    async def give_back(self) -> int:
        """Give the room of deleted rows back to the disk, but for what new rows soon need; return the bytes.

        It is done in small units, so that other writers go between. A database made by an older server has to
        be compacted once before this has an effect. Source: SQLite, "PRAGMA incremental_vacuum".
        """
        given = 0
        while self._is_sqlite and (excess := await self._give_some_back()):
            given += excess
            await asyncio.sleep(PAUSE_BETWEEN_PAGES_S)
        return given

    async def _give_some_back(self) -> int:
        async with self.transaction() as unit:
            size, free, pages, mode = [
                (await unit.execute(text(f"PRAGMA {name}"))).scalar_one()
                for name in ("page_size", "freelist_count", "page_count", "auto_vacuum")
            ]
            excess = min(PAGES_PER_UNIT, free - max(KEPT_FREE_BYTES // size, int(pages * KEPT_FREE_SHARE)))
            if excess <= 0 or mode != _INCREMENTAL:
                return 0
            for _ in range(excess):  # the driver makes one step of each statement, and each step frees a page
                await unit.write(_FREE_PAGE)
            return int(excess * size)

    async def broken(self) -> DatabaseUnusable:
        """Return once the database cannot be written any more, so that the server can stop."""
        await self._ended.wait()
        return self._unusable()

    def wake(self) -> None:
        """Tell the writer that the journal has events to write.

        Raises: DatabaseUnusable, if the writer has ended.
        """
        if self._failure is not None:
            raise self._unusable()
        if self._closing:
            raise RuntimeError("the database is closed")
        self._wake.set()

    async def probe(self) -> None:
        """Check that the database can be written to; callers within one second share a write.

        Raises: DatabaseUnusable, if it fails or takes longer than `PROBE_TIMEOUT_S`.
        """
        if asyncio.get_running_loop().time() - self._probed_at < PROBE_LIFETIME_S:
            return
        if self._probing is None or self._probing.done():
            self._probing = asyncio.create_task(self._probe(), name="database probe")
        await asyncio.wait([self._probing], timeout=PROBE_TIMEOUT_S)
        if not self._probing.done():
            raise DatabaseUnusable(f"The database {self._name} cannot be written at the moment")
        failure = self._probing.exception()
        if failure is not None:
            raise DatabaseUnusable(f"The database {self._name} cannot be written: {failure}") from failure

    async def _probe(self) -> None:
        async with self.transaction() as unit:
            statement = update(server_state).where(server_state.c.name == PROBED)
            await unit.execute(statement.values(value=str(milliseconds(now()))))
        self._probed_at = asyncio.get_running_loop().time()

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[Statements]:
        """A connection for reading, on which each statement sees everything committed before it.

        There are `READERS` of them; callers wait in order of arrival.
        """
        async with self._readers.one() as connection:
            yield Statements(connection)

    @contextlib.asynccontextmanager
    async def snapshot(self) -> AsyncIterator[Statements]:
        """A connection for reading, on which all statements see the database as it is at the first one.

        It is one of the `READERS`, and what others write meanwhile takes room: do not wait for callers.
        """
        async with self._readers.one() as connection:
            await run_to_completion(run_plain(connection, "BEGIN"))
            try:
                yield Statements(connection)
            finally:
                await run_to_completion(run_plain(connection, "ROLLBACK"))

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A unit of work. It is on disk once the block has been left without an exception.

        Do not await another commit or anything slow inside the block: all other writers wait for it.
        Raises: UnitTooSlow, DatabaseUnusable, SQLAlchemyError.
        """
        if _inside.get():
            raise RuntimeError("a transaction is open already: use it")
        self.wake()
        unit = Transaction()
        self._waiting.append(unit)
        try:
            await unit.granted
        except asyncio.CancelledError:
            if not unit.finished.done():
                unit.finished.set_result(False)
            raise
        token = _inside.set(True)
        try:
            yield unit
        except BaseException:
            unit.leave(succeeded=False)
            raise
        else:
            unit.leave(succeeded=True)
        finally:
            _inside.reset(token)
        await asyncio.shield(unit.committed)

    async def _write(self, journal: Journal) -> None:
        """The writer's loop.

        It survives failing units and commits; if it ends itself, all waiting units fail.
        """
        try:
            async with self._engine.connect() as connection:
                if self._is_sqlite:
                    await run_plain(connection, f"PRAGMA cache_size=-{WRITER_CACHE_KIB}")
                while not self._closing or self._waiting or journal.has_drafts():
                    await self._wake.wait()
                    self._wake.clear()
                    while self._waiting or journal.has_drafts():
                        await self._commit(connection, journal)
        except Exception as failure:
            log.critical("the database writer has ended", database=self._name, exc_info=True)
            self._failure = failure
            self._fail(journal, self._all_waiting(), self._unusable())
            self._ended.set()

    async def _commit(self, connection: AsyncConnection, journal: Journal) -> None:
        """Run one database transaction with all waiting units, up to a limit, and all events."""
        taken: list[Transaction] = []
        has_begun = False
        began = time.perf_counter()
        try:
            await run_plain(connection, self._begin)
            has_begun = True
            try:
                while self._waiting and len(taken) < UNITS_PER_COMMIT:
                    taken.append(self._waiting.popleft())
                    if await _perform(connection, taken[-1], self._unit_limit_s):
                        journal.accept(taken[-1].drafts)
                    else:
                        taken.pop()
                await journal.write(connection)
                await run_plain(connection, "COMMIT")
            except BaseException:
                _driver(connection).drop()
                await run_plain(connection, "ROLLBACK")
                raise
        except Exception as failure:
            log.exception("commit failed", units=len(taken))
            self._fail(journal, taken if has_begun else self._all_waiting(), failure)
        else:
            if self._on_commit is not None:
                self._on_commit(time.perf_counter() - began)
            journal.committed()
            for unit in taken:
                _settle(unit.committed, None)

    def _fail(self, journal: Journal, taken: list[Transaction], failure: Exception) -> None:
        """Report a failed commit to all its units; the writer continues."""
        journal.failed(failure)
        for unit in taken:
            _settle(unit.committed if unit.granted.done() else unit.granted, failure)

    def _all_waiting(self) -> list[Transaction]:
        """Return all waiting units, for when no transaction can be started (the database is locked, for
        example).

        Trying again for each of them would make the last one wait for the sum of all timeouts.
        """
        waiting = list(self._waiting)
        self._waiting.clear()
        return waiting

    def _unusable(self) -> DatabaseUnusable:
        return DatabaseUnusable(f"The database {self._name} cannot be written any more: {self._failure}")


def _synchronous(connection: AsyncConnection) -> Connection:
    assert connection.sync_connection is not None  # noqa: S101 - it is open
    return connection.sync_connection


def _driver(connection: AsyncConnection) -> SqliteConnection:
    return driver_of(_synchronous(connection))


async def run_plain(connection: AsyncConnection, statement: str) -> None:
    """Execute a constant statement without result, directly on the driver. Raises: DBAPIError."""
    try:
        await _driver(connection).run("execute", statement)
    except sqlite3.Error as failure:
        raise DBAPIError(statement, None, failure) from failure


def defer(connection: AsyncConnection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Queue a constant statement, to be executed for each row together with the connection's next
    statement.
    """
    _driver(connection).defer("executemany", statement, rows)


async def _perform(connection: AsyncConnection, unit: Transaction, limit_s: float) -> bool:
    """Run one unit in its savepoint; return False if it failed, was abandoned or exceeded its time limit."""
    if unit.granted.done():
        return False
    driver = _driver(connection)
    driver.defer("execute", _SAVEPOINT)
    unit.granted.set_result(connection)
    limit = asyncio.get_running_loop().call_later(limit_s, unit.expire)
    succeeded = await unit.finished
    limit.cancel()
    if unit.is_expired:
        log.error("a unit of work was abandoned", limit_s=limit_s)
    if succeeded:
        try:
            await run_plain(connection, _RELEASE)
        except Exception as failure:
            # Whatever the driver rejects (a text that is not valid Unicode, for example) is the unit's own
            # failure.
            _settle(unit.committed, failure)
        else:
            return True
    if _SAVEPOINT not in driver.drop():
        await run_plain(connection, f"ROLLBACK TO {_SAVEPOINT}")
        await run_plain(connection, _RELEASE)
    return False


def _settle(future: asyncio.Future[Any], failure: Exception | None) -> None:
    if future.done():
        return
    if failure is None:
        future.set_result(None)
    else:
        future.set_exception(failure)


def _checked_engine(url: str, synchronous: Synchronous) -> AsyncEngine:
    """Create the engine. Raises: DatabaseUnusable, if the URL is invalid or its driver is not installed."""
    try:
        return _create_engine(url, synchronous)
    except (ArgumentError, InvalidRequestError, ModuleNotFoundError) as failure:
        raise DatabaseUnusable(
            "The setting database.url names no database with an asynchronous driver that is installed. "
            "Leave it empty, or write sqlite+aiosqlite:/// and the path of a file."
        ) from failure


def _create_engine(url: str, synchronous: Synchronous) -> AsyncEngine:
    is_sqlite = make_url(url).get_backend_name() == "sqlite"
    engine = create_async_engine(
        url,
        module=BATCHING_DRIVER if is_sqlite else None,
        isolation_level="AUTOCOMMIT",
        json_serializer=lambda content: encoded(content).decode(),
        json_deserializer=orjson.loads,
        pool_size=READERS + 1,
        max_overflow=0,
        pool_reset_on_return=None,
        skip_autocommit_rollback=True,
    )
    if is_sqlite:
        event.listen(engine.sync_engine, "connect", functools.partial(_prepare_sqlite, synchronous))
    return engine


def _prepare_sqlite(synchronous: Synchronous, connection: SqliteConnection, _: object) -> None:
    connection.defer("execute", "PRAGMA journal_mode=WAL")
    connection.defer("execute", f"PRAGMA synchronous={synchronous.value}")
    connection.defer("execute", "PRAGMA foreign_keys=ON")
    connection.defer("execute", "PRAGMA busy_timeout=10000")
    connection.cursor().execute(f"PRAGMA cache_size=-{READER_CACHE_KIB}")


def _check_file(path: str) -> None:
    """Opened here first, because a connection that fails to open leaks its thread.

    Raises: DatabaseUnusable.
    """
    try:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            if not connection.execute("PRAGMA page_count").fetchone()[0]:
                connection.execute(_GIVES_BACK)  # it can be chosen for an empty one alone
                connection.execute("PRAGMA journal_mode=WAL")
    except sqlite3.Error as failure:
        raise DatabaseUnusable(f"The database {path} cannot be used: {failure}") from failure
    _keep_private(path)


def _keep_private(path: str) -> None:
    """Make the file private, wherever it is; the files that SQLite creates beside it get the same mode."""
    for file in (Path(path), Path(f"{path}-wal"), Path(f"{path}-shm")):
        if file.is_file() and file.stat().st_uid == os.geteuid():
            file.chmod(0o600)
