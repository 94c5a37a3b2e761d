"""SQLite for SQLAlchemy with few trips to the driver's thread.

SQLAlchemy's own adapter of aiosqlite makes a trip for the cursor, one for the statement, one for its rows
and one to close: under load each waits for a turn of the interpreter, and a step of the agent has a dozen
statements. Here a statement is run, read and closed in one trip; and one whose outcome nobody looks at can be
put off: it goes along with the next that makes the trip.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)

Statement = tuple[str, str, Sequence[Any]]
"""`execute` or `executemany`, the SQL, and its parameters."""


class _Cursor(AsyncAdapt_aiosqlite_cursor):
    """What is left of a statement: its rows, their description, and how many it touched."""

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

    async def _execute_async(self, operation: Any, parameters: Any) -> Any:
        await self._run("execute", operation, parameters or ())

    async def _executemany_async(self, operation: Any, seq_of_parameters: Any) -> Any:
        await self._run("executemany", operation, seq_of_parameters)

    async def _run(self, how: str, operation: str, parameters: Sequence[Any]) -> None:
        connection: Any = self._adapt_connection
        if connection.is_deferring:
            connection.put_off(how, operation, parameters)
            return
        rows, self._description, self._touched, self._last = await connection.run(how, operation, parameters)
        self._rows = deque(rows)

    async def _async_soft_close(self) -> None:
        """Nothing is open any more."""

    def close(self) -> None:
        self._rows.clear()


def _run(
    connection: sqlite3.Connection, before: Sequence[Statement], statement: Statement
) -> tuple[list[Any], Any, int, int | None]:
    """In the driver's thread. Where one fails, those after it are not run."""
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
    """A connection that can put statements off."""

    __slots__ = ("_put_off", "is_deferring")

    _cursor_cls = _Cursor  # type: ignore[assignment]  # declared as narrow as the class that it is set to

    def __init__(self, dbapi: AsyncAdapt_aiosqlite_dbapi, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self._put_off: list[Statement] = []
        self.is_deferring = False

    async def run(
        self, how: str, operation: str, parameters: Sequence[Any] = ()
    ) -> tuple[list[Any], Any, int, int | None]:
        """Run a statement after those that were put off. Raises: sqlite3.Error, of whichever failed."""
        driver: Any = self._connection
        async with self._execute_mutex:
            before, self._put_off = self._put_off, []
            outcome: tuple[list[Any], Any, int, int | None] = await driver._execute(
                _run, driver._conn, before, (how, operation, parameters)
            )
        return outcome

    def put_off(self, how: str, operation: str, parameters: Sequence[Any] = ()) -> None:
        """Have a statement run with the next one."""
        self._put_off.append((how, operation, parameters))

    def drop(self) -> list[str]:
        """Forget what was put off: it is never run."""
        dropped, self._put_off = self._put_off, []
        return [operation for _, operation, _ in dropped]

    @contextmanager
    def deferring(self) -> Iterator[None]:
        """Put off what SQLAlchemy runs within the block."""
        self.is_deferring = True
        try:
            yield
        finally:
            self.is_deferring = False


class _Driver(AsyncAdapt_aiosqlite_dbapi):
    def connect(self, *arg: Any, **kw: Any) -> AsyncAdapt_aiosqlite_connection:
        adapted = super().connect(*arg, **kw)
        return SqliteConnection(self, adapted._connection)


FEW_TRIPS: Final = _Driver(aiosqlite, sqlite3)
"""The `module` of an engine whose URL begins with `sqlite+aiosqlite`."""
