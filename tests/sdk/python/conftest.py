"""Clients of the shared server."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator

import pytest

from roocode import AsyncRooCodeClient, RooCodeClient
from tests.support.cutting import CuttingProxy
from tests.support.server import ServerProcess

SCRIPTED = {"provider": "scripted", "model": "write-and-run"}


@pytest.fixture
async def client(server: ServerProcess) -> AsyncIterator[AsyncRooCodeClient]:
    async with AsyncRooCodeClient(server.key, base_url=server.url) as made:
        yield made


@pytest.fixture
def blocking(server: ServerProcess) -> Iterator[RooCodeClient]:
    with RooCodeClient(server.key, base_url=server.url) as made:
        yield made


@pytest.fixture
def cutting(server: ServerProcess) -> Iterator[Callable[[Iterable[int]], CuttingProxy]]:
    """Makes proxies before the server that cut connections."""
    made: list[CuttingProxy] = []

    def make(budgets: Iterable[int]) -> CuttingProxy:
        made.append(CuttingProxy(server.url, budgets))
        return made[-1]

    yield make
    for proxy in made:
        proxy.close()
