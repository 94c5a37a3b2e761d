"""What a transfer talks with: bytes that come in and go out without ever being whole in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from roocode_server.engine.workspace.open_file import OpenFile
from roocode_server.models.quota import Quota


class Stream(Protocol):
    """One request of a door that carries bytes as they are, and the answer to it."""

    def body(self) -> AsyncIterator[bytes]:
        """What the caller sends, piece by piece. Raises: InvalidField, RequestTimeout."""
        ...

    async def send_file(self, file: OpenFile) -> None:
        """Answer with a file, or with the part of it that is asked for. Raises: RangeNotSatisfiable."""
        ...

    async def send_pieces(self, name: str, media_type: str, pieces: AsyncIterator[bytes]) -> None:
        """Answer with what comes, of a length that nobody knows yet, as a file called `name`."""
        ...

    def limit(self, quota: Quota) -> None:
        """Tell with the answer what the caller has left of this class of calls."""
        ...
