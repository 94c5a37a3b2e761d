"""WebSocket frames made once and sent to many. Source: RFC 6455, 5.2: a server's frames are unmasked."""

from __future__ import annotations

from typing import Final

_TEXT_AND_FINAL: Final = 0x81
_CLOSE_AND_FINAL: Final = 0x88


def text_frame(payload: bytes) -> bytes:
    """A complete, unfragmented text frame around a UTF-8 payload."""
    length = len(payload)
    if length < 126:
        return bytes((_TEXT_AND_FINAL, length)) + payload
    if length < 65_536:
        return bytes((_TEXT_AND_FINAL, 126)) + length.to_bytes(2, "big") + payload
    return bytes((_TEXT_AND_FINAL, 127)) + length.to_bytes(8, "big") + payload


def close_frame(code: int, reason: str) -> bytes:
    """A close frame. Source: RFC 6455, 5.5.1; a control frame carries at most 125 bytes."""
    payload = code.to_bytes(2, "big") + reason.encode()
    return bytes((_CLOSE_AND_FINAL, len(payload))) + payload


def payload_of(frame: bytes) -> bytes:
    """The payload that was given to `text_frame`."""
    return frame[{126: 4, 127: 10}.get(frame[1], 2) :]
