"""The connections that read. They stay open: taking one out of a pool and giving it back is nearly a third of
a small read.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from roocode_server.engine.concurrency.shield import run_to_completion


class Readers:
    """At most so many connections of an engine, each for one caller at a time; callers wait in order."""

    def __init__(self, engine: AsyncEngine, most: int) -> None:
        self._engine = engine
        self._free: list[AsyncConnection] = []
        self._permits = asyncio.Semaphore(most)
        self._is_closed = False

    @asynccontextmanager
    async def one(self) -> AsyncIterator[AsyncConnection]:
        """A connection that nobody else uses until the block is left. After a failure it is not kept, so that
        the engine decides whether it still works.

        Raises: DBAPIError, if none can be opened.
        """
        async with self._permits:
            connection = self._free.pop() if self._free else await self._opened()
            is_sound = False
            try:
                yield connection
                is_sound = not connection.invalidated
            finally:
                if is_sound and not self._is_closed:
                    self._free.append(connection)
                else:
                    await run_to_completion(connection.close())

    async def close(self) -> None:
        """Close those that nobody uses now, and the others as soon as they are given back."""
        self._is_closed = True
        while self._free:
            await self._free.pop().close()

    async def _opened(self) -> AsyncConnection:
        connection = self._engine.connect()
        try:
            await run_to_completion(connection.start())
        except BaseException:
            if connection.sync_connection is not None:
                await run_to_completion(connection.close())
            raise
        return connection
