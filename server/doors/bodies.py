"""Bodies of requests, limited in size and time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from roocode_server.models.error import InvalidField, PayloadTooLarge, RequestTimeout
from roocode_server.models.settings import ServerSettings
from roocode_server.models.user import Caller

BODY_PIECE_BYTES: Final = 1_048_576
OF_STRANGERS_BYTES: Final = 65_536
"""The largest body of an anonymous caller: a login needs much less."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyLimits:
    """The limits of a body: bytes once decompressed, seconds in total, and seconds without a new byte."""

    most_bytes: int
    within_s: float | None
    idle_s: float

    @classmethod
    def of(cls, settings: ServerSettings, caller: Caller) -> BodyLimits:
        """Return the limits of a caller's body, which are tight until the caller is authenticated."""
        if caller.is_anonymous:
            return cls(
                most_bytes=min(OF_STRANGERS_BYTES, settings.max_request_bytes),
                within_s=settings.request_timeout_s,
                idle_s=settings.request_timeout_s,
            )
        return cls(most_bytes=settings.max_request_bytes, within_s=None, idle_s=settings.idle_timeout_s)


async def read_body(request: web.Request, bounds: BodyLimits) -> bytes:
    """Return the whole body, decompressed.

    Raises: InvalidField, if it breaks off or cannot be decompressed; PayloadTooLarge; RequestTimeout.
    """
    if (request.content_length or 0) > bounds.most_bytes:
        raise PayloadTooLarge(bounds.most_bytes)
    content = bytearray()
    try:
        async with asyncio.timeout(bounds.within_s):
            async for piece in pieces_of(request, bounds.idle_s):
                content += piece
                if len(content) > bounds.most_bytes:
                    raise PayloadTooLarge(bounds.most_bytes)
    except TimeoutError as late:
        raise RequestTimeout(bounds.within_s or bounds.idle_s) from late
    return bytes(content)


async def pieces_of(request: web.Request, idle_s: float) -> AsyncIterator[bytes]:
    """Yield the body piece by piece, decompressed.

    Raises: RequestTimeout, if nothing arrives for too long; InvalidField, if it breaks off or is not in the
    declared encoding.
    """
    content = request.content
    try:
        while True:
            try:
                async with asyncio.timeout(idle_s):
                    piece = await content.read(BODY_PIECE_BYTES)
            except TimeoutError as late:
                raise RequestTimeout(idle_s) from late
            if piece:
                yield piece
            elif content.at_eof():
                return
    except (web.RequestPayloadError, ConnectionError) as mistake:
        raise InvalidField("", "The body cannot be read: its encoding or its length is wrong.") from mistake
