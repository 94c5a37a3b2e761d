"""A session with network access reaches other machines, and nothing of this one."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from roocode_server.engine.runtimes import networks
from roocode_server.engine.runtimes.local import LocalRuntime
from roocode_server.engine.runtimes.networks import own_addresses
from roocode_server.engine.runtimes.runtime import Command, RuntimeUnavailable, SandboxSpec
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import ResourceLimits
from tests.support.outside import OtherMachine
from tests.support.processes import started

SERVE = (
    "import socket, sys\n"
    "server = socket.create_server(('{address}', {port}))\n"
    "print('ready', flush=True)\n"
    "while True:\n"
    "    server.accept()[0].sendall(b'reached')\n"
)
ASK = "import socket; print(socket.create_connection(('{address}', {port}), 5).recv(100).decode())"


@pytest.fixture
async def runtime() -> AsyncIterator[LocalRuntime]:
    made = LocalRuntime()
    yield made
    await made.shut_down()


@pytest.fixture
def sandbox(tmp_path: Path) -> SandboxSpec:
    folder = tmp_path / "data" / "workspaces" / "session-1"
    folder.mkdir(parents=True)
    limits = ResourceLimits(max_execution_time=60, max_memory_mb=128)
    return SandboxSpec(session_id=SessionId("session-1"), folder=folder, limits=limits, network=True)


async def ask(runtime: LocalRuntime, sandbox: SandboxSpec, address: str, port: int) -> str:
    line = f'python3 -c "{ASK.format(address=address, port=port)}"'
    return (await runtime.run(sandbox, Command(line=line))).output


async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"reached")
    await writer.drain()
    writer.close()


async def test_what_is_outside_is_reached(
    runtime: LocalRuntime, sandbox: SandboxSpec, other_machine: OtherMachine
) -> None:
    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        port = other_machine.serve(server.sockets[0].getsockname()[1])
        assert await ask(runtime, sandbox, other_machine.address, port) == "reached\n"


async def test_an_address_that_this_machine_has_since_is_out_of_reach(
    runtime: LocalRuntime, sandbox: SandboxSpec, request: pytest.FixtureRequest
) -> None:
    await runtime.run(sandbox, Command(line="true"))
    other: OtherMachine = request.getfixturevalue("other_machine")
    with socket.create_server((other.ours, 0)) as server:
        assert "reached" not in await ask(runtime, sandbox, other.ours, server.getsockname()[1])
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


async def test_nothing_of_this_machine_is_reached(runtime: LocalRuntime, sandbox: SandboxSpec) -> None:
    """The machine's loopback, each of its addresses, and the addresses that represent it in such networks."""
    with socket.create_server(("", 0)) as server:
        port = server.getsockname()[1]
        for address in ("127.0.0.1", "127.0.0.2", "localhost", "10.0.2.2", "10.0.2.3", *own_addresses()):
            assert "reached" not in await ask(runtime, sandbox, address, port), address
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


async def test_a_socket_without_a_file_is_not_reached(runtime: LocalRuntime, sandbox: SandboxSpec) -> None:
    name = f"roocode-test-{secrets.token_hex(4)}"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0{name}")
        server.listen()
        line = f"import socket; socket.socket(socket.AF_UNIX).connect(chr(0) + '{name}')"
        done = await runtime.run(sandbox, Command(line=f'python3 -c "{line}"'))
    assert done.code != 0 and "ConnectionRefusedError" in done.output


async def test_what_one_command_serves_the_next_can_ask_for(
    runtime: LocalRuntime, sandbox: SandboxSpec, tmp_path: Path
) -> None:
    printed = asyncio.Event()

    async def hear(stream: str, text: str) -> None:
        printed.set()

    (sandbox.folder / "serve.py").write_text(SERVE.format(address="127.0.0.1", port=8000))
    serving = asyncio.create_task(
        runtime.run(sandbox, Command(line="python3 serve.py", is_lasting=True), on_output=hear)
    )
    await asyncio.wait_for(printed.wait(), 60)
    assert await ask(runtime, sandbox, "127.0.0.1", 8000) == "reached\n"
    other = tmp_path / "data" / "workspaces" / "session-2"
    other.mkdir()
    stranger = SandboxSpec(
        session_id=SessionId("session-2"), folder=other, limits=sandbox.limits, network=True
    )
    assert "reached" not in await ask(runtime, stranger, "127.0.0.1", 8000)
    serving.cancel()
    await asyncio.wait([serving])


async def test_names_are_asked_of_the_network(runtime: LocalRuntime, sandbox: SandboxSpec) -> None:
    """The machine's own resolver may be on its loopback."""
    done = await runtime.run(sandbox, Command(line="cat /etc/resolv.conf"))
    servers = [line for line in done.output.splitlines() if line.startswith("nameserver")]
    assert len(servers) == 1 and servers[0].endswith(".3")


@pytest.fixture
def carriers() -> Callable[[], list[psutil.Process]]:
    """Gives the programs that carry networks, but for those of servers that other tests keep."""
    others = started("slirp4netns")
    return lambda: [process for process in started("slirp4netns") if process not in others]


async def test_a_network_ends_with_its_session(
    carriers: Callable[[], list[psutil.Process]], runtime: LocalRuntime, sandbox: SandboxSpec
) -> None:
    await runtime.run(sandbox, Command(line="true"))
    assert len(carriers()) == 1
    await runtime.close(sandbox.session_id)
    assert carriers() == []


async def test_a_network_that_was_lost_is_made_anew(
    carriers: Callable[[], list[psutil.Process]], runtime: LocalRuntime, sandbox: SandboxSpec
) -> None:
    await runtime.run(sandbox, Command(line="true"))
    (carrier,) = carriers()
    carrier.kill()
    psutil.wait_procs([carrier], timeout=10)
    async with asyncio.timeout(10):
        while (await runtime.run(sandbox, Command(line="true"))).code or not carriers():
            await asyncio.sleep(0)
    assert carriers() != [carrier]


@pytest.mark.parametrize(("program", "package"), [("slirp4netns", "slirp4netns"), ("ip", "iproute2")])
async def test_without_what_it_takes_the_network_is_refused_and_never_the_machines_own(
    sandbox: SandboxSpec, monkeypatch: pytest.MonkeyPatch, program: str, package: str
) -> None:
    def which(name: str, path: str | None = None) -> str | None:
        return None if name == program else shutil.which(name)

    monkeypatch.setattr(networks, "_found", which)
    runtime = LocalRuntime()
    with pytest.raises(RuntimeUnavailable, match=f"install {package}"):
        await runtime.run(sandbox, Command(line="touch here"))
    assert not (sandbox.folder / "here").exists()
    assert package in runtime.enforced_limits()["network"]


async def test_a_program_that_only_reads_needs_no_network(
    sandbox: SandboxSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks, "_found", lambda name: None)
    done = await LocalRuntime().run(sandbox, Command(line="true", only_reads=True))
    assert done.code == 0
