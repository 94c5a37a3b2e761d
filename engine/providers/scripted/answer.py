"""What a playbook says next: the following step, or the present one again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from roocode_server.engine.providers.provider import CallRequested, ProviderFailure
from roocode_server.engine.providers.scripted.playbook import OnError, Playbook, PlaybookCall, Step
from roocode_server.engine.providers.scripted.progress import Attempt, Progress, call_id
from roocode_server.engine.providers.scripted.template import Filling
from roocode_server.engine.providers.scripted.template_language import TemplateMistake
from roocode_server.models.conversation import Turn

REPEATED_OUTPUT_CHARACTERS: Final = 2000
"""The most characters of a tool's output that a failure repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """A text, and the pause between its pieces in milliseconds."""

    text: str
    pace_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookAnswer:
    """One answer of a playbook; it always has at least one call."""

    said: Sequence[Speech]
    calls: Sequence[CallRequested]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Again:
    """A call to be repeated, and why."""

    position: int
    reason: str


def answer(playbook: Playbook, turns: Sequence[Turn]) -> PlaybookAnswer:
    """Return the answer that follows these turns.

    Raises: ProviderFailure: PLAYBOOK_STEP_FAILED, if a call has failed with no retries left;
    PLAYBOOK_INVALID, if a template cannot be filled in.
    """
    return _Playing(playbook, Progress.of(playbook, turns)).answer()


class _Playing:
    """A playbook, and how far it has come."""

    def __init__(self, playbook: Playbook, progress: Progress) -> None:
        self._playbook = playbook
        self._progress = progress
        self._steps = playbook.all_steps
        self._filling = Filling(progress.values(playbook))

    def answer(self) -> PlaybookAnswer:
        done, at_hand = self._progress.completion, self._progress.step
        if done is not None:
            # The server stopped before it had stored the completion: repeat it.
            repeated = self._request(done.step, done.position, done.asked.tool_name, done.asked.arguments)
            return PlaybookAnswer(said=(), calls=[repeated])
        if at_hand is None:
            return self._next(0)
        again = list(self._again(at_hand)) if at_hand < len(self._steps) else []
        if again:
            return self._repeated(at_hand, again)
        return self._next(min(at_hand + 1, len(self._steps) - 1))

    def _next(self, start: int) -> PlaybookAnswer:
        """Return an answer with the steps from `start` to the first one that calls a tool."""
        said: list[Speech] = [] if self._progress.attempts else [self._opening()]
        for number in range(start, len(self._steps)):
            step = self._steps[number]
            if step.when is not None and not self._holds(number, step.when):
                continue
            if step.say:
                said.append(self._said(number, step))
            if step.all_calls:
                calls = [self._call(number, position) for position in range(len(step.all_calls))]
                return PlaybookAnswer(said=_parted(said), calls=calls)
        raise AssertionError("the ending of every playbook calls a tool")

    def _again(self, number: int) -> Iterator[_Again]:
        """Yield the calls of the present step that have to be repeated. Raises: ProviderFailure."""
        step = self._steps[number]
        for position, call in enumerate(step.all_calls):
            attempts = self._progress.of_call(number, position)
            failures = sum(attempt.has_failed for attempt in attempts if attempt.is_of_this_turn)
            if not attempts or attempts[-1].has_succeeded:
                continue
            if not attempts[-1].has_outcome:
                reason = f"Work stopped while `{call.call}` ran: I'll do it again."
                yield _Again(position=position, reason=reason)
            elif not failures:  # it failed in an earlier turn
                if step.on_error is OnError.FAIL:
                    yield _Again(position=position, reason=f"`{call.call}` failed before: I'll try again.")
            elif failures <= step.retries:
                reason = f"`{call.call}` failed: I'll try again ({failures} of {step.retries})."
                yield _Again(position=position, reason=reason)
            elif step.on_error is OnError.FAIL:
                raise self._failure(number, call, attempts[-1])

    def _repeated(self, number: int, again: Sequence[_Again]) -> PlaybookAnswer:
        pace_ms = self._playbook.pace_of(self._steps[number])
        said = [Speech(text=each.reason, pace_ms=pace_ms) for each in again]
        return PlaybookAnswer(said=_parted(said), calls=[self._call(number, each.position) for each in again])

    def _opening(self) -> Speech:
        text = f"Scripted run of playbook `{self._playbook.name}`: no language model is involved."
        return Speech(text=text, pace_ms=self._playbook.pace_ms)

    def _said(self, number: int, step: Step) -> Speech:
        try:
            text = self._filling.text(step.say)
        except TemplateMistake as mistake:
            raise self._invalid(number, "say", mistake) from None
        return Speech(text=text.strip(), pace_ms=self._playbook.pace_of(step))

    def _holds(self, number: int, when: str) -> bool:
        try:
            return self._filling.holds(when)
        except TemplateMistake as mistake:
            raise self._invalid(number, "when", mistake) from None

    def _call(self, number: int, position: int) -> CallRequested:
        call = self._steps[number].all_calls[position]
        try:
            arguments = self._filling.value(call.arguments)
        except TemplateMistake as mistake:
            raise self._invalid(number, f"with of {call.call}", mistake) from None
        return self._request(number, position, call.call, arguments)

    def _request(
        self, number: int, position: int, tool_name: str, arguments: Mapping[str, Any]
    ) -> CallRequested:
        attempt = self._progress.made(number, position) + 1
        identifier = call_id(self._playbook, number, position, attempt)
        return CallRequested(call_id=identifier, tool_name=tool_name, arguments=arguments)

    def _invalid(self, number: int, key: str, mistake: TemplateMistake) -> ProviderFailure:
        return ProviderFailure("PLAYBOOK_INVALID", f"{self._place(number)}, {key}: {mistake}")

    def _failure(self, number: int, call: PlaybookCall, attempt: Attempt) -> ProviderFailure:
        words = attempt.answer.text if attempt.answer is not None else ""
        if len(words) > REPEATED_OUTPUT_CHARACTERS:
            words = words[:REPEATED_OUTPUT_CHARACTERS] + "…"
        return ProviderFailure(
            "PLAYBOOK_STEP_FAILED", f"{self._place(number)}: {call.call} failed. {words}".strip()
        )

    def _place(self, number: int) -> str:
        name = self._steps[number].id
        return f"Playbook `{self._playbook.name}`, step {number + 1}" + (f" ({name})" if name else "")


def _parted(said: Sequence[Speech]) -> list[Speech]:
    """Separate the texts by empty lines, leaving out empty texts."""
    kept = [each for each in said if each.text]
    return [replace(each, text=each.text + "\n\n") for each in kept[:-1]] + kept[-1:]
