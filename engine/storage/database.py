"""The database: many readers, one writer, and commits that many units of work share.

A unit is rows and events that belong together: it is stored whole or not at all. Units that wait at the
same time are run one after the other in one database transaction, each in a savepoint of its own, so that
durability costs one disk write a group instead of one a unit.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import os
import sqlite3
from collections import deque
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Final

import orjson
import structlog
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, CursorResult, Executable, event, make_url, update
from sqlalchemy.exc import ArgumentError, DBAPIError, InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.storage.driver import FEW_TRIPS, SqliteConnection
from roocode_server.engine.storage.journal import Journal, PendingEvent
from roocode_server.engine.storage.tables import server_state
from roocode_server.models.cleaning import encoded
from roocode_server.models.clock import milliseconds, now
from roocode_server.models.event import Event
from roocode_server.models.identifier import SessionId, TaskId
from roocode_server.models.settings import Synchronous

UNITS_PER_COMMIT: Final = 512
UNIT_LIMIT_S: Final = 30.0
"""How long a unit of work may keep all others waiting."""
READERS: Final = 8
"""How many connections read at the same time; who comes later waits for a turn."""
WRITER_CACHE_KIB: Final = 65_536
READER_CACHE_KIB: Final = 8_192
PROBE_LIMIT_S: Final = 5.0
PROBE_HOLDS_S: Final = 1.0
PROBED: Final = "probed"
_SAVEPOINT: Final = "SAVEPOINT unit"
_RELEASE: Final = "RELEASE SAVEPOINT unit"

log = structlog.get_logger("storage")

_inside: contextvars.ContextVar[bool] = contextvars.ContextVar("inside_transaction", default=False)


class DatabaseUnusable(Exception):
    """The database cannot be opened; the message says which one, why, and what to do."""


class UnitTooSlow(Exception):
    """A unit of work took longer than it may: nothing of it is stored."""

    def __init__(self) -> None:
        super().__init__("a unit of work took too long and was given up; nothing of it is stored")


class Statements:
    """A connection whose statements run to their end, whoever is cancelled meanwhile.

    SQLAlchemy gives a connection up in the middle of whose statement somebody was cancelled; and the writer's
    one is everybody's.
    """

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def execute(
        self, statement: Executable, rows: Sequence[dict[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run a statement; its rows are here when it returns."""
        return await run_to_completion(self._connection.execute(statement, rows))


class Transaction:
    """One unit of work: statements on the shared connection, and the events that tell of them."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.granted: asyncio.Future[AsyncConnection] = loop.create_future()
        self.finished: asyncio.Future[bool] = loop.create_future()
        self.committed: asyncio.Future[None] = loop.create_future()
        self.drafts: list[PendingEvent] = []
        self.is_expired = False

    @property
    def connection(self) -> Statements:
        """The shared connection, for reads that must see what this unit did. Raises: UnitTooSlow."""
        return Statements(self._granted())

    async def execute(
        self, statement: Executable, rows: Sequence[dict[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run a statement within this unit."""
        return await self.connection.execute(statement, rows)

    async def write(self, statement: Executable, rows: Sequence[dict[str, Any]] | None = None) -> None:
        """Run a statement whose outcome nobody looks at; what fails of it fails the unit."""
        connection = self._granted()
        with _driver(connection).deferring():
            await connection.execute(statement, rows)

    def append(self, session_id: SessionId, happened: Event, *, task_id: TaskId | None = None) -> None:
        """Tell of what this unit does: the event is stored and announced with the commit, or never.

        Raises: TypeError, if it cannot be encoded.
        """
        self.drafts.append(PendingEvent.of(session_id, task_id, happened))

    def expire(self) -> None:
        """Take the connection back from a unit that does not end."""
        if not self.finished.done():
            self.is_expired = True
            self.finished.set_result(False)

    def leave(self, *, succeeded: bool) -> None:
        """The block has been left. Raises: UnitTooSlow, if that came too late to be stored."""
        if not self.finished.done():
            self.finished.set_result(succeeded)
        elif succeeded:
            raise UnitTooSlow

    def _granted(self) -> AsyncConnection:
        if self.is_expired:
            raise UnitTooSlow
        return self.granted.result()


class Database:
    """Storage behind a URL. Only SQLite is wired up; nothing above this package knows which engine it is."""

    def __init__(
        self, url: str, *, synchronous: Synchronous = Synchronous.FULL, unit_limit_s: float = UNIT_LIMIT_S
    ) -> None:
        self._engine = _checked_engine(url, synchronous)
        self._name = make_url(url).database or make_url(url).render_as_string()
        self._unit_limit_s = unit_limit_s
        self._is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self._begin = "BEGIN IMMEDIATE" if self._is_sqlite else "BEGIN"
        self._waiting: deque[Transaction] = deque()
        self._wake = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._closing = False
        self._readers = asyncio.Semaphore(READERS)
        self._ended = asyncio.Event()
        self._failure: Exception | None = None
        self._probing: asyncio.Task[None] | None = None
        self._probed_at = -PROBE_HOLDS_S

    async def open(self, journal: Journal) -> None:
        """Bring the schema up to date and start the writer.

        Raises: DatabaseUnusable, if it is none, cannot be read or written, or is of a newer version.
        """
        if self._is_sqlite:
            await asyncio.to_thread(_check_file, self._name)
        try:
            async with self._engine.connect() as connection:
                await connection.run_sync(_migrate)
        except DBAPIError as failure:
            await self._engine.dispose()
            raise DatabaseUnusable(f"The database {self._name} cannot be used: {failure.orig}") from failure
        except _NewerVersion as failure:
            await self._engine.dispose()
            raise DatabaseUnusable(
                f"The database {self._name} was left by a newer version of this server (its schema is "
                f"{failure}): start that version, or restore a backup that was made before it"
            ) from failure
        self._writer = asyncio.create_task(self._write(journal), name="database writer")

    async def close(self) -> None:
        """Finish what waits and let go of the files."""
        self._closing = True
        self._wake.set()
        if self._writer is not None:
            await self._writer
        if self._probing is not None:
            await asyncio.wait([self._probing])
        await self._engine.dispose()

    async def broken(self) -> DatabaseUnusable:
        """Return once nothing can be written any more; nobody is to go on as if it could."""
        await self._ended.wait()
        return self._unusable()

    def wake(self) -> None:
        """Tell the writer that the journal has drafts. Raises: DatabaseUnusable, if there is none now."""
        if self._failure is not None:
            raise self._unusable()
        if self._closing:
            raise RuntimeError("the database is closed")
        self._wake.set()

    async def probe(self) -> None:
        """Show that the database takes writes, by one that all who ask within a second share.

        Raises: DatabaseUnusable, if it does not, or not within `PROBE_LIMIT_S`.
        """
        if asyncio.get_running_loop().time() - self._probed_at < PROBE_HOLDS_S:
            return
        if self._probing is None or self._probing.done():
            self._probing = asyncio.create_task(self._probe(), name="database probe")
        await asyncio.wait([self._probing], timeout=PROBE_LIMIT_S)
        if not self._probing.done():
            raise DatabaseUnusable(f"The database {self._name} takes no writes at the moment")
        failure = self._probing.exception()
        if failure is not None:
            raise DatabaseUnusable(f"The database {self._name} takes no writes: {failure}") from failure

    async def _probe(self) -> None:
        async with self.transaction() as unit:
            statement = update(server_state).where(server_state.c.name == PROBED)
            await unit.execute(statement.values(value=str(milliseconds(now()))))
        self._probed_at = asyncio.get_running_loop().time()

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[Statements]:
        """A connection that sees everything committed; each statement by itself.

        There are `READERS` of them, given in the order in which they were asked for.
        """
        async with self._readers:
            connection = self._engine.connect()
            try:
                await run_to_completion(_start(connection))
                yield Statements(connection)
            finally:
                if connection.sync_connection is not None:
                    await run_to_completion(connection.close())

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A unit of work. It is on disk when the block has been left without an exception.

        Inside the block nothing else may be awaited that waits for a commit, nor anything that takes long:
        everybody else waits meanwhile. Raises: UnitTooSlow, DatabaseUnusable, SQLAlchemyError.
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
        """The writer. It outlives what fails of a unit or a commit; its own end is everybody's to hear."""
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
        """One database transaction with every unit that waits, up to a bound, and all drafts."""
        taken: list[Transaction] = []
        has_begun = False
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
            journal.committed()
            for unit in taken:
                _settle(unit.committed, None)

    def _fail(self, journal: Journal, taken: list[Transaction], failure: Exception) -> None:
        """The commit did not happen: everybody who took part in it hears why; the writer goes on."""
        journal.failed(failure)
        for unit in taken:
            _settle(unit.committed if unit.granted.done() else unit.granted, failure)

    def _all_waiting(self) -> list[Transaction]:
        """Those who hear that not even a beginning can be made (the database is locked, say).

        With an attempt for each of them, each would wait for the sum of all.
        """
        waiting = list(self._waiting)
        self._waiting.clear()
        return waiting

    def _unusable(self) -> DatabaseUnusable:
        return DatabaseUnusable(f"The database {self._name} cannot be written any more: {self._failure}")


async def _start(connection: AsyncConnection) -> None:
    await connection.start()


def _driver(connection: AsyncConnection) -> SqliteConnection:
    assert connection.sync_connection is not None  # noqa: S101 - it is open
    driver = connection.sync_connection.connection.dbapi_connection
    assert isinstance(driver, SqliteConnection)  # noqa: S101 - the only one that is wired up
    return driver


async def run_plain(connection: AsyncConnection, statement: str) -> None:
    """Run a fixed statement that gives nothing back, straight by the driver. Raises: DBAPIError."""
    try:
        await _driver(connection).run("execute", statement)
    except sqlite3.Error as failure:
        raise DBAPIError(statement, None, failure) from failure


def put_off(connection: AsyncConnection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Run a fixed statement for each row, together with the next statement of the connection."""
    _driver(connection).put_off("executemany", statement, rows)


async def _perform(connection: AsyncConnection, unit: Transaction, limit_s: float) -> bool:
    """Let one unit run in its savepoint; false if it failed, was abandoned or did not end in time."""
    if unit.granted.done():
        return False
    driver = _driver(connection)
    driver.put_off("execute", _SAVEPOINT)
    unit.granted.set_result(connection)
    limit = asyncio.get_running_loop().call_later(limit_s, unit.expire)
    succeeded = await unit.finished
    limit.cancel()
    if unit.is_expired:
        log.error("a unit of work was given up", limit_s=limit_s)
    if succeeded:
        try:
            await run_plain(connection, _RELEASE)
        except Exception as failure:
            # Whatever the driver does not take (a text that is no Unicode, say) is the unit's own failure.
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
    """The engine of an address. Raises: DatabaseUnusable, where it is none, or its driver is not here."""
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
        module=FEW_TRIPS if is_sqlite else None,
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


def _prepare_sqlite(synchronous: Synchronous, connection: Any, _: object) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        f"synchronous={synchronous.value}",
        "foreign_keys=ON",
        "busy_timeout=10000",
        f"cache_size=-{READER_CACHE_KIB}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _check_file(path: str) -> None:
    """Here, because a connection that fails to open leaves its thread behind. Raises: DatabaseUnusable."""
    try:
        sqlite3.connect(path).close()
    except sqlite3.Error as failure:
        raise DatabaseUnusable(f"The database {path} cannot be used: {failure}") from failure
    _keep_private(path)


def _keep_private(path: str) -> None:
    """Nobody else reads it, wherever it lies; what SQLite makes beside it gets the same mode."""
    for file in (Path(path), Path(f"{path}-wal"), Path(f"{path}-shm")):
        if file.is_file() and file.stat().st_uid == os.geteuid():
            file.chmod(0o600)


class _NewerVersion(Exception):
    """The schema's version is none that this server knows."""


def _migrate(connection: Connection) -> None:
    """Raises: _NewerVersion; DBAPIError."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    unknown = set(MigrationContext.configure(connection).get_current_heads()) - known
    if unknown:
        raise _NewerVersion(", ".join(sorted(unknown)))
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    command.upgrade(config, "head")
    connection.exec_driver_sql("COMMIT")
