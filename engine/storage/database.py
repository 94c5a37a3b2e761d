"""The database: many readers, one writer, and commits that many units of work share.

A unit is rows and events that belong together: it is stored whole or not at all. Units that wait at the
same time are run one after the other in one database transaction, each in a savepoint of its own, so that
durability costs one disk write a group instead of one a unit.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
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
from sqlalchemy import Connection, CursorResult, Executable, event, make_url
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from engine.finishing import finish
from engine.storage.driver import FEW_TRIPS, SqliteConnection
from engine.storage.journal import Draft, Journal
from models.event import Event
from models.identifier import SessionId, TaskId

UNITS_PER_COMMIT: Final = 512
_SAVEPOINT: Final = "SAVEPOINT unit"
_RELEASE: Final = "RELEASE SAVEPOINT unit"

log = structlog.get_logger("storage")

_inside: contextvars.ContextVar[bool] = contextvars.ContextVar("inside_transaction", default=False)


class DatabaseUnusable(Exception):
    """The database cannot be opened; the message says which one, why, and what to do."""


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
        return await finish(self._connection.execute(statement, rows))


class Transaction:
    """One unit of work: statements on the shared connection, and the events that tell of them."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.granted: asyncio.Future[AsyncConnection] = loop.create_future()
        self.finished: asyncio.Future[bool] = loop.create_future()
        self.committed: asyncio.Future[None] = loop.create_future()
        self.drafts: list[Draft] = []

    @property
    def connection(self) -> Statements:
        """The shared connection, for reads that must see what this unit did."""
        return Statements(self.granted.result())

    async def execute(
        self, statement: Executable, rows: Sequence[dict[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run a statement within this unit."""
        return await self.connection.execute(statement, rows)

    async def write(self, statement: Executable, rows: Sequence[dict[str, Any]] | None = None) -> None:
        """Run a statement whose outcome nobody looks at; what fails of it fails the unit."""
        connection = self.granted.result()
        with _driver(connection).deferring():
            await connection.execute(statement, rows)

    def append(self, session_id: SessionId, happened: Event, *, task_id: TaskId | None = None) -> None:
        """Tell of what this unit does: the event is stored and announced with the commit, or never."""
        self.drafts.append(Draft(session_id, task_id, happened))


class Database:
    """Storage behind a URL. Only SQLite is wired up; nothing above this package knows which engine it is."""

    def __init__(self, url: str) -> None:
        self._name = make_url(url).database or make_url(url).render_as_string()
        self._engine = _create_engine(url)
        self._is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self._begin = "BEGIN IMMEDIATE" if self._is_sqlite else "BEGIN"
        self._waiting: deque[Transaction] = deque()
        self._wake = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._closing = False

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
        await self._engine.dispose()

    def wake(self) -> None:
        """Tell the writer that the journal has drafts."""
        if self._closing:
            raise RuntimeError("the database is closed")
        self._wake.set()

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[Statements]:
        """A connection that sees everything committed; each statement by itself."""
        connection = self._engine.connect()
        try:
            await finish(_start(connection))
            yield Statements(connection)
        finally:
            if connection.sync_connection is not None:
                await finish(connection.close())

    @contextlib.asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A unit of work. It is on disk when the block has been left without an exception.

        Inside the block nothing else may be awaited that waits for a commit.
        """
        if _inside.get():
            raise RuntimeError("a transaction is open already: use it")
        unit = Transaction()
        self._waiting.append(unit)
        self.wake()
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
            unit.finished.set_result(False)
            raise
        else:
            unit.finished.set_result(True)
        finally:
            _inside.reset(token)
        await asyncio.shield(unit.committed)

    async def _write(self, journal: Journal) -> None:
        async with self._engine.connect() as connection:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._waiting or journal.has_drafts():
                    await self._commit(connection, journal)
                if self._closing:
                    return

    async def _commit(self, connection: AsyncConnection, journal: Journal) -> None:
        """One database transaction with every unit that waits, up to a bound, and all drafts."""
        taken: list[Transaction] = []
        try:
            await run_plain(connection, self._begin)
            try:
                while self._waiting and len(taken) < UNITS_PER_COMMIT:
                    taken.append(self._waiting.popleft())
                    if await _perform(connection, taken[-1]):
                        journal.accept(taken[-1].drafts)
                    else:
                        taken.pop()
                await journal.write(connection)
                await run_plain(connection, "COMMIT")
            except BaseException:
                _driver(connection).drop()
                await run_plain(connection, "ROLLBACK")
                raise
        except SQLAlchemyError as failure:
            self._fail(journal, taken, failure)
        else:
            journal.committed()
            for unit in taken:
                _settle(unit.committed, None)

    def _fail(self, journal: Journal, taken: list[Transaction], failure: Exception) -> None:
        """The commit did not happen: everybody who took part in it hears why; the writer goes on."""
        log.error("commit failed", error=str(failure), units=len(taken))
        journal.failed(failure)
        if not taken and self._waiting:
            taken.append(self._waiting.popleft())
        for unit in taken:
            _settle(unit.committed if unit.granted.done() else unit.granted, failure)


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


async def _perform(connection: AsyncConnection, unit: Transaction) -> bool:
    """Let one unit run in its savepoint; false if it failed or was abandoned."""
    if unit.granted.done():
        return False
    driver = _driver(connection)
    driver.put_off("execute", _SAVEPOINT)
    unit.granted.set_result(connection)
    if await unit.finished:
        try:
            await run_plain(connection, _RELEASE)
        except DBAPIError as failure:
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


def _create_engine(url: str) -> AsyncEngine:
    is_sqlite = make_url(url).get_backend_name() == "sqlite"
    engine = create_async_engine(
        url,
        module=FEW_TRIPS if is_sqlite else None,
        isolation_level="AUTOCOMMIT",
        json_serializer=lambda content: orjson.dumps(content).decode(),
        json_deserializer=orjson.loads,
        pool_reset_on_return=None,
        skip_autocommit_rollback=True,
    )
    if is_sqlite:
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "busy_timeout=10000",
        "cache_size=-65536",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _check_file(path: str) -> None:
    """Here, because a connection that fails to open leaves its thread behind. Raises: DatabaseUnusable."""
    try:
        sqlite3.connect(path).close()
    except sqlite3.Error as failure:
        raise DatabaseUnusable(f"The database {path} cannot be used: {failure}") from failure


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
