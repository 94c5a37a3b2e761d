"""The runtime without a sandbox: commands run as the server's user, with all that user's permissions.

Only for machines that are sandboxes themselves; it is used only if the configuration names it. Limits apply
as far as control groups and rlimits enforce them.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from typing import ClassVar, Final

from roocode_server.engine.runtimes.cgroups import ControlGroups
from roocode_server.engine.runtimes.host import HostRuntime, exported, in_memory
from roocode_server.engine.runtimes.process import MARK_VARIABLE, Launch
from roocode_server.engine.runtimes.runtime import Command, SandboxSpec
from roocode_server.engine.workspace.ownership import hand_over

_STANDING: Final = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
}


class UnsafeLocalRuntime(HostRuntime):
    """Runs commands as plain processes."""

    name: ClassVar = "unsafe-local"

    def __init__(self, *, max_output_bytes: int = 1_000_000, groups: ControlGroups | None = None) -> None:
        super().__init__(max_output_bytes=max_output_bytes, groups=groups)
        if self._prlimit is None:
            self.problem = "Commands need `prlimit` of util-linux, which is not installed: install it."

    @asynccontextmanager
    async def _prepared(self, sandbox: SandboxSpec, command: Command) -> AsyncIterator[Launch]:
        mark = secrets.token_hex(16)
        with ExitStack() as opened:
            variables = in_memory(exported(command.environment), opened)
            yield Launch(
                argv=self._limited(sandbox.limits, command.line, f"/proc/self/fd/{variables}"),
                environment={**_STANDING, "HOME": str(sandbox.folder), MARK_VARIABLE: mark},
                folder=str(sandbox.folder / command.directory.strip("/")),
                descriptors=[variables],
                mark=mark,
            )

    async def _check(self, sandbox: SandboxSpec, command: Command) -> None:
        await super()._check(sandbox, command)
        if os.geteuid() == 0:
            await asyncio.to_thread(hand_over, sandbox.folder, 0)
