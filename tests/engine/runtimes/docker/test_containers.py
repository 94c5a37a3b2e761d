"""A session's container: created once, found again, repaired, removed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from roocode_server.engine.runtimes.docker.child import SandboxLost
from roocode_server.engine.runtimes.docker.client import ContainerEngine, EngineGone, EngineRefused
from roocode_server.engine.runtimes.docker.plan import SESSION_LABEL
from roocode_server.engine.runtimes.docker.runtime import DockerRuntime
from roocode_server.engine.runtimes.runtime import Command, Exit, RuntimeUnavailable, SandboxSpec
from roocode_server.models.error import Conflict
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import ResourceLimits
from tests.engine.runtimes.conftest import containers_of
from tests.support.containers import BUSYBOX_IMAGE, TestEngine
from tests.support.processes import anywhere, seconds_of_nobody_else

NAP = seconds_of_nobody_else()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
async def runtime(container_engine: TestEngine, data_dir: Path) -> AsyncIterator[DockerRuntime]:
    async with containers_of(container_engine, data_dir) as made:
        yield made


@pytest.fixture
def sandbox(data_dir: Path) -> SandboxSpec:
    return sandbox_in(data_dir, "session-1")


def sandbox_in(data_dir: Path, name: str) -> SandboxSpec:
    folder = data_dir / "workspaces" / name
    folder.mkdir(parents=True)
    limits = ResourceLimits(max_execution_time=60, max_processes=64, max_memory_mb=128)
    return SandboxSpec(session_id=SessionId(name), folder=folder, limits=limits, network=False)


async def run(runtime: DockerRuntime, sandbox: SandboxSpec, line: str) -> Exit:
    return await runtime.run(sandbox, Command(line=line))


async def known(*_: SessionId) -> bool:
    return True


async def unknown(*_: SessionId) -> bool:
    return False


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not holds():
            await asyncio.sleep(0.02)


async def test_before_its_first_command_a_session_has_no_container(
    runtime: DockerRuntime, sandbox: SandboxSpec
) -> None:
    assert (await runtime.place(sandbox.session_id)).status == "absent"
    await run(runtime, sandbox, "true")
    assert (await runtime.place(sandbox.session_id)).status == "running"


async def test_its_commands_share_one_container(
    runtime: DockerRuntime, sandbox: SandboxSpec, container_engine: TestEngine, data_dir: Path
) -> None:
    await run(runtime, sandbox, "echo kept > /tmp/kept")
    assert (await run(runtime, sandbox, "cat /tmp/kept")).output == "kept\n"
    assert len(container_engine.containers_of(data_dir)) == 1


async def test_what_one_command_serves_the_next_can_ask_for(
    runtime: DockerRuntime, sandbox: SandboxSpec
) -> None:
    (sandbox.folder / "hello").write_text("served")
    line = "python3 -m http.server --bind 127.0.0.1 8000"
    serving = asyncio.create_task(runtime.run(sandbox, Command(line=line, is_lasting=True)))
    ask = (
        "import time, urllib.request as r\n"
        "for _ in range(500):\n"
        " try: print(r.urlopen('http://127.0.0.1:8000/hello').read().decode()); break\n"
        " except OSError: time.sleep(0.05)\n"
    )
    (sandbox.folder / "ask.py").write_text(ask)
    assert (await run(runtime, sandbox, "python3 ask.py")).output == "served\n"
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)


async def test_it_is_shut_in_as_the_engine_can(
    runtime: DockerRuntime, sandbox: SandboxSpec, container_engine: TestEngine
) -> None:
    await run(runtime, sandbox, "true")
    place = await runtime.place(sandbox.session_id)
    host = container_engine.ask("GET", f"/containers/{place.id}/json")["HostConfig"]
    assert host["CapDrop"] == ["ALL"] and host["CapAdd"] is None and not host["Privileged"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["ReadonlyRootfs"] is True and host["NetworkMode"] == "none"
    assert (host["Memory"], host["MemorySwap"]) == (128 * 2**20, 128 * 2**20)
    assert host["PidsLimit"] >= 64 and host["NanoCpus"] > 0


async def test_its_scripts_are_not_in_the_commands_environment(
    runtime: DockerRuntime, sandbox: SandboxSpec
) -> None:
    assert "SCRIPTS" not in (await run(runtime, sandbox, "env")).output


async def test_after_a_restart_it_is_found_again_and_what_ran_in_it_has_ended(
    container_engine: TestEngine, data_dir: Path, sandbox: SandboxSpec
) -> None:
    async with containers_of(container_engine, data_dir) as first:
        await run(first, sandbox, "true")
        place = await first.place(sandbox.session_id)
        left = {"Cmd": ["sleep", NAP], "AttachStdout": False}
        made = container_engine.ask("POST", f"/containers/{place.id}/exec", left)["Id"]
        container_engine.ask("POST", f"/exec/{made}/start", {"Detach": True})
        await until(lambda: anywhere("sleep", NAP))
        async with containers_of(container_engine, data_dir) as second:
            await second.recover(known)
            await until(lambda: not anywhere("sleep", NAP))
            await run(second, sandbox, "true")
            assert await second.place(sandbox.session_id) == place


async def test_a_start_removes_those_of_sessions_that_are_no_more_and_nobody_elses(
    container_engine: TestEngine, data_dir: Path, sandbox: SandboxSpec, tmp_path: Path
) -> None:
    other_dir = tmp_path / "other"
    async with (
        containers_of(container_engine, data_dir) as mine,
        containers_of(container_engine, other_dir) as other,
    ):
        await run(mine, sandbox, "true")
        await run(other, sandbox_in(other_dir, "session-1"), "true")
        await mine.recover(unknown)
        assert container_engine.containers_of(data_dir) == []
        assert len(container_engine.containers_of(other_dir)) == 1


async def test_it_is_removed_with_its_session(
    runtime: DockerRuntime, sandbox: SandboxSpec, container_engine: TestEngine, data_dir: Path
) -> None:
    running = asyncio.create_task(run(runtime, sandbox, "echo up; sleep 600"))
    async with asyncio.timeout(60):
        while (await runtime.place(sandbox.session_id)).status != "running":
            await asyncio.sleep(0.02)
    await runtime.close(sandbox.session_id)
    assert (await running).code == 137
    assert container_engine.containers_of(data_dir) == []


async def test_one_that_dies_is_told_and_made_anew(
    runtime: DockerRuntime, sandbox: SandboxSpec, container_engine: TestEngine
) -> None:
    running = asyncio.create_task(run(runtime, sandbox, "touch begun; sleep 600"))
    await until((sandbox.folder / "begun").exists)
    place = await runtime.place(sandbox.session_id)
    container_engine.ask("POST", f"/containers/{place.id}/kill")
    with pytest.raises(SandboxLost, match="gets a new one"):
        await running
    assert (await run(runtime, sandbox, "echo again")).output == "again\n"
    assert (await runtime.place(sandbox.session_id)).id != place.id


async def test_one_that_has_vanished_is_made_anew(
    runtime: DockerRuntime, sandbox: SandboxSpec, container_engine: TestEngine, data_dir: Path
) -> None:
    await run(runtime, sandbox, "true")
    container_engine.remove_containers_of(data_dir)
    assert (await run(runtime, sandbox, "echo again")).output == "again\n"


async def test_new_limits_get_a_new_container_once_nothing_runs_in_the_old_one(
    runtime: DockerRuntime, sandbox: SandboxSpec
) -> None:
    running = asyncio.create_task(run(runtime, sandbox, "touch begun; sleep 600"))
    await until((sandbox.folder / "begun").exists)
    larger = replace(sandbox, limits=replace(sandbox.limits, max_memory_mb=256))
    with pytest.raises(Conflict, match="limits or network have changed"):
        await run(runtime, larger, "true")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    done = await run(runtime, larger, "python3 -c 'print(len(bytearray(180_000_000)))'")
    assert done.output == "180000000\n"


async def test_an_image_that_is_missing_is_named(
    container_engine: TestEngine, data_dir: Path, sandbox: SandboxSpec
) -> None:
    async with containers_of(container_engine, data_dir, image="roocode-test/nothing") as runtime:
        with pytest.raises(RuntimeUnavailable, match=r"no image roocode-test/nothing.*never"):
            await run(runtime, sandbox, "true")


@pytest.mark.parametrize(("refusals", "tries"), [(1, 2), (2, 2)])
async def test_one_that_the_engine_will_not_start_is_made_anew_once(
    runtime: DockerRuntime,
    sandbox: SandboxSpec,
    container_engine: TestEngine,
    data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    refusals: int,
    tries: int,
) -> None:
    """What is to be mounted is away for as long as the engine refuses."""
    away, begun = data_dir / "away", []
    start = ContainerEngine.start

    async def hindered(engine: ContainerEngine, container: str) -> None:
        begun.append(container)
        if len(begun) > refusals:
            return await start(engine, container)
        sandbox.folder.rename(away)
        try:
            await start(engine, container)
        finally:
            away.rename(sandbox.folder)

    monkeypatch.setattr(ContainerEngine, "start", hindered)
    if refusals < tries:
        assert (await run(runtime, sandbox, "echo well")).output == "well\n"
    else:
        with pytest.raises(EngineRefused, match="does not exist"):
            await run(runtime, sandbox, "true")
        assert container_engine.containers_of(data_dir) == []
    assert len(set(begun)) == tries


async def test_searches_need_no_program_of_the_image(
    container_engine: TestEngine, data_dir: Path, sandbox: SandboxSpec
) -> None:
    (sandbox.folder / "found").write_text("needle")
    async with containers_of(container_engine, data_dir, image=BUSYBOX_IMAGE) as runtime:
        done = await runtime.run(sandbox, Command(line="rg --no-heading needle", only_reads=True))
    assert (done.code, done.output) == (0, "found:needle\n")
    assert container_engine.containers_of(data_dir) == []


async def test_an_image_with_nothing_but_a_shell_is_enough(
    container_engine: TestEngine, data_dir: Path, sandbox: SandboxSpec
) -> None:
    line = f"(setsid sleep {NAP}1 &); sh -c 'exit 5'; echo $?; kill -9 $$"
    async with containers_of(container_engine, data_dir, image=BUSYBOX_IMAGE) as runtime:
        done = await run(runtime, sandbox, line)
        assert (done.code, done.output, done.stopped_by) == (137, "5\n", None)
        assert not anywhere("sleep", f"{NAP}1")
        hog = await run(runtime, sandbox, "head -c 300m /dev/zero | tail > /dev/null")
        assert hog.stopped_by == "memory"
        async with runtime.open_terminal(sandbox, Command(line="stty size"), columns=99, rows=22) as terminal:
            printed = b""
            while chunk := await terminal.read():
                printed += chunk
        assert printed == b"22 99\r\n"


async def test_a_daemon_that_has_shed_its_environment_ends_as_well(
    runtime: DockerRuntime, sandbox: SandboxSpec
) -> None:
    done = await run(runtime, sandbox, f"(env -i setsid sleep {NAP}2 &) ; echo out")
    assert (done.code, done.output) == (0, "out\n")
    assert not anywhere("sleep", f"{NAP}2")


async def test_all_that_runs_in_one_ends_with_it_and_not_one_by_one(
    runtime: DockerRuntime, sandbox: SandboxSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = f"touch begun$NUMBER; exec sleep {NAP}3"
    commands = [Command(line=line, environment={"NUMBER": str(number)}) for number in range(16)]
    running = [asyncio.create_task(runtime.run(sandbox, command)) for command in commands]
    await until(lambda: len(list(sandbox.folder.glob("begun*"))) == len(commands))
    asked: list[str] = []
    prepare = ContainerEngine.prepare

    async def counted(engine: ContainerEngine, container: str, *args: Any, **how: Any) -> Any:
        asked.append(container)
        return await prepare(engine, container, *args, **how)

    monkeypatch.setattr(ContainerEngine, "prepare", counted)
    await runtime.end(sandbox.session_id)
    await runtime.close(sandbox.session_id)
    await asyncio.gather(*running, return_exceptions=True)
    assert len(asked) <= 1 and not anywhere("sleep", f"{NAP}3")


async def test_the_commands_beside_one_that_ends_go_on(runtime: DockerRuntime, sandbox: SandboxSpec) -> None:
    beside = asyncio.create_task(run(runtime, sandbox, "touch begun; (sleep 0.2; echo b) & wait; echo c"))
    await until((sandbox.folder / "begun").exists)
    for _ in range(3):
        assert (await run(runtime, sandbox, "(setsid sleep 600 &) ; echo a")).output == "a\n"
    assert (await beside).output == "b\nc\n"


async def test_warm_containers_are_taken_by_the_sessions_to_come(
    container_engine: TestEngine, data_dir: Path
) -> None:
    async with containers_of(container_engine, data_dir, warm=2) as runtime:
        await runtime.recover(unknown)
        async with asyncio.timeout(60):
            while (taken := runtime.take_warm_session()) is None:
                await asyncio.sleep(0.05)
        names = {each["Labels"][SESSION_LABEL] for each in container_engine.containers_of(data_dir)}
        assert taken in names
        place = await runtime.place(taken)
        sandbox = SandboxSpec(
            session_id=taken,
            folder=data_dir / "workspaces" / taken,
            limits=ResourceLimits(),
            network=False,
        )
        assert (await run(runtime, sandbox, "echo warm")).output == "warm\n"
        assert (await runtime.place(taken)).id == place.id


async def test_warm_containers_that_nobody_took_are_gone_after_a_restart(
    container_engine: TestEngine, data_dir: Path
) -> None:
    async with containers_of(container_engine, data_dir, warm=1) as runtime:
        await runtime.recover(unknown)
        await until(lambda: len(container_engine.containers_of(data_dir)) == 1)
    async with containers_of(container_engine, data_dir) as runtime:
        await runtime.recover(unknown)
        assert container_engine.containers_of(data_dir) == []


async def test_an_engine_that_goes_away_is_named_and_the_session_is_mended(
    own_engine: Callable[[], TestEngine], data_dir: Path, sandbox: SandboxSpec
) -> None:
    engine = own_engine()
    async with containers_of(engine, data_dir, image=BUSYBOX_IMAGE) as runtime:
        running = asyncio.create_task(run(runtime, sandbox, "touch begun; sleep 600"))
        await until((sandbox.folder / "begun").exists)
        await asyncio.to_thread(engine.stop)
        with pytest.raises(RuntimeUnavailable):
            await running
        with pytest.raises(EngineGone, match="does not answer: start it"):
            await run(runtime, sandbox, "true")
        await asyncio.to_thread(engine.start)
        assert (await run(runtime, sandbox, "echo again")).output == "again\n"
        assert await runtime.probe() is None
