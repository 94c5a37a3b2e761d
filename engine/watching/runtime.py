"""A runtime that reports what its commands change in the workspace."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

from roocode_server.engine.monitoring.work_counts import CommandCounts
from roocode_server.engine.runtimes.runtime import (
    Command,
    Exit,
    InteractiveProgram,
    OnStarted,
    OutputSink,
    ProcessOwner,
    PseudoTerminal,
    Runtime,
    SandboxPlace,
    SandboxSpec,
)
from roocode_server.engine.tracing.tracer import Tracer
from roocode_server.engine.watching.watchers import Watchers
from roocode_server.models.identifier import SessionId


class WatchedRuntime:
    """Wraps another runtime, and watches the workspace while a command may write to it; counts commands.

    When `run` returns, the command's changes have been reported.
    """

    def __init__(self, runtime: Runtime, watchers: Watchers, counts: CommandCounts, tracer: Tracer) -> None:
        self._runtime = runtime
        self._watchers = watchers
        self._counts = counts
        self._tracer = tracer

    @property
    def name(self) -> str:
        """As the wrapped runtime's."""
        return self._runtime.name

    @property
    def problem(self) -> str | None:
        """As the wrapped runtime's."""
        return self._runtime.problem

    async def run(
        self,
        sandbox: SandboxSpec,
        command: Command,
        *,
        on_output: OutputSink | None = None,
        on_started: OnStarted | None = None,
    ) -> Exit:
        """Run a command to its end. Raises: as the wrapped runtime."""
        with self._tracer.span("command") as span:
            async with self._watched(sandbox, command) as changed:
                done = await self._runtime.run(sandbox, command, on_output=on_output, on_started=on_started)
            span.set("process.exit.code", done.code)
            span.set("roocode.stopped_by", done.stopped_by)
        self._counts.count(done.code, done.stopped_by)
        return replace(done, files_changed=list(dict.fromkeys(changed)))

    @asynccontextmanager
    async def open_terminal(
        self, sandbox: SandboxSpec, command: Command, *, columns: int, rows: int
    ) -> AsyncIterator[PseudoTerminal]:
        """Start a program in a terminal. Raises: as the wrapped runtime."""
        opening = self._runtime.open_terminal(sandbox, command, columns=columns, rows=rows)
        async with self._watched(sandbox, command), opening as terminal:
            yield terminal

    @asynccontextmanager
    async def start(self, sandbox: SandboxSpec, command: Command) -> AsyncIterator[InteractiveProgram]:
        """Start a program to communicate with. Raises: as the wrapped runtime."""
        async with self._watched(sandbox, command), self._runtime.start(sandbox, command) as conversation:
            yield conversation

    def enforced_limits(self) -> Mapping[str, str]:
        """As the wrapped runtime's."""
        return self._runtime.enforced_limits()

    def take_warm_session(self) -> SessionId | None:
        """As the wrapped runtime's."""
        return self._runtime.take_warm_session()

    async def recover(self, is_known: Callable[[SessionId], Awaitable[bool]]) -> None:
        """As the wrapped runtime's."""
        await self._runtime.recover(is_known)

    async def shut_down(self) -> None:
        """As the wrapped runtime's."""
        await self._runtime.shut_down()

    async def place(self, session_id: SessionId) -> SandboxPlace:
        """As the wrapped runtime's."""
        return await self._runtime.place(session_id)

    async def owners(self, parents: Mapping[int, int]) -> Mapping[int, ProcessOwner]:
        """As the wrapped runtime's."""
        return await self._runtime.owners(parents)

    async def end(self, session_id: SessionId) -> None:
        """As the wrapped runtime's."""
        await self._runtime.end(session_id)

    async def close(self, session_id: SessionId) -> None:
        """As the wrapped runtime's."""
        await self._runtime.close(session_id)

    @asynccontextmanager
    async def _watched(self, sandbox: SandboxSpec, command: Command) -> AsyncIterator[list[str]]:
        if command.only_reads or self._runtime.problem is not None:
            yield []
            return
        async with self._watchers.hold(sandbox) as changed:
            yield changed
