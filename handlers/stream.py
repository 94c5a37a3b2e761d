"""How a transfer reads its request and writes its answer, without holding either in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from roocode_server.engine.workspace.open_file import OpenFile
from roocode_server.models.quota import Quota


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
