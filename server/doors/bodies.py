"""Bodies of requests, as bytes."""

from __future__ import annotations

from aiohttp import web

from models.error import InvalidField


async def read_body(request: web.Request) -> bytes:
    """The whole body, unpacked.

    Raises: InvalidField, if it breaks off or cannot be unpacked; HTTPRequestEntityTooLarge.
    """
    try:
        return await request.read()
    except (web.RequestPayloadError, ConnectionResetError) as mistake:
        raise InvalidField("", "The body cannot be read: its encoding or its length is wrong.") from mistake
