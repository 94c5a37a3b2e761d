"""Operations on tools. Source: S0, "Tool Execution"."""

from __future__ import annotations

from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.error import (
    Conflict,
    ExtraNotInstalled,
    NotFound,
    PayloadTooLarge,
    ServerOverload,
    ToolExecutionFailed,
    ValidationFailed,
)
from roocode_server.models.file import BY_COMMANDS
from roocode_server.models.quota import Limit
from roocode_server.models.session import Session
from roocode_server.models.task import ToolFailed, ToolOutput, ToolStarted
from roocode_server.models.tool import (
    ToolCatalogue,
    ToolCompleted,
    ToolExecute,
    ToolExecuted,
    ToolListRequest,
)
from roocode_server.models.user import Caller, Permission


class ToolHandlers(Handlers, namespace="/tools"):
    """`tool.*`: list the tools, execute one."""

    @operation("tool.list", rest="GET /api/v1/tools", permission=Permission.TOOL_READ)
    async def list(self, caller: Caller, request: ToolListRequest) -> ToolCatalogue:
        """List the tools that agents and callers can use, with their parameters."""
        return ToolCatalogue(tools=self.engine.tools.describe())

    @operation(
        "tool.execute",
        rest="POST /api/v1/sessions/{sessionId}/tools/{toolName}",
        permission=Permission.TOOL_EXECUTE,
        on="session_id",
        limit=Limit.TOOL_EXECUTION,
        errors=(
            NotFound,
            Conflict,
            ValidationFailed,
            ToolExecutionFailed,
            ExtraNotInstalled,
            PayloadTooLarge,
            ServerOverload,
        ),
        emits=(ToolStarted, ToolOutput, ToolCompleted, ToolFailed, *BY_COMMANDS),
    )
    async def execute(self, caller: Caller, request: ToolExecute, session: Session) -> ToolExecuted:
        """Run a tool now, without a task.

        If the tool ran and failed, the answer is 200 with `success: false` and the reason in `output`.
        """
        return await self.engine.tools.execute(request, session)
