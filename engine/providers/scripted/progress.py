"""The position of a conversation in a playbook, derived from its turns only.

The id of a call says which call of the playbook it is: `mend-the-test-3-1-2` is step 3, call 1, second
attempt. So no state has to be kept, and a task can continue in another process.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from roocode_server.engine.providers.scripted.playbook import COMPLETION, Playbook
from roocode_server.engine.providers.scripted.template_language import Result, TemplateResults, TemplateValues
from roocode_server.models.conversation import ToolCall, Turn, TurnRole
from roocode_server.models.identifier import CallId

_NUMBERS: Final = re.compile(r"-([1-9][0-9]{0,3})-([1-9][0-9]?)-[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A call that was made; positions count from 0. `answer` is None if there is no result yet."""

    step: int
    position: int
    asked: ToolCall
    answer: Turn | None
    is_of_this_turn: bool
    """Whether it was made in the present turn of the task."""

    @property
    def has_outcome(self) -> bool:
        """Whether its outcome is known."""
        return self.answer is not None and not self.answer.interrupted

    @property
    def has_succeeded(self) -> bool:
        """Whether it succeeded."""
        return self.answer is not None and self.has_outcome and self.answer.success

    @property
    def has_failed(self) -> bool:
        """Whether it failed."""
        return self.has_outcome and not self.has_succeeded


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The attempts of one playbook, oldest first, and what people said."""

    attempts: Sequence[Attempt]
    inherited: Sequence[Attempt]
    """Those of the tasks that this one continues: the playbook begins anew, but their ids are taken."""
    input: str
    messages: Sequence[str]
    has_news: bool
    """Whether somebody has said something since the last answer."""

    @classmethod
    def of(cls, playbook: Playbook, turns: Sequence[Turn]) -> Progress:
        """Return how far `playbook` has come in these turns. Other calls are ignored."""
        answers = {turn.call_id: turn for turn in turns if turn.call_id and turn.role is TurnRole.TOOL}
        first = own_beginning(turns)
        latest = max((place for place, turn in enumerate(turns) if turn.begins_turn is not None), default=0)
        found: list[Attempt] = []
        inherited: list[Attempt] = []
        for place, turn in enumerate(turns):
            for call in turn.calls if turn.role is TurnRole.ASSISTANT else ():
                attempt = _attempt(playbook, call, answers, is_of_this_turn=place > latest)
                if attempt is not None:
                    (found if place > first else inherited).append(attempt)
        replies = [place for place, turn in enumerate(turns) if turn.role is TurnRole.ASSISTANT]
        return cls(
            attempts=found,
            inherited=inherited,
            input=task_input(turns),
            messages=[turn.text for turn in turns[first:] if _is_said(turn)][1:],
            has_news=any(_is_said(turn) for turn in turns[max(replies, default=0) :]),
        )

    @property
    def step(self) -> int | None:
        """The step of the last answer; None before the first."""
        return self.attempts[-1].step if self.attempts else None

    @property
    def completion(self) -> Attempt | None:
        """The call that completed the task, if nobody has said anything since; otherwise None."""
        if self.has_news:
            return None
        succeeded = (each for each in self.attempts if each.step == self.step and each.has_succeeded)
        return next((each for each in succeeded if each.asked.tool_name == COMPLETION), None)

    def of_call(self, step: int, position: int) -> Sequence[Attempt]:
        """Return the attempts of one call, oldest first."""
        return [each for each in self.attempts if (each.step, each.position) == (step, position)]

    def made(self, step: int, position: int) -> int:
        """Return how often a call has been made, by this task and those that it continues."""
        inherited = sum((each.step, each.position) == (step, position) for each in self.inherited)
        return inherited + len(self.of_call(step, position))

    def values(self, playbook: Playbook) -> TemplateValues:
        """Return the values that the playbook's templates can use."""
        results: dict[str, Result] = {}
        for attempt in self.attempts:
            name = _name(playbook, attempt)
            if name is not None and attempt.answer is not None and attempt.has_outcome:
                results[name] = _result(attempt.answer)
        return TemplateValues(input=self.input, messages=self.messages, results=TemplateResults(results))


def task_input(turns: Sequence[Turn]) -> str:
    """Return the text of the task, which is its first user message."""
    return next((turn.text for turn in turns[own_beginning(turns) :] if turn.role is TurnRole.USER), "")


def own_beginning(turns: Sequence[Turn]) -> int:
    """Return the position of a task's first turn, after those of the tasks that it continues."""
    return next((place for place, turn in enumerate(turns) if turn.begins_turn is not None), 0)


def call_id(playbook: Playbook, step: int, position: int, attempt: int) -> str:
    """Return the id of a call; `attempt` counts from 1, `step` and `position` from 0."""
    return f"{playbook.name}-{step + 1}-{position + 1}-{attempt}"


def _is_said(turn: Turn) -> bool:
    """Whether a turn is what a person said, and not how work on the task stands."""
    is_about_the_task = turn.begins_turn not in (None, 1) and turn.message_id is None
    return turn.role is TurnRole.USER and turn.background is None and not is_about_the_task


def _attempt(
    playbook: Playbook, asked: ToolCall, answers: Mapping[CallId, Turn], *, is_of_this_turn: bool
) -> Attempt | None:
    numbers = _NUMBERS.fullmatch(asked.id.removeprefix(playbook.name))
    if numbers is None:
        return None
    step, position = int(numbers[1]), int(numbers[2])
    return Attempt(
        step=step - 1,
        position=position - 1,
        asked=asked,
        answer=answers.get(asked.id),
        is_of_this_turn=is_of_this_turn,
    )


def _name(playbook: Playbook, attempt: Attempt) -> str | None:
    """Return the playbook's id for this call; None if it has none, or the playbook has changed since."""
    calls = playbook.steps[attempt.step].all_calls if attempt.step < len(playbook.steps) else ()
    return calls[attempt.position].id if attempt.position < len(calls) else None


def _result(answer: Turn) -> Result:
    return Result(text=answer.text, success=answer.success, exit_code=answer.exit_code)
