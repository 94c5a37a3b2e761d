"""SQLite for SQLAlchemy with one trip to the driver's thread for each statement.

SQLAlchemy's own adapter of aiosqlite makes a trip for the cursor, one for the statement, one for its rows
and one to close: under load each waits for a turn of the interpreter, and a step of the agent has a dozen
statements. Here a statement is run, read and closed in one trip.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
    AsyncAdapt_aiosqlite_dbapi,
)


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
        driver: Any = self._connection
        async with self._adapt_connection._execute_mutex:
            rows, self._description, self._touched, self._last = await driver._execute(
                _run, driver._conn, how, operation, parameters
            )
        self._rows = deque(rows)

    async def _async_soft_close(self) -> None:
        """Nothing is open any more."""

    def close(self) -> None:
        self._rows.clear()


def _run(
    connection: sqlite3.Connection, how: str, operation: str, parameters: Sequence[Any]
) -> tuple[list[Any], Any, int, int | None]:
    """In the driver's thread."""
    cursor = connection.cursor()
    try:
        getattr(cursor, how)(operation, parameters)
        rows = cursor.fetchall() if cursor.description else []
        return rows, cursor.description, cursor.rowcount, cursor.lastrowid
    finally:
        cursor.close()


class _Connection(AsyncAdapt_aiosqlite_connection):
    __slots__ = ()

    _cursor_cls = _Cursor  # type: ignore[assignment]  # declared as narrow as the class that it is set to


class _Driver(AsyncAdapt_aiosqlite_dbapi):
    def connect(self, *arg: Any, **kw: Any) -> AsyncAdapt_aiosqlite_connection:
        adapted = super().connect(*arg, **kw)
        return _Connection(self, adapted._connection)


ONE_TRIP: Final = _Driver(aiosqlite, sqlite3)
"""The `module` of an engine whose URL begins with `sqlite+aiosqlite`."""
