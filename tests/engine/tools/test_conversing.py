"""`ask_followup_question` and `attempt_completion`."""

from __future__ import annotations

from tests.engine.tools.conftest import Context


async def test_a_question_is_put_and_the_answer_is_the_result(context: Context) -> None:
    context.answer = "The second one"
    result = await context.call("ask_followup_question", question="Which?", follow_up=["First", "Second"])
    assert (result.success, result.output) == (True, "The second one")
    assert context.asked == [("Which?", ["First", "Second"])]


async def test_a_question_needs_no_suggestions(context: Context) -> None:
    context.answer = "42"
    assert (await context.call("ask_followup_question", question="What?")).output == "42"


async def test_where_nobody_can_be_asked_the_call_fails(context: Context) -> None:
    assert "Nobody can be asked" in await context.failure("ask_followup_question", question="Which?")


async def test_a_completion_hands_over_the_result(context: Context) -> None:
    result = await context.call("attempt_completion", result="All tests pass.")
    assert (result.success, result.completion) == (True, "All tests pass.")


async def test_only_a_completion_completes(context: Context) -> None:
    assert (await context.call("list_files", path=".")).completion is None
