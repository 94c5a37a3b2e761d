"""Work in threads is completed before its files are closed, even if its caller has gone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.workspace.workspace import Workspace

MANY = 10**9
PIECE = b"x" * 2_000_000


def descriptors() -> set[str]:
    """The paths of what is open; the folder that is looked at is not open any more."""
    entries = [f"/proc/self/fd/{entry}" for entry in os.listdir("/proc/self/fd")]
    return {os.readlink(entry) for entry in entries if os.path.lexists(entry)}


async def test_a_result_that_nobody_gets_is_let_go() -> None:
    let_go: list[str] = []
    may_go_on = asyncio.Event()

    async def work() -> str:
        await may_go_on.wait()
        return "opened"

    waiting = asyncio.create_task(run_to_completion(work(), let_go=let_go.append))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.sleep(0)
    assert not waiting.done()
    may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert let_go == ["opened"]
    assert await run_to_completion(work(), let_go=let_go.append) == "opened" and let_go == ["opened"]


async def _open(workspace: Workspace) -> None:
    (await workspace.open("file")).close()


async def _read(workspace: Workspace) -> None:
    file = await workspace.open("file")
    try:
        while await file.read(0, 100_000):
            pass
    finally:
        file.close()


async def _receive(workspace: Workspace) -> None:
    await workspace.receive("new", _endless(), max_bytes=MANY, max_disk_bytes=MANY)


async def _pack(workspace: Workspace) -> None:
    async for _ in workspace.packed("zip"):
        pass


async def _unpack(workspace: Workspace) -> None:
    await workspace.unpack("zip", _endless(), replace=True, max_bytes=MANY, room_bytes=MANY)


async def _endless() -> AsyncIterator[bytes]:
    while True:
        yield PIECE


@pytest.mark.parametrize("work", [_open, _read, _receive, _pack, _unpack])
async def test_a_caller_who_goes_at_any_moment_leaves_nothing_open_and_nothing_staged(
    work: Callable[[Workspace], Coroutine[Any, Any, None]], tmp_path: Path
) -> None:
    workspace = Workspace(tmp_path / "workspace", max_file_bytes=1_000_000)
    await workspace.make()
    await workspace.create("file", b"x" * 500_000)
    for moment in range(40):
        working = asyncio.create_task(work(workspace))
        await asyncio.wait({working}, timeout=moment * 0.0003)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    assert not {path for path in descriptors() if path.startswith(str(tmp_path))}
    staging = tmp_path / ".staging"
    assert not staging.exists() or not list(staging.iterdir())
    assert (tmp_path / "workspace" / "file").read_bytes() == b"x" * 500_000
