"""A descriptor has one owner, whatever else is opened and closed meanwhile."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import uvloop

from roocode_server.engine.runtimes.descriptor import Descriptor


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Iterator[Callable[[Awaitable[Any]], Any]]:
    """Both loops treat descriptors in their own way."""
    factory = uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        yield runner.run


def pair() -> tuple[Descriptor, Descriptor]:
    read, written = os.pipe()
    return Descriptor(read), Descriptor(written)


def test_what_is_written_is_read_in_order_and_whole(run: Callable[..., Any]) -> None:
    async def work() -> None:
        heard, told = pair()
        pieces = [bytes([number]) * 100_000 for number in range(5)]
        writing = asyncio.gather(*(told.write(piece) for piece in pieces))
        writing.add_done_callback(lambda _: told.close())
        read = b""
        while piece := await heard.read():
            read += piece
        await writing
        assert read == b"".join(pieces)
        heard.close()

    run(work())


def test_closing_wakes_who_reads_and_who_writes(run: Callable[..., Any]) -> None:
    async def work() -> None:
        heard, told = pair()
        reading = asyncio.create_task(heard.read())
        await asyncio.sleep(0)
        heard.close()
        assert await reading == b"" and await heard.read() == b""
        told.close()
        heard, told = pair()
        writing = asyncio.create_task(told.write(b"x" * 1_000_000))
        await asyncio.sleep(0)
        told.close()
        with pytest.raises(BrokenPipeError):
            await writing
        heard.close()

    run(work())


def test_closing_twice_closes_nothing_of_anybody_else(run: Callable[..., Any]) -> None:
    async def work() -> None:
        heard, told = pair()
        number = heard.number()
        heard.close()
        other = os.open("/dev/null", os.O_RDONLY)
        assert other == number, "the kernel gives the lowest number that is free"
        heard.close()
        with pytest.raises(BrokenPipeError):
            heard.number()
        os.fstat(other)
        os.close(other)
        told.close()

    run(work())


def test_threads_that_open_files_meanwhile_keep_them(run: Callable[..., Any], tmp_path: Path) -> None:
    """A free descriptor number is given to the next file that is opened."""
    stopped = False

    def open_and_check(worker: int) -> int:
        rounds = 0
        path = tmp_path / str(worker)
        path.write_text(str(worker))
        while not stopped:
            descriptor = os.open(path, os.O_RDONLY)
            assert os.read(descriptor, 10) == str(worker).encode()
            os.close(descriptor)
            rounds += 1
        return rounds

    async def work() -> None:
        nonlocal stopped
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(4) as pool:
            checking = [loop.run_in_executor(pool, open_and_check, worker) for worker in range(4)]
            for _ in range(300):
                heard, told = pair()
                reading = asyncio.create_task(heard.read())
                await told.write(b"word")
                assert await reading == b"word"
                told.close()
                heard.close()
            stopped = True
            assert all(await asyncio.gather(*checking))

    run(work())
