"""How much of each message a connection has had."""

from __future__ import annotations


class MessageTexts:
    """The pieces of messages that are being written: each is told once, in order, or with the whole.

    A connection that came in mid-message, or fell behind, has a gap: from there on the message is not told
    piece by piece; what is missing comes when it is complete. Positions and lengths are in characters.
    """

    def __init__(self) -> None:
        self._told: dict[str, int] = {}

    def piece(self, message_id: str, position: int, text: str) -> str:
        """What is to be told of a piece that begins at `position`; empty after a gap."""
        if position != self._told.get(message_id, 0):
            return ""
        self._told[message_id] = position + len(text)
        return text

    def rest(self, message_id: str, text: str) -> str:
        """What has not been told of a message that is complete."""
        return text[self._told.pop(message_id, 0) :]

    def forget(self, message_id: str) -> None:
        """The message will not be completed."""
        self._told.pop(message_id, None)
