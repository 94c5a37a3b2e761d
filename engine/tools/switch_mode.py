"""`switch_mode`: continue in another mode. Source: S2."""

from __future__ import annotations

from dataclasses import field
from typing import ClassVar

from roocode_server.engine.tools.notices import informed
from roocode_server.engine.tools.tool import Notice, Tool, ToolContext, ToolResult
from roocode_server.models.shape import PlainShape, described, limited, value
from roocode_server.models.tool import ToolGroup


@value
class SwitchModeParameters(PlainShape):
    """The arguments of `switch_mode`."""

    mode_slug: str = field(metadata=described("The mode to continue in", **limited(shortest=1, longest=64)))
    reason: str = field(default="", metadata=described("Why this mode fits better", **limited(longest=5000)))


class SwitchMode(Tool[SwitchModeParameters]):
    """Changes the agent's role and tools from the next request on."""

    name: ClassVar = "switch_mode"
    description: ClassVar = "Continue in another mode, which has other tools and may edit other files."
    group: ClassVar = ToolGroup.MODES
    repeatable: ClassVar = True
    parameters: ClassVar = SwitchModeParameters

    def describe(self, parameters: SwitchModeParameters) -> str:
        """Name the mode."""
        return f"Switch to {parameters.mode_slug} mode"

    async def notice(self, context: ToolContext, parameters: SwitchModeParameters) -> Notice | None:
        """Return S2's `switchMode` notice."""
        return informed("switchMode", mode=parameters.mode_slug, reason=parameters.reason)

    async def run(self, context: ToolContext, parameters: SwitchModeParameters) -> ToolResult:
        """Switch the mode. Raises: ToolFailure, if it does not exist."""
        return ToolResult(
            success=True, output=await context.switch_mode(parameters.mode_slug, parameters.reason)
        )
