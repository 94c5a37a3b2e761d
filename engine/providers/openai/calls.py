"""Tool calls as they arrive piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from roocode_server.engine.providers.provider import CallDelta, CallRequested
from roocode_server.engine.providers.wire import INVALID_JSON, parse_arguments
from roocode_server.models.conversation import Turn
from roocode_server.models.identifier import CallId, new_id

LONGEST_ID: Final = 40
"""Characters of a call's id that every server takes back."""


@dataclass(slots=True)
class _Writing:
    """A call that is being written; `key` is the server's own word for it."""

    key: str
    call_id: str
    tool_name: str
    pieces: list[str] = field(default_factory=list)


class PartialCalls:
    """The calls of one answer.

    Ids are unique within the conversation: some servers give none, or begin anew with every answer.
    """

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._writing: list[_Writing] = []
        self._used = {call.id for turn in turns for call in turn.calls}

    def __bool__(self) -> bool:
        return bool(self._writing)

    def begin(self, key: str, call_id: str | None, tool_name: str) -> CallDelta:
        """A new call, which later pieces name by `key`."""
        made = _Writing(key, self._unique(call_id), tool_name)
        self._writing.append(made)
        return CallDelta(call_id=made.call_id, tool_name=tool_name, arguments="")

    def go_on(self, key: str, arguments: str) -> CallDelta | None:
        """The next piece of the latest call of this key; None: there is no such call."""
        for call in reversed(self._writing):
            if call.key == key:
                call.pieces.append(arguments)
                return CallDelta(call_id=call.call_id, tool_name=call.tool_name, arguments=arguments)
        return None

    def finish(self, key: str, arguments: str) -> None:
        """The whole arguments of a call, in the place of its pieces."""
        for call in self._writing:
            if call.key == key:
                call.pieces = [arguments]

    def is_whole(self, key: str) -> bool:
        """Whether the latest call of this key has arguments that are a JSON object already."""
        call = next((call for call in reversed(self._writing) if call.key == key), None)
        text = "".join(call.pieces) if call is not None else ""
        return bool(text.strip()) and INVALID_JSON not in parse_arguments(text)

    def id_of(self, key: str) -> str | None:
        """The id under which a call is known here."""
        return next((call.call_id for call in self._writing if call.key == key), None)

    def requested(self, *, is_cut: bool) -> Iterator[CallRequested]:
        """The calls; of an answer that was cut off for its length an unfinished last one is left out."""
        for call in self._writing:
            arguments = parse_arguments("".join(call.pieces))
            if is_cut and call is self._writing[-1] and INVALID_JSON in arguments:
                return
            yield CallRequested(call_id=call.call_id, tool_name=call.tool_name, arguments=arguments)

    def _unique(self, call_id: str | None) -> str:
        if not call_id or call_id in self._used or len(call_id) > LONGEST_ID:
            call_id = new_id("call")
        self._used.add(CallId(call_id))
        return call_id
