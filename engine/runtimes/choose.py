"""Selection of the server's runtime. If the configured one does not work, no other is used in its place."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from roocode_server.engine.runtimes.docker.address import engine_address
from roocode_server.engine.runtimes.docker.client import ContainerEngine
from roocode_server.engine.runtimes.docker.images import Tell
from roocode_server.engine.runtimes.docker.plan import Plan
from roocode_server.engine.runtimes.docker.runtime import DockerRuntime
from roocode_server.engine.runtimes.local import LocalRuntime
from roocode_server.engine.runtimes.runtime import Runtime, RuntimeUnavailable, SandboxSpec
from roocode_server.engine.runtimes.unsafe_local import UnsafeLocalRuntime
from roocode_server.models.identifier import SessionId
from roocode_server.models.settings import RuntimeKind, RuntimeSettings, SessionSettings

WORKSPACES: Final = "workspaces"
ID_FILE: Final = "server-id"

log = structlog.get_logger("runtime")


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a runtime needs to know about its server."""

    data_dir: Path
    sessions: SessionSettings
    tell: Tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The runtimes for the two kinds of programs."""

    commands: Runtime
    """For the commands of agents and callers."""
    programs: Runtime
    """For the server's own programs in a session: a container's image may lack them."""


async def choose(settings: RuntimeSettings, surroundings: Surroundings) -> Chosen:
    """Create the configured runtime.

    `auto` means `docker` if a container engine answers and has the image, so that no session waits for it,
    and `local` otherwise; the log says which, and why. If the runtime cannot work, its `problem` says why,
    and so does each `run`. Raises: ValueError, OSError, if the container engine's address is invalid.
    """
    if settings.kind is RuntimeKind.UNSAFE_LOCAL:
        bare = UnsafeLocalRuntime(max_output_bytes=settings.max_output_bytes)
        return Chosen(commands=bare, programs=bare)
    local = LocalRuntime(
        read_only_paths=[Path(path) for path in settings.read_only_paths],
        max_output_bytes=settings.max_output_bytes,
    )
    await local.probe()
    if settings.kind is RuntimeKind.LOCAL:
        return Chosen(commands=local, programs=local)
    docker = _docker(settings, surroundings, local)
    if settings.kind is RuntimeKind.DOCKER:
        await docker.probe()
        return Chosen(commands=docker, programs=local)
    reason = await _reason_against(docker)
    if reason is None:
        log.info("commands run in containers", image=settings.docker.image)
        return Chosen(commands=docker, programs=local)
    await docker.shut_down()
    log.info("commands run in jails", because=reason)
    return Chosen(commands=local, programs=local)


def _docker(settings: RuntimeSettings, surroundings: Surroundings, local: LocalRuntime) -> DockerRuntime:
    data_dir, sessions = surroundings.data_dir, surroundings.sessions
    plan = Plan(
        settings=settings.docker,
        server_id=_server_id(data_dir),
        data_dir=data_dir,
        read_only_paths=[Path(path) for path in settings.read_only_paths],
    )
    return DockerRuntime(
        ContainerEngine(engine_address(settings.docker.host, os.environ), os.environ),
        plan,
        pattern=SandboxSpec(
            session_id=SessionId("pattern"),
            folder=data_dir / WORKSPACES,
            limits=sessions.resource_limits,
            network=sessions.network,
        ),
        tell=surroundings.tell,
        max_output_bytes=settings.max_output_bytes,
        beside=local if local.problem is None else None,
    )


async def _reason_against(docker: DockerRuntime) -> str | None:
    """Return why `auto` does not choose containers, or None."""
    if await docker.probe() is not None:
        return "no container engine answers"
    try:
        has_image = await docker.has_image()
    except RuntimeUnavailable as failure:
        return failure.message
    return None if has_image else "the container engine does not have the image"


def _server_id(data_dir: Path) -> str:
    """Return the id that distinguishes this server's containers from others on the same engine; created
    once.
    """
    file = data_dir / ID_FILE
    try:
        return file.read_text().strip()
    except FileNotFoundError:
        made = secrets.token_hex(6)
        file.touch(mode=0o600)
        file.write_text(made)
        return made
