"""`update_todo_list`: the task's to-do list. Source: S2."""

from __future__ import annotations

import re
from dataclasses import field
from typing import ClassVar, Final

from roocode_server.engine.tools.tool import Tool, ToolContext, ToolFailure, ToolResult
from roocode_server.models.lines import lines_of
from roocode_server.models.shape import PlainShape, described, limited, value
from roocode_server.models.tool import ToolGroup

_ITEM: Final = re.compile(r"\s*(?:[-*] )?\[([ xX~-])\] +(\S.*)")
_MARKS: Final = {" ": " ", "x": "x", "X": "x", "-": "-", "~": "-"}


@value
class UpdateTodoListParameters(PlainShape):
    """The arguments of `update_todo_list`."""

    todos: str = field(
        metadata=described(
            "The whole list, one item a line: `[ ] to do`, `[-] being done`, `[x] done`",
            **limited(longest=20_000),
        )
    )


class UpdateTodoList(Tool[UpdateTodoListParameters]):
    """Replaces the task's to-do list, which people see and which is part of the system prompt."""

    name: ClassVar = "update_todo_list"
    description: ClassVar = (
        "Keep a list of the task's steps, one a line: `[ ] to do`, `[-] being done`, `[x] done`. Send the "
        "whole list each time; the person sees it."
    )
    group: ClassVar = ToolGroup.ALWAYS
    repeatable: ClassVar = True
    parameters: ClassVar = UpdateTodoListParameters

    def describe(self, parameters: UpdateTodoListParameters) -> str:
        """Say that the list is updated."""
        return "Update the to-do list"

    async def run(self, context: ToolContext, parameters: UpdateTodoListParameters) -> ToolResult:
        """Store the list in a normal form. Raises: ToolFailure, if a line is not an item."""
        items = items_of(parameters.todos)
        await context.set_todos("\n".join(items))
        done = sum(item.startswith("- [x]") for item in items)
        return ToolResult(success=True, output=f"The list has {len(items)} items, {done} of them done.")


def items_of(todos: str) -> list[str]:
    """Return the items of a list in their normal form. Raises: ToolFailure, if a line is not an item."""
    return [_item(number, line) for number, line in _lines(todos)]


def _lines(text: str) -> list[tuple[int, str]]:
    return [(number, line) for number, line in enumerate(lines_of(text), 1) if line.strip()]


def _item(number: int, line: str) -> str:
    """Return the item in its normal form. Raises: ToolFailure."""
    found = _ITEM.fullmatch(line)
    if found is None:
        raise ToolFailure(
            f"Line {number} is not an item: {line[:200]!r}. Use `[ ] to do`, `[-] being done` or `[x] done`."
        )
    return f"- [{_MARKS[found[1]]}] {found[2].rstrip()}"
