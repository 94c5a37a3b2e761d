"""`fetch_instructions`: instructions for rare tasks. Source: S2."""

from __future__ import annotations

from dataclasses import field
from importlib.resources import files
from typing import ClassVar, Final

from roocode_server.engine.tools.notices import informed
from roocode_server.engine.tools.tool import Notice, Tool, ToolContext, ToolResult
from roocode_server.models.shape import PlainShape, described, one_of, value
from roocode_server.models.tool import ToolGroup

TASKS: Final = ("create_mcp_server", "create_mode")


@value
class FetchInstructionsParameters(PlainShape):
    """The arguments of `fetch_instructions`."""

    task: str = field(metadata=described(f"One of {', '.join(TASKS)}", **one_of(*TASKS)))


class FetchInstructions(Tool[FetchInstructionsParameters]):
    """Returns instructions that ship with the server."""

    name: ClassVar = "fetch_instructions"
    description: ClassVar = (
        "Get the instructions for a rare task: create_mcp_server (a server of tools of your "
        "own), create_mode (a mode of your own)."
    )
    group: ClassVar = ToolGroup.READ
    repeatable: ClassVar = True
    parameters: ClassVar = FetchInstructionsParameters

    def describe(self, parameters: FetchInstructionsParameters) -> str:
        """Name the instructions."""
        return f"Fetch the instructions for {parameters.task}"

    async def notice(self, context: ToolContext, parameters: FetchInstructionsParameters) -> Notice | None:
        """Return S2's `fetchInstructions` notice."""
        return informed("fetchInstructions", content=parameters.task)

    async def run(self, context: ToolContext, parameters: FetchInstructionsParameters) -> ToolResult:
        """Return the text of the instructions."""
        text = files(__package__).joinpath("instructions", f"{parameters.task}.md").read_text()
        return ToolResult(success=True, output=text)
