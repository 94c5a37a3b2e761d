"""The playbook format. `docs/playbooks.md` describes every key."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from marshmallow import validate

from roocode_server.models.shape import PlainShape, limited, value

LONGEST_PLAYBOOK_NAME: Final = 40
LONGEST_PACE_MS: Final = 1000
COMPLETION: Final = "attempt_completion"

_NAME: Final = validate.And(
    validate.Length(max=LONGEST_PLAYBOOK_NAME),
    validate.Regexp(r"[a-z0-9][a-z0-9-]*\Z", error="Expected lower-case letters, digits and `-`."),
    validate.NoneOf(["auto"], error="`auto` is reserved; choose another name."),
)
_ID: Final = validate.And(
    validate.Length(max=LONGEST_PLAYBOOK_NAME),
    validate.Regexp(r"[a-z][a-z0-9_]*\Z", error="Expected lower-case letters, digits and `_`."),
)
_PHRASE: Final = validate.And(
    validate.Length(max=200), validate.Regexp(r"\W*\w", error="Expected phrases of at least one word.")
)
_PACE: Final = limited(least=0, most=LONGEST_PACE_MS)


def _check_phrases(phrases: Sequence[str]) -> None:
    validate.Length(min=1, max=100)(phrases)
    for phrase in phrases:
        _PHRASE(phrase)


class OnError(enum.StrEnum):
    """What happens after a call has failed with no retries left."""

    FAIL = "fail"
    CONTINUE = "continue"


@value
class PlaybookCall(PlainShape):
    """One tool call; later steps refer to its result by `id`."""

    call: str = field(metadata=limited(shortest=1, longest=64))
    id: str | None = field(default=None, metadata={"validate": _ID})
    arguments: dict[str, Any] = field(default_factory=dict, metadata={"data_key": "with"})


@value
class Step(PlainShape):
    """Text, calls, or both. A step without calls is part of the same answer as the next step."""

    id: str | None = field(default=None, metadata={"validate": _ID})
    say: str = ""
    when: str | None = None
    call: str | None = field(default=None, metadata=limited(shortest=1, longest=64))
    arguments: dict[str, Any] = field(default_factory=dict, metadata={"data_key": "with"})
    calls: list[PlaybookCall] = field(default_factory=list, metadata=limited(shortest=1, longest=20))
    on_error: OnError = OnError.FAIL
    retries: int = field(default=0, metadata=limited(least=0, most=10))
    pace_ms: int | None = field(default=None, metadata=_PACE)

    @property
    def all_calls(self) -> Sequence[PlaybookCall]:
        """Its calls, whether written as `call` or `calls`."""
        if self.call is None:
            return self.calls
        return [PlaybookCall(id=self.id, call=self.call, arguments=self.arguments)]


@value
class Playbook(PlainShape):
    """A playbook as defined in its file."""

    name: str = field(metadata={"validate": _NAME})
    description: str = field(metadata=limited(shortest=1, longest=500))
    match: list[str] = field(default_factory=list, metadata={"validate": _check_phrases})
    pace_ms: int = field(default=0, metadata=_PACE)
    steps: list[Step] = field(metadata=limited(shortest=1, longest=1000))

    @property
    def all_steps(self) -> Sequence[Step]:
        """All steps, and an ending in case the last step does not complete the task."""
        result = f"All steps of playbook `{self.name}` are done."
        return [*self.steps, Step(call=COMPLETION, arguments={"result": result})]

    def pace_of(self, step: Step) -> int:
        """Return the pause between two pieces of the step's text, in milliseconds."""
        return self.pace_ms if step.pace_ms is None else step.pace_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookMistake:
    """A mistake, and where it is: `place` names step and key, empty for the file as a whole."""

    file: str
    place: str
    reason: str

    def __str__(self) -> str:
        return ": ".join(part for part in (self.file, self.place, self.reason) if part)


class PlaybookInvalid(Exception):
    """Playbooks that cannot be used; `mistakes` are all that were found in all files."""

    def __init__(self, mistakes: Sequence[PlaybookMistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes
