"""A runtime whose commands are watched: what they change in the workspace is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

from roocode_server.engine.runtimes.runtime import (
    Command,
    Exit,
    InteractiveProgram,
    OnStarted,
    OutputSink,
    PseudoTerminal,
    Runtime,
    SandboxPlace,
    SandboxSpec,
)
from roocode_server.engine.watching.watchers import Watchers
from roocode_server.models.identifier import SessionId


class WatchedRuntime:
    """Another runtime, with a watch over the workspace while a command may write there.

    When a command has ended, what it has changed has been told.
    """

    def __init__(self, runtime: Runtime, watchers: Watchers) -> None:
        self._runtime = runtime
        self._watchers = watchers

    @property
    def name(self) -> str:
        return self._runtime.name

    @property
    def problem(self) -> str | None:
        """Why nothing can be run here, where that is so; for people."""
        return self._runtime.problem

    async def run(
        self,
        sandbox: SandboxSpec,
        command: Command,
        *,
        on_output: OutputSink | None = None,
        on_started: OnStarted | None = None,
    ) -> Exit:
        """Run a command to its end. Raises: as the other runtime."""
        async with self._watched(sandbox, command) as changed:
            done = await self._runtime.run(sandbox, command, on_output=on_output, on_started=on_started)
        return replace(done, files_changed=list(dict.fromkeys(changed)))

    @asynccontextmanager
    async def open_terminal(
        self, sandbox: SandboxSpec, command: Command, *, columns: int, rows: int
    ) -> AsyncIterator[PseudoTerminal]:
        """A program behind a terminal of its own. Raises: as the other runtime."""
        opening = self._runtime.open_terminal(sandbox, command, columns=columns, rows=rows)
        async with self._watched(sandbox, command), opening as terminal:
            yield terminal

    @asynccontextmanager
    async def start(self, sandbox: SandboxSpec, command: Command) -> AsyncIterator[InteractiveProgram]:
        """A program to talk with. Raises: as the other runtime."""
        async with self._watched(sandbox, command), self._runtime.start(sandbox, command) as conversation:
            yield conversation

    def holds(self) -> Mapping[str, str]:
        """What holds each limit, for people."""
        return self._runtime.holds()

    def reserved(self) -> SessionId | None:
        """The id of a session to come whose place is ready."""
        return self._runtime.reserved()

    async def recover(self, is_known: Callable[[SessionId], Awaitable[bool]]) -> None:
        """End and remove what an earlier server has left of sessions that are no more."""
        await self._runtime.recover(is_known)

    async def shut_down(self) -> None:
        """Let go of what is held beyond sessions."""
        await self._runtime.shut_down()

    async def place(self, session_id: SessionId) -> SandboxPlace:
        """Where the commands of a session run now."""
        return await self._runtime.place(session_id)

    async def end(self, session_id: SessionId) -> None:
        """End at once what can be ended as a whole."""
        await self._runtime.end(session_id)

    async def close(self, session_id: SessionId) -> None:
        """End every process of a session."""
        await self._runtime.close(session_id)

    @asynccontextmanager
    async def _watched(self, sandbox: SandboxSpec, command: Command) -> AsyncIterator[list[str]]:
        if command.only_reads or self._runtime.problem is not None:
            yield []
            return
        async with self._watchers.hold(sandbox) as changed:
            yield changed
