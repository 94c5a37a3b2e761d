"""The Docker runtime: each session has one container, in which its commands run side by side.

The workspace is mounted from this machine, so files are accessed without the container. The commands of a
session share its limits, processes and network: one can connect to what another serves on 127.0.0.1.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import ClassVar, TypeGuard

import structlog

from roocode_server.engine.runtimes.base import SupervisingRuntime
from roocode_server.engine.runtimes.child import Child
from roocode_server.engine.runtimes.docker.child import ContainerChild, Placed
from roocode_server.engine.runtimes.docker.client import ContainerEngine
from roocode_server.engine.runtimes.docker.container import SessionContainer
from roocode_server.engine.runtimes.docker.images import ImagePuller, Tell
from roocode_server.engine.runtimes.docker.members import owners_of
from roocode_server.engine.runtimes.docker.plan import SERVER_LABEL, SESSION_LABEL, Plan
from roocode_server.engine.runtimes.docker.terminal import ContainerTerminal
from roocode_server.engine.runtimes.docker.warm import WarmPool, remove_empty
from roocode_server.engine.runtimes.runtime import (
    Command,
    Exit,
    OnStarted,
    OutputSink,
    ProcessOwner,
    Runtime,
    RuntimeUnavailable,
    SandboxPlace,
    SandboxSpec,
)
from roocode_server.engine.workspace.ownership import hand_over
from roocode_server.models.identifier import SessionId

log = structlog.get_logger("docker")

_CAN: Mapping[str, tuple[str, str]] = {
    "memory": ("MemoryLimit", "container"),
    "processes": ("PidsLimit", "container"),
    "cpu": ("CpuCfsQuota", "container"),
}


class DockerRuntime(SupervisingRuntime):
    """Containers of an engine with the Docker API."""

    name: ClassVar = "docker"

    def __init__(
        self,
        engine: ContainerEngine,
        plan: Plan,
        *,
        pattern: SandboxSpec,
        tell: Tell,
        max_output_bytes: int,
        beside: Runtime | None = None,
    ) -> None:
        """`pattern` is the sandbox of a session with default limits; its folder is the parent of the
        workspaces.

        `beside` runs the server's own read-only programs, which an image may lack.
        """
        super().__init__(max_output_bytes=max_output_bytes)
        settings = plan.settings
        self._engine = engine
        self._plan = plan
        self._folder = pattern.folder
        self._beside = beside
        self._images = ImagePuller(engine, tell, may_pull=settings.pull != "never")
        self._containers: dict[SessionId, SessionContainer] = {}
        self._warm = WarmPool(settings.warm, pattern, self._prepare)
        self._can: Mapping[str, object] = {}

    async def probe(self) -> str | None:
        """Ask the engine whether commands can be run; return why not, which is also kept as `problem`, or
        None.
        """
        try:
            self._can = await self._engine.info()
            self.problem = None
        except RuntimeUnavailable as failure:
            self.problem = failure.message
        return self.problem

    async def has_image(self) -> bool:
        """Return whether the image exists, so that no session waits for it. Raises: RuntimeUnavailable."""
        return await self._engine.has_image(self._plan.settings.image)

    async def run(
        self,
        sandbox: SandboxSpec,
        command: Command,
        *,
        on_output: OutputSink | None = None,
        on_started: OnStarted | None = None,
    ) -> Exit:
        """As `SupervisingRuntime.run`."""
        if command.only_reads and self._beside is not None:
            return await self._beside.run(sandbox, command, on_output=on_output, on_started=on_started)
        return await super().run(sandbox, command, on_output=on_output, on_started=on_started)

    def enforced_limits(self) -> Mapping[str, str]:
        """Return how each limit is enforced; an engine without the kernel's support reports that."""
        told = {
            name: how if self._can.get(ability, True) else "not enforced: the container engine cannot"
            for name, (ability, how) in _CAN.items()
        }
        options = self._can.get("SecurityOptions") or []
        has_filter = isinstance(options, list) and any("seccomp" in str(option) for option in options)
        return {
            **told,
            "fileSize": "rlimit of each process",
            "time": "server",
            "disk": "server, measured each second; with deleted files still open, if the engine is here",
            "output": "server",
            "network": f"the engine's {self._plan.settings.network}, which reaches this machine, too",
            "systemCalls": "seccomp filter of the engine" if has_filter else "not filtered by the engine",
        }

    async def place(self, session_id: SessionId) -> SandboxPlace:
        """Return the session's container. Raises: RuntimeUnavailable."""
        identity, status = await self._container(session_id).status()
        return SandboxPlace(id=identity, status=status)

    async def owners(self, parents: Mapping[int, int]) -> Mapping[int, ProcessOwner]:
        """Return which processes run in sessions' containers, told by their control groups.

        Those of an engine on another machine are not among this machine's.
        """
        sessions = {held.id: session_id for session_id, held in self._containers.items() if held.id}
        tasks = {child.mark: owner.task_id for child, owner in self._children.items() if _is_inside(child)}
        found = await asyncio.to_thread(owners_of, parents, sessions, tasks)
        return found if self._beside is None else {**await self._beside.owners(parents), **found}

    def take_warm_session(self) -> SessionId | None:
        """Return the id of a future session whose container is ready, or None."""
        return self._warm.take()

    async def recover(self, is_known: Callable[[SessionId], Awaitable[bool]]) -> None:
        """Remove the containers of sessions that no longer exist, and kill what runs in the others."""
        try:
            found = await self._engine.list(f"{SERVER_LABEL}={self._plan.server_id}")
        except RuntimeUnavailable as failure:
            log.warning("orphans not looked for", reason=failure.message)
            return
        known = set()
        for container in found:
            session_id = SessionId(container["Labels"].get(SESSION_LABEL, ""))
            if await is_known(session_id):
                known.add(session_id)
        tending = [self._tend(container, known) for container in found]
        await asyncio.gather(*tending)
        if self._plan.settings.warm:
            entries = await asyncio.to_thread(lambda: [entry.name for entry in self._folder.glob("[!.]*")])
            sessions = {name for name in entries if await is_known(SessionId(name))}
            await asyncio.to_thread(remove_empty, self._folder, sessions)
        self._warm.fill()

    async def end(self, session_id: SessionId) -> None:
        """Kill the container, which is faster than killing its commands."""
        known = self._containers.get(session_id)
        if known is not None:
            await known.kill()

    async def close(self, session_id: SessionId) -> None:
        """Kill everything of a session and remove its container; if that fails, the next start removes it."""
        await super().close(session_id)
        if self._beside is not None:
            await self._beside.close(session_id)
        container = self._container(session_id)
        del self._containers[session_id]
        try:
            await container.remove()
        except RuntimeUnavailable as failure:
            log.warning("container left", session_id=session_id, reason=failure.message)

    async def shut_down(self) -> None:
        """Close the connections to the engine; containers remain for the next start."""
        await self._warm.close()
        await self._images.close()
        await self._engine.close()

    @asynccontextmanager
    async def _child(
        self, sandbox: SandboxSpec, command: Command, *, has_input: bool
    ) -> AsyncIterator[ContainerChild]:
        container = self._container(sandbox.session_id)
        with container.used():
            placed = Placed(container=container, sandbox=sandbox, command=command)
            yield ContainerChild(placed, has_input=has_input)

    @asynccontextmanager
    async def _terminal(
        self, sandbox: SandboxSpec, command: Command, columns: int, rows: int
    ) -> AsyncIterator[ContainerTerminal]:
        container = self._container(sandbox.session_id)
        with container.used():
            placed = Placed(container=container, sandbox=sandbox, command=command)
            yield ContainerTerminal(placed, columns, rows)

    async def _verified(self, child: Child, done: Exit) -> Exit:
        assert isinstance(child, ContainerChild)  # noqa: S101 - no other is made here
        if child.loss is not None and done.stopped_by is None:
            raise child.loss
        return done

    async def _check(self, sandbox: SandboxSpec, command: Command) -> None:
        if self.problem is not None:
            await self.probe()
        await super()._check(sandbox, command)
        user = self._plan.user.partition(":")[0]
        if os.geteuid() == 0 and user.isdigit():
            await asyncio.to_thread(hand_over, sandbox.folder, int(user))

    async def _prepare(self, sandbox: SandboxSpec) -> str:
        return await self._container(sandbox.session_id).ensure(sandbox)

    async def _tend(self, found: Mapping[str, object], known: set[SessionId]) -> None:
        labels = found["Labels"]
        session_id = SessionId(labels.get(SESSION_LABEL, "")) if isinstance(labels, dict) else SessionId("")
        with contextlib.suppress(RuntimeUnavailable):  # checked again before it is used
            if session_id not in known:
                await self._engine.remove(str(found["Id"]))
            elif found["State"] == "running":
                await self._container(session_id).quiet()

    def _container(self, session_id: SessionId) -> SessionContainer:
        if session_id not in self._containers:
            made = SessionContainer(self._engine, self._images, self._plan, session_id)
            self._containers[session_id] = made
        return self._containers[session_id]


def _is_inside(child: Child) -> TypeGuard[ContainerChild]:
    return isinstance(child, ContainerChild)
