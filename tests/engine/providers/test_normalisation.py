from __future__ import annotations

from hypothesis import given

from roocode_server.engine.providers.normalisation import UNANSWERED, AssistantMessage, UserMessage, exchanges
from roocode_server.models.conversation import Turn, TurnRole
from tests.engine.providers.asking import asked, reply, result
from tests.engine.providers.conversations import conversations


def said(text: str) -> Turn:
    return Turn(role=TurnRole.USER, text=text)


@given(conversations)
def test_every_conversation_begins_with_a_person_and_waits_for_the_model(turns: list[Turn]) -> None:
    ordered = exchanges(turns)
    assert isinstance(ordered[0], UserMessage)
    last = ordered[-1]
    assert isinstance(last, UserMessage) or last.calls


@given(conversations)
def test_every_call_has_a_name_of_its_own(turns: list[Turn]) -> None:
    names = [
        call.wire_id for each in exchanges(turns) if isinstance(each, AssistantMessage) for call in each.calls
    ]
    assert len(names) == len(set(names)) == sum(len(turn.calls) for turn in turns)


@given(conversations)
def test_no_result_is_lost_and_none_is_told_twice(turns: list[Turn]) -> None:
    stored = [turn for turn in turns if turn.role is TurnRole.TOOL]
    ordered = exchanges(turns)
    results = [call.result for each in ordered if isinstance(each, AssistantMessage) for call in each.calls]
    paired = [turn for turn in results if turn.text != UNANSWERED]
    told = [each for each in ordered if isinstance(each, UserMessage) and each.turn not in turns]
    orphans = [each for each in told if each.turn.text.startswith("The result of an earlier call")]
    assert len(paired) + len(orphans) == len(stored)


def test_results_join_their_calls_past_what_was_said_between() -> None:
    turns = [
        said("Hi"),
        reply("", asked("a"), asked("b")),
        result("b", "two"),
        said("Wait"),
        result("a", "one"),
    ]
    _, answer, between = exchanges(turns)
    assert isinstance(answer, AssistantMessage)
    assert [call.result.text for call in answer.calls] == ["one", "two"]
    assert isinstance(between, UserMessage) and between.turn.text == "Wait"


def test_a_call_without_a_result_is_said_to_be_unanswered() -> None:
    _, answer = exchanges([said("Hi"), reply("", asked("a"))])
    assert isinstance(answer, AssistantMessage)
    assert (answer.calls[0].result.text, answer.calls[0].result.success) == (UNANSWERED, False)


def test_a_result_without_its_call_is_told_by_the_person() -> None:
    _, told = exchanges([said("Summary"), result("gone", "two lines")])
    assert isinstance(told, UserMessage)
    assert told.turn.text == "The result of an earlier call:\ntwo lines"


def test_names_that_protocols_take_are_kept() -> None:
    _, answer = exchanges([said("Hi"), reply("", asked("toolu_1"))])
    assert isinstance(answer, AssistantMessage)
    assert answer.calls[0].wire_id == "toolu_1"
