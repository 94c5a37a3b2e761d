"""Operations on the server and its machine. Source: S4, "System Monitoring API"; S3, `/api/health`."""

from __future__ import annotations

import os
from importlib.metadata import version

from roocode_server.engine.monitoring.docker import docker_answers
from roocode_server.handlers.connection import WatchingConnection, WatchSource
from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.clock import now
from roocode_server.models.error import ServerOverload
from roocode_server.models.monitoring import (
    Health,
    Nothing,
    SystemResources,
    SystemSampled,
    SystemUnwatch,
    SystemWatch,
    WatchChannel,
    WatchedChannels,
)
from roocode_server.models.user import Caller, Permission


class MonitoringHandlers(Handlers, namespace="/monitoring"):
    """`system.*`: the server's health and the resources in use."""

    @operation("system.health", rest="GET /api/v1/health", permission=None, errors=(ServerOverload,))
    async def health(self, caller: Caller, request: Nothing) -> Health:
        """Report whether the server works and where commands run. Needs no credentials.

        The check includes a write to the database. If that fails, the answer is SERVER_OVERLOAD (503).
        """
        await self.engine.check_writable()
        return Health(
            status="healthy",
            version=version("roocode-server"),
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

    @operation("system.watch", permission=Permission.MONITORING_READ, emits=(SystemSampled,))
    async def watch(
        self, caller: Caller, request: SystemWatch, connection: WatchingConnection
    ) -> WatchedChannels:
        """Send what happens in these channels to this socket, until `system.unwatch` or its end.

        `resources` is sent as `system.sampled`, measured once for everybody who watches. A client that is
        full does not get an event, but the next one that it has room for.
        """
        for channel in request.channels:
            connection.watch(channel, Permission.MONITORING_READ, self._source(channel))
        return self._watched(connection)

    @operation("system.unwatch", permission=Permission.MONITORING_READ)
    async def unwatch(
        self, caller: Caller, request: SystemUnwatch, connection: WatchingConnection
    ) -> WatchedChannels:
        """Stop watching these channels on this socket."""
        for channel in WatchChannel if request.channels is None else request.channels:
            connection.unwatch(channel)
        return self._watched(connection)

    def _source(self, channel: WatchChannel) -> WatchSource:
        match channel:
            case WatchChannel.RESOURCES:
                return lambda caller, deliver: self.engine.sampler.follow(deliver)

    def _watched(self, connection: WatchingConnection) -> WatchedChannels:
        return WatchedChannels(
            channels=[channel for channel in WatchChannel if channel in connection.watched],
            sample_interval=self.engine.settings.monitoring.sample_interval_s,
        )
