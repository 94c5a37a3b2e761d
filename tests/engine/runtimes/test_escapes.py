"""Attempts to escape from jails and containers, all of which fail."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from roocode_server.engine.runtimes.base import SupervisingRuntime
from roocode_server.engine.runtimes.local import LocalRuntime
from roocode_server.engine.runtimes.runtime import Command, Exit, SandboxSpec
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import ResourceLimits
from tests.engine.runtimes.conftest import containers_of

SECRET = "the key of the house"


@pytest.fixture(params=["local", "docker"])
async def runtime(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SupervisingRuntime]:
    if request.param == "docker":
        async with containers_of(request.getfixturevalue("container_engine"), tmp_path / "data") as docker:
            yield docker
    else:
        jail = LocalRuntime()
        yield jail
        await jail.shut_down()


@pytest.fixture
def machine(runtime: SupervisingRuntime, request: pytest.FixtureRequest) -> str:
    """Where a sandbox with the network finds this machine.

    In a jail its own loopback is the machine's; in a container the machine is a neighbour.
    """
    if runtime.name == "docker":
        return str(request.getfixturevalue("container_engine").gateway())
    return "127.0.0.1"


@pytest.fixture
def sandbox(tmp_path: Path) -> SandboxSpec:
    """A session's sandbox, next to another session's and the server's secrets."""
    data_dir = tmp_path / "data"
    for name in ("session-1", "session-2"):
        (data_dir / "workspaces" / name).mkdir(parents=True)
        (data_dir / "workspaces" / name / "secret").write_text(SECRET)
    (data_dir / "admin.json").write_text(SECRET)
    (data_dir / "workspaces" / "session-1" / "secret").unlink()
    return SandboxSpec(
        session_id=SessionId("session-1"),
        folder=data_dir / "workspaces" / "session-1",
        limits=ResourceLimits(max_execution_time=60, max_memory_mb=128, max_processes=64),
        network=False,
    )


async def run(runtime: SupervisingRuntime, sandbox: SandboxSpec, line: str) -> Exit:
    return await runtime.run(sandbox, Command(line=line))


@pytest.mark.parametrize(
    "path",
    [
        "../session-2/secret",
        "/workspaces/session-2/secret",
        "{data_dir}/admin.json",
        "/proc/1/root{data_dir}/admin.json",
        "/proc/self/root/../..{data_dir}/admin.json",
        "/proc/1/cwd/../../{data_dir}/admin.json",
    ],
)
async def test_no_path_leads_to_what_is_not_the_sessions(
    runtime: SupervisingRuntime, sandbox: SandboxSpec, path: str
) -> None:
    place = path.format(data_dir=sandbox.folder.parent.parent)
    done = await run(runtime, sandbox, f"cat '{place}'; ln -s '{place}' link && cat link; ln '{place}' hard")
    assert done.code != 0 and SECRET not in done.output
    assert not (sandbox.folder / "hard").exists()


async def test_a_link_in_the_workspace_leads_to_the_sandboxs_own_files(
    runtime: SupervisingRuntime, sandbox: SandboxSpec
) -> None:
    (sandbox.folder / "house").symlink_to(sandbox.folder.parent.parent)
    assert SECRET not in (await run(runtime, sandbox, "cat house/admin.json; ls -laR house/")).output


@pytest.mark.parametrize(
    "line",
    [
        "mknod device b 8 0",
        "mknod device c 1 1",
        "cat /dev/mem",
        "cat /dev/sda || cat /dev/vda",
        "cat /dev/kmsg",
        "mount -t tmpfs none /tmp",
        "mount --bind / /tmp",
        "mount -t proc none /tmp",
        "mount -o remount,rw /",
        "umount /proc",
        "unshare --user --map-root-user true",
        "unshare --mount true",
        "chroot / true",
        "nsenter --target 1 --mount true",
        "sysctl -w kernel.hostname=mine || hostname mine",
        "echo 1 > /proc/sys/net/ipv4/ip_forward",
        "echo c > /proc/sysrq-trigger",
        "echo x > /proc/1/oom_score_adj && echo -1000 > /proc/self/oom_score_adj",
        "date --set 2001-01-01",
        "cat /etc/shadow",
        "ls /var/run/docker.sock /run/docker.sock /run/podman",
        "touch /usr/mine || touch /bin/mine || touch /mine || touch /etc/mine",
        "cp /bin/sh suid && chmod u+s suid && ./suid -p -c 'mount -t tmpfs none /tmp'",
        "for group in $(find /sys/fs/cgroup -name cgroup.procs); do echo $$ > $group && exit 0; done; exit 1",
    ],
)
async def test_what_only_the_machines_owner_may_is_refused(
    runtime: SupervisingRuntime, sandbox: SandboxSpec, line: str
) -> None:
    assert (await run(runtime, sandbox, line)).code != 0


async def test_no_process_of_the_machine_is_seen_or_reached(
    runtime: SupervisingRuntime, sandbox: SandboxSpec
) -> None:
    seen = await run(runtime, sandbox, "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ | tr '\\0' '\\n'")
    assert "pytest" not in seen.output and str(sandbox.folder.parent.parent) not in seen.output
    assert (await run(runtime, sandbox, f"kill -0 {os.getpid()}")).code != 0


async def test_nobody_has_a_capability(runtime: SupervisingRuntime, sandbox: SandboxSpec) -> None:
    done = await run(runtime, sandbox, "grep -h '^Cap\\|^NoNewPrivs\\|^Seccomp:' /proc/self/status")
    found = dict(line.split(":\t") for line in done.output.splitlines())
    assert {name: int(content, 16) for name, content in found.items()} == {
        **dict.fromkeys(("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"), 0),
        "NoNewPrivs": 1,
        "Seccomp": 2,
    }


@asynccontextmanager
async def listening(address: str) -> AsyncIterator[int]:
    """A server of this machine; its port."""

    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"reached")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(greet, address, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


def asking(address: str, port: int) -> str:
    connect = f'import socket; print(socket.create_connection(("{address}", {port}), 5).recv(100).decode())'
    return f"python3 -c '{connect}'"


async def test_without_the_network_nobody_is_reached(
    runtime: SupervisingRuntime, sandbox: SandboxSpec, machine: str
) -> None:
    async with listening("0.0.0.0") as port:  # noqa: S104 - so that every way could lead there
        for address in ("127.0.0.1", machine):
            done = await run(runtime, sandbox, asking(address, port))
            assert done.code != 0 and "reached" not in done.output


async def test_with_the_network_a_container_reaches_the_gateway_and_a_jail_nothing_of_the_machine(
    runtime: SupervisingRuntime, sandbox: SandboxSpec, machine: str
) -> None:
    async with listening(machine) as port:
        done = await run(runtime, replace(sandbox, network=True), asking(machine, port))
    assert ("reached" in done.output) == (runtime.name == "docker")
