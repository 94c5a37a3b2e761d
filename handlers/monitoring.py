"""Operations on the server and its machine. Source: S4, "System Monitoring API"; S3, `/api/health`."""

from __future__ import annotations

import os
from importlib.metadata import version

from roocode_server.engine.monitoring.docker import docker_answers
from roocode_server.engine.monitoring.machine import system_resources
from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.clock import now
from roocode_server.models.error import ServerOverload
from roocode_server.models.monitoring import Health, Nothing, SystemResources
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
        """Measure the machine's current processor, memory and disk usage and its processes."""
        return await system_resources(str(self.engine.data_dir))
