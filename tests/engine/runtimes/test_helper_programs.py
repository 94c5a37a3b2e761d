"""Programs that the server runs for itself."""

from __future__ import annotations

import asyncio
import os

import pytest

from roocode_server.engine.runtimes.helper_program import DEVNULL, HelperProgram

ENVIRONMENT = {"PATH": os.environ["PATH"]}
MUCH = b"as much as no pipe holds\n" * 40_000


async def test_it_is_told_and_tells_more_than_a_pipe_holds() -> None:
    program = HelperProgram("sh", "-c", "tee /dev/stderr", environment=ENVIRONMENT)
    assert await program.communicate(MUCH) == (MUCH, MUCH)
    assert program.returncode == 0
    await program.end()


async def test_one_that_does_not_read_its_input_still_answers() -> None:
    program = HelperProgram("sh", "-c", "exec <&-; echo no; exit 3", environment=ENVIRONMENT)
    assert await program.communicate(MUCH) == (b"no\n", b"")
    assert program.returncode == 3
    await program.end()


async def test_its_end_kills_it_and_closes_all_that_was_opened() -> None:
    before = set(os.listdir("/proc/self/fd"))
    program = HelperProgram("sleep", "81500", environment=ENVIRONMENT, stdin=DEVNULL)
    await program.end()
    assert program.returncode == -9
    assert set(os.listdir("/proc/self/fd")) == before


async def test_a_program_that_is_not_there_leaves_nothing_open() -> None:
    before = set(os.listdir("/proc/self/fd"))
    with pytest.raises(FileNotFoundError):
        HelperProgram("no-such-program", environment=ENVIRONMENT)
    assert set(os.listdir("/proc/self/fd")) == before


async def test_a_descriptor_is_handed_on() -> None:
    reading, writing = os.pipe()
    program = HelperProgram(
        *("sh", "-c", f"echo there >/dev/fd/{writing}"), environment=ENVIRONMENT, descriptors=(writing,)
    )
    os.close(writing)
    await program.communicate()
    with open(reading, "rb") as told:
        assert await asyncio.to_thread(told.read) == b"there\n"
    await program.end()
