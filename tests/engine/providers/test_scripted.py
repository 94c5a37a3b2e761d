from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from roocode_server.engine.providers.provider import (
    CallRequested,
    ModelRequest,
    ProviderFailure,
    TextDelta,
    Usage,
)
from roocode_server.engine.providers.scripted.playbook import PlaybookInvalid
from roocode_server.engine.providers.scripted.provider import MOST_STREAMED_PIECES, ScriptedProvider
from roocode_server.models.conversation import ToolCall, Turn, TurnRole
from roocode_server.models.identifier import CallId, MessageId
from tests.engine.providers.playing import answered, ask, interrupted, play, playbook_file, said

READ = {"call": "read_file", "with": {"path": "a"}}
OPENING = "Scripted run of playbook `tried`: no language model is involved."


async def failure(playing: object) -> ProviderFailure:
    with pytest.raises(ProviderFailure) as raised:
        await playing  # type: ignore[misc]
    return raised.value


async def test_the_first_answer_says_that_no_model_is_involved(tmp_path: Path) -> None:
    run = play(tmp_path, {"say": "Hello.", **READ}, {"say": "Again.", **READ})
    assert (await run.next()).text == f"{OPENING}\n\nHello."
    assert (await run.next()).text == "Again."


async def test_an_answer_without_words_of_its_own_says_so_too(tmp_path: Path) -> None:
    assert (await play(tmp_path, READ).next()).text == OPENING


async def test_a_call_has_its_arguments_filled_in(tmp_path: Path) -> None:
    step = {"call": "read_file", "with": {"path": "{{ input }}.txt", "start_line": 3}}
    reply = await play(tmp_path, step, task="notes").next()
    [call] = reply.calls
    assert (call.tool_name, call.arguments) == ("read_file", {"path": "notes.txt", "start_line": 3})


async def test_later_steps_use_what_came_of_earlier_calls(tmp_path: Path) -> None:
    run = play(
        tmp_path,
        {"id": "tests", "call": "execute_command", "with": {"command": "make"}, "on_error": "continue"},
        {
            "say": "{{ results.tests.text }} {{ results.tests.exit_code }} {{ results.tests.success }}",
            **READ,
        },
    )
    await run.next(lambda call: answered(call, "broken", success=False, exit_code=2))
    assert (await run.next()).text == "broken 2 False"


async def test_several_calls_in_one_answer_each_have_a_result(tmp_path: Path) -> None:
    run = play(
        tmp_path,
        {"calls": [{"id": "one", "call": "read_file"}, {"id": "two", "call": "list_files"}]},
        {"say": "{{ results.one.text }}, {{ results.two.text }}", **READ},
    )
    first = await run.next(lambda call: answered(call, "1"), lambda call: answered(call, "2"))
    assert [call.tool_name for call in first.calls] == ["read_file", "list_files"]
    assert (await run.next()).text == "1, 2"


async def test_a_step_without_calls_belongs_to_the_same_answer_as_the_next(tmp_path: Path) -> None:
    run = play(tmp_path, {"say": "One."}, {"say": "{{ '' }}"}, {"say": "Two.", **READ})
    assert (await run.next()).text == f"{OPENING}\n\nOne.\n\nTwo."


async def test_a_step_whose_condition_does_not_hold_is_passed_over(tmp_path: Path) -> None:
    run = play(
        tmp_path,
        {"id": "tests", "when": "{{ input == 'other' }}", "say": "Not this.", **READ},
        {"when": "{{ results.tests is not defined }}", "call": "list_files"},
    )
    reply = await run.next()
    assert reply.text == OPENING
    assert [call.tool_name for call in reply.calls] == ["list_files"]


async def test_a_playbook_without_a_completion_completes_by_itself(tmp_path: Path) -> None:
    run = play(tmp_path, READ, {"say": "Goodbye."})
    await run.next()
    reply = await run.next()
    assert reply.text == "Goodbye."
    assert [(call.tool_name, call.arguments) for call in reply.calls] == [
        ("attempt_completion", {"result": "All steps of playbook `tried` are done."})
    ]


async def test_asked_again_after_its_completion_it_completes_alike(tmp_path: Path) -> None:
    run = play(tmp_path, {"call": "attempt_completion", "with": {"result": "Done."}}, READ)
    first, second = await run.next(), await run.next()
    assert [call.arguments for call in first.calls] == [call.arguments for call in second.calls]
    assert second.calls[0].id != first.calls[0].id


async def test_every_call_of_a_conversation_has_an_identifier_of_its_own(tmp_path: Path) -> None:
    run = play(tmp_path, {"calls": [READ, READ], "retries": 2}, READ)
    for _ in range(2):
        await run.next(lambda call: answered(call, success=False), interrupted)
    await run.next()
    await run.next()
    identifiers = [call.id for call in run.calls]
    assert len(identifiers) == 7
    assert len(set(identifiers)) == 7


async def test_a_failed_call_ends_the_run_with_the_tools_words(tmp_path: Path) -> None:
    run = play(tmp_path, READ, {"id": "tests", **READ})
    await run.next()
    await run.next(lambda call: answered(call, "There is no file a.", success=False))
    raised = await failure(run.next())
    assert raised.code == "PLAYBOOK_STEP_FAILED"
    assert raised.message == "Playbook `tried`, step 2 (tests): read_file failed. There is no file a."


async def test_the_words_of_a_failure_are_bounded(tmp_path: Path) -> None:
    run = play(tmp_path, READ)
    await run.next(lambda call: answered(call, "x" * 50_000, success=False))
    assert len((await failure(run.next())).message) < 2200


async def test_one_failure_among_several_calls_ends_the_run(tmp_path: Path) -> None:
    run = play(tmp_path, {"calls": [READ, {"call": "list_files"}]})
    await run.next(answered, lambda call: answered(call, "no", success=False))
    assert "list_files failed. no" in (await failure(run.next())).message


async def test_a_failed_call_can_be_passed_over(tmp_path: Path) -> None:
    run = play(tmp_path, {**READ, "on_error": "continue"}, {"call": "list_files"})
    await run.next(lambda call: answered(call, success=False))
    assert [call.tool_name for call in (await run.next()).calls] == ["list_files"]


async def test_only_the_failed_call_is_tried_again_and_it_says_so(tmp_path: Path) -> None:
    run = play(tmp_path, {"calls": [READ, {"call": "list_files"}], "retries": 2}, {"say": "On.", **READ})
    await run.next(answered, lambda call: answered(call, success=False))
    again = await run.next()
    assert [call.tool_name for call in again.calls] == ["list_files"]
    assert again.text == "`list_files` failed: I'll try again (1 of 2)."
    assert (await run.next()).text == "On."


@pytest.mark.parametrize("on_error", ["fail", "continue"])
async def test_when_its_retries_are_used_up_the_rule_for_errors_applies(
    tmp_path: Path, on_error: str
) -> None:
    run = play(tmp_path, {**READ, "retries": 1, "on_error": on_error}, {"say": "On.", **READ})
    for _ in range(2):
        await run.next(lambda call: answered(call, success=False))
    if on_error == "continue":
        assert (await run.next()).text == "On."
    else:
        assert (await failure(run.next())).code == "PLAYBOOK_STEP_FAILED"


async def test_an_interrupted_call_is_made_again_and_the_others_are_not(tmp_path: Path) -> None:
    run = play(tmp_path, {"calls": [READ, {"call": "list_files"}]}, {"say": "On.", **READ})
    first = await run.next(answered, interrupted)
    again = await run.next()
    assert again.text == "Work stopped while `list_files` ran: I'll do it again."
    assert [call.arguments for call in again.calls] == [first.calls[1].arguments]
    assert (await run.next()).text == "On."


async def test_an_interruption_uses_up_no_retry(tmp_path: Path) -> None:
    run = play(tmp_path, {**READ, "retries": 1}, {"say": "On.", **READ})
    await run.next(interrupted)
    await run.next(lambda call: answered(call, success=False))
    await run.next(interrupted)
    await run.next()
    assert (await run.next()).text == "On."


async def test_what_people_say_in_between_does_not_disturb_it_and_can_be_used(tmp_path: Path) -> None:
    run = play(tmp_path, READ, {"say": "{{ messages | join(', ') }}", **READ}, {"say": "On.", **READ})
    await run.next()
    run.turns += [said("hurry"), said("please")]
    assert (await run.next()).text == "hurry, please"
    run.turns.append(said("thanks"))
    assert (await run.next()).text == "On."


async def test_calls_of_another_model_do_not_count(tmp_path: Path) -> None:
    run = play(tmp_path, READ, {"call": "list_files"})
    foreign = [
        ToolCall(id=CallId(name), tool_name="x", arguments={})
        for name in ("call_abc", "tried-1-1", "tried-0-1-1", "tried-1-0-1", "other-1-1-1", "tried-x-1-1")
    ]
    run.turns.append(Turn(role=TurnRole.ASSISTANT, calls=foreign))
    run.turns += [answered(call) for call in foreign]
    reply = await run.next()
    assert OPENING in reply.text
    assert [call.tool_name for call in reply.calls] == ["read_file"]


async def test_a_playbook_that_was_shortened_meanwhile_ends(tmp_path: Path) -> None:
    run = play(tmp_path, READ, READ, READ, READ)
    for _ in range(4):
        await run.next()
    playbook_file(tmp_path, [READ])
    run.provider = ScriptedProvider([tmp_path])
    assert [call.tool_name for call in (await run.next()).calls] == ["attempt_completion"]


@pytest.mark.parametrize(
    ("step", "place"),
    [
        ({"say": "{{ 1 / 0 }}", **READ}, "step 2, say: division by zero"),
        ({"when": "{{ 1 / 0 }}", **READ}, "step 2, when: division by zero"),
        (
            {"call": "read_file", "with": {"path": "{{ 1 / 0 }}"}},
            "step 2, with of read_file: division by zero",
        ),
        (
            {"say": "{{ results.skipped.text }}", **READ},
            "step 2, say: `results.skipped` does not exist: that call was not made",
        ),
    ],
)
async def test_a_template_that_cannot_be_filled_in_ends_the_run(
    tmp_path: Path, step: dict[str, object], place: str
) -> None:
    run = play(tmp_path, {"id": "skipped", "when": "{{ false }}", **READ}, step)
    raised = await failure(run.next())
    assert raised.code == "PLAYBOOK_INVALID"
    assert raised.message.startswith(f"Playbook `tried`, {place}")


async def test_an_unknown_playbook_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    playbook_file(tmp_path, [READ])
    raised = await failure(ask(ScriptedProvider([tmp_path]), "gpt-9", [said("x")]))
    assert raised.code == "MODEL_UNKNOWN"
    assert raised.message == (
        "There is no playbook with this name. "
        "The playbooks are: auto, mend-the-test, survey, tried, write-and-run."
    )


@pytest.mark.parametrize(
    ("task", "chosen"),
    [
        ("Please fix it: IT'S\nbroken!", "tried"),
        ("it's brokenhearted", "survey"),
        ("mend the test", "tried"),
        ("recommend a test", "survey"),
        ("", "survey"),
    ],
)
@pytest.mark.parametrize("model", ["auto", ""])
async def test_auto_takes_the_first_playbook_with_a_fitting_phrase_configured_ones_first(
    tmp_path: Path, task: str, chosen: str, model: str
) -> None:
    playbook_file(tmp_path, [READ], match=["it's broken", "mend"])
    reply = await ask(ScriptedProvider([tmp_path]), model, [said(task)])
    assert f"playbook `{chosen}`:" in reply.text


async def test_auto_stays_with_its_choice_whatever_people_say_later(tmp_path: Path) -> None:
    playbook_file(tmp_path, [READ], match=["mend"])
    run = play(tmp_path, READ, READ, match=["mend"], task="mend it")
    run.model = "auto"
    await run.next()
    run.turns.append(said("write a script"))
    assert (await run.next()).calls[0].id.startswith("tried-2-")


async def test_a_configured_survey_is_the_default(tmp_path: Path) -> None:
    playbook_file(tmp_path, [{"say": "My own.", **READ}], name="survey")
    assert "My own." in (await ask(ScriptedProvider([tmp_path]), "auto", [said("x")])).text


def test_mistakes_of_a_configured_folder_are_raised_at_once(tmp_path: Path) -> None:
    playbook_file(tmp_path, [{"on_eror": "x"}, {"say": "{{"}])
    with pytest.raises(PlaybookInvalid) as invalid:
        ScriptedProvider([tmp_path])
    assert len(invalid.value.mistakes) == 3


def request(provider: ScriptedProvider) -> ModelRequest:
    return ModelRequest(model="tried", system="", turns=[said("x")], tools=())


async def test_a_text_comes_in_groups_of_words_then_the_calls_then_the_usage(tmp_path: Path) -> None:
    run = play(tmp_path, {"say": "one  two\nthree four five", **READ})
    events = [event async for event in run.provider.stream(request(run.provider))]
    pieces = [event.text for event in events if isinstance(event, TextDelta)]
    assert pieces[-2:] == ["one  two\nthree four ", "five"]
    assert "".join(pieces) == f"{OPENING}\n\none  two\nthree four five"
    assert isinstance(events[-2], CallRequested)
    assert events[-1] == Usage(tokens_in=0, tokens_out=0)


async def test_a_long_text_comes_in_a_bounded_number_of_pieces(tmp_path: Path) -> None:
    words = "word " * 5000
    run = play(tmp_path, {"say": words, **READ})
    events = [event async for event in run.provider.stream(request(run.provider))]
    pieces = [event.text for event in events if isinstance(event, TextDelta)]
    assert len(pieces) <= MOST_STREAMED_PIECES + 5
    assert "".join(pieces).endswith(words.strip())


async def test_a_pace_waits_between_the_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    run = play(tmp_path, {"say": "one two three four five", "pace_ms": 40, **READ})
    await run.next()
    assert waited == [0.04]


def begun(text: str, turn: int | None) -> Turn:
    """What a person says, with which a turn of the task begins."""
    return Turn(role=TurnRole.USER, text=text, message_id=MessageId(f"message-{text}"), begins_turn=turn)


async def test_a_further_turn_plays_the_steps_after_the_completion(tmp_path: Path) -> None:
    run = play(
        tmp_path,
        {"id": "first", "call": "read_file", "with": {"path": "a"}},
        {"call": "attempt_completion", "with": {"result": "one"}},
        {"say": "{{ messages | last }}: {{ results.first.text }}", **READ},
        {"call": "attempt_completion", "with": {"result": "two"}},
    )
    run.turns[0] = begun("go", 1)
    await run.next(lambda call: answered(call, "found"))
    await run.next()
    run.turns.append(begun("more", 2))
    assert (await run.next()).text == "more: found"
    assert (await run.next()).calls[0].arguments == {"result": "two"}
    for turn in (3, 4):
        run.turns.append(begun("and more", turn))
        [call] = (await run.next()).calls
        assert call.arguments == {"result": "All steps of playbook `tried` are done."}


async def test_a_turn_after_a_failed_step_begins_with_it(tmp_path: Path) -> None:
    run = play(tmp_path, {**READ, "retries": 1}, {"say": "On.", **READ})
    run.turns[0] = begun("go", 1)
    for _ in range(2):
        await run.next(lambda call: answered(call, success=False))
    assert (await failure(run.next())).code == "PLAYBOOK_STEP_FAILED"
    why = Turn(role=TurnRole.USER, text="Work on the task failed", begins_turn=2)
    run.turns += [why, begun("again", None)]
    again = await run.next(lambda call: answered(call, success=False))
    assert again.text == "`read_file` failed before: I'll try again."
    assert (await run.next()).text == "`read_file` failed: I'll try again (1 of 1)."
    assert (await run.next()).text == "On."


async def test_a_task_that_continues_from_another_plays_its_own_playbook(tmp_path: Path) -> None:
    run = play(tmp_path, {"say": "{{ input }} {{ messages | length }}", **READ})
    first = await run.next()
    await run.next()
    run.turns.append(begun("next", 1))
    again = await run.next()
    assert again.text == f"{OPENING}\n\nnext 0"
    assert again.calls[0].id != first.calls[0].id
