"""Tool calls, assembled from their streamed pieces."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from roocode_server.engine.providers.provider import CallDelta, CallRequested
from roocode_server.engine.providers.wire import INVALID_JSON, parse_arguments
from roocode_server.models.conversation import Turn
from roocode_server.models.identifier import CallId, new_id

LONGEST_ID: Final = 40
"""The longest call id, in characters, that every server accepts back."""


@dataclass(slots=True)
class _Writing:
    """A call that is being streamed; `key` is the server's own identifier for it."""

    key: str
    call_id: str
    tool_name: str
    pieces: list[str] = field(default_factory=list)


class PartialCalls:
    """The calls of one answer.

    Their ids are unique in the conversation: some servers give none, or start again with every answer.
    """

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._writing: list[_Writing] = []
        self._used = {call.id for turn in turns for call in turn.calls}

    def __bool__(self) -> bool:
        return bool(self._writing)

    def begin(self, key: str, call_id: str | None, tool_name: str) -> CallDelta:
        """Begin a new call, to which later pieces refer by `key`."""
        made = _Writing(key, self._unique(call_id), tool_name)
        self._writing.append(made)
        return CallDelta(call_id=made.call_id, tool_name=tool_name, arguments="")

    def go_on(self, key: str, arguments: str) -> CallDelta | None:
        """Add a piece to the latest call with this key; None if there is no such call."""
        for call in reversed(self._writing):
            if call.key == key:
                call.pieces.append(arguments)
                return CallDelta(call_id=call.call_id, tool_name=call.tool_name, arguments=arguments)
        return None

    def finish(self, key: str, arguments: str) -> None:
        """Replace the pieces of a call by its complete arguments."""
        for call in self._writing:
            if call.key == key:
                call.pieces = [arguments]

    def is_whole(self, key: str) -> bool:
        """Whether the arguments of the latest call with this key are already a complete JSON object."""
        call = next((call for call in reversed(self._writing) if call.key == key), None)
        text = "".join(call.pieces) if call is not None else ""
        return bool(text.strip()) and INVALID_JSON not in parse_arguments(text)

    def id_of(self, key: str) -> str | None:
        """Return the id of a call."""
        return next((call.call_id for call in self._writing if call.key == key), None)

    def requested(self, *, is_cut: bool) -> Iterator[CallRequested]:
        """Yield the calls; if the answer was cut off, an incomplete last call is left out."""
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
