"""How transfers and streams of events are read and answered, without holding them in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from roocode_server.engine.workspace.open_file import OpenFile
from roocode_server.handlers.connection import Connection
from roocode_server.models.event import LogStart
from roocode_server.models.identifier import EventId, SessionId
from roocode_server.models.quota import Quota
from roocode_server.models.session import SessionScope


class Stream(Protocol):
    """One request that carries raw bytes, and the answer to it."""

    def body(self) -> AsyncIterator[bytes]:
        """The request body, piece by piece. Raises: InvalidField, RequestTimeout."""
        ...

    async def send_file(self, file: OpenFile) -> None:
        """Answer with a file, or with the requested part of it. Raises: RangeNotSatisfiable."""
        ...

    async def send_pieces(self, name: str, media_type: str, pieces: AsyncIterator[bytes]) -> None:
        """Answer with bytes of unknown total length, as a file called `name`."""
        ...

    def limit(self, quota: Quota) -> None:
        """Report with the answer what the caller has left of this class of calls."""
        ...


class EventOutput(Protocol):
    """One request whose answer is a stream of events."""

    async def follow(
        self,
        session_id: SessionId,
        *,
        after: int,
        cursor: EventId | None,
        types: Sequence[str],
        reset: LogStart | None,
    ) -> None:
        """Answer with `reset` if given, and with the session's events after `after` that fit a type.

        `cursor` is where the client continues if it gets none. Returns when the client is gone or the stream
        has ended.
        """
        ...

    async def follow_all(
        self,
        scope: SessionScope,
        *,
        after: int,
        cursor: str,
        types: Sequence[str],
        reset: LogStart | None,
    ) -> None:
        """As `follow`, with all sessions of the caller in this scope, after a position."""
        ...


Carrier = Connection | Stream | EventOutput
"""What carries a call and its answer, for the operations that have to know."""
