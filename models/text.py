"""Texts of callers as bytes. JSON can hold texts that UTF-8 has no form for, and that no path can hold."""

from __future__ import annotations

from roocode_server.models.error import InvalidField


def encode_utf8(text: str, field: str) -> bytes:
    """Encode a caller's text as UTF-8. Raises: InvalidField, if it has lone surrogates."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise InvalidField(field, "Not valid text: it has lone surrogates.") from None


def encode_word(text: str, field: str) -> bytes:
    """As `encode_utf8`, for a part of a command line. Raises: InvalidField, for a NUL character, too."""
    if "\0" in text:
        raise InvalidField(field, "A command line cannot contain a NUL character.")
    return encode_utf8(text, field)
