"""`switch_mode`: the task goes on in another mode. Source: S2."""

from __future__ import annotations

from dataclasses import field
from typing import ClassVar

from roocode_server.engine.tools.notices import informed
from roocode_server.engine.tools.tool import Notice, Tool, ToolContext, ToolResult
from roocode_server.models.shape import PlainShape, described, limited, value
from roocode_server.models.tool import ToolGroup


@value
class SwitchModeParameters(PlainShape):
    mode_slug: str = field(metadata=described("The mode to go on in", **limited(shortest=1, longest=64)))
    reason: str = field(default="", metadata=described("Why this mode fits better", **limited(longest=5000)))


class SwitchMode(Tool[SwitchModeParameters]):
    """Changes what the agent is and which tools it has, from the next request on."""

    name: ClassVar = "switch_mode"
    description: ClassVar = "Go on in another mode, which has other tools and may edit other files."
    group: ClassVar = ToolGroup.MODES
    repeatable: ClassVar = True
    parameters: ClassVar = SwitchModeParameters

    def describe(self, parameters: SwitchModeParameters) -> str:
        return f"Switch to {parameters.mode_slug} mode"

    async def notice(self, context: ToolContext, parameters: SwitchModeParameters) -> Notice | None:
        return informed("switchMode", mode=parameters.mode_slug, reason=parameters.reason)

    async def run(self, context: ToolContext, parameters: SwitchModeParameters) -> ToolResult:
        return ToolResult(
            success=True, output=await context.switch_mode(parameters.mode_slug, parameters.reason)
        )
