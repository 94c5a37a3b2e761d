"""Answers of providers: JSON of a bounded size."""

from __future__ import annotations

from typing import Any, Final

import aiohttp
import orjson

LARGEST_ANSWER_BYTES: Final = 1_048_576


async def json_content(response: aiohttp.ClientResponse) -> Any:
    """Return the decoded JSON body, or None if it is not JSON or exceeds `LARGEST_ANSWER_BYTES`."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > LARGEST_ANSWER_BYTES:
            return None
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
