"""Tools: what the agent can do, and what a caller can run directly. Source: S0, "Tool Execution"; S2."""

from __future__ import annotations

import enum
from dataclasses import field
from typing import Any

from roocode_server.models.event import Event, event
from roocode_server.models.identifier import SessionId
from roocode_server.models.shape import Shape, limited, value


class ToolGroup(enum.StrEnum):
    """The kind of access that a tool has; approval rules and modes refer to groups. Source: S2's modes."""

    READ = "read"
    EDIT = "edit"
    COMMAND = "command"
    BROWSER = "browser"
    MCP = "mcp"
    MODES = "modes"
    ALWAYS = "always"


@value
class ToolParameter(Shape):
    """A parameter of a tool. Source: S0, `parameters` of GET /api/v1/tools."""

    type: str
    description: str
    required: bool


@value
class ToolDescription(Shape):
    """A tool. Source: S0, GET /api/v1/tools; `group` and `inputSchema` are ours."""

    name: str
    description: str
    group: ToolGroup
    parameters: dict[str, ToolParameter]
    input_schema: dict[str, Any]


@value
class ToolCatalogue(Shape):
    """All tools."""

    tools: list[ToolDescription]


@value
class ToolListRequest(Shape):
    """A request for all tools."""


@value
class ToolExecute(Shape):
    """A request to run a tool. Source: S0, POST …/tools/{toolName}."""

    session_id: SessionId
    tool_name: str = field(metadata=limited(shortest=1, longest=64))
    parameters: dict[str, Any] = field(default_factory=dict)


@value
class ToolOutcome(Shape):
    """The result of a tool; after a failure, `success` is false and `output` is the reason.

    Source: S0, `result`.
    """

    success: bool
    output: str
    files_changed: list[str] = field(default_factory=list)
    exit_code: int | None = None


@value
class ResourceUsage(Shape):
    """What the call's programs in the sandbox used; 0 if there were none. Source: S0.

    Peak memory in MiB, and CPU use in percent of one core, over the whole call.
    """

    memory: float
    cpu: float


@value
class ToolExecuted(Shape):
    """The result of a tool call; `executionTime` is in milliseconds.

    Source: S0, the response of POST …/tools/{toolName}.
    """

    result: ToolOutcome
    execution_time: float
    resource_usage: ResourceUsage


@event("tool.completed")
@value
class ToolCompleted(Event):
    """A tool call has ended, successfully or not. Source: S0, `tool.completed`."""

    call_id: str
    tool_name: str
    result: ToolOutcome
    execution_time: float
