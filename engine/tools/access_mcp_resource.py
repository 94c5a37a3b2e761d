"""`access_mcp_resource`: read a resource of an MCP server. Source: S2."""

from __future__ import annotations

import json
from dataclasses import field
from typing import ClassVar

from roocode_server.engine.mcp.answer import McpFailure
from roocode_server.engine.mcp.hub import McpHub
from roocode_server.engine.tools.tool import Notice, Tool, ToolContext, ToolFailure, ToolResult
from roocode_server.engine.tools.use_mcp_tool import NOTICE, told
from roocode_server.models.shape import PlainShape, described, limited, value
from roocode_server.models.tool import ToolGroup


@value
class AccessMcpResourceParameters(PlainShape):
    """The arguments of `access_mcp_resource`."""

    server_name: str = field(
        metadata=described("The server that has the resource", **limited(shortest=1, longest=256))
    )
    uri: str = field(metadata=described("The resource's URI", **limited(shortest=1, longest=4096)))


class AccessMcpResource(Tool[AccessMcpResourceParameters]):
    """Reads a resource of one of the session's MCP servers, which is started if necessary."""

    name: ClassVar = "access_mcp_resource"
    description: ClassVar = (
        "Read a resource of one of the connected MCP servers, by its URI. The servers and their resources "
        "are listed in the instructions."
    )
    group: ClassVar = ToolGroup.MCP
    parameters: ClassVar = AccessMcpResourceParameters

    def __init__(self, hub: McpHub) -> None:
        self._hub = hub

    def describe(self, parameters: AccessMcpResourceParameters) -> str:
        """Name the resource and its server."""
        return f"Read {parameters.uri} of the MCP server {parameters.server_name}"

    async def notice(self, context: ToolContext, parameters: AccessMcpResourceParameters) -> Notice:
        """Return S2's `use_mcp_server` notice."""
        asked = {
            "type": "access_mcp_resource",
            "serverName": parameters.server_name,
            "uri": parameters.uri,
        }
        return Notice(kind=NOTICE, text=json.dumps(asked, ensure_ascii=False))

    async def run(self, context: ToolContext, parameters: AccessMcpResourceParameters) -> ToolResult:
        """Read the resource. Raises: ToolFailure."""
        notice = await self.notice(context, parameters)
        await context.say("mcp_server_request_started", notice.text)
        try:
            answer = await self._hub.read_resource(context.session_id, parameters.server_name, parameters.uri)
        except McpFailure as failure:
            raise ToolFailure(str(failure)) from failure
        return await told(context, answer)
