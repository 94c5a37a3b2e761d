"""A conversation in the order that every protocol wants: the model's answers, each with all its results.

Stored turns can be in disorder: a result whose call was condensed away, a call that was never answered, the
same identifier twice. Servers refuse such conversations as a whole, and would refuse them for ever.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from models.conversation import Role, ToolCall, Turn

UNANSWERED: Final = "This call was not answered: if it was made at all, nobody knows what came of it."
NOTHING_SAID: Final = "Go on."
"""What stands for a person's words where the protocols want some and there are none."""
LOST_CALL: Final = "The result of an earlier call:"

_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_NOT_PLAIN: Final = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredCall:
    """A call and what came of it. `wire_id` is a name that every protocol takes, once in the conversation."""

    call: ToolCall
    wire_id: str
    result: Turn

    @property
    def tool_name(self) -> str:
        """The tool's name as every protocol takes it; models sometimes make up others."""
        return _NOT_PLAIN.sub("_", self.call.tool_name)[:64] or "unnamed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What people said: text or images, never nothing."""

    turn: Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Replied:
    """What the model answered: text or calls or both, never nothing."""

    turn: Turn
    calls: Sequence[AnsweredCall]


def exchanges(turns: Sequence[Turn]) -> Sequence[Said | Replied]:
    """The conversation, beginning and ending with what the model has to answer to.

    Every call has one result, which is the first that was stored for it; results without a call are what
    people said. Several `Said` or `Replied` may follow each other.
    """
    ordered = list(_paired(turns))
    if not ordered or isinstance(ordered[0], Replied):
        ordered.insert(0, _go_on())
    last = ordered[-1]
    if isinstance(last, Replied) and not last.calls:
        ordered.append(_go_on())
    return ordered


def _paired(turns: Sequence[Turn]) -> Iterator[Said | Replied]:
    names = _Names()
    for position, turn in enumerate(turns):
        match turn.role:
            case Role.ASSISTANT:
                if turn.text.strip() or turn.calls:
                    yield Replied(turn=turn, calls=_answered(turns, position, names))
            case Role.USER:
                if turn.text.strip() or turn.images:
                    yield Said(turn=turn)
            case Role.TOOL:
                if not _is_result(turns, position):
                    text = f"{LOST_CALL}\n{turn.text}"
                    yield Said(turn=Turn(role=Role.USER, text=text, images=turn.images))


def _answered(turns: Sequence[Turn], position: int, names: _Names) -> Sequence[AnsweredCall]:
    results: dict[str, list[Turn]] = {}
    for turn in _before_next_answer(turns, position):
        if turn.call_id is not None:
            results.setdefault(turn.call_id, []).append(turn)
    answered = []
    for call in turns[position].calls:
        waiting = results.get(call.id)
        result = waiting.pop(0) if waiting else _unanswered(call)
        answered.append(AnsweredCall(call=call, wire_id=names.take(call.id), result=result))
    return answered


def _is_result(turns: Sequence[Turn], position: int) -> bool:
    """Whether a tool's turn answers a call of the answer before it, and no other did so first."""
    for before in range(position - 1, -1, -1):
        if turns[before].role is Role.ASSISTANT:
            asked = sum(call.id == turns[position].call_id for call in turns[before].calls)
            earlier = turns[before + 1 : position]
            return sum(_answers(turn, turns[position]) for turn in earlier) < asked
    return False


def _answers(turn: Turn, other: Turn) -> bool:
    return turn.role is Role.TOOL and turn.call_id == other.call_id


def _before_next_answer(turns: Sequence[Turn], position: int) -> Iterator[Turn]:
    """The tools' turns between an answer and the next."""
    for turn in turns[position + 1 :]:
        if turn.role is Role.ASSISTANT:
            return
        if turn.role is Role.TOOL:
            yield turn


def _unanswered(call: ToolCall) -> Turn:
    return Turn(role=Role.TOOL, text=UNANSWERED, call_id=call.id, success=False)


def _go_on() -> Said:
    return Said(turn=Turn(role=Role.USER, text=NOTHING_SAID))


class _Names:
    """Gives calls names that are plain and taken once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def take(self, call_id: str) -> str:
        name = call_id if _PLAIN.match(call_id) else _hashed(call_id)
        number = 0
        while name in self._taken:
            number += 1
            name = _hashed(f"{call_id}#{number}")
        self._taken.add(name)
        return name


def _hashed(call_id: str) -> str:
    return "call_" + hashlib.sha256(call_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
