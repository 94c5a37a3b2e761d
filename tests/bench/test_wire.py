"""The load's own client, against the peer that is there without a build."""

from __future__ import annotations

import asyncio

import pytest

from bench.servers import bare
from bench.wire import Refused, connect, connect_many, text_frame

EVENT = {"answer": {"size": "x" * 70_000}, "name": "happened", "event": {"seq": 1}}


async def test_an_answer_of_any_length_arrives_whole() -> None:
    with bare() as server:
        client = await connect(server.url, {})
        await client.call("prepare", EVENT)
        assert await client.call("call", {}) == EVENT["answer"]
        client.close()


async def test_every_client_of_the_room_counts_the_event_once() -> None:
    with bare() as server:
        watchers = await connect_many(server.url, {"sessionId": "one"}, 60)
        await watchers[0].call("prepare", EVENT)
        await watchers[0].call("publish", {})
        await asyncio.gather(*(watcher.call("prepare", EVENT) for watcher in watchers))
        assert [watcher.events for watcher in watchers] == [1] * 60
        for watcher in watchers:
            watcher.close()


async def test_an_answer_that_never_comes_is_told_when_the_server_is_gone() -> None:
    with bare() as server:
        client = await connect(server.url, {})
        call = asyncio.create_task(client.call("nobody listens to this", {}))
        await client.call("prepare", EVENT)
        server.process.kill()
        with pytest.raises(Refused):
            await call


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_a_frame_ends_with_its_payload(length: int) -> None:
    frame = text_frame(b"x" * length)
    assert frame.endswith(bytes(4) + b"x" * length)
    assert len(frame) - length in (6, 8, 14)
