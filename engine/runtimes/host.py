"""What the runtimes that start processes on this machine share: sessions, limits, running a command."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from functools import partial
from typing import ClassVar, Final, TypeVar

from engine.finishing import finish
from engine.runtimes.beneath import open_beneath
from engine.runtimes.cgroups import ControlGroup, ControlGroups
from engine.runtimes.execution import Bounds, Execution, is_over_disk
from engine.runtimes.process import Launch, Process
from engine.runtimes.program import Program
from engine.runtimes.runtime import (
    Command,
    Exit,
    OnStarted,
    OutputSink,
    Place,
    RuntimeUnavailable,
    Sandbox,
)
from engine.runtimes.terminal import TerminalProgram
from models.error import InvalidField, NotFound, WorkspaceLimitExceeded
from models.identifier import SessionId
from models.session import ResourceLimits

Started = TypeVar("Started")

NICENESS: Final = 10
"""Commands leave the processor to the server, which answers everybody. Source: nice(1)."""
LONGEST_LINE: Final = 131_071
"""Bytes. The kernel takes no longer argument."""


class HostRuntime:
    """Runs commands as processes of this machine; how they are shut in is its subclasses' business."""

    name: ClassVar[str]

    def __init__(self, *, max_output_bytes: int, groups: ControlGroups | None = None) -> None:
        self.problem: str | None = None
        self._max_output_bytes = max_output_bytes
        self._groups = groups if groups is not None else ControlGroups.find()
        self._prlimit = shutil.which("prlimit")
        self._running: defaultdict[SessionId, set[Execution | Program | TerminalProgram]] = defaultdict(set)

    async def run(
        self,
        sandbox: Sandbox,
        command: Command,
        *,
        on_output: OutputSink | None = None,
        on_started: OnStarted | None = None,
    ) -> Exit:
        """Run a command to its end, within the sandbox's limits; cancelled, it ends all that it started.

        Raises: RuntimeUnavailable; WorkspaceLimitExceeded, if the workspace is over its size already;
        NotFound, if there is no such directory; InvalidField, for what no command line can hold.
        """
        await self._check(sandbox, command)
        with self._prepared(sandbox, command) as launch:
            return await self._execute(sandbox, launch, command, on_output, on_started)

    @asynccontextmanager
    async def start(self, sandbox: Sandbox, command: Command) -> AsyncIterator[Program]:
        """A program to talk with, within the sandbox's limits but for the time; it ends with the block.

        Raises: as `run`.
        """
        await self._check(sandbox, command)
        with self._prepared(sandbox, command) as launch:
            child = await self._started(sandbox, partial(Process, replace(launch, has_input=True)))
            program = Program(child, sandbox)
            with self._listed(sandbox.session_id, program):
                try:
                    await program.begin()
                    yield program
                finally:
                    await finish(program.close())

    @asynccontextmanager
    async def open_terminal(
        self, sandbox: Sandbox, command: Command, *, columns: int, rows: int
    ) -> AsyncIterator[TerminalProgram]:
        """A program behind a terminal, within the sandbox's limits but for the time; it ends with the block.

        Raises: as `run`.
        """
        await self._check(sandbox, command)
        shell = replace(command, line=f"exec setsid --ctty --wait /bin/sh -c {shlex.quote(command.line)}")
        with self._prepared(sandbox, shell) as launch:
            opening = partial(TerminalProgram, launch, sandbox=sandbox, columns=columns, rows=rows)
            program = await self._started(sandbox, opening)
            with self._listed(sandbox.session_id, program):
                try:
                    await program.begin()
                    yield program
                finally:
                    await finish(program.close())

    async def _started(self, sandbox: Sandbox, start: Callable[[ControlGroup], Started]) -> Started:
        """What `start` makes in a group with the sandbox's limits. Raises: RuntimeUnavailable."""
        try:
            group = self._groups.make(sandbox.limits)
            try:
                return start(group)
            except OSError:
                await group.remove()
                raise
        except OSError as failure:
            raise RuntimeUnavailable(f"The command could not be started: {failure.strerror}.") from failure

    async def _check(self, sandbox: Sandbox, command: Command) -> None:
        if self.problem is not None:
            raise RuntimeUnavailable(self.problem)
        check(command)
        await asyncio.to_thread(check_directory, sandbox, command)
        if not command.only_reads and await is_over_disk(sandbox.folder, sandbox.limits):
            raise WorkspaceLimitExceeded(
                f"The workspace takes more than {sandbox.limits.max_disk_mb} MiB; delete files first",
                maxDiskMb=sandbox.limits.max_disk_mb,
            )

    @contextmanager
    def _listed(
        self, session_id: SessionId, running: Execution | Program | TerminalProgram
    ) -> Iterator[None]:
        """Have it ended when the session is closed."""
        others = self._running[session_id]
        others.add(running)
        try:
            yield
        finally:
            others.discard(running)
            if not others:
                self._running.pop(session_id, None)

    async def place(self, session_id: SessionId) -> Place:
        """Every command has a place of its own, made when it begins."""
        return Place(id=f"{self.name}:{session_id}", status="running")

    async def close(self, session_id: SessionId) -> None:
        """End every process of a session."""
        running = list(self._running.get(session_id, ()))
        for execution in running:
            execution.stop()
        for execution in running:
            await execution.finished.wait()

    def holds(self) -> Mapping[str, str]:
        """What holds each limit: a control group, an rlimit (of each process by itself), this server.

        The kernel exempts root from the rlimit on processes, whatever namespace it is in.
        """
        groups = self._groups.holds()
        return {
            "memory": groups.get("memory", "rlimit of each process"),
            "processes": groups.get("pids", "not enforced" if os.geteuid() == 0 else "rlimit of the user"),
            "cpu": groups.get("cpu", "rlimit of each process"),
            "fileSize": "rlimit of each process",
            "time": "server",
            "disk": "server, measured each second",
            "output": "server",
        }

    @contextmanager
    def _prepared(self, sandbox: Sandbox, command: Command) -> Iterator[Launch]:
        """How to start a command, with whatever is open for it."""
        raise NotImplementedError

    async def _execute(
        self,
        sandbox: Sandbox,
        launch: Launch,
        command: Command,
        on_output: OutputSink | None,
        on_started: OnStarted | None,
    ) -> Exit:
        bounds = Bounds(
            limits=sandbox.limits,
            folder=sandbox.folder,
            max_output_bytes=self._max_output_bytes,
            is_lasting=command.is_lasting,
            only_reads=command.only_reads,
        )
        execution = Execution(await self._started(sandbox, partial(Process, launch)), bounds, on_output)
        try:
            with self._listed(sandbox.session_id, execution):
                return await execution.run(on_started)
        except OSError as failure:
            raise RuntimeUnavailable(f"The command could not be started: {failure.strerror}.") from failure

    def _limited(self, limits: ResourceLimits, line: str) -> Sequence[str]:
        """`sh -c` with the rlimits that hold where no group does."""
        held = self._groups.holds()
        rlimits = {"core": 0, "fsize": limits.max_file_size_mb * 2**20}
        if "memory" not in held:
            rlimits["as"] = limits.max_memory_mb * 2**20
        if "pids" not in held:
            rlimits["nproc"] = limits.max_processes
        if "cpu" not in held:
            rlimits["cpu"] = max(1, limits.max_execution_time * limits.max_cpu_percent // 100)
        options = [f"--{name}={bound}" for name, bound in rlimits.items()]
        polite = ["nice", "-n", str(NICENESS)]
        return [*polite, self._prlimit or "prlimit", *options, "/bin/sh", "-c", line]


def check(command: Command) -> None:
    """Raises: InvalidField, for what the kernel would not take."""
    if "\0" in command.line:
        raise InvalidField("command", "A command line has no NUL in it.")
    try:
        length = len(command.line.encode())
    except UnicodeEncodeError:
        raise InvalidField("command", "Not valid text: it has lone surrogates.") from None
    if length > LONGEST_LINE:
        raise InvalidField("command", f"Longer than {LONGEST_LINE} bytes; put it into a file and run that.")
    for name, content in command.environment.items():
        if not name or "=" in name or "\0" in name + content:
            raise InvalidField("environment", f"{name!r} cannot be set.")


def check_directory(sandbox: Sandbox, command: Command) -> None:
    """Raises: NotFound, if the command's directory is not one of the workspace."""
    try:
        root = os.open(sandbox.folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as failure:
        raise NotFound("workspace", sandbox.session_id) from failure
    try:
        os.close(open_beneath(root, command.directory.strip("/"), os.O_RDONLY | os.O_DIRECTORY))
    except OSError as failure:
        raise NotFound("directory", command.directory) from failure
    finally:
        os.close(root)
