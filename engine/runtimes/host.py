"""What the runtimes that start processes on this machine share: control groups and rlimits."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.runtimes.base import SupervisingRuntime
from roocode_server.engine.runtimes.cgroups import ControlGroup, ControlGroups
from roocode_server.engine.runtimes.process import ChildProcess, Launch
from roocode_server.engine.runtimes.runtime import Command, SandboxPlace, SandboxSpec
from roocode_server.engine.runtimes.start_errors import startable
from roocode_server.engine.runtimes.terminal import TerminalProgram
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import ResourceLimits

Started = TypeVar("Started")

_OF_A_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OF_THE_SHELL: Final = frozenset({"UID", "EUID", "PPID", "BASHOPTS", "SHELLOPTS", "BASH_VERSINFO"})
"""Some shells let nobody set these, and end where it is tried."""

NICENESS: Final = 10
"""Commands leave the processor to the server, which answers everybody. Source: nice(1)."""


class HostRuntime(SupervisingRuntime):
    """Runs commands as processes of this machine; how they are shut in is its subclasses' business."""

    def __init__(self, *, max_output_bytes: int, groups: ControlGroups | None = None) -> None:
        super().__init__(max_output_bytes=max_output_bytes)
        self._groups = groups if groups is not None else ControlGroups.find()
        self._prlimit = shutil.which("prlimit")

    def reserved(self) -> SessionId | None:
        """Nothing is made ahead here."""
        return None

    async def recover(self, is_known: Callable[[SessionId], Awaitable[bool]]) -> None:
        """What an earlier server has left was ended when the control groups were found."""

    async def shut_down(self) -> None:
        """Nothing is held beyond sessions."""

    async def place(self, session_id: SessionId) -> SandboxPlace:
        """Every command has a place of its own, made when it begins."""
        return SandboxPlace(id=f"{self.name}:{session_id}", status="running")

    def holds(self) -> Mapping[str, str]:
        """What holds each limit: a control group, an rlimit (of each process by itself), this server.

        The rlimit on processes counts all of a user, and the commands of a server that is root have one user
        for all sessions: it would be one limit for all of them.
        """
        groups = self._groups.holds()
        return {
            "memory": groups.get("memory", "rlimit of each process"),
            "processes": groups.get("pids", "not enforced" if os.geteuid() == 0 else "rlimit of the user"),
            "cpu": groups.get("cpu", "rlimit of each process"),
            "fileSize": "rlimit of each process",
            "time": "server",
            "disk": "server, measured each second; with deleted files that are still open",
            "output": "server",
        }

    @asynccontextmanager
    async def _child(
        self, sandbox: SandboxSpec, command: Command, *, has_input: bool
    ) -> AsyncIterator[ChildProcess]:
        async with self._opened(sandbox, command) as launch:
            yield await self._started(sandbox, partial(ChildProcess, replace(launch, has_input=has_input)))

    @asynccontextmanager
    async def _terminal(
        self, sandbox: SandboxSpec, command: Command, columns: int, rows: int
    ) -> AsyncIterator[TerminalProgram]:
        shell = replace(command, line=f"exec setsid --ctty --wait /bin/sh -c {shlex.quote(command.line)}")
        async with self._opened(sandbox, shell) as launch:
            opening = partial(TerminalProgram, launch, sandbox=sandbox, columns=columns, rows=rows)
            yield await self._started(sandbox, opening)

    @asynccontextmanager
    async def _opened(self, sandbox: SandboxSpec, command: Command) -> AsyncIterator[Launch]:
        """As `_prepared`. Raises: ServerOverload, too, where nothing more can be opened."""
        async with AsyncExitStack() as opened:
            with startable():
                launch = await opened.enter_async_context(self._prepared(sandbox, command))
            yield launch

    def _prepared(self, sandbox: SandboxSpec, command: Command) -> AbstractAsyncContextManager[Launch]:
        """How to start a command, with whatever is open for it. Raises: RuntimeUnavailable."""
        raise NotImplementedError

    async def _started(self, sandbox: SandboxSpec, start: Callable[[ControlGroup], Started]) -> Started:
        """What `start` makes in a group with the limits. Raises: RuntimeUnavailable, ServerOverload."""
        with startable():
            making = asyncio.to_thread(self._groups.make, sandbox.limits)
            group = await run_to_completion(making, let_go=ControlGroup.discard)
            try:
                return start(group)
            except OSError:
                await group.remove()
                raise

    def _limited(self, limits: ResourceLimits, line: str, variables: str) -> Sequence[str]:
        """`sh -c` with the rlimits that hold where no group does.

        The file `variables` has what the caller wants in the environment, as `exported` writes it: it is read
        when the limits hold, so that nothing runs without them because a variable says so.
        """
        held = self._groups.holds()
        rlimits = {"core": 0, "fsize": limits.max_file_bytes}
        if "memory" not in held:
            rlimits["as"] = limits.max_memory_bytes
        if "pids" not in held and os.geteuid() != 0:
            rlimits["nproc"] = limits.max_processes
        if "cpu" not in held:
            rlimits["cpu"] = max(1, limits.max_execution_time * limits.max_cpu_percent // 100)
        options = [f"--{name}={bound}" for name, bound in rlimits.items()]
        polite = ["nice", "-n", str(NICENESS)]
        shell = ["/bin/sh", "-c", f'. {variables}; exec /bin/sh -c "$0"', line]
        return [*polite, self._prlimit or "prlimit", *options, *shell]


def exported(environment: Mapping[str, str]) -> bytes:
    """Commands of a shell that set these variables. A name that no shell can have reaches no command line."""
    return "".join(
        f"export {name}={shlex.quote(content)}\n"
        for name, content in environment.items()
        if _OF_A_VARIABLE.fullmatch(name) and name not in _OF_THE_SHELL
    ).encode(errors="surrogateescape")


def in_memory(content: bytes, opened: ExitStack) -> int:
    """A descriptor from which a child reads `content`."""
    descriptor = os.memfd_create("roocode", os.MFD_CLOEXEC)
    opened.callback(os.close, descriptor)
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
