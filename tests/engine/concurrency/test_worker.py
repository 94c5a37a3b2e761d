"""Work in a worker process ends at its limits or with its caller, without affecting others."""

from __future__ import annotations

import asyncio
import os
import re
import time
from pathlib import Path

import pytest

from roocode_server.engine.concurrency.worker import Exhausted, run_in_worker

ENDLESS = ("(a|a)*$", "a" * 40 + "b")
"""Arguments of `re.match` that keep it busy for years."""


async def test_the_result_comes_back() -> None:
    assert await run_in_worker(os.path.join, "a", "b", owner="me") == "a/b"


async def test_a_name_that_is_no_text_comes_back_as_it_is(tmp_path: Path) -> None:
    name = os.fsdecode(b"no-\xff-text")
    (tmp_path / name).touch()
    assert await run_in_worker(os.listdir, str(tmp_path), owner="me") == [name]


async def test_an_error_of_the_system_is_the_same_here() -> None:
    with pytest.raises(FileNotFoundError):
        await run_in_worker(os.listdir, "/not-there", owner="me")


async def test_any_other_error_is_told_with_its_place() -> None:
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        await run_in_worker(divmod, 1, 0, owner="me")


async def test_what_takes_too_much_time_is_ended() -> None:
    with pytest.raises(Exhausted):
        await run_in_worker(re.match, *ENDLESS, owner="me", cpu_s=1)


async def test_what_takes_too_long_by_the_clock_is_ended() -> None:
    with pytest.raises(Exhausted):
        await run_in_worker(time.sleep, 600, owner="me", patience_s=0.2)


async def test_what_takes_too_much_memory_is_ended() -> None:
    with pytest.raises(Exhausted, match="memory"):
        await run_in_worker(bytes, 10**11, owner="me")


def endless(place: str) -> None:
    """Hold a pipe open, whose end shows that this process has ended, and never return."""
    held = os.open(place, os.O_WRONLY)
    re.match(*ENDLESS)
    os.close(held)


async def test_work_ends_with_its_caller(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    work = asyncio.create_task(run_in_worker(endless, str(pipe), owner="me"))
    reading = await asyncio.to_thread(os.open, pipe, os.O_RDONLY)
    work.cancel()
    assert await asyncio.to_thread(os.read, reading, 1) == b""
    os.close(reading)


async def test_who_wants_very_much_keeps_no_other_waiting() -> None:
    busy = [asyncio.create_task(run_in_worker(re.match, *ENDLESS, owner="one")) for _ in range(6)]
    assert await run_in_worker(os.path.join, "a", "b", owner="other") == "a/b"
    assert not any(each.done() for each in busy)
    for each in busy:
        each.cancel()
    await asyncio.wait(busy)


def copied(piece: str, source: int, target: int) -> int:
    """Write what a file holds, and a piece more, into another one."""
    return os.write(target, os.read(source, 100) + piece.encode())


async def test_open_files_are_handed_to_the_work(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("one")
    with (tmp_path / "a").open("rb") as source, (tmp_path / "b").open("wb") as target:
        written = await run_in_worker(
            copied, "two", owner="me", descriptors=(source.fileno(), target.fileno())
        )
    assert (written, (tmp_path / "b").read_text()) == (6, "onetwo")


def growing(target: int) -> None:
    """Write without end."""
    while True:
        os.write(target, b"a")


async def test_what_is_done_to_handed_files_is_over_when_the_caller_is_cancelled(tmp_path: Path) -> None:
    with (tmp_path / "a").open("wb") as target:
        work = asyncio.create_task(run_in_worker(growing, owner="me", descriptors=(target.fileno(),)))
        while not os.fstat(target.fileno()).st_size:
            await asyncio.sleep(0.01)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        size = os.fstat(target.fileno()).st_size
        await asyncio.sleep(0.05)
        assert os.fstat(target.fileno()).st_size == size
