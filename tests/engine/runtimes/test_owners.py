"""Which processes of the machine run for which session and task, whatever runs them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from roocode_server.engine.runtimes.base import SupervisingRuntime
from roocode_server.engine.runtimes.cgroups import ControlGroups
from roocode_server.engine.runtimes.local import LocalRuntime
from roocode_server.engine.runtimes.runtime import Command, ProcessOwner, SandboxSpec
from roocode_server.engine.runtimes.unsafe_local import UnsafeLocalRuntime
from roocode_server.models.identifier import SessionId, TaskId
from roocode_server.models.session import ResourceLimits
from tests.engine.runtimes.conftest import EVERY_RUNTIME, containers_of

WITHOUT_GROUPS = [f"{kind} without control groups" for kind in ("local", "unsafe-local")]


@pytest.fixture(params=[*EVERY_RUNTIME, *WITHOUT_GROUPS])
async def runtime(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SupervisingRuntime]:
    if request.param == "docker":
        async with containers_of(request.getfixturevalue("container_engine"), tmp_path / "data") as docker:
            yield docker
        return
    kind = {"local": LocalRuntime, "unsafe-local": UnsafeLocalRuntime}[request.param.split()[0]]
    yield kind(groups=ControlGroups([]) if request.param in WITHOUT_GROUPS else None)


def sandbox_in(tmp_path: Path, name: str, task: str | None = None) -> SandboxSpec:
    folder = tmp_path / "data" / "workspaces" / name
    folder.mkdir(parents=True)
    return SandboxSpec(
        session_id=SessionId(name),
        folder=folder,
        limits=ResourceLimits(max_execution_time=60, max_processes=64, max_memory_mb=128),
        network=False,
        task_id=TaskId(task) if task is not None else None,
    )


def parents() -> dict[int, int]:
    found = {}
    for process in psutil.process_iter(["ppid"]):
        found[process.pid] = process.info["ppid"] or 0
    return found


async def owners_of(runtime: SupervisingRuntime, word: str) -> list[ProcessOwner | None]:
    """Wait for processes with this argument; return whom they run for."""
    async with asyncio.timeout(30):
        while True:
            found = [
                each.pid for each in psutil.process_iter(["cmdline"]) if word in (each.info["cmdline"] or [])
            ]
            owners = await runtime.owners(parents())
            if found and all(pid in owners for pid in found):
                return [owners[pid] for pid in found]
            await asyncio.sleep(0.05)


async def test_a_command_and_all_that_it_starts_belong_to_its_session_and_task(
    runtime: SupervisingRuntime, tmp_path: Path
) -> None:
    first, second = sandbox_in(tmp_path, "session-1", "task-1"), sandbox_in(tmp_path, "session-2")
    running = [
        asyncio.create_task(runtime.run(first, Command(line="sleep 4321 & sleep 4321"))),
        asyncio.create_task(runtime.run(second, Command(line="sleep 4322"))),
    ]
    try:
        of_task = ProcessOwner(session_id=first.session_id, task_id=first.task_id)
        assert set(await owners_of(runtime, "4321")) == {of_task}
        assert await owners_of(runtime, "4322") == [ProcessOwner(session_id=second.session_id, task_id=None)]
    finally:
        for each in running:
            each.cancel()
        await asyncio.wait(running)
        await runtime.close(first.session_id)
        await runtime.close(second.session_id)
    assert await runtime.owners(parents()) == {}


async def test_a_process_that_has_left_its_parents_still_belongs_to_its_session(
    runtime: SupervisingRuntime, tmp_path: Path
) -> None:
    sandbox = sandbox_in(tmp_path, "session-1", "task-1")
    leaves = "setsid sh -c 'sleep 4323 & exit' & sleep 4324"
    running = asyncio.create_task(runtime.run(sandbox, Command(line=leaves)))
    try:
        owner = ProcessOwner(session_id=sandbox.session_id, task_id=sandbox.task_id)
        assert await owners_of(runtime, "4323") == [owner]
    finally:
        running.cancel()
        await asyncio.wait({running})
        await runtime.close(sandbox.session_id)


async def test_programs_and_terminals_belong_to_theirs(runtime: SupervisingRuntime, tmp_path: Path) -> None:
    sandbox = sandbox_in(tmp_path, "session-1")
    other = replace(sandbox, task_id=TaskId("task-2"))
    async with (
        runtime.start(other, Command(line="sleep 4325")),
        runtime.open_terminal(sandbox, Command(line="sleep 4326"), columns=80, rows=24),
    ):
        assert await owners_of(runtime, "4325") == [
            ProcessOwner(session_id=sandbox.session_id, task_id=TaskId("task-2"))
        ]
        assert await owners_of(runtime, "4326") == [ProcessOwner(session_id=sandbox.session_id, task_id=None)]
    await runtime.close(sandbox.session_id)
