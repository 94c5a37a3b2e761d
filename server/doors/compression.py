"""Compression of larger answers. Source: RFC 9110, 8.4 and 12.5.3."""

from __future__ import annotations

from typing import Final

from aiohttp import web

SHORTEST_BYTES: Final = 1400
"""Smaller answers fit in one packet, which does not arrive sooner if it is shorter."""
COMPRESSED_TYPES: Final = frozenset({"application/json", "text/html"})
CODINGS: Final = (web.ContentCoding.gzip, web.ContentCoding.deflate)
_REFUSED: Final = frozenset({"q=0", "q=0.", "q=0.0", "q=0.00", "q=0.000"})


def compress(request: web.Request, response: web.StreamResponse) -> None:
    """Compress an answer that is about to be sent, if that is worthwhile and the caller accepts it.

    Large answers are compressed in a thread, so that nobody else has to wait.
    """
    if not isinstance(response, web.Response) or response.content_type not in COMPRESSED_TYPES:
        return
    if not isinstance(response.body, bytes) or len(response.body) < SHORTEST_BYTES:
        return
    response.headers.add("Vary", "Accept-Encoding")
    accepted = request.headers.get("Accept-Encoding", "").lower()
    coding = next((each for each in CODINGS if is_accepted(each.value, accepted)), None)
    if coding is not None:
        response.enable_compression(coding)


def is_accepted(coding: str, accepted: str) -> bool:
    """Whether `Accept-Encoding`, in lower case, allows a coding."""
    offers = {}
    for offer in accepted.split(","):
        name, _, weight = offer.partition(";")
        offers[name.strip()] = weight.replace(" ", "") not in _REFUSED
    return offers.get(coding, offers.get("*", False))
