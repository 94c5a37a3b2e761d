"""A run that is interrupted anywhere and continued by a new provider equals one that was not interrupted."""

from __future__ import annotations

import tempfile
import zlib
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from roocode_server.engine.providers.provider import ProviderFailure
from roocode_server.engine.providers.scripted.playbook import COMPLETION
from roocode_server.engine.providers.scripted.provider import ScriptedProvider
from roocode_server.models.conversation import ToolCall, Turn
from tests.engine.providers.playing import Play, answered, interrupted, playbook_file, said

ON_ERROR = st.fixed_dictionaries(
    {}, optional={"on_error": st.sampled_from(["fail", "continue"]), "retries": st.integers(0, 2)}
)


@st.composite
def playbooks(draw: st.DrawFn) -> list[dict[str, object]]:
    """Steps with text, calls, and all kinds of dependencies."""
    steps: list[dict[str, object]] = []
    ids: list[str] = []
    for position in range(draw(st.integers(1, 6))):
        step: dict[str, object] = {}
        depends: bool = draw(st.booleans())
        if ids and depends:
            step["when"] = f"{{{{ results.{draw(st.sampled_from(ids))}.success | default(false) }}}}"
        count = draw(st.integers(0, 3))
        seen = "".join(f"{{{{ results.{name}.text | default('-') }}}}" for name in ids)
        if count == 0 or draw(st.booleans()):
            step["say"] = f"Step {position}: {seen}"
        calls = [
            {"id": f"c{position}_{number}", "call": "read_file", "with": {"path": f"{position} {seen}"}}
            for number in range(count)
        ]
        if count == 1:
            step.update(calls[0])
        elif count:
            step["calls"] = calls
        if count:
            step.update(draw(ON_ERROR))
        ids += [call["id"] for call in calls if isinstance(call["id"], str)]
        steps.append(step)
    return steps


def outcome(call: ToolCall, seed: int) -> Turn:
    """The result of a call, which is the same for the same call."""
    drawn = zlib.crc32(f"{seed} {call.id}".encode())
    success = call.tool_name == COMPLETION or drawn % 4 != 0
    return answered(call, f"{drawn % 100}", success=success)


async def run(play: Play, seed: int) -> str:
    async def perform(call: ToolCall) -> Turn:
        return outcome(call, seed)

    try:
        return await play.to_the_end(perform)
    except ProviderFailure as failure:
        return failure.message


@settings(max_examples=60, deadline=None)
@given(playbooks(), st.integers(0, 1000), st.data())
async def test_cut_after_any_turn_it_goes_on_alike(
    steps: list[dict[str, object]], seed: int, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        playbook_file(Path(folder), steps)
        whole = Play(ScriptedProvider([Path(folder)]), "tried")
        ending = await run(whole, seed)
        kept = data.draw(st.integers(1, len(whole.turns) - 1))
        stored = [Turn.load(turn.dump()) for turn in whole.turns[:kept]]
        resumed = Play(ScriptedProvider([Path(folder)]), "tried", stored)
        assert await run(resumed, seed) == ending
        assert resumed.turns == whole.turns


@settings(max_examples=60, deadline=None)
@given(playbooks(), st.data())
async def test_interruptions_change_neither_the_order_nor_the_arguments_of_what_is_done(
    steps: list[dict[str, object]], data: st.DataObject
) -> None:
    left = 5

    async def well(call: ToolCall) -> Turn:
        return answered(call, call.id.rpartition("-")[0])

    async def well_but_interrupted(call: ToolCall) -> Turn:
        nonlocal left
        if left and call.tool_name != COMPLETION and data.draw(st.booleans()):
            left -= 1
            return interrupted(call)
        return await well(call)

    def done(play: Play) -> dict[str, object]:
        known = {turn.call_id for turn in play.turns if turn.call_id and not turn.interrupted}
        return {call.id.rpartition("-")[0]: call.arguments for call in play.calls if call.id in known}

    with tempfile.TemporaryDirectory() as folder:
        playbook_file(Path(folder), steps)
        provider = ScriptedProvider([Path(folder)])
        plain, disturbed = Play(provider, "tried"), Play(provider, "tried", [said("the task")])
        await plain.to_the_end(well)
        await disturbed.to_the_end(well_but_interrupted)
        assert done(plain) == done(disturbed)
