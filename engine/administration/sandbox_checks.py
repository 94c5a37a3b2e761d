"""Checks of where commands run: made by running commands, in the runtime that the settings choose."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from roocode_server.engine.runtimes.choose import Chosen, Surroundings, choose
from roocode_server.engine.runtimes.docker.address import engine_address
from roocode_server.engine.runtimes.docker.client import ContainerEngine
from roocode_server.engine.runtimes.local import LocalRuntime
from roocode_server.engine.runtimes.networks import Network, missing
from roocode_server.engine.runtimes.runtime import Command, Runtime, RuntimeUnavailable, SandboxSpec
from roocode_server.models.diagnosis import Finding
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import ResourceLimits
from roocode_server.models.settings import RuntimeKind, Settings

_PROBE_SESSION: Final = SessionId("doctor")


@dataclass(frozen=True, slots=True, kw_only=True)
class _ServerProgram:
    """A program that the server runs in the sandbox, and what does not work without it."""

    name: str
    package: str
    without: str


_SERVER_PROGRAMS: Final = (
    _ServerProgram(name="rg", package="ripgrep", without="searches do not work"),
    _ServerProgram(name="git", package="git", without="checkpoints and clones do not work"),
)


async def check_sandbox(settings: Settings) -> Sequence[Finding]:
    """Run something in the sandbox, then the server's own programs, and open a network for commands.

    Raises: OSError, if no temporary folder can be made.
    """
    async with _opened(settings) as (chosen, folder):
        commands, programs = chosen.commands, chosen.programs
        if commands.problem is not None:
            return [_unusable(commands.problem), await _container_engine(settings, commands)]
        findings = [Finding.good("sandbox", f"{commands.name}, {_filtered(commands)}"), _limits(commands)]
        findings += [await _program(programs, folder, each) for each in _SERVER_PROGRAMS]
        if isinstance(commands, LocalRuntime):
            findings.append(await _network())
        findings.append(await _container_engine(settings, commands))
        return findings


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[tuple[Chosen, Path]]:
    """Choose the runtime as a start would, with a folder in place of the data directory."""
    async with AsyncExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="roocode-doctor-")))
        workspace = folder / "workspaces" / _PROBE_SESSION
        workspace.mkdir(parents=True)
        surroundings = Surroundings(data_dir=folder, sessions=settings.sessions, tell=lambda *_: None)
        chosen = await choose(settings.runtime, surroundings)
        for runtime in {id(each): each for each in (chosen.commands, chosen.programs)}.values():
            opened.push_async_callback(runtime.shut_down)
        yield chosen, workspace


def _unusable(problem: str) -> Finding:
    advice = (
        "Until then the server runs no commands; see docs/sandbox.md, and for containers docs/installing.md."
    )
    return Finding.bad("sandbox", problem, advice)


def _filtered(runtime: Runtime) -> str:
    calls = runtime.enforced_limits().get("systemCalls")
    return "a command was run" if calls is None else f"a command was run; system calls: {calls}"


def _limits(runtime: Runtime) -> Finding:
    enforced = runtime.enforced_limits()
    held = {name: enforced[name] for name in ("memory", "processes", "cpu") if name in enforced}
    found = ", ".join(f"{name}: {how}" for name, how in held.items())
    if any(how.startswith(("rlimit", "not enforced")) for how in held.values()):
        return Finding.lacking(
            "limits",
            found,
            "Control groups hold the limits of a command as a whole: let the server write one (in systemd "
            "`Delegate=yes`), or have sessions in containers.",
        )
    return Finding.good("limits", found)


async def _program(runtime: Runtime, folder: Path, program: _ServerProgram) -> Finding:
    """Run `program --version` where the server runs its programs."""
    sandbox = SandboxSpec(session_id=_PROBE_SESSION, folder=folder, limits=ResourceLimits(), network=False)
    advice = f"Install the package {program.package}: without it, {program.without}."
    try:
        done = await runtime.run(sandbox, Command(line=f"{program.name} --version", only_reads=True))
    except RuntimeUnavailable as failure:
        return Finding.lacking(program.name, failure.message, advice)
    if done.code != 0:
        return Finding.lacking(program.name, "not found in the sandbox", advice)
    return Finding.good(program.name, done.output.split("\n", 1)[0].strip())


async def _network() -> Finding:
    """Open a network as a session's, and close it."""
    advice = "Until then, commands of sessions with `config.network` are refused; others need none."
    absent = missing()
    if absent is not None:
        return Finding.lacking("network", f"not installed: {absent}", f"Install {absent}. {advice}")
    try:
        network = await Network.start()
    except RuntimeUnavailable as failure:
        return Finding.lacking("network", failure.message, advice)
    await network.close()
    return Finding.good("network", "a network for commands was opened, by slirp4netns")


async def _container_engine(settings: Settings, commands: Runtime) -> Finding:
    """Ask the engine for its version, and for the image of sessions."""
    docker, kind = settings.runtime.docker, settings.runtime.kind
    if kind in (RuntimeKind.LOCAL, RuntimeKind.UNSAFE_LOCAL):
        return Finding.good("container engine", f"not needed: runtime.kind is {kind}")
    try:
        address = engine_address(docker.host, os.environ)
        engine = ContainerEngine(address, os.environ)
    except (ValueError, OSError) as failure:
        return Finding.bad("container engine", str(failure), "Correct runtime.docker.host or DOCKER_HOST.")
    try:
        version = (await engine.info()).get("ServerVersion", "unknown")
        has_image = await engine.has_image(docker.image)
    except RuntimeUnavailable as failure:
        if commands.problem is None:
            return Finding.good("container engine", f"none answers at {address}; commands run in jails")
        return Finding.lacking(
            "container engine",
            failure.message,
            "Start Docker, or `podman system service`, and let the server's user reach its socket.",
        )
    finally:
        await engine.close()
    if not has_image:
        return Finding.lacking(
            "container engine",
            f"version {version}, without the image {docker.image}",
            f"Fetch the image ({docker.image}), or name one that is there in runtime.docker.image.",
        )
    return Finding.good("container engine", f"version {version}, with the image {docker.image}")
