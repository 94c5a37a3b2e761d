"""Tools: what the agent can do, and what a caller can run directly. Source: S0, "Tool Execution"; S2."""

from __future__ import annotations

import enum
from dataclasses import field
from typing import Any

from roocode_server.models.event import Event, event
from roocode_server.models.identifier import SessionId
from roocode_server.models.shape import Shape, limited, value


class ToolGroup(enum.StrEnum):
    """What kind of power a tool has; approval rules and modes speak of groups. Source: S2's modes."""

    READ = "read"
    EDIT = "edit"
    COMMAND = "command"
    BROWSER = "browser"
    MCP = "mcp"
    MODES = "modes"
    ALWAYS = "always"


@value
class ToolParameter(Shape):
    """Source: S0, `parameters` of GET /api/v1/tools."""

    type: str
    description: str
    required: bool


@value
class ToolDescription(Shape):
    """Source: S0, GET /api/v1/tools; `group` and `inputSchema` are ours."""

    name: str
    description: str
    group: ToolGroup
    parameters: dict[str, ToolParameter]
    input_schema: dict[str, Any]


@value
class ToolCatalogue(Shape):
    tools: list[ToolDescription]


@value
class ToolListRequest(Shape):
    """Nothing to say: the catalogue is the same for everybody."""


@value
class ToolExecute(Shape):
    """Source: S0, POST …/tools/{toolName}."""

    session_id: SessionId
    tool_name: str = field(metadata=limited(shortest=1, longest=64))
    parameters: dict[str, Any] = field(default_factory=dict)


@value
class ToolOutcome(Shape):
    """What came of a tool; a failure is `success: false`, the reason in `output`. Source: S0, `result`."""

    success: bool
    output: str
    files_changed: list[str] = field(default_factory=list)
    exit_code: int | None = None


@value
class ResourceUsage(Shape):
    """Of the programs that the call ran in the sandbox; 0 where it ran none. Source: S0.

    Peak memory in MiB, and processor use in percent of one core, over the whole call.
    """

    memory: float
    cpu: float


@value
class ToolExecuted(Shape):
    """Source: S0, the response of POST …/tools/{toolName}; `executionTime` is in milliseconds."""

    result: ToolOutcome
    execution_time: float
    resource_usage: ResourceUsage


@event("tool.completed")
@value
class ToolCompleted(Event):
    """A tool call has ended, well or not. Source: S0, `tool.completed`."""

    call_id: str
    tool_name: str
    result: ToolOutcome
    execution_time: float
