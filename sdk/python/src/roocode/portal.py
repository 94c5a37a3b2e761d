"""The event loop behind the blocking client.

The blocking client is a facade over the asynchronous one, whose loop runs in a thread of its own: so both
behave alike, and the blocking one, too, follows events while its caller does something else. A blocking
Socket.IO and HTTP client would be a second implementation of all that is difficult here: coming back,
resuming, refreshing, repeating.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import ExitStack
from functools import partial
from typing import ParamSpec, TypeVar, overload

from anyio.from_thread import start_blocking_portal

T = TypeVar("T")
R = TypeVar("R")
P = ParamSpec("P")


class Portal:
    """Runs asynchronous functions for threads that wait for them. Its own thread does not keep a program
    alive.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._portal = self._stack.enter_context(start_blocking_portal())

    def call(self, function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function and return what it returns; if the waiting is interrupted (Ctrl-C), it is
        cancelled.
        """
        future = self._portal.start_task_soon(partial(function, *args, **kwargs))
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def make(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function that awaits nothing in the loop's thread."""

        async def run() -> T:
            return function(*args, **kwargs)

        return self.call(run)

    def iterate(
        self, function: Callable[P, AsyncIterator[T]], *args: P.args, **kwargs: P.kwargs
    ) -> Generator[T, None, None]:
        """Yield what an asynchronous iterator yields; it ends when this one is closed."""
        items = self.make(function, *args, **kwargs)
        try:
            while True:
                found = self.call(_next, items)
                if not found:
                    return
                yield found[0]
        finally:
            self.call(_close, items)

    @overload
    def handler(self, function: None) -> None: ...
    @overload
    def handler(self, function: Callable[[T], R]) -> Callable[[T], Awaitable[R]]: ...
    def handler(self, function: Callable[[T], R] | None) -> Callable[[T], Awaitable[R]] | None:
        """Make a blocking function an asynchronous one: it is called in another thread, and may use the
        client.
        """
        if function is None:
            return None
        return lambda subject: asyncio.to_thread(function, subject)

    def close(self) -> None:
        """End the thread."""
        self._stack.close()


async def _next(items: AsyncIterator[T]) -> tuple[T, ...]:
    """Return the next item in a tuple, empty after the last one."""
    try:
        return (await anext(items),)
    except StopAsyncIteration:
        return ()


async def _close(items: AsyncIterator[T]) -> None:
    close = getattr(items, "aclose", None)
    if close is not None:
        await close()
