"""SQLite for SQLAlchemy with few round trips to the driver's thread.

SQLAlchemy's own aiosqlite adapter needs one round trip each for the cursor, the statement, its rows and
closing: under load each waits for the interpreter, and one step of the agent executes a dozen statements.
Here a statement is executed, fetched and closed in one round trip; a statement whose result is not needed can
be deferred, and is executed together with the next one.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import aiosqlite
from sqlalchemy import Connection
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)

Statement = tuple[str, str, Sequence[Any]]
"""`execute` or `executemany`, the SQL, and its parameters."""


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """The result of a statement: its rows, their description, and the number of affected rows."""

    __slots__ = ("_description", "_last", "_touched")

    _awaitable_cursor_close = False

    def __init__(self, adapted: AsyncAdapt_aiosqlite_connection) -> None:
        self._adapt_connection = adapted
        self._connection = adapted._connection
        self._rows = deque()
        self._description: Any = None
        self._touched = -1
        self._last: int | None = None

    @property
    def description(self) -> Any:
        return self._description

    @property
    def rowcount(self) -> int:
        return self._touched

    @property
    def lastrowid(self) -> Any:
        return self._last

    def execute(self, operation: Any, parameters: Any = None) -> Any:
        if not self._defer("execute", operation, parameters or ()):
            super().execute(operation, parameters)

    def executemany(self, operation: Any, seq_of_parameters: Any) -> Any:
        if not self._defer("executemany", operation, seq_of_parameters):
            super().executemany(operation, seq_of_parameters)

    def _defer(self, how: str, operation: str, parameters: Sequence[Any]) -> bool:
        """Whether the statement is executed later: then nothing is awaited, and no greenlet is needed."""
        connection: Any = self._adapt_connection
        if connection.is_deferring:
            connection.defer(how, operation, parameters)
        return bool(connection.is_deferring)

    async def _execute_async(self, operation: Any, parameters: Any) -> Any:
        await self._run("execute", operation, parameters or ())

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> Any:
        await self._run("executemany", operation, seq_of_parameters)

    async def _run(self, how: str, operation: str, parameters: Sequence[Any]) -> None:
        connection: Any = self._adapt_connection
        rows, self._description, self._touched, self._last = await connection.run(how, operation, parameters)
        self._rows = deque(rows)

    async def _async_soft_close(self) -> None:
        """Nothing to close."""

    def close(self) -> None:
        self._rows.clear()


def _run(
    connection: sqlite3.Connection, before: Sequence[Statement], statement: Statement
) -> tuple[list[Any], Any, int, int | None]:
    """Runs in the driver's thread. If a statement fails, those after it are not executed."""
    cursor = connection.cursor()
    try:
        for how, operation, parameters in (*before, statement):
            getattr(cursor, how)(operation, parameters)
        rows = cursor.fetchall() if cursor.description else []
        return rows, cursor.description, cursor.rowcount, cursor.lastrowid
    except sqlite3.Error as failure:
        failure.add_note(f"SQLite's own code: {failure.sqlite_errorname}")
        raise
    finally:
        cursor.close()


class SqliteConnection(AsyncAdapt_aiosqlite_connection):
    """A connection that can defer statements."""

    __slots__ = ("_deferred", "is_deferring")

    _cursor_cls = _Cursor  # type: ignore[assignment]  # declared as narrow as the class that it is set to

    def __init__(self, dbapi: AsyncAdapt_aiosqlite_dbapi, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self._deferred: list[Statement] = []
        self.is_deferring = False

    async def run(
        self, how: str, operation: str, parameters: Sequence[Any] = ()
    ) -> tuple[list[Any], Any, int, int | None]:
        """Execute a statement after the deferred ones. Raises: sqlite3.Error, of whichever failed."""
        driver: Any = self._connection
        async with self._execute_mutex:
            before, self._deferred = self._deferred, []
            outcome: tuple[list[Any], Any, int, int | None] = await driver._execute(
                _run, driver._conn, before, (how, operation, parameters)
            )
        return outcome

    def defer(self, how: str, operation: str, parameters: Sequence[Any] = ()) -> None:
        """Defer a statement until the next one is executed."""
        self._deferred.append((how, operation, parameters))

    def drop(self) -> list[str]:
        """Discard the deferred statements and return their SQL."""
        dropped, self._deferred = self._deferred, []
        return [operation for _, operation, _ in dropped]

    @contextmanager
    def deferring(self) -> Iterator[None]:
        """Defer what SQLAlchemy executes within the block."""
        self.is_deferring = True
        try:
            yield
        finally:
            self.is_deferring = False


class _Driver(AsyncAdapt_aiosqlite_dbapi):
    def connect(self, *arg: Any, **kw: Any) -> AsyncAdapt_aiosqlite_connection:
        adapted = super().connect(*arg, **kw)
        return SqliteConnection(self, adapted._connection)


def driver_of(connection: Connection) -> SqliteConnection:
    """Return the driver's connection below SQLAlchemy's."""
    driver = connection.connection.dbapi_connection
    assert isinstance(driver, SqliteConnection)  # noqa: S101 - the only one that is wired up
    return driver


BATCHING_DRIVER: Final = _Driver(aiosqlite, sqlite3)
"""The `module` argument of an engine whose URL begins with `sqlite+aiosqlite`."""
