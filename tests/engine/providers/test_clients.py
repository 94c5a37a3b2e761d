from __future__ import annotations

import asyncio
import contextlib

from roocode_server.engine.providers.clients import MOST_IDLE, ClientPool
from roocode_server.engine.providers.provider import Endpoint


class Opened:
    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.is_closed = False

    async def close(self) -> None:
        self.is_closed = True


def endpoint(number: int) -> Endpoint:
    return Endpoint(base_url=f"http://host-{number}", api_key="key")


async def test_one_endpoint_has_one_client() -> None:
    clients = ClientPool(Opened, Opened.close)

    async def use() -> Opened:
        async with clients.lent(endpoint(1)) as client:
            return client

    used = await asyncio.gather(*(use() for _ in range(5)))
    assert len(set(used)) == 1


async def test_another_key_has_another_client() -> None:
    clients = ClientPool(Opened, Opened.close)
    async with clients.lent(endpoint(1)) as one, clients.lent(Endpoint(base_url="http://host-1")) as other:
        assert one is not other


async def test_only_idle_clients_make_room_for_others() -> None:
    clients = ClientPool(Opened, Opened.close)
    async with clients.lent(endpoint(0)) as kept:
        async with clients.lent(endpoint(1)) as first_idle:
            pass
        for number in range(2, MOST_IDLE + 1):
            async with clients.lent(endpoint(number)):
                pass
        assert first_idle.is_closed
        assert not kept.is_closed


async def test_all_are_closed_in_the_end() -> None:
    clients = ClientPool(Opened, Opened.close)
    async with contextlib.AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(clients.lent(endpoint(number))) for number in range(3)]
    await clients.close()
    assert all(client.is_closed for client in opened)
