"""The local runtime: each command runs in a bubblewrap jail of its own, with the session's workspace in it.

A command sees /usr, the server's Python if it is elsewhere, a minimal generated /etc, and its workspace,
which is the only place it can write to except for a temporary /tmp. It runs as an unprivileged user in
namespaces of its own and, unless the session has the network, cannot connect to anything. `/bin/sh` runs the
line: it is the shell that every system has, so that a line means the same on all of them.
"""

from __future__ import annotations

import asyncio
import functools
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Final

from roocode_server.engine.runtimes import seccomp
from roocode_server.engine.runtimes.cgroups import ControlGroups
from roocode_server.engine.runtimes.child import Child
from roocode_server.engine.runtimes.host import HostRuntime, exported, in_memory
from roocode_server.engine.runtimes.jail import RESOLVER, VARIABLES, Jail, SandboxUser, made_up
from roocode_server.engine.runtimes.networks import Network, Networks, missing
from roocode_server.engine.runtimes.process import ChildProcess, Launch
from roocode_server.engine.runtimes.runtime import Command, Exit, RuntimeUnavailable, SandboxSpec
from roocode_server.engine.workspace.ownership import hand_over, owner_of, sandbox_user
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import ResourceLimits

_ADVICE: Final = "or set `runtime.kind: unsafe-local` to run commands without a sandbox"
_SEARCHED: Final = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
_REPORT_BYTES: Final = 4096


class LocalRuntime(HostRuntime):
    """Runs commands in bubblewrap jails."""

    name: ClassVar = "local"

    def __init__(
        self,
        *,
        read_only_paths: Sequence[Path] = (),
        max_output_bytes: int = 1_000_000,
        groups: ControlGroups | None = None,
    ) -> None:
        super().__init__(max_output_bytes=max_output_bytes, groups=groups)
        self._networks = Networks()
        self._bwrap = shutil.which("bwrap")
        self._setpriv = shutil.which("setpriv")
        self.problem = self._missing(read_only_paths)
        self._filter, self._unfiltered = _filter()
        self._jail = Jail(read_only_paths=read_only_paths, options=_options(self._bwrap))

    def enforced_limits(self) -> Mapping[str, str]:
        """Return how each limit is enforced, and how system calls and the network are restricted."""
        calls = "seccomp filter" if self._filter else f"not filtered: {self._unfiltered}"
        absent = missing()
        network = "slirp4netns" if absent is None else f"refused: {absent} not installed"
        return {**super().enforced_limits(), "systemCalls": calls, "network": network}

    async def close(self, session_id: SessionId) -> None:
        """Kill every process of a session, and close its network."""
        await super().close(session_id)
        await self._networks.close(session_id)

    async def shut_down(self) -> None:
        """Close the networks of all sessions."""
        await self._networks.close_all()

    async def probe(self) -> str | None:
        """Run `true` in a jail; return why that fails, which is also kept as `problem`, or None."""
        if self.problem is None:
            self.problem = await self._try_out()
        return self.problem

    def _missing(self, read_only_paths: Sequence[Path]) -> str | None:
        if self._bwrap is None:
            return f"Commands run in bubblewrap, which is not installed: install it, {_ADVICE}."
        if self._prlimit is None:
            return f"Commands need `prlimit` of util-linux, which is not installed: install it, {_ADVICE}."
        if sandbox_user() is not None and self._setpriv is None:
            return f"Commands need `setpriv` of util-linux, which is not installed: install it, {_ADVICE}."
        for path in read_only_paths:
            if not path.is_absolute() or not path.exists():
                return f"`runtime.read_only_paths` names {path}, which is not an existing absolute path."
            if Path.home().is_relative_to(path.resolve()):
                return f"`runtime.read_only_paths` names {path}, which contains the whole home folder."
        return None

    async def _try_out(self) -> str | None:
        with tempfile.TemporaryDirectory() as folder:
            sandbox = SandboxSpec(
                session_id=SessionId("probe"), folder=Path(folder), limits=ResourceLimits(), network=False
            )
            try:
                done = await self.run(sandbox, Command(line="true"))
            except RuntimeUnavailable as failure:
                return failure.message
        if done.code != 0:
            return f"A jail can be created, but nothing runs in it: {done.output.strip()}."
        return None

    @asynccontextmanager
    async def _prepared(self, sandbox: SandboxSpec, command: Command) -> AsyncIterator[Launch]:
        if not sandbox.network or command.only_reads:
            with self._jailed(replace(sandbox, network=False), command, None) as launch:
                yield launch
            return
        async with self._networks.joined(sandbox.session_id) as network:
            with self._jailed(sandbox, command, network) as launch:
                yield launch

    @contextmanager
    def _jailed(self, sandbox: SandboxSpec, command: Command, network: Network | None) -> Iterator[Launch]:
        user = self._user(sandbox)
        made = {path: content.encode() for path, content in made_up(user).items()}
        made[VARIABLES] = exported(command.environment)
        if network is not None:
            made[RESOLVER] = network.resolver().encode()
        entered = [] if network is None else network.entered()
        with ExitStack() as opened:
            files = {path: in_memory(content, opened) for path, content in made.items()}
            filters = [in_memory(self._filter, opened)] if self._filter else []
            arguments = self._jail.arguments(sandbox, command, files, user)
            arguments += [word for number in filters for word in ("--seccomp", str(number))]
            options = in_memory(b"".join(os.fsencode(word) + b"\0" for word in arguments), opened)
            listened, told = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
            opened.callback(os.close, listened)
            opened.callback(os.close, told)
            bwrap = [self._bwrap or "bwrap", "--json-status-fd", str(told), "--args", str(options), "--"]
            limited = self._limited(sandbox.limits, command.line, VARIABLES)
            yield Launch(
                argv=[*entered, *bwrap, *self._becoming(user), *limited],
                environment=_SEARCHED,
                descriptors=[*files.values(), *filters, options, told],
                report=listened,
                owner=None if user is None else user.user,
            )

    async def _check(self, sandbox: SandboxSpec, command: Command) -> None:
        await super()._check(sandbox, command)
        chosen = sandbox_user()
        if chosen is not None and owner_of(sandbox.folder)[0] == os.geteuid():
            await asyncio.to_thread(hand_over, sandbox.folder, chosen)

    def _user(self, sandbox: SandboxSpec) -> SandboxUser | None:
        """Return whom a command becomes if this server runs as root: the owner of the workspace."""
        if sandbox_user() is None:
            return None
        user, group = owner_of(sandbox.folder)
        return SandboxUser(user=user, group=group)

    def _becoming(self, user: SandboxUser | None) -> Sequence[str]:
        if user is None:
            return []
        names = (f"--reuid={user.user}", f"--regid={user.group}", "--clear-groups")
        return [self._setpriv or "setpriv", *names, "--inh-caps=-all", "--bounding-set=-all"]

    async def _verified(self, child: Child, done: Exit) -> Exit:
        assert isinstance(child, ChildProcess)  # noqa: S101 - no other is made here
        if done.stopped_by is None and not _was_made(child.launch):
            reason = done.output.strip()
            raise RuntimeUnavailable(
                f"bubblewrap cannot make a jail here ({reason}): allow user namespaces, {_ADVICE}."
            )
        return done


def _filter() -> tuple[bytes, str]:
    """Return the system call filter; empty, with the reason, if there cannot be one."""
    try:
        return seccomp.program(), ""
    except seccomp.SeccompUnavailable as failure:
        return b"", str(failure)


@functools.cache
def _options(bwrap: str | None) -> frozenset[str]:
    """Return the options that the installed version knows; it is asked once a process."""
    if bwrap is None:
        return frozenset()
    told = subprocess.run([bwrap, "--help"], capture_output=True, text=True, check=False)  # noqa: S603
    return frozenset(word for word in (told.stdout + told.stderr).split() if word.startswith("--"))


def _was_made(launch: Launch) -> bool:
    """Return whether bubblewrap has reported a process in the jail."""
    if launch.report is None:
        return True
    try:
        return b'"child-pid"' in os.read(launch.report, _REPORT_BYTES)
    except BlockingIOError:
        return False
