"""`new_task`: a part of the work is handed over. Source: S2."""

from __future__ import annotations

from dataclasses import field
from typing import ClassVar

from roocode_server.engine.tools.notices import informed
from roocode_server.engine.tools.tool import Notice, Tool, ToolContext, ToolResult
from roocode_server.models.shape import PlainShape, described, limited, value
from roocode_server.models.tool import ToolGroup


@value
class NewTaskParameters(PlainShape):
    mode: str = field(metadata=described("The mode of the subtask", **limited(shortest=1, longest=64)))
    message: str = field(
        metadata=described(
            "What is to be done, with everything that is needed for it",
            **limited(shortest=1, longest=500_000),
        )
    )
    todos: str | None = field(
        default=None,
        metadata=described("The subtask's first list of things to do", **limited(longest=20_000)),
    )


class NewTask(Tool[NewTaskParameters]):
    """Has a subtask done in a conversation of its own; the task waits for its result."""

    name: ClassVar = "new_task"
    description: ClassVar = (
        "Hand a part of the work over to a subtask in the mode that fits. It knows nothing but your message, "
        "works in the same workspace, and its result is what you get back."
    )
    group: ClassVar = ToolGroup.MODES
    repeatable: ClassVar = True
    """The same call finds the same subtask again."""
    parameters: ClassVar = NewTaskParameters

    def describe(self, parameters: NewTaskParameters) -> str:
        return f"Start a subtask in {parameters.mode} mode: {parameters.message[:200]}"

    async def notice(self, context: ToolContext, parameters: NewTaskParameters) -> Notice | None:
        return informed("newTask", mode=parameters.mode, content=parameters.message, todos=parameters.todos)

    async def run(self, context: ToolContext, parameters: NewTaskParameters) -> ToolResult:
        result = await context.delegate(parameters.mode, parameters.message, parameters.todos)
        return ToolResult(success=True, output=result)
