"""A server that is killed at any step leaves, after its next start, either the old or the new state."""

from __future__ import annotations

import asyncio
import os
import signal
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from roocode_server.engine.checkpoints.checkpoints import Checkpoints
from roocode_server.engine.workspace.staging import STAGING, remove_abandoned
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.identifier import SessionId
from tests.support.nightly import times

STEPS = ("mkdir", "rename", "replace", "link", "symlink", "unlink", "rmdir", "chmod", "fchmod", "write")
"""What changes something, in `os`; a killed program may have done any number of them."""
ROOM = 10**9
SESSION = SessionId("session-1")

OLD = {"a": b"old a", "same": b"old same", "folder/deep": b"old deep", "kept/x": b"old x"}
NEW = {"b": b"new b", "same": b"new same", "folder/other": b"new other"}

Work = Callable[[Workspace], Awaitable[object]]


def killed_at(step: int, folder: Path, work: Work) -> bool:
    """Do the work in a child process that is killed at its n-th change; return whether it got that far."""
    child = os.fork()
    if child == 0:
        left = [step]

        def counted(function: Any) -> Any:
            def call(*arguments: Any, **options: Any) -> Any:
                left[0] -= 1
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                return function(*arguments, **options)

            return call

        try:
            for name in STEPS:
                setattr(os, name, counted(getattr(os, name)))
            asyncio.run(_awaited(work(Workspace(folder, max_file_bytes=10_000))))
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


async def _awaited(work: Awaitable[object]) -> None:
    await work


def fill(folder: Path, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def replace_all(workspace: Workspace) -> None:
    async def make(folder: Path) -> None:
        fill(folder, NEW)

    await workspace.fill(make, replace=True)


async def write(workspace: Workspace) -> None:
    await workspace.put("same", b"new same")


async def create(workspace: Workspace) -> None:
    await workspace.create("b", b"new b")


async def copy(workspace: Workspace) -> None:
    await workspace.copy("folder", "copied/here", max_disk_bytes=ROOM)


async def rename(workspace: Workspace) -> None:
    await workspace.rename("a", "renamed/here")


async def delete(workspace: Workspace) -> None:
    await workspace.delete("folder", recursive=True)


async def receive(workspace: Workspace) -> None:
    async def pieces() -> Any:
        yield b"new "
        yield b"same"

    await workspace.receive("same", pieces(), max_bytes=ROOM, max_disk_bytes=ROOM)


AFTER: list[tuple[Work, dict[str, bytes]]] = [
    (replace_all, NEW),
    (write, {**OLD, "same": b"new same"}),
    (create, {**OLD, "b": b"new b"}),
    (copy, {**OLD, "copied/here/deep": b"old deep"}),
    (rename, {("renamed/here" if path == "a" else path): content for path, content in OLD.items()}),
    (delete, {path: content for path, content in OLD.items() if not path.startswith("folder/")}),
    (receive, {**OLD, "same": b"new same"}),
]


@pytest.mark.parametrize(("work", "after"), AFTER, ids=[work.__name__ for work, _ in AFTER])
def test_killed_at_any_step_it_is_all_or_nothing(tmp_path: Path, work: Work, after: dict[str, bytes]) -> None:
    outcomes = []
    for step in range(1, 1000):
        workspaces = tmp_path / str(step)
        folder = workspaces / SESSION
        folder.mkdir(parents=True, mode=0o700)
        fill(folder, OLD)
        is_killed = killed_at(step, folder, work)
        remove_abandoned(workspaces)
        found = contents(folder)
        assert found in (OLD, after), step
        outcomes.append(found == after)
        assert not list((workspaces / STAGING).glob("*/exchange.json"))
        if not is_killed:
            break
    assert outcomes[-1] and not outcomes[0]


@pytest.mark.parametrize(("begin", "second"), [(1, 1), (2, 3), (3, 5)])
def test_killed_while_it_takes_back_it_takes_back_the_next_time(
    tmp_path: Path, begin: int, second: int
) -> None:
    """By night each step is followed by each of the second ones, by day by one of them."""
    for first in range(times(begin, nightly=1), 1000, times(3, nightly=1)):
        workspaces = tmp_path / str(first)
        folder = workspaces / SESSION
        folder.mkdir(parents=True, mode=0o700)
        fill(folder, OLD)
        is_killed = killed_at(first, folder, replace_all)
        found_before = contents(folder)

        async def start(_: Workspace, workspaces: Path = workspaces) -> None:
            remove_abandoned(workspaces)

        killed_at(second, folder, start)
        remove_abandoned(workspaces)
        assert contents(folder) in (OLD, NEW), (first, found_before)
        if not is_killed:
            return


async def test_killed_while_a_checkpoint_is_restored_it_is_restored_to_its_end(tmp_path: Path) -> None:
    for step in (1, 3, 6, 9, 14, 20, 30, 45):
        data = tmp_path / str(step)
        folder = data / "workspaces" / SESSION
        folder.mkdir(parents=True, mode=0o700)
        fill(folder, NEW)
        workspace = Workspace(folder, max_file_bytes=10_000)
        checkpoints = Checkpoints(data / "checkpoints")
        wanted = await checkpoints.save(workspace, SESSION, "wanted")
        assert wanted is not None
        for path in NEW:
            (folder / path).unlink()
        fill(folder, OLD)

        async def restore(
            workspace: Workspace, folder: Path = data / "checkpoints", wanted: str = wanted.id
        ) -> None:
            await Checkpoints(folder).restore(workspace, SESSION, wanted)

        await asyncio.to_thread(killed_at, step, folder, restore)
        again = Checkpoints(data / "checkpoints")
        for session_id, checkpoint_id in (await again.cut_short()).items():
            await again.restore(workspace, session_id, checkpoint_id)
        assert contents(folder) in (OLD, NEW), step
        assert await again.cut_short() == {}
