"""Tracks how much of each message a connection has been sent."""

from __future__ import annotations


class MessageTexts:
    """Messages that are being written: each piece is sent once and in order, or as part of the whole.

    A connection that joined in mid-message, or fell behind, has a gap. From there on it gets no more pieces;
    the rest is sent when the message is complete. Positions and lengths are in characters.
    """

    def __init__(self) -> None:
        self._told: dict[str, int] = {}

    def piece(self, message_id: str, position: int, text: str) -> str:
        """The part of a piece starting at `position` that has to be sent; empty after a gap."""
        if position != self._told.get(message_id, 0):
            return ""
        self._told[message_id] = position + len(text)
        return text

    def rest(self, message_id: str, text: str) -> str:
        """The part of a complete message that has not been sent yet."""
        return text[self._told.pop(message_id, 0) :]

    def forget(self, message_id: str) -> None:
        """Forget a message that will not be completed."""
        self._told.pop(message_id, None)
