"""The base of the runtimes that start processes on this machine: control groups and rlimits."""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import shutil
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Final, TypeGuard, TypeVar

from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.runtimes.base import SupervisingRuntime
from roocode_server.engine.runtimes.cgroups import ControlGroup, ControlGroups
from roocode_server.engine.runtimes.child import Child
from roocode_server.engine.runtimes.process import ChildProcess, Launch, mark_of
from roocode_server.engine.runtimes.runtime import Command, ProcessOwner, SandboxPlace, SandboxSpec
from roocode_server.engine.runtimes.start_errors import startable
from roocode_server.engine.runtimes.terminal import TerminalProgram
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import ResourceLimits

Started = TypeVar("Started")

_OF_A_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OF_THE_SHELL: Final = frozenset({"UID", "EUID", "PPID", "BASHOPTS", "SHELLOPTS", "BASH_VERSINFO"})
"""Some shells do not let these be set, and exit when it is tried."""

COMMAND_NICENESS: Final = 10
"""Commands yield the CPU to the server, which serves everybody. Source: nice(1)."""


class HostRuntime(SupervisingRuntime):
    """Runs commands as processes of this machine; subclasses isolate them."""

    def __init__(self, *, max_output_bytes: int, groups: ControlGroups | None = None) -> None:
        super().__init__(max_output_bytes=max_output_bytes)
        self._groups = groups if groups is not None else ControlGroups.find()
        self._prlimit = shutil.which("prlimit")

    def take_warm_session(self) -> SessionId | None:
        """Return None: nothing is prepared in advance."""
        return None

    async def recover(self, is_known: Callable[[SessionId], Awaitable[bool]]) -> None:
        """Do nothing: processes left by an earlier server were killed when the control groups were found."""

    async def shut_down(self) -> None:
        """Do nothing: nothing is held beyond sessions."""

    async def place(self, session_id: SessionId) -> SandboxPlace:
        """Every command has a sandbox of its own, created when it starts."""
        return SandboxPlace(id=f"{self.name}:{session_id}", status="running")

    async def owners(self, parents: Mapping[int, int]) -> Mapping[int, ProcessOwner]:
        """Return which processes run for sessions: the children of this runtime, the members of their
        groups, those that bear their marks, and what descends from these.
        """
        children = [(child, owner) for child, owner in self._children.items() if _is_here(child)]
        return await asyncio.to_thread(_owners, children, parents)

    def enforced_limits(self) -> Mapping[str, str]:
        """Return how each limit is enforced: by a control group, an rlimit (per process), or this server.

        The rlimit on processes counts all processes of a user. As commands of a server that runs as root have
        the same user in all sessions, it would be shared by all of them and is not used.
        """
        groups = self._groups.enforced_limits()
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
        """As `_prepared`. Raises also: ServerOverload, if nothing more can be opened."""
        async with AsyncExitStack() as opened:
            with startable():
                launch = await opened.enter_async_context(self._prepared(sandbox, command))
            yield launch

    def _prepared(self, sandbox: SandboxSpec, command: Command) -> AbstractAsyncContextManager[Launch]:
        """Return how to start a command, with its resources. Raises: RuntimeUnavailable."""
        raise NotImplementedError

    async def _started(self, sandbox: SandboxSpec, start: Callable[[ControlGroup], Started]) -> Started:
        """Call `start` with a new group that has the limits. Raises: RuntimeUnavailable, ServerOverload."""
        with startable():
            making = asyncio.to_thread(self._groups.make, sandbox.limits)
            group = await run_to_completion(making, let_go=ControlGroup.discard)
            try:
                return start(group)
            except OSError:
                await group.remove()
                raise

    def _limited(self, limits: ResourceLimits, line: str, variables: str) -> Sequence[str]:
        """Return the arguments of `sh -c` with rlimits in place of missing control groups.

        The file `variables` sets the caller's environment, as `exported` writes it. It is read after the
        limits are set, so that no variable can make anything run without them.
        """
        held = self._groups.enforced_limits()
        rlimits = {"core": 0, "fsize": limits.max_file_bytes}
        if "memory" not in held:
            rlimits["as"] = limits.max_memory_bytes
        if "pids" not in held and os.geteuid() != 0:
            rlimits["nproc"] = limits.max_processes
        if "cpu" not in held:
            rlimits["cpu"] = max(1, limits.max_execution_time * limits.max_cpu_percent // 100)
        options = [f"--{name}={bound}" for name, bound in rlimits.items()]
        polite = ["nice", "-n", str(COMMAND_NICENESS)]
        shell = ["/bin/sh", "-c", f'. {variables}; exec /bin/sh -c "$0"', line]
        return [*polite, self._prlimit or "prlimit", *options, *shell]


def _is_here(child: Child) -> TypeGuard[ChildProcess]:
    return isinstance(child, ChildProcess)


def _owners(
    children: Sequence[tuple[ChildProcess, ProcessOwner]], parents: Mapping[int, int]
) -> Mapping[int, ProcessOwner]:
    found = {pid: owner for child, owner in children for pid in child.roots()}
    marks = {child.launch.mark: owner for child, owner in children if child.launch.mark is not None}
    if marks:  # without a PID namespace: a process may have left its parents
        found |= {pid: marks[mark] for pid in parents if (mark := mark_of(pid)) in marks}
    below: defaultdict[int, list[int]] = defaultdict(list)
    for pid, parent in parents.items():
        below[parent].append(pid)
    unseen = list(found)
    while unseen:
        above = unseen.pop()
        for pid in below[above]:
            if pid not in found:
                found[pid] = found[above]
                unseen.append(pid)
    return found


def exported(environment: Mapping[str, str]) -> bytes:
    """Return shell commands that set these variables; names that are not valid in a shell are left out."""
    return "".join(
        f"export {name}={shlex.quote(content)}\n"
        for name, content in environment.items()
        if _OF_A_VARIABLE.fullmatch(name) and name not in _OF_THE_SHELL
    ).encode(errors="surrogateescape")


def in_memory(content: bytes, opened: ExitStack) -> int:
    """Return a descriptor from which a child can read `content`."""
    descriptor = os.memfd_create("roocode", os.MFD_CLOEXEC)
    opened.callback(os.close, descriptor)
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
