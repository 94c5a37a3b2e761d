"""`use_mcp_tool`: call a tool of an MCP server. Source: S2."""

from __future__ import annotations

import json
from dataclasses import field
from typing import Any, ClassVar

from roocode_server.engine.mcp.answer import McpAnswer, McpFailure
from roocode_server.engine.mcp.hub import McpHub
from roocode_server.engine.tools.text import shortened
from roocode_server.engine.tools.tool import Notice, Tool, ToolContext, ToolFailure, ToolResult
from roocode_server.models.session import SessionConfig
from roocode_server.models.shape import PlainShape, described, limited, value
from roocode_server.models.tool import ToolGroup

NOTICE: str = "use_mcp_server"


@value
class UseMcpToolParameters(PlainShape):
    """The arguments of `use_mcp_tool`."""

    server_name: str = field(
        metadata=described("The server that has the tool", **limited(shortest=1, longest=256))
    )
    tool_name: str = field(metadata=described("The tool", **limited(shortest=1, longest=256)))
    arguments: dict[str, Any] = field(
        default_factory=dict,
        metadata=described("The tool's arguments, as its schema requires; none if left out"),
    )


class UseMcpTool(Tool[UseMcpToolParameters]):
    """Calls a tool of one of the session's MCP servers, which is started if necessary."""

    name: ClassVar = "use_mcp_tool"
    description: ClassVar = (
        "Call a tool of one of the connected MCP servers. The servers, their tools and the schemas of the "
        "arguments are listed in the instructions."
    )
    group: ClassVar = ToolGroup.MCP
    parameters: ClassVar = UseMcpToolParameters

    def __init__(self, hub: McpHub) -> None:
        self._hub = hub

    def describe(self, parameters: UseMcpToolParameters) -> str:
        """Name the tool and its server."""
        return f"Call {parameters.tool_name} of the MCP server {parameters.server_name}"

    def is_allowed(self, config: SessionConfig, parameters: UseMcpToolParameters) -> bool:
        """Whether the server's configuration lists the tool as always allowed."""
        return self._hub.always_allows(config.mcp_servers, parameters.server_name, parameters.tool_name)

    async def notice(self, context: ToolContext, parameters: UseMcpToolParameters) -> Notice:
        """Return S2's `use_mcp_server` notice."""
        asked = {
            "type": "use_mcp_tool",
            "serverName": parameters.server_name,
            "toolName": parameters.tool_name,
            "arguments": _written(parameters.arguments),
        }
        return Notice(kind=NOTICE, text=json.dumps(asked, ensure_ascii=False))

    async def run(self, context: ToolContext, parameters: UseMcpToolParameters) -> ToolResult:
        """Call the tool. Raises: ToolFailure."""
        _written(parameters.arguments)
        notice = await self.notice(context, parameters)
        await context.say("mcp_server_request_started", notice.text)
        try:
            answer = await self._hub.call_tool(
                context.session_id, parameters.server_name, parameters.tool_name, parameters.arguments
            )
        except McpFailure as failure:
            raise ToolFailure(str(failure)) from failure
        return await told(context, answer)


async def told(context: ToolContext, answer: McpAnswer) -> ToolResult:
    """Return a server's answer as a result, and store it as a message."""
    nothing = "(it answered with images alone)" if answer.images else "(it answered nothing)"
    text = shortened(answer.text.replace("\0", "\u2400")) or nothing
    await context.say("mcp_server_response", text, answer.images)
    return ToolResult(success=answer.success, output=text, images=answer.images)


def _written(arguments: dict[str, Any]) -> str:
    """Return the arguments as JSON. Raises: ToolFailure, if they are not valid Unicode."""
    text = json.dumps(arguments, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ToolFailure(
            "The arguments contain text that is not valid Unicode. Nothing was called."
        ) from None
    return text
