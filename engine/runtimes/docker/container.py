"""The container of one session: created when first needed, and again when it is lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import structlog
from aiodocker.execs import Exec

from roocode_server.engine.runtimes.docker import scripts
from roocode_server.engine.runtimes.docker.client import (
    CONFLICT,
    NOT_FOUND,
    ContainerEngine,
    EngineGone,
    EngineRefused,
)
from roocode_server.engine.runtimes.docker.images import ImagePuller
from roocode_server.engine.runtimes.docker.plan import PLAN_LABEL, Plan
from roocode_server.engine.runtimes.ports import in_order, listening
from roocode_server.engine.runtimes.runtime import KILLED_EXIT_CODE, RuntimeUnavailable, SandboxSpec
from roocode_server.models.error import Conflict
from roocode_server.models.identifier import SessionId
from roocode_server.models.process import ListeningPort

_ENGINE_TIMEOUT_S: Final = 10.0
"""How long a helper script may take; commands in the container may leave it little CPU time."""
_POLL_INTERVAL_S: Final = 0.01
_MARK_CHARACTERS: Final = 32

log = structlog.get_logger("docker")


class SessionContainer:
    """What this server knows about a session's container, and the operations on it."""

    def __init__(
        self, engine: ContainerEngine, images: ImagePuller, plan: Plan, session_id: SessionId
    ) -> None:
        self.id: str | None = None
        self.engine = engine
        self._images = images
        self._plan = plan
        self._session_id = session_id
        self._digest = ""
        self._in_use = 0
        self._making = asyncio.Lock()
        self._listing: asyncio.Task[Mapping[str, list[ListeningPort]]] | None = None

    @property
    def name(self) -> str:
        """The container's name."""
        return self._plan.name(self._session_id)

    @contextlib.contextmanager
    def used(self) -> Iterator[None]:
        """While the block runs, the container is not replaced because of changed limits."""
        self._in_use += 1
        try:
            yield
        finally:
            self._in_use -= 1

    async def prepare(self, sandbox: SandboxSpec, argv: Sequence[str], **how: Any) -> Exec:
        """Create a program to be started in the container, which is created or replaced if necessary.

        Raises: RuntimeUnavailable; Conflict, if commands still run in it with other limits.
        """
        known = await self.ensure(sandbox)
        try:
            return await self.engine.prepare(known, argv, **how)
        except EngineRefused as refusal:
            if refusal.http_status not in (NOT_FOUND, CONFLICT):
                raise
        log.warning("container lost", session_id=self._session_id, container=known)
        self.forget()
        return await self.engine.prepare(await self.ensure(sandbox), argv, **how)

    async def ensure(self, sandbox: SandboxSpec) -> str:
        """Return the id of the running container. Raises: as `prepare`."""
        wanted = self._plan.digest(sandbox)
        async with self._making:
            if self.id is not None and self._digest == wanted:
                return self.id
            if self.id is not None and self._in_use > 1:
                raise Conflict(
                    "The session's limits or network have changed, and its container still runs commands "
                    "with those from before; stop them first"
                )
            self.id = await self._adopt(wanted) or await self._make(sandbox)
            self._digest = wanted
            return self.id

    def forget(self) -> None:
        """Look it up again before its next use."""
        self.id = None

    async def status(self) -> tuple[str, str]:
        """Return its id and state, or its name and `absent`. Raises: RuntimeUnavailable."""
        found = await self.engine.inspect(self.name)
        return (self.name, "absent") if found is None else (found["Id"], found["State"]["Status"])

    async def end(self, mark: str, signal: str) -> bool:
        """Send a signal to a command's processes; return whether that succeeded (for `KILL`: none is
        left).
        """
        return await self._run_script(scripts.end(mark, signal))

    async def kill(self) -> None:
        """Kill the container; it is replaced when it is next needed."""
        known, self.id = self.id, None
        if known is not None:
            with contextlib.suppress(
                RuntimeUnavailable
            ):  # it is gone, or will be cleaned up when it is next used
                await self.engine.kill(known)

    async def quiet(self) -> None:
        """Kill everything that a previous server has left running in it. Raises: RuntimeUnavailable."""
        known = self.id or self.name
        program = await self.engine.prepare(known, ["/bin/sh", "-c", scripts.QUIET], environment={})
        await self._finished(program)

    async def remove(self) -> None:
        """Remove the container. Raises: RuntimeUnavailable."""
        async with self._making:
            self.id = None
            await self.engine.remove(self.name)

    async def death(self) -> str | None:
        """Return why it is no longer running, `memory` or `killed`; None if it is.

        Raises: RuntimeUnavailable.
        """
        found = None if self.id is None else await self.engine.inspect(self.id)
        if found is not None and found["State"]["Running"]:
            return None
        self.forget()
        return "memory" if found is not None and found["State"].get("OOMKilled") else "killed"

    async def outcome(self, program: Exec) -> int:
        """Wait for a program's end and return its exit code. Raises: RuntimeUnavailable."""
        while (state := await self.engine.look(program))["Running"]:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(_POLL_INTERVAL_S)
        code: int | None = state["ExitCode"]
        return KILLED_EXIT_CODE if code is None else code

    async def listeners(self, mark: str) -> list[ListeningPort]:
        """Return the TCP ports, with their addresses, on which a command listens.

        Concurrent callers share one look-up.
        """
        if self._listing is None:
            self._listing = asyncio.create_task(self._list_listeners())
            self._listing.add_done_callback(self._listed)
        with contextlib.suppress(RuntimeUnavailable):
            return (await asyncio.shield(self._listing)).get(mark, [])
        return []

    async def _adopt(self, wanted: str) -> str | None:
        """Take over an existing container if it fits and runs; otherwise remove it."""
        found = await self.engine.inspect(self.name)
        if found is None:
            return None
        if found["State"]["Running"] and found["Config"]["Labels"].get(PLAN_LABEL) == wanted:
            self.id = found["Id"]
            await self.quiet()
            return self.id
        await self.engine.remove(found["Id"])
        return None

    async def _make(self, sandbox: SandboxSpec) -> str:
        """Create and start a container, retrying the start once with a new one.

        Starting involves mounts, control groups and networks, and what was in the way may be gone by then.
        """
        made = await self._created(sandbox)
        try:
            return await self._started(made)
        except EngineRefused as refusal:
            log.warning("container not started", session_id=self._session_id, reason=refusal.message)
        return await self._started(await self._created(sandbox))

    async def _created(self, sandbox: SandboxSpec) -> str:
        configuration = self._plan.configuration(sandbox)
        try:
            return await self.engine.create(self.name, configuration)
        except EngineRefused as refusal:
            if refusal.http_status != NOT_FOUND or "image" not in refusal.message.lower():
                raise
            await self._images.fetch(configuration["Image"], self._session_id)
            return await self.engine.create(self.name, configuration)

    async def _started(self, made: str) -> str:
        try:
            await self.engine.start(made)
        except RuntimeUnavailable:
            with contextlib.suppress(RuntimeUnavailable):  # raise the first failure
                await self.engine.remove(made)
            raise
        return made

    async def _list_listeners(self) -> Mapping[str, list[ListeningPort]]:
        program = await self.engine.prepare(self.id or self.name, scripts.sockets(), environment={})
        printed = bytearray()
        with self.engine.translated_errors():
            async with asyncio.timeout(_ENGINE_TIMEOUT_S), program.start(detach=False) as stream:
                while message := await stream.read_out():
                    printed += message.data
        return _listeners(printed.decode(errors="replace"))

    def _listed(self, listing: asyncio.Task[Mapping[str, list[ListeningPort]]]) -> None:
        self._listing = None
        if not listing.cancelled():
            listing.exception()  # raised to those who wait

    async def _run_script(self, argv: Sequence[str]) -> bool:
        if self.id is None:
            return False
        try:
            program = await self.engine.prepare(self.id, argv, environment={})
            return await self._finished(program) == 0
        except EngineGone:
            self.forget()
            return False
        except EngineRefused as refusal:
            log.info("script refused", session_id=self._session_id, reason=refusal.message)
            return False

    async def _finished(self, program: Exec) -> int:
        with self.engine.translated_errors():
            async with asyncio.timeout(_ENGINE_TIMEOUT_S):
                async with program.start(detach=False) as stream:
                    while await stream.read_out():
                        pass
                return await self.outcome(program)


def _listeners(printed: str) -> Mapping[str, list[ListeningPort]]:
    """Parse what sockets.sh prints: what each command listens on."""
    held: defaultdict[str, set[str]] = defaultdict(set)
    opened, _, tables = printed.partition("\nlistening\n")
    mark = ""
    for line in opened.split("\n"):
        if line.startswith("mark "):
            mark = line[5 : 5 + _MARK_CHARACTERS]
        elif "socket:[" in line:
            held[mark].add(line.rpartition("socket:[")[2].rstrip("]"))
    sockets = list(listening(tables))
    return {
        mark: in_order(listener for inode, listener in sockets if inode in inodes)
        for mark, inodes in held.items()
    }
