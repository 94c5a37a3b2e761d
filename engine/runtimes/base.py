"""The base of all runtimes: checks a command, supervises it within its limits, and kills all that it
started.
"""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import replace
from typing import ClassVar, Final, Protocol

from roocode_server.engine.concurrency.pace import Pace
from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.runtimes.child import Child
from roocode_server.engine.runtimes.execution import CommandLimits, Execution
from roocode_server.engine.runtimes.program import Program
from roocode_server.engine.runtimes.runtime import (
    Command,
    Exit,
    OnStarted,
    OutputSink,
    ProcessOwner,
    PseudoTerminal,
    RuntimeUnavailable,
    SandboxSpec,
)
from roocode_server.engine.runtimes.start_errors import startable
from roocode_server.engine.workspace.file_access import FOLDER_FLAGS
from roocode_server.engine.workspace.name_spelling import unspelled
from roocode_server.engine.workspace.openat2 import open_beneath
from roocode_server.engine.workspace.walk import disk_bytes
from roocode_server.models.error import InvalidField, NotFound, WorkspaceLimitExceeded
from roocode_server.models.exhaustion import exhausted
from roocode_server.models.identifier import SessionId
from roocode_server.models.text import encode_word

LONGEST_LINE: Final = 131_071
"""In bytes. The kernel accepts no longer argument."""


class Stoppable(Protocol):
    """Something that runs for a session."""

    finished: asyncio.Event

    def stop(self) -> None:
        """Kill it and everything that it started."""
        ...


class ChildTerminal(PseudoTerminal, Stoppable, Protocol):
    """A terminal, as the runtime that created it uses it."""

    @property
    def child(self) -> Child:
        """Its program."""
        ...

    async def begin(self) -> None:
        """Start its program. Raises: OSError, RuntimeUnavailable."""
        ...

    async def close(self) -> None:
        """Kill what is left of it and release all its resources."""
        ...


class SupervisingRuntime:
    """Runs commands as children, which subclasses create."""

    name: ClassVar[str]

    def __init__(self, *, max_output_bytes: int) -> None:
        self.problem: str | None = None
        self._max_output_bytes = max_output_bytes
        self._pace = Pace()
        self._running: defaultdict[SessionId, set[Stoppable]] = defaultdict(set)
        self._children: dict[Child, ProcessOwner] = {}

    async def run(
        self,
        sandbox: SandboxSpec,
        command: Command,
        *,
        on_output: OutputSink | None = None,
        on_started: OnStarted | None = None,
    ) -> Exit:
        """Run a command to its end, within the sandbox's limits; if cancelled, kill everything that it
        started.

        Raises: RuntimeUnavailable; WorkspaceLimitExceeded, if the workspace already exceeds its size limit;
        NotFound, if the directory does not exist; InvalidField, if a command line cannot contain the text.
        """
        command = _placed(command)
        await self._check(sandbox, command)
        bounds = CommandLimits(
            limits=sandbox.limits,
            folder=sandbox.folder,
            max_output_bytes=self._max_output_bytes,
            is_lasting=command.is_lasting,
            only_reads=command.only_reads,
        )
        async with self._child(sandbox, command, has_input=False) as child:
            execution = Execution(child, bounds, on_output, self._pace)
            with self._listed(sandbox, execution, child), startable():
                done = await execution.run(on_started)
            return await self._verified(child, done)

    @asynccontextmanager
    async def start(self, sandbox: SandboxSpec, command: Command) -> AsyncIterator[Program]:
        """Start a program to communicate with, within the sandbox's limits except time; it ends with the
        block.

        Raises: as `run`.
        """
        command = _placed(command)
        await self._check(sandbox, command)
        async with self._child(sandbox, command, has_input=True) as child:
            program = Program(child, sandbox)
            with self._listed(sandbox, program, child):
                try:
                    with startable():
                        await program.begin()
                    yield program
                finally:
                    await run_to_completion(program.close())

    @asynccontextmanager
    async def open_terminal(
        self, sandbox: SandboxSpec, command: Command, *, columns: int, rows: int
    ) -> AsyncIterator[PseudoTerminal]:
        """Start a program in a terminal, within the sandbox's limits except time; it ends with the block.

        Raises: as `run`.
        """
        command = _placed(command)
        await self._check(sandbox, command)
        async with self._terminal(sandbox, command, columns, rows) as terminal:
            with self._listed(sandbox, terminal, terminal.child):
                try:
                    with startable():
                        await terminal.begin()
                    yield terminal
                finally:
                    await run_to_completion(terminal.close())

    async def end(self, session_id: SessionId) -> None:
        """Do nothing here: `close` kills the commands of the session concurrently."""

    async def close(self, session_id: SessionId) -> None:
        """Kill every process of a session."""
        running = list(self._running.get(session_id, ()))
        for each in running:
            each.stop()
        for each in running:
            await each.finished.wait()

    def _child(
        self, sandbox: SandboxSpec, command: Command, *, has_input: bool
    ) -> AbstractAsyncContextManager[Child]:
        """Create a child that waits for `begin`, with its resources. Raises: RuntimeUnavailable."""
        raise NotImplementedError

    def _terminal(
        self, sandbox: SandboxSpec, command: Command, columns: int, rows: int
    ) -> AbstractAsyncContextManager[ChildTerminal]:
        """Create a terminal that waits for `begin`, with its resources. Raises: RuntimeUnavailable."""
        raise NotImplementedError

    async def _verified(self, child: Child, done: Exit) -> Exit:
        """Return `done`. Raises: RuntimeUnavailable, if the sandbox failed rather than the command."""
        return done

    async def _check(self, sandbox: SandboxSpec, command: Command) -> None:
        if self.problem is not None:
            raise RuntimeUnavailable(self.problem)
        check(command)
        await asyncio.to_thread(check_directory, sandbox, command)
        if command.only_reads:
            return
        with startable():
            taken = await asyncio.to_thread(disk_bytes, sandbox.folder)
        if taken > sandbox.limits.max_disk_bytes:
            raise WorkspaceLimitExceeded(
                f"The workspace exceeds its limit of {sandbox.limits.max_disk_mb} MiB; delete files first",
                maxDiskMB=sandbox.limits.max_disk_mb,
            )

    @contextmanager
    def _listed(self, sandbox: SandboxSpec, running: Stoppable, child: Child) -> Iterator[None]:
        """While the block runs, it is stopped when the session is closed, and it is known what it runs
        for.
        """
        others = self._running[sandbox.session_id]
        others.add(running)
        self._children[child] = ProcessOwner(session_id=sandbox.session_id, task_id=sandbox.task_id)
        try:
            yield
        finally:
            del self._children[child]
            others.discard(running)
            if not others:
                self._running.pop(sandbox.session_id, None)


def _placed(command: Command) -> Command:
    """Return the command with its directory as the file system spells it.

    Raises: InvalidField, if that is not UTF-8: a container engine could not be given it in JSON.
    """
    try:
        directory = unspelled(command.directory)
        directory.encode()
    except UnicodeEncodeError:
        raise InvalidField(
            "cwd",
            "A command cannot start in a directory whose name is not UTF-8; `cd` there in the command line.",
        ) from None
    return replace(command, directory=directory)


def check(command: Command) -> None:
    """Raises: InvalidField, if the kernel would not accept the command line or its environment."""
    if len(encode_word(command.line, "command")) > LONGEST_LINE:
        raise InvalidField("command", f"Longer than {LONGEST_LINE} bytes; put it into a file and run that.")
    for name, content in command.environment.items():
        if not name or "=" in name or "\0" in name + content:
            raise InvalidField("environment", f"{name!r} cannot be set.")


def check_directory(sandbox: SandboxSpec, command: Command) -> None:
    """Raises: NotFound, if the command's directory is not in the workspace; ServerOverload."""
    try:
        root = os.open(sandbox.folder, FOLDER_FLAGS)
    except OSError as failure:
        raise exhausted(failure) or NotFound("workspace", sandbox.session_id) from failure
    try:
        os.close(open_beneath(root, command.directory.strip("/"), FOLDER_FLAGS))
    except OSError as failure:
        raise exhausted(failure) or NotFound("directory", command.directory) from failure
    finally:
        os.close(root)
