"""Operations on the server and its machine. Source: S4, "System Monitoring API"; S3, `/api/health`."""

from __future__ import annotations

import os

from roocode_server.engine.monitoring.agents import agent_of, program_of, seen
from roocode_server.engine.monitoring.docker import docker_answers
from roocode_server.engine.monitoring.killing import kill
from roocode_server.engine.monitoring.log_reader import OpenTo
from roocode_server.engine.monitoring.processes import MachineProcess
from roocode_server.engine.monitoring.programs import AGENTS
from roocode_server.handlers.connection import WatchingConnection, WatchSource
from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.clock import now
from roocode_server.models.error import NotFound, PermissionDenied, ProcessKillFailed, ServerOverload
from roocode_server.models.identifier import SessionId
from roocode_server.models.log_entry import LogFilter, LogList, LogPage, LogWritten
from roocode_server.models.monitoring import (
    Health,
    KilledProcess,
    Nothing,
    ProcessType,
    SystemAgents,
    SystemKill,
    SystemLoad,
    SystemProcesses,
    SystemProcessList,
    SystemResources,
    SystemSampled,
    SystemUnwatch,
    SystemWatch,
    WatchChannel,
    WatchedChannels,
    WatchFilters,
)
from roocode_server.models.quota import Limit
from roocode_server.models.release import release
from roocode_server.models.session import mount_path
from roocode_server.models.user import Caller, Permission


class MonitoringHandlers(Handlers, namespace="/monitoring"):
    """`system.*` and `log.list`: the server's health, the machine, its processes, and the server's log."""

    @operation("system.health", rest="GET /api/v1/health", permission=None, errors=(ServerOverload,))
    async def health(self, caller: Caller, request: Nothing) -> Health:
        """Report whether the server works and where commands run. Needs no credentials.

        The check includes a write to the database. If that fails, the answer is SERVER_OVERLOAD (503).
        """
        await self.engine.check_writable()
        return Health(
            status="healthy",
            version=release(),
            runtime=self.engine.runtime.name,
            runtime_problem=self.engine.runtime.problem,
            running_tasks=self.engine.runner.running,
            active_sessions=await self.engine.sessions.active(),
            docker_available=await docker_answers(self.engine.settings.runtime.docker.host, os.environ),
            timestamp=now(),
        )

    @operation("system.resources", rest="GET /api/v1/system/resources", permission=Permission.MONITORING_READ)
    async def resources(self, caller: Caller, request: Nothing) -> SystemResources:
        """Return the machine's processor, memory, disk and network usage and its processes.

        The sample is at most `monitoring.sample_interval_s` old.
        """
        return await self.engine.sampler.latest()

    @operation("system.watch", permission=Permission.MONITORING_READ, emits=(SystemSampled, LogWritten))
    async def watch(
        self, caller: Caller, request: SystemWatch, connection: WatchingConnection
    ) -> WatchedChannels:
        """Send what happens in these channels to this socket, until `system.unwatch` or its end.

        `resources` is sent as `system.sampled`, measured once for everybody who watches; `logs` as
        `log.written`, what is selected of those entries that `log.list` shows to the caller. A client that is
        full does not get an event, but the next one that it has room for.
        """
        for channel in request.channels:
            connection.watch(channel, Permission.MONITORING_READ, self._source(channel, request.filters))
        return self._watched(connection)

    @operation("system.unwatch", permission=Permission.MONITORING_READ)
    async def unwatch(
        self, caller: Caller, request: SystemUnwatch, connection: WatchingConnection
    ) -> WatchedChannels:
        """Stop watching these channels on this socket."""
        for channel in WatchChannel if request.channels is None else request.channels:
            connection.unwatch(channel)
        return self._watched(connection)

    @operation("system.processes", rest="GET /api/v1/system/processes", permission=Permission.MONITORING_READ)
    async def processes(self, caller: Caller, request: SystemProcessList) -> SystemProcesses:
        """List the processes that run for sessions of the caller's; administrators see all of the machine.

        The most active ones come first.
        """
        visible = [
            process
            for process in await self._visible(caller)
            if request.type in (None, process.type)
            and request.status in (None, process.state)
            and (request.session_id is None or _session_of(process) == request.session_id)
        ]
        visible.sort(key=lambda each: (each.cpu_percent, each.stat.resident_bytes), reverse=True)
        load1, load5, load15 = os.getloadavg()
        return SystemProcesses(
            processes=[seen(process) for process in visible[: request.limit]],
            total_count=len(visible),
            system_load=SystemLoad(load1=load1, load5=load5, load15=load15),
            timestamp=now(),
        )

    @operation("system.agents", rest="GET /api/v1/system/agents", permission=Permission.MONITORING_READ)
    async def agents(self, caller: Caller, request: Nothing) -> SystemAgents:
        """List the running tasks and agent programs of the caller's sessions; administrators see all.

        A task of this server has the type `roocode` and the server's own pid; its memory and processor are
        those of what it has started.
        """
        programs = [program_of(each) for each in await self._visible(caller) if each.type in AGENTS]
        tasks = self.engine.runner.under_way()
        open_ = await self.engine.sessions.open_to(
            caller, [task.session_id for task in tasks], Permission.TASK_READ
        )
        usage = await self.engine.machine.usage()
        own = [
            agent_of(task, usage, mount_path(task.session_id)) for task in tasks if task.session_id in open_
        ]
        return SystemAgents(
            agents=sorted((*own, *programs), key=lambda each: each.start_time), timestamp=now()
        )

    @operation(
        "system.kill",
        rest="POST /api/v1/system/processes/{pid}/kill",
        permission=Permission.TOOL_EXECUTE,
        limit=Limit.PROCESS_KILLS,
        errors=(NotFound, PermissionDenied, ProcessKillFailed, ServerOverload),
    )
    async def kill(self, caller: Caller, request: SystemKill) -> KilledProcess:
        """Send a signal to a process that runs for a session of the caller's, and wait a moment for its end.

        Administrators reach every process but this server's own, those above it, and the kernel's. `success`
        is false if the process goes on.
        """
        absent = NotFound("process", str(request.pid))
        process = await self.engine.machine.find(request.pid)
        if process is None:
            raise absent
        if process.owner is not None:
            try:
                await self.engine.sessions.accessible(
                    caller, process.owner.session_id, Permission.TOOL_EXECUTE
                )
            except NotFound:
                raise absent from None
        if not self._sees_all(caller) and (process.owner is None or process.type is ProcessType.SANDBOX):
            raise absent
        if process.is_protected:
            raise PermissionDenied("This server cannot go on without this process; it is not ended from here")
        return await kill(process.stat, request.signal)

    def _sees_all(self, caller: Caller) -> bool:
        return caller.is_admin and self.engine.settings.monitoring.whole_machine

    async def _visible(self, caller: Caller) -> list[MachineProcess]:
        """The processes that the caller may see: of others, not even their number."""
        everything = list((await self.engine.machine.all()).values())
        if self._sees_all(caller):
            return everything
        running = [each.owner.session_id for each in everything if each.owner is not None]
        open_ = await self.engine.sessions.open_to(caller, running, Permission.TOOL_READ)
        return [
            each for each in everything if _session_of(each) in open_ and each.type is not ProcessType.SANDBOX
        ]

    @operation("log.list", rest="GET /api/v1/system/logs", permission=Permission.MONITORING_READ)
    async def logs(self, caller: Caller, request: LogList) -> LogPage:
        """Read entries of the server's log, newest first: those about sessions of the caller's.

        Administrators see all. A call reads a bounded part of the log: follow `nextCursor` for older entries,
        also if there are none in an answer.
        """
        return await self.engine.log_reader.page(request, self._open_to(caller))

    def _open_to(self, caller: Caller) -> OpenTo | None:
        if caller.is_admin:
            return None
        return lambda ids: self.engine.sessions.open_to(caller, ids, Permission.EVENT_READ)

    def _source(self, channel: WatchChannel, filters: WatchFilters) -> WatchSource:
        match channel:
            case WatchChannel.RESOURCES:
                return lambda caller, deliver: self.engine.sampler.follow(deliver)
            case WatchChannel.LOGS:
                wanted = filters.logs or LogFilter()
                return lambda caller, deliver: self.engine.log_reader.follow(
                    wanted, self._open_to(caller), deliver
                )

    def _watched(self, connection: WatchingConnection) -> WatchedChannels:
        return WatchedChannels(
            channels=[channel for channel in WatchChannel if channel in connection.watched],
            sample_interval=self.engine.settings.monitoring.sample_interval_s,
        )


def _session_of(process: MachineProcess) -> SessionId | None:
    return process.owner.session_id if process.owner is not None else None
