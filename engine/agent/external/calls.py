"""Tool calls of an external agent, in the form that the approval policy and people see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, ClassVar, Final

from acp.schema import FileEditToolCallContent, ToolCallStart, ToolCallUpdate

from roocode_server.engine.tools.tool import AnyTool, PreparedCall, Tool
from roocode_server.models.conversation import ToolCall
from roocode_server.models.identifier import CallId
from roocode_server.models.shape import PlainShape, value
from roocode_server.models.tool import ToolGroup

GROUPS: Final[Mapping[str, ToolGroup]] = {
    "read": ToolGroup.READ,
    "search": ToolGroup.READ,
    "think": ToolGroup.READ,
    "edit": ToolGroup.EDIT,
    "delete": ToolGroup.EDIT,
    "move": ToolGroup.EDIT,
    "execute": ToolGroup.COMMAND,
    "fetch": ToolGroup.BROWSER,
    "switch_mode": ToolGroup.MODES,
}
"""The protocol's kinds of calls; any other kind counts as `mcp`, as tools of MCP servers do."""


@value
class ExternalParameters(PlainShape):
    """What is known of an external agent's tool call."""

    title: str
    paths: list[str] = field(default_factory=list)
    command: str | None = None


class ExternalTool(Tool[ExternalParameters]):
    """A tool of the external agent: judged by the approval policy here, but executed by the agent."""

    parameters: ClassVar = ExternalParameters

    def __init__(self, kind: str) -> None:
        self.name = kind  # type: ignore[misc]
        self.group = GROUPS.get(kind, ToolGroup.MCP)  # type: ignore[misc]

    def describe(self, parameters: ExternalParameters) -> str:
        """The title that the agent gave the call."""
        return parameters.title

    def paths(self, parameters: ExternalParameters) -> Sequence[str]:
        """The files that the agent says the call touches."""
        return parameters.paths

    def command(self, parameters: ExternalParameters) -> str | None:
        """The command line, if the call runs one."""
        return parameters.command


def prepared(kind: str, title: str, paths: Sequence[str], command: str | None) -> PreparedCall:
    """Build a call for the approval policy."""
    tool: AnyTool = ExternalTool(kind)
    return PreparedCall(
        tool=tool, parameters=ExternalParameters(title=title, paths=list(paths), command=command)
    )


def tool_call(call_id: str, kind: str, arguments: Mapping[str, Any]) -> ToolCall:
    """Build a call for an approval."""
    return ToolCall(id=CallId(call_id[:128]), tool_name=kind, arguments=dict(arguments))


def paths_of(call: ToolCallStart | ToolCallUpdate) -> list[str]:
    """Return the files that a call names: its locations, and those of the diffs it contains."""
    located = [each.path for each in call.locations or []]
    shown = [block.path for block in call.content or [] if isinstance(block, FileEditToolCallContent)]
    return list(dict.fromkeys([*located, *shown]))


def command_of(raw_input: object) -> str | None:
    """Return the command line among a call's arguments, or None."""
    if not isinstance(raw_input, Mapping):
        return None
    command = raw_input.get("command")
    return command if isinstance(command, str) else None
