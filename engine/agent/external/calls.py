"""Tool calls of an external agent, as the approval policy and people see them."""

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
"""The protocol's kinds of calls; any other is what tools of other servers are: `mcp`."""


@value
class ExternalParameters(PlainShape):
    title: str
    paths: list[str] = field(default_factory=list)
    command: str | None = None


class ExternalTool(Tool[ExternalParameters]):
    """A tool of the agent program: it is only judged here, never run."""

    parameters: ClassVar = ExternalParameters

    def __init__(self, kind: str) -> None:
        self.name = kind  # type: ignore[misc]
        self.group = GROUPS.get(kind, ToolGroup.MCP)  # type: ignore[misc]

    def describe(self, parameters: ExternalParameters) -> str:
        return parameters.title

    def paths(self, parameters: ExternalParameters) -> Sequence[str]:
        return parameters.paths

    def command(self, parameters: ExternalParameters) -> str | None:
        return parameters.command


def prepared(kind: str, title: str, paths: Sequence[str], command: str | None) -> PreparedCall:
    """A call for the policy."""
    tool: AnyTool = ExternalTool(kind)
    return PreparedCall(
        tool=tool, parameters=ExternalParameters(title=title, paths=list(paths), command=command)
    )


def tool_call(call_id: str, kind: str, arguments: Mapping[str, Any]) -> ToolCall:
    """A call for people."""
    return ToolCall(id=CallId(call_id[:128]), tool_name=kind, arguments=dict(arguments))


def paths_of(call: ToolCallStart | ToolCallUpdate) -> list[str]:
    """The files that a call says it is about: its locations, and those of the diffs that it shows."""
    located = [each.path for each in call.locations or []]
    shown = [block.path for block in call.content or [] if isinstance(block, FileEditToolCallContent)]
    return list(dict.fromkeys([*located, *shown]))


def command_of(raw_input: object) -> str | None:
    """The command line among a call's arguments, where it has one."""
    if not isinstance(raw_input, Mapping):
        return None
    command = raw_input.get("command")
    return command if isinstance(command, str) else None
