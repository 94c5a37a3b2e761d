"""One server of one session: its connection, its failures, and when it may be retried."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Final

import structlog

from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.mcp.answer import McpFailure, Offer
from roocode_server.models.error import AppError
from roocode_server.models.mcp import McpStarted, McpStopped

if TYPE_CHECKING:
    from roocode_server.engine.mcp.connection import McpConnection

MOST_FAILURES: Final = 5
"""After this many failures in a row, only a person can restart the server."""
START_PAUSE_S: Final = 10.0
"""The pause after a failed start; it doubles with each further failure."""
MCP_FAILURE_CHARACTERS: Final = 2000

Tell = Callable[[McpStarted | McpStopped], Coroutine[Any, Any, None]]

log = structlog.get_logger("mcp")


class ServerSlot:
    """The state of one server of one session. Hold its `lock` to change it."""

    def __init__(self, name: str, *, stop_timeout_s: float) -> None:
        self.lock = asyncio.Lock()
        self.grounds: object = None
        """What the connection was made from; if that changes, the server is reconnected."""
        self.error: str | None = None
        self.connection: McpConnection | None = None
        self._name = name
        self._stop_timeout_s = stop_timeout_s
        self._task: asyncio.Task[None] | None = None
        self._failures = 0
        self._not_before = 0.0

    @property
    def offer(self) -> Offer | None:
        """What the server offers; None if it is not connected."""
        return None if self.connection is None or self.connection.is_over else self.connection.offer

    def forgive(self) -> None:
        """Reset the failures."""
        self._failures, self._not_before, self.error = 0, 0.0, None

    def check_pause(self) -> None:
        """Raises: McpFailure, if the server has failed too often, or too recently."""
        if self._failures >= MOST_FAILURES:
            raise McpFailure(
                f"{self._name} failed {self._failures} times and is not started again until mcp.restart. "
                f"{self.error}"
            )
        left_s = self._not_before - asyncio.get_running_loop().time()
        if left_s > 0:
            raise McpFailure(f"{self._name} has just failed; try it again in {left_s:.0f} s. {self.error}")

    async def connect(self, connection: McpConnection, tell: Tell) -> None:
        """Connect, and keep the connection in a task of its own. Raises: McpFailure."""
        ready = asyncio.Event()
        self.connection = connection
        self._task = asyncio.create_task(self._keep(connection, tell, ready))
        waiting = asyncio.create_task(ready.wait())
        try:
            await asyncio.wait([self._task, waiting], return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self.end()
            raise
        finally:
            waiting.cancel()
        if not ready.is_set():
            raise McpFailure(f"{self._name} cannot be used. {self.error}")

    async def end(self) -> None:
        """Close the connection, if there is one."""
        if self.connection is not None:
            self.connection.end()
        if self._task is not None:
            await asyncio.wait([self._task], timeout=self._stop_timeout_s)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.connection = self._task = None

    async def _keep(self, connection: McpConnection, tell: Tell, ready: asyncio.Event) -> None:
        """Run one connection from start to end, with its events."""

        async def connected(offer: Offer) -> None:
            counts = {
                "tools": len(offer.tools),
                "resources": len(offer.resources),
                "prompts": len(offer.prompts),
            }
            await tell(McpStarted(server_name=self._name, **counts))
            ready.set()

        error: str | None = None
        try:
            await connection.live(connected)
        except Exception as failure:  # the connection's boundary: no failure may go beyond it
            error = _reason(failure, connection.complaint())
            log.warning("mcp server failed", server=self._name, reason=error)
            log.debug("why the mcp server failed", server=self._name, exc_info=failure)
            self._blame(error, was_connected=ready.is_set())
        finally:
            connection.end()
            if ready.is_set():
                await run_to_completion(tell(McpStopped(server_name=self._name, error=error)))

    def _blame(self, error: str, *, was_connected: bool) -> None:
        """Count a failure.

        A server that was connected may be restarted without a pause, but only once in a row.
        """
        self.error = error
        self._failures += 1
        pause_s = START_PAUSE_S * 2 ** (self._failures - 1)
        if was_connected and self._failures == 1:
            pause_s = 0.0
        self._not_before = asyncio.get_running_loop().time() + pause_s


def _reason(failure: BaseException, complaint: str) -> str:
    """Return the message of the innermost exception, with the server's last output."""
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    said = (failure.message if isinstance(failure, AppError) else str(failure)) or type(failure).__name__
    return (
        f"{said} It printed: {complaint}"[:MCP_FAILURE_CHARACTERS]
        if complaint
        else said[:MCP_FAILURE_CHARACTERS]
    )
