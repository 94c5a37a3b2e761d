"""Processes that run independently of a session's tasks, until they end or are stopped. Source: S3."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import structlog

from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.events.hub import Hub
from roocode_server.engine.events.lifetimes import CUT_OFF, Lifetimes
from roocode_server.engine.runtimes.runtime import Command, Exit, Running, Runtime
from roocode_server.engine.sessions.process_log import PROCESS_OUTPUT_CHARACTERS, ProcessLogFile
from roocode_server.engine.sessions.sessions import Sessions
from roocode_server.engine.sessions.shell import check_allowed
from roocode_server.engine.storage.creation import OnCreated, nothing_more
from roocode_server.models.clock import now
from roocode_server.models.error import AppError, Conflict, NotFound
from roocode_server.models.identifier import SessionId
from roocode_server.models.process import (
    Process,
    ProcessEnded,
    ProcessLog,
    ProcessOutput,
    ProcessStart,
    ProcessStarted,
    ProcessStatus,
)
from roocode_server.models.session import Session

MOST_RUNNING_PROCESSES: Final = 32
MOST_ENDED_PROCESSES: Final = 100
"""The most processes of a session that are listed, including ended ones."""
ENDED_OUTPUT_CHARACTERS: Final = 4 * PROCESS_OUTPUT_CHARACTERS
"""The most output of ended processes kept per session, in characters; the oldest are dropped first."""
STOP_TIMEOUT_S: Final = 5.0
"""How long a process may take to end after it is asked to, before it is killed."""

log = structlog.get_logger("processes")


@dataclass(slots=True)
class _HeldProcess:
    """A process and its resources."""

    process: Process
    log: ProcessLogFile
    hold: Running | None = None
    execution: asyncio.Task[None] | None = None
    """None once the process has ended: a finished asyncio task would keep all its objects alive."""
    is_stopped: bool = False
    has_started: asyncio.Event = field(default_factory=asyncio.Event)
    is_told: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the start event is stored, so that the end event can follow."""
    failure: AppError | None = None
    """Why it could not be started."""

    @property
    def is_running(self) -> bool:
        return self.process.status is ProcessStatus.RUNNING

    def let_go(self) -> None:
        """Drop the reference to the finished asyncio task."""
        self.execution = None


class ProcessTable:
    """The processes of all sessions."""

    def __init__(self, sessions: Sessions, runtime: Runtime, lasting: Lifetimes, hub: Hub) -> None:
        self._sessions = sessions
        self._runtime = runtime
        self._lasting = lasting
        self._hub = hub
        self._held: defaultdict[SessionId, dict[int, _HeldProcess]] = defaultdict(dict)
        self._numbers: defaultdict[SessionId, itertools.count[int]] = defaultdict(lambda: itertools.count(1))
        sessions.before_deletion(self.close_session)
        sessions.at_expiry(self.end_session)

    async def start(
        self,
        request: ProcessStart,
        session: Session | None = None,
        *,
        on_created: OnCreated[Process] = nothing_more,
    ) -> Process:
        """Start a process, and return once it runs.

        Raises: NotFound; Conflict, if the session is not active or has too many processes; PermissionDenied;
        ToolExecutionFailed.
        """
        session = await self._sessions.get_active(request.session_id, session)
        check_allowed(session.config, request.command)
        held = self._held[session.id]
        if sum(each.is_running for each in held.values()) >= MOST_RUNNING_PROCESSES:
            raise Conflict(
                "This session has too many running processes; stop one first", limit=MOST_RUNNING_PROCESSES
            )
        pid = next(self._numbers[session.id])
        file = await ProcessLogFile.make(self._sessions.workspace(session.id))
        process = Process(
            pid=pid,
            command=request.command,
            cwd=request.cwd,
            status=ProcessStatus.RUNNING,
            log=file.path,
            started_at=now(),
        )
        one = held[pid] = _HeldProcess(process, file)
        _forget_the_oldest(held)
        command = Command(line=request.command, directory=request.cwd, is_lasting=True)
        execution = asyncio.create_task(self._run(session.id, one, command), name=f"process {pid}")
        one.execution = execution
        execution.add_done_callback(lambda _: one.let_go())
        await self._begun(session.id, one, execution, on_created)
        return await self._shown(one)

    async def list(self, session_id: SessionId) -> list[Process]:
        """Return a session's processes, oldest first, including ended ones."""
        held = list(self._held.get(session_id, {}).values())
        return list(await asyncio.gather(*(self._shown(each) for each in held)))

    async def get(self, session_id: SessionId, pid: int) -> Process:
        """Return a process. Raises: NotFound."""
        return await self._shown(self._find(session_id, pid))

    def logs(self, session_id: SessionId, pid: int, *, lines: int) -> ProcessLog:
        """Return the last lines of a process's output. Raises: NotFound."""
        file = self._find(session_id, pid).log
        return ProcessLog(pid=pid, logs=file.tail(lines), position=file.position)

    async def stop(self, session_id: SessionId, pid: int, *, force: bool) -> Process:
        """Ask a process to end, and kill it after `STOP_TIMEOUT_S`, or at once with `force`.

        Raises: NotFound; Conflict, if it has ended already.
        """
        one = self._find(session_id, pid)
        execution = one.execution
        if not one.is_running or execution is None:
            raise Conflict("The process has already ended", status=one.process.status)
        one.is_stopped = True
        if one.hold is not None and not force:
            await one.hold.terminate()
            await asyncio.wait({execution}, timeout=STOP_TIMEOUT_S)
        if not execution.done():
            execution.cancel()
            await asyncio.wait({execution})
        return await self._shown(one)

    async def close_session(self, session_id: SessionId) -> None:
        """Kill all processes of a session and forget them."""
        held = self._held.pop(session_id, {})
        self._numbers.pop(session_id, None)
        await _end(held.values())

    async def end_session(self, session_id: SessionId) -> None:
        """Kill the processes of a session; they can still be listed."""
        await _end(self._held.get(session_id, {}).values())

    async def close(self) -> None:
        """Kill all processes of all sessions."""
        for session_id in list(self._held):
            await _end(self._held[session_id].values())

    async def _begun(
        self,
        session_id: SessionId,
        one: _HeldProcess,
        execution: asyncio.Task[None],
        on_created: OnCreated[Process],
    ) -> None:
        """Wait until a process runs, and store its start event. Raises: AppError, if it cannot be run."""
        starting = asyncio.create_task(one.has_started.wait())
        try:
            await asyncio.wait({starting, execution}, return_when=asyncio.FIRST_COMPLETED)
            if one.failure is not None:
                del self._held[session_id][one.process.pid]
                raise one.failure
            await self._tell_start(session_id, one.process, on_created)
        finally:
            starting.cancel()
            one.is_told.set()

    async def _run(self, session_id: SessionId, one: _HeldProcess, command: Command) -> None:
        """Run a process to its end, and store its end event."""

        async def show(stream: str, text: str) -> None:
            printed = ProcessOutput(pid=one.process.pid, stream=stream, text=text, position=one.log.position)
            one.log.write(text)
            self._hub.signal(session_id, printed)

        def hold(running: Running) -> None:
            one.hold = running
            one.has_started.set()

        session = await self._sessions.get(session_id)
        status, code, error = ProcessStatus.STOPPED, None, None
        try:
            done = await self._runtime.run(
                self._sessions.sandbox(session), command, on_output=show, on_started=hold
            )
            status, code, error = _outcome(done, is_stopped=one.is_stopped)
        except AppError as failure:
            status, error = ProcessStatus.FAILED, failure.message
            one.failure = None if one.has_started.is_set() else failure
        finally:
            one.hold = None
            ended = dataclasses.replace(
                one.process, status=status, exit_code=code, error=error, ended_at=now()
            )
            await run_to_completion(self._conclude(session_id, one, ended))

    async def _conclude(self, session_id: SessionId, one: _HeldProcess, ended: Process) -> None:
        """Store the end event; only then does the process count as ended."""
        try:
            await one.log.close()
            if one.has_started.is_set():
                await one.is_told.wait()
                await self._lasting.end(session_id, _key(ended), ProcessEnded(process=ended))
        finally:
            one.process = ended

    async def _tell_start(
        self, session_id: SessionId, process: Process, on_created: OnCreated[Process]
    ) -> None:
        lost = dataclasses.replace(process, status=ProcessStatus.FAILED, error=CUT_OFF)
        try:
            await self._lasting.begin(
                session_id,
                _key(process),
                ProcessStarted(process=process),
                pending_end=ProcessEnded(process=lost),
                in_same_transaction=lambda unit: on_created(unit, process),
            )
        except NotFound:
            log.debug("not told", session_id=session_id, pid=process.pid)  # the session is gone

    def _find(self, session_id: SessionId, pid: int) -> _HeldProcess:
        one = self._held.get(session_id, {}).get(pid)
        if one is None:
            raise NotFound("process", str(pid))
        return one

    async def _shown(self, one: _HeldProcess) -> Process:
        hold = one.hold
        if hold is None:
            return one.process
        listeners = await hold.listeners()
        ports = list(dict.fromkeys(each.port for each in listeners))
        return dataclasses.replace(one.process, ports=ports, listeners=listeners)


def _key(process: Process) -> str:
    return f"process/{process.pid}"


def _outcome(done: Exit, *, is_stopped: bool) -> tuple[ProcessStatus, int, str | None]:
    if done.stopped_by is not None:
        return ProcessStatus.FAILED, done.code, f"It reached the session's {done.stopped_by} limit."
    return (ProcessStatus.STOPPED if is_stopped else ProcessStatus.EXITED), done.code, None


async def _end(held: Iterable[_HeldProcess]) -> None:
    running = [one.execution for one in held if one.execution is not None and not one.execution.done()]
    for execution in running:
        execution.cancel()
    if running:
        await asyncio.wait(running)


def _forget_the_oldest(held: dict[int, _HeldProcess]) -> None:
    """A long session starts more processes, with more output, than anybody will look at."""
    ended = {pid: one.log.kept_characters for pid, one in held.items() if not one.is_running}
    characters = sum(ended.values())
    for pid, kept in ended.items():
        if len(held) <= MOST_ENDED_PROCESSES and characters <= ENDED_OUTPUT_CHARACTERS:
            return
        characters -= kept
        del held[pid]
