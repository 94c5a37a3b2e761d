"""The MCP servers of all sessions: connected at first use, restarted with limits, stopped with their
session.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import os
import shlex
from collections import defaultdict
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from roocode_server.engine.concurrency.imports import imported
from roocode_server.engine.events.lifetimes import CUT_OFF, Lifetimes
from roocode_server.engine.mcp.answer import McpAnswer, McpFailure, Offer
from roocode_server.engine.mcp.definitions import ServerDefinition, ServerDefinitions, definitions
from roocode_server.engine.mcp.describing import described
from roocode_server.engine.mcp.slot import ServerSlot
from roocode_server.engine.runtimes.runtime import Command, InteractiveProgram, Runtime, SandboxSpec
from roocode_server.engine.runtimes.unsafe_local import UnsafeLocalRuntime
from roocode_server.engine.sealing.sealer import SealBroken
from roocode_server.engine.shell_lines.allowlist import objection
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.error import NotFound
from roocode_server.models.identifier import SessionId
from roocode_server.models.mcp import (
    McpOrigin,
    McpServer,
    McpServerState,
    McpStarted,
    McpStatus,
    McpStopped,
)
from roocode_server.models.session import ResourceLimits, Session, SessionConfig
from roocode_server.models.settings import McpSettings

if TYPE_CHECKING:
    from roocode_server.engine.mcp.connection import McpConnection

Program = AbstractAsyncContextManager[InteractiveProgram]

_SEAL_BROKEN: Final = "its secrets were sealed by a key that is gone; give `env` and `headers` anew."
_OPERATORS: Final = ResourceLimits(
    max_memory_mb=4096, max_execution_time=86_400, max_processes=1024, max_file_size_mb=1024
)


class SessionSource(Protocol):
    """What the hub needs from `Sessions`."""

    async def get(self, session_id: SessionId) -> Session:
        """Return the session. Raises: NotFound."""
        ...

    async def get_active(self, session_id: SessionId) -> Session:
        """Return the session. Raises: NotFound; Conflict, if it is not active."""
        ...

    async def revealed(self, session: Session) -> SessionConfig:
        """Return the session's configuration with its secrets. Raises: SealBroken."""
        ...

    def workspace(self, session_id: SessionId) -> Workspace:
        """Return the session's workspace."""
        ...

    def sandbox(self, session: Session) -> SandboxSpec:
        """Return what the runtime needs to run programs of the session."""
        ...


class McpHub:
    """Connects the MCP servers that a session's agent may use, and calls them."""

    def __init__(
        self,
        settings: McpSettings,
        sessions: SessionSource,
        runtime: Runtime,
        lasting: Lifetimes,
        *,
        folder: Path,
    ) -> None:
        """`folder` is the working directory of the operator's own programs; it is created when needed."""
        self._settings = settings
        self._sessions = sessions
        self._runtime = runtime
        self._lasting = lasting
        self._folder = folder
        self._slots: defaultdict[SessionId, dict[str, ServerSlot]] = defaultdict(dict)

    @functools.cached_property
    def _outside(self) -> UnsafeLocalRuntime:
        """Where the operator's own programs run: most operators have none."""
        return UnsafeLocalRuntime()

    async def call_tool(
        self, session_id: SessionId, server: str, tool: str, arguments: Mapping[str, Any]
    ) -> McpAnswer:
        """Call a tool of a server, which is started if necessary. Raises: McpFailure."""
        connection = await self._connected(session_id, server)
        known = [each.name for each in (await connection.current_offer()).tools]
        if tool not in known:
            raise McpFailure(f"{server} has no tool {tool}. Its tools: {', '.join(known) or 'none'}.")
        answer = await connection.call_tool(tool, dict(arguments))
        self._slot(session_id, server).forgive()
        return answer

    async def read_resource(self, session_id: SessionId, server: str, uri: str) -> McpAnswer:
        """Read a resource of a server, which is started if necessary. Raises: McpFailure."""
        answer = await (await self._connected(session_id, server)).read_resource(uri)
        self._slot(session_id, server).forgive()
        return answer

    def always_allows(self, session: Mapping[str, McpServer], server: str, tool: str) -> bool:
        """Whether the operator's or the session's definition lets a tool be called without approval.

        The workspace's file is not consulted, because the agent can write it.
        """
        named = self._settings.servers.get(server) or session.get(server)
        return named is not None and tool in named.always_allow

    async def states(self, session_id: SessionId) -> tuple[list[McpServerState], str | None]:
        """Return the state of a session's servers, and what is wrong with the workspace's file.

        Raises: NotFound.
        """
        known = await self._definitions(await self._sessions.get(session_id))
        return [self._view(session_id, each) for each in known.by_name.values()], known.problem

    async def restart(self, session_id: SessionId, name: str) -> McpServerState:
        """Restart a server and reset its failure count.

        Raises: NotFound; Conflict, if the session is not active.
        """
        session = await self._sessions.get_active(session_id)
        definition = (await self._definitions(session)).by_name.get(name)
        if definition is None:
            raise NotFound("MCP server", name)
        slot = self._slot(session_id, name)
        async with slot.lock:
            await slot.end()
            slot.forgive()
        with contextlib.suppress(McpFailure):
            await self._connect(session, definition)
        return _state(definition, slot)

    async def describe(self, session_id: SessionId) -> str:
        """Describe the session's servers for the system prompt; empty if there are none. Raises: NotFound."""
        known = await self.connect_trusted(session_id)
        return described([self._view(session_id, each) for each in known.by_name.values()])

    async def connect_trusted(self, session_id: SessionId) -> ServerDefinitions:
        """Start the operator's and the session's servers, and return all definitions. Raises: NotFound.

        The workspace's servers are only started by the first call that has been approved.
        """
        session = await self._sessions.get(session_id)
        known = await self._definitions(session)
        trusted = [each for each in known.by_name.values() if each.origin is not McpOrigin.WORKSPACE]
        await asyncio.gather(*(self._try(session, each) for each in trusted))
        return known

    async def close_session(self, session_id: SessionId) -> None:
        """Stop a session's servers."""
        slots = self._slots.pop(session_id, {})
        await asyncio.gather(*(slot.end() for slot in slots.values()))

    async def close(self) -> None:
        """Stop all servers."""
        await asyncio.gather(*(self.close_session(session_id) for session_id in list(self._slots)))

    def _view(self, session_id: SessionId, definition: ServerDefinition) -> McpServerState:
        return _state(definition, self._slots.get(session_id, {}).get(definition.name))

    def _slot(self, session_id: SessionId, name: str) -> ServerSlot:
        return self._slots[session_id].setdefault(
            name, ServerSlot(name, stop_timeout_s=self._settings.stop_timeout_s)
        )

    async def _definitions(self, session: Session) -> ServerDefinitions:
        workspace = self._sessions.workspace(session.id) if self._settings.workspace_servers else None
        return await definitions(self._settings.servers, session.config, workspace)

    async def _try(self, session: Session, definition: ServerDefinition) -> None:
        with contextlib.suppress(McpFailure):
            await self._connect(session, definition)

    async def _connected(self, session_id: SessionId, name: str) -> McpConnection:
        session = await self._sessions.get(session_id)
        known = await self._definitions(session)
        definition = known.by_name.get(name)
        if definition is None:
            names = ", ".join(known.by_name) or "none"
            raise McpFailure(
                f"There is no MCP server {name}. The servers: {names}. {known.problem or ''}".strip()
            )
        return await self._connect(session, definition)

    async def _connect(self, session: Session, definition: ServerDefinition) -> McpConnection:
        """Return a server's connection, connecting it if necessary. Raises: McpFailure."""
        refusal = _refusal(session, definition)
        if refusal is not None:
            raise McpFailure(f"{definition.name}: {refusal}")
        if definition.origin is McpOrigin.SESSION:
            definition = await self._revealed(session, definition)
        slot = self._slot(session.id, definition.name)
        grounds = (definition, self._sessions.sandbox(session))
        async with slot.lock:
            if slot.connection is not None and slot.offer is not None and slot.grounds == grounds:
                return slot.connection
            if slot.grounds != grounds:
                slot.forgive()
            slot.check_pause()
            await slot.end()
            slot.grounds = grounds
            return await self._start(session, definition, slot)

    async def _revealed(self, session: Session, definition: ServerDefinition) -> ServerDefinition:
        """The definition with the values of `env` and `headers`. Raises: McpFailure."""
        try:
            config = await self._sessions.revealed(session)
        except SealBroken:
            raise McpFailure(f"{definition.name}: {_SEAL_BROKEN}") from None
        return dataclasses.replace(definition, server=config.mcp_servers[definition.name])

    async def _start(self, session: Session, definition: ServerDefinition, slot: ServerSlot) -> McpConnection:
        module = await imported("roocode_server.engine.mcp.connection")
        connection: McpConnection = module.McpConnection(
            definition.server,
            self._program(session, definition),
            only_public=definition.origin is not McpOrigin.SERVER,
            start_timeout_s=self._settings.start_timeout_s,
            idle_timeout_s=self._settings.idle_timeout_s,
        )

        async def tell(happened: McpStarted | McpStopped) -> None:
            key = f"mcp/{happened.server_name}"
            if isinstance(happened, McpStopped):
                await self._lasting.end(session.id, key, happened)
                return
            pending_end = McpStopped(server_name=happened.server_name, error=CUT_OFF)
            with contextlib.suppress(NotFound):  # the session is gone
                await self._lasting.begin(session.id, key, happened, pending_end=pending_end)

        await slot.connect(connection, tell)
        return connection

    def _program(self, session: Session, definition: ServerDefinition) -> Program | None:
        server = definition.server
        if server.command is None:
            return None
        line = shlex.join([server.command, *server.args])
        if definition.origin is not McpOrigin.SERVER:
            command = Command(line=f"exec {line}", directory=server.cwd or "", environment=dict(server.env))
            return self._runtime.start(self._sessions.sandbox(session), command)
        return self._operators(session.id, line, server.cwd, server.env)

    def _operators(
        self, session_id: SessionId, line: str, cwd: str | None, env: Mapping[str, str]
    ) -> Program:
        """Start a program outside the sandbox, with this server's HOME and PATH."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        standing = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
        place = f"cd {shlex.quote(cwd)} && " if cwd else ""
        sandbox = SandboxSpec(session_id=session_id, folder=self._folder, limits=_OPERATORS, network=True)
        return self._outside.start(
            sandbox, Command(line=f"{place}exec {line}", environment={**standing, **env})
        )


def _refusal(session: Session, definition: ServerDefinition) -> str | None:
    """Return why a server may not be used at all, or None."""
    server = definition.server
    if server.disabled:
        return "It is disabled."
    if server.problem is not None:
        return server.problem
    if definition.origin is McpOrigin.SERVER:
        return None
    if server.url is not None and not session.config.network:
        return "It is reached over the network, which this session does not have."
    if server.command is not None and definition.origin is McpOrigin.WORKSPACE:
        return objection(shlex.join([server.command, *server.args]), session.config.allowed_commands)
    return None


def _state(definition: ServerDefinition, slot: ServerSlot | None) -> McpServerState:
    offer = slot.offer if slot is not None else None
    error = definition.server.problem or (slot.error if slot is not None and offer is None else None)
    known = offer or Offer()
    return McpServerState(
        name=definition.name,
        origin=definition.origin,
        status=_status(definition, is_connected=offer is not None, has_failed=error is not None),
        error=error,
        tools=list(known.tools),
        resources=list(known.resources),
        prompts=list(known.prompts),
    )


def _status(definition: ServerDefinition, *, is_connected: bool, has_failed: bool) -> McpStatus:
    if definition.server.disabled:
        return McpStatus.DISABLED
    if is_connected:
        return McpStatus.CONNECTED
    return McpStatus.FAILED if has_failed else McpStatus.STOPPED
