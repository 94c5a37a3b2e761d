"""Parses incoming JSON, within limits that keep parsing fast; refusals name the place.

Source: RFC 8259, 8.2 (halves of characters) and 9 (limits of a parser).
"""

from __future__ import annotations

import json
import math
from typing import Any, Final

import orjson

from roocode_server.models.cleaning import flaw_of
from roocode_server.models.error import InvalidField

MOST_PARTS: Final = 100_000
"""The most lists, maps and values of one text; with more, parsing could make everybody else wait."""
EXAMINED_BYTES: Final = 65_536
"""The longest text that is parsed again to name the field that is wrong."""
LONGEST_NUMBER: Final = 300
LONGEST_FIELD_PATH: Final = 1000


def decode(content: bytes) -> Any:
    """Parse a JSON text. Raises: ValidationFailed, if it is malformed or too complex."""
    if _parts(content) > MOST_PARTS:
        raise InvalidField("", f"Contains more than {MOST_PARTS} values.")
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError as mistake:
        _name_the_field(content)
        raise InvalidField("", f"The JSON cannot be read: {mistake}.") from mistake


def _parts(content: bytes) -> int:
    """An upper bound for the number of lists, maps and values; counts precisely only if necessary."""
    found = _marks(content)
    if found <= MOST_PARTS:
        return found
    bare = content.replace(b"\\\\", b"").replace(b'\\"', b"")
    quotes = bare.count(b'"')
    return quotes if quotes > 2 * MOST_PARTS else _marks(b"".join(bare.split(b'"')[::2]))


def _marks(content: bytes) -> int:
    return sum(content.count(mark) for mark in (b"[", b"{", b","))


def _name_the_field(content: bytes) -> None:
    """Raises: InvalidField, if a more lenient parser can read the text and its value shows the flaw.

    Python's own parser accepts lone surrogates, NaN and infinite numbers.
    """
    if len(content) > EXAMINED_BYTES:
        return
    try:
        flaw = flaw_of(json.loads(content, parse_int=_whole))
    except (ValueError, RecursionError):
        return
    if flaw is not None:
        raise InvalidField(flaw.path[:LONGEST_FIELD_PATH], flaw.reason)


def _whole(text: str) -> float:
    return int(text) if len(text) < LONGEST_NUMBER else math.inf
