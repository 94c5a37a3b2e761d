"""Interactive programs, in a jail, in a container, and without a sandbox."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roocode_server.engine.runtimes.base import SupervisingRuntime
from roocode_server.engine.runtimes.local import LocalRuntime
from roocode_server.engine.runtimes.runtime import Command, SandboxSpec
from roocode_server.engine.runtimes.unsafe_local import UnsafeLocalRuntime
from roocode_server.models.error import NotFound
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import ResourceLimits
from tests.engine.runtimes.conftest import EVERY_RUNTIME, containers_of

PATIENCE_S = 20


@pytest.fixture(params=EVERY_RUNTIME)
async def runtime(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SupervisingRuntime]:
    if request.param == "docker":
        async with containers_of(request.getfixturevalue("container_engine"), tmp_path / "data") as docker:
            yield docker
    else:
        yield {"local": LocalRuntime, "unsafe-local": UnsafeLocalRuntime}[request.param]()


@pytest.fixture
def sandbox(tmp_path: Path) -> SandboxSpec:
    folder = tmp_path / "data" / "workspaces" / "session"
    folder.mkdir(parents=True)
    return SandboxSpec(session_id=SessionId("session"), folder=folder, limits=ResourceLimits(), network=False)


async def test_a_program_answers_what_is_written_to_it(
    runtime: SupervisingRuntime, sandbox: SandboxSpec
) -> None:
    async with asyncio.timeout(PATIENCE_S), runtime.start(sandbox, Command(line="cat")) as program:
        for line in (b"one\n", b"two\n"):
            await program.write(line)
            assert await program.read() == line


async def test_a_program_ends_with_its_block(runtime: SupervisingRuntime, sandbox: SandboxSpec) -> None:
    line = "trap '' TERM HUP; echo up; while :; do sleep 0.05; echo alive > proof; done"
    async with asyncio.timeout(PATIENCE_S), runtime.start(sandbox, Command(line=line)) as program:
        assert await program.read() == b"up\n"
    assert program.finished.is_set()
    (sandbox.folder / "proof").unlink(missing_ok=True)
    await runtime.run(sandbox, Command(line="sleep 0.3"))
    assert not (sandbox.folder / "proof").exists()


async def test_a_program_ends_with_its_session(runtime: SupervisingRuntime, sandbox: SandboxSpec) -> None:
    async with asyncio.timeout(PATIENCE_S), runtime.start(sandbox, Command(line="cat")) as program:
        closing = asyncio.create_task(runtime.close(sandbox.session_id))
        assert await program.read() == b""
    await closing


async def test_what_a_program_complains_of_is_kept(runtime: SupervisingRuntime, sandbox: SandboxSpec) -> None:
    line = "echo no such thing >&2; echo done; cat"
    async with asyncio.timeout(PATIENCE_S), runtime.start(sandbox, Command(line=line)) as program:
        assert await program.read() == b"done\n"
    assert program.complaint() == "no such thing"


async def test_a_program_is_not_started_in_a_folder_that_is_not_there(
    runtime: SupervisingRuntime, sandbox: SandboxSpec
) -> None:
    with pytest.raises(NotFound):
        async with runtime.start(sandbox, Command(line="cat", directory="nowhere")):
            pytest.fail("it was started")
