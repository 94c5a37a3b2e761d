"""`new_task`: delegate a part of the work to a subtask. Source: S2."""

from __future__ import annotations

from dataclasses import field
from typing import ClassVar

from roocode_server.engine.tools.notices import informed
from roocode_server.engine.tools.tool import Notice, Tool, ToolContext, ToolResult
from roocode_server.models.shape import PlainShape, described, limited, value
from roocode_server.models.tool import ToolGroup


@value
class NewTaskParameters(PlainShape):
    """The arguments of `new_task`."""

    mode: str = field(metadata=described("The mode of the subtask", **limited(shortest=1, longest=64)))
    message: str = field(
        metadata=described(
            "The assignment, with everything needed for it",
            **limited(shortest=1, longest=500_000),
        )
    )
    todos: str | None = field(
        default=None,
        metadata=described("The subtask's initial to-do list", **limited(longest=20_000)),
    )


class NewTask(Tool[NewTaskParameters]):
    """Runs a subtask with a conversation of its own, and waits for its result."""

    name: ClassVar = "new_task"
    description: ClassVar = (
        "Delegate a part of the work to a subtask in a suitable mode. It knows nothing but your message, "
        "works in the same workspace, and its result is what you get back."
    )
    group: ClassVar = ToolGroup.MODES
    repeatable: ClassVar = True
    """Repeating the call resumes the same subtask."""
    parameters: ClassVar = NewTaskParameters

    def describe(self, parameters: NewTaskParameters) -> str:
        """Name the mode and the beginning of the message."""
        return f"Start a subtask in {parameters.mode} mode: {parameters.message[:200]}"

    async def notice(self, context: ToolContext, parameters: NewTaskParameters) -> Notice | None:
        """Return S2's `newTask` notice."""
        return informed("newTask", mode=parameters.mode, content=parameters.message, todos=parameters.todos)

    async def run(self, context: ToolContext, parameters: NewTaskParameters) -> ToolResult:
        """Run the subtask and return its result. Raises: ToolFailure."""
        result = await context.delegate(parameters.mode, parameters.message, parameters.todos)
        return ToolResult(success=True, output=result)
