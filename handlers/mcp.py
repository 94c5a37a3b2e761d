"""Operations on a session's servers of the Model Context Protocol. Source: S2's tools; docs/mcp.md."""

from __future__ import annotations

from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.error import Conflict, NotFound
from roocode_server.models.mcp import McpList, McpRestart, McpRestarted, McpServers, McpStarted, McpStopped
from roocode_server.models.quota import Limit
from roocode_server.models.user import Caller, Permission


class McpHandlers(Handlers, namespace="/mcp"):
    """`mcp.*`: list a session's MCP servers, restart one."""

    @operation(
        "mcp.list",
        rest="GET /api/v1/sessions/{sessionId}/mcp",
        permission=Permission.TOOL_READ,
        on="session_id",
        errors=(NotFound,),
    )
    async def list(self, caller: Caller, request: McpList) -> McpServers:
        """List a session's MCP servers, with their state and what they offer. Starts none of them."""
        servers, problem = await self.engine.mcp.states(request.session_id)
        return McpServers(servers=servers, error=problem)

    @operation(
        "mcp.restart",
        rest="POST /api/v1/sessions/{sessionId}/mcp/{serverName}/restart",
        permission=Permission.TOOL_EXECUTE,
        on="session_id",
        limit=Limit.TOOL_EXECUTION,
        errors=(NotFound, Conflict),
        emits=(McpStarted, McpStopped),
    )
    async def restart(self, caller: Caller, request: McpRestart) -> McpRestarted:
        """Restart an MCP server. Its `status` and `error` say whether that succeeded."""
        return McpRestarted(server=await self.engine.mcp.restart(request.session_id, request.server_name))
