"""Tools that change the task itself: mode, subtask, list of things to do; and texts for the agent."""

from __future__ import annotations

from typing import Any

import pytest

from roocode_server.engine.tools.fetch_instructions import TASKS
from roocode_server.models.error import ValidationFailed
from tests.engine.tools.conftest import Context


class Recording:
    """What the tools ask of the task."""

    def __init__(self, context: Context) -> None:
        self.asked: list[tuple[Any, ...]] = []
        context.set_todos = self._set_todos  # type: ignore[attr-defined]
        context.switch_mode = self._switch_mode  # type: ignore[attr-defined]
        context.delegate = self._delegate  # type: ignore[attr-defined]

    async def _set_todos(self, todos: str) -> None:
        self.asked.append(("todos", todos))

    async def _switch_mode(self, slug: str, reason: str) -> str:
        self.asked.append(("mode", slug, reason))
        return "You are in another mode."

    async def _delegate(self, mode: str, message: str, todos: str | None) -> str:
        self.asked.append(("delegate", mode, message, todos))
        return "It is done."


@pytest.fixture
def recording(context: Context) -> Recording:
    return Recording(context)


async def test_a_list_is_kept_in_one_form(context: Context, recording: Recording) -> None:
    result = await context.call("update_todo_list", todos="[ ] a\n- [X] b\u2028\fb\r\n\n* [~] c")
    assert recording.asked == [("todos", "- [ ] a\n- [x] b\u2028\fb\n- [-] c")]
    assert result.output == "The list has 3 items, 1 of them done."


@pytest.mark.parametrize("todos", ["a", "[] a", "[y] a", "- [ ]", "[ ] a\nb"])
async def test_what_is_no_item_is_refused(context: Context, recording: Recording, todos: str) -> None:
    assert "is not an item" in await context.failure("update_todo_list", todos=todos)
    assert not recording.asked


async def test_an_empty_list_is_a_list(context: Context, recording: Recording) -> None:
    await context.call("update_todo_list", todos="")
    assert recording.asked == [("todos", "")]


async def test_switching_hands_over_mode_and_reason(context: Context, recording: Recording) -> None:
    result = await context.call("switch_mode", mode_slug="ask", reason="a question")
    assert recording.asked == [("mode", "ask", "a question")]
    assert result.output == "You are in another mode."


async def test_a_subtask_is_handed_over_and_its_result_is_the_calls(
    context: Context, recording: Recording
) -> None:
    result = await context.call("new_task", mode="code", message="do it", todos="[ ] it")
    assert recording.asked == [("delegate", "code", "do it", "[ ] it")]
    assert result.output == "It is done."


@pytest.mark.parametrize("task", TASKS)
async def test_instructions_are_there(context: Context, task: str) -> None:
    assert (await context.call("fetch_instructions", task=task)).output.startswith("# ")


async def test_instructions_that_there_are_not(context: Context) -> None:
    with pytest.raises(ValidationFailed):
        await context.call("fetch_instructions", task="../secrets")
