"""`attempt_completion`: end the task with its result. Source: S2."""

from __future__ import annotations

from dataclasses import field
from typing import ClassVar

from roocode_server.engine.tools.tool import Tool, ToolContext, ToolResult
from roocode_server.models.shape import PlainShape, described, limited, value
from roocode_server.models.tool import ToolGroup


@value
class AttemptCompletionParameters(PlainShape):
    """The arguments of `attempt_completion`."""

    result: str = field(metadata=described("What was done, final and complete", **limited(shortest=1)))


class AttemptCompletion(Tool[AttemptCompletionParameters]):
    """Returns the task's result, with which the agent ends the task."""

    name: ClassVar = "attempt_completion"
    description: ClassVar = (
        "Present the result and end the task. Call it alone, after the results of the earlier calls have "
        "shown that the work is done."
    )
    group: ClassVar = ToolGroup.ALWAYS
    repeatable: ClassVar = True
    parameters: ClassVar = AttemptCompletionParameters

    def describe(self, parameters: AttemptCompletionParameters) -> str:
        """Say that the task is completed."""
        return "Complete the task"

    async def run(self, context: ToolContext, parameters: AttemptCompletionParameters) -> ToolResult:
        """Return the result as the task's completion."""
        return ToolResult(success=True, output=parameters.result, completion=parameters.result)
