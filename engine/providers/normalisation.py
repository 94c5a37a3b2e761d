"""Normalises a conversation to the form that every protocol requires: each answer followed by all its
results.

Stored turns may violate that: a result whose call was condensed away, a call that was never answered, the
same call id twice. Servers would refuse such a conversation at every request.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, OrderedDict
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import orjson

from roocode_server.models.conversation import ToolCall, Turn, TurnRole
from roocode_server.models.identifier import CallId

UNANSWERED: Final = "This call has no result: it is unknown whether it was made, and with what outcome."
NOTHING_SAID: Final = "Go on."
"""Used as the user's message if the protocol requires one and there is none."""
LOST_CALL: Final = "The result of an earlier call:"

MOST_SETTLED_CONVERSATIONS: Final = 32
"""The most conversations kept in normalised form for their next request."""

_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]{1,64}\Z")
_NOT_PLAIN: Final = re.compile(r"[^A-Za-z0-9_-]")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredCall:
    """A call with its result. `wire_id` is valid in every protocol and unique in the conversation."""

    call: ToolCall
    wire_id: str
    result: Turn

    @property
    def tool_name(self) -> str:
        """The tool's name in a form valid in every protocol; models sometimes invent others."""
        return _NOT_PLAIN.sub("_", self.call.tool_name)[:64] or "unnamed"


Frames = dict[str, Sequence[orjson.Fragment]]
"""A cache of the JSON that a protocol has made of an exchange, for the next request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UserMessage:
    """A message of the user: text, images, or both."""

    turn: Turn
    frames: Frames = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AssistantMessage:
    """An answer of the model: text, calls, or both."""

    turn: Turn
    calls: Sequence[AnsweredCall]
    frames: Frames = field(default_factory=dict, compare=False, repr=False)


def exchanges(turns: Sequence[Turn]) -> Sequence[UserMessage | AssistantMessage]:
    """Return the conversation, beginning and ending with a message that the model has to answer.

    Every call has one result, the first one stored for it; results without a call become user messages.
    Several `UserMessage` or `AssistantMessage` may follow each other. Earlier parts of a conversation are
    cached, so that the cost of a request depends only on what was added.
    """
    ordered = _RECENT.paired(turns)
    if not ordered or isinstance(ordered[0], AssistantMessage):
        ordered.insert(0, _go_on())
    last = ordered[-1]
    if isinstance(last, AssistantMessage) and not last.calls:
        ordered.append(_go_on())
    return ordered


class _Settled:
    """The normalised conversation up to its last answer, which later turns cannot change."""

    def __init__(self) -> None:
        self._turns: list[Turn] = []
        self._exchanges: list[UserMessage | AssistantMessage] = []
        self._names = _Names(())

    def begins(self, turns: Sequence[Turn]) -> bool:
        """Whether these turns begin with it."""
        return list(turns[: len(self._turns)]) == self._turns

    def paired(self, turns: Sequence[Turn]) -> list[UserMessage | AssistantMessage]:
        """Return these turns in normalised form, and extend the cache."""
        known, last = len(self._turns), _last_answer(turns)
        if last > known:
            added = turns[known:last]
            self._exchanges += _paired(added, self._names)
            self._turns += added
        rest = turns[len(self._turns) :]
        return [*self._exchanges, *_paired(rest, _Names(self._names))]


class _Recent:
    """The conversations of recent requests."""

    def __init__(self) -> None:
        self._settled: OrderedDict[int, _Settled] = OrderedDict()

    def paired(self, turns: Sequence[Turn]) -> list[UserMessage | AssistantMessage]:
        if not turns:
            return []
        key = id(turns[0])
        settled = self._settled.pop(key, None)
        if settled is None or not settled.begins(turns):
            settled = _Settled()
        self._settled[key] = settled
        while len(self._settled) > MOST_SETTLED_CONVERSATIONS:
            self._settled.popitem(last=False)
        return settled.paired(turns)


def _last_answer(turns: Sequence[Turn]) -> int:
    """Return the position of the last answer; 0 if there is none."""
    for position in range(len(turns) - 1, 0, -1):
        if turns[position].role is TurnRole.ASSISTANT:
            return position
    return 0


def _paired(turns: Sequence[Turn], names: _Names) -> Iterator[UserMessage | AssistantMessage]:
    """Normalise turns that begin a conversation, or begin with an answer."""
    owed: Counter[CallId | None] = Counter()
    for position, turn in enumerate(turns):
        match turn.role:
            case TurnRole.ASSISTANT:
                owed = Counter(call.id for call in turn.calls)
                if turn.text.strip() or turn.calls:
                    yield AssistantMessage(turn=turn, calls=_answered(turns, position, names))
            case TurnRole.USER:
                if turn.text.strip() or turn.images:
                    yield UserMessage(turn=turn)
            case TurnRole.TOOL:
                if owed[turn.call_id]:
                    owed[turn.call_id] -= 1
                else:
                    text = f"{LOST_CALL}\n{turn.text}"
                    yield UserMessage(turn=Turn(role=TurnRole.USER, text=text, images=turn.images))


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


def _before_next_answer(turns: Sequence[Turn], position: int) -> Iterator[Turn]:
    """Yield the tool turns between an answer and the next one."""
    for following in range(position + 1, len(turns)):
        turn = turns[following]
        if turn.role is TurnRole.ASSISTANT:
            return
        if turn.role is TurnRole.TOOL:
            yield turn


def _unanswered(call: ToolCall) -> Turn:
    return Turn(role=TurnRole.TOOL, text=UNANSWERED, call_id=call.id, success=False)


def _go_on() -> UserMessage:
    return UserMessage(turn=Turn(role=TurnRole.USER, text=NOTHING_SAID))


class _Names:
    """Makes valid and unique ids for calls, different from those in `before`."""

    def __init__(self, before: Container[str]) -> None:
        self._before = before
        self._taken: set[str] = set()

    def __contains__(self, name: object) -> bool:
        return name in self._taken or name in self._before

    def take(self, call_id: str) -> str:
        name = call_id if _PLAIN.match(call_id) else _hashed(call_id)
        number = 0
        while name in self:
            number += 1
            name = _hashed(f"{call_id}#{number}")
        self._taken.add(name)
        return name


def _hashed(call_id: str) -> str:
    return "call_" + hashlib.sha256(call_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]


_RECENT: Final = _Recent()
