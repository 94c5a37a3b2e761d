"""A pool with one HTTP client for each endpoint, kept open between requests."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from roocode_server.engine.providers.provider import Endpoint

Client = TypeVar("Client")

MOST_IDLE: Final = 16
"""The most clients kept open; there are more only while all are in use."""


@dataclass(slots=True)
class _Held(Generic[Client]):
    client: Client
    users: int = 0


class ClientPool(Generic[Client]):
    """Opens clients when needed. `open_client` is called in a thread, because imports may be slow."""

    def __init__(
        self, open_client: Callable[[Endpoint], Client], close_client: Callable[[Client], Awaitable[object]]
    ) -> None:
        self._open = open_client
        self._close = close_client
        self._held: dict[Endpoint, _Held[Client]] = {}
        self._changing = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def lent(self, endpoint: Endpoint) -> AsyncIterator[Client]:
        """Yield the endpoint's client, which stays open while the block runs.

        Raises: what `open_client` raises.
        """
        held = await self._hold(endpoint)
        held.users += 1
        try:
            yield held.client
        finally:
            held.users -= 1

    async def close(self) -> None:
        """Close all clients, including those in use."""
        async with self._changing:
            while self._held:
                await self._close(self._held.popitem()[1].client)

    async def _hold(self, endpoint: Endpoint) -> _Held[Client]:
        async with self._changing:
            held = self._held.pop(endpoint, None)
            if held is None:
                held = _Held(await asyncio.to_thread(self._open, endpoint))
            self._held[endpoint] = held
            await self._make_room(endpoint)
            return held

    async def _make_room(self, wanted: Endpoint) -> None:
        """Close the least recently used clients that are not in use, if there are too many."""
        idle = [each for each, held in self._held.items() if not held.users and each != wanted]
        for endpoint in idle[: max(0, len(self._held) - MOST_IDLE)]:
            await self._close(self._held.pop(endpoint).client)
