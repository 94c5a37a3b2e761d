"""The bytes that leave the server, counted by its doors."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Traffic:
    """How many bytes the doors have sent since the start: answers and events, with headers and frames."""

    sent_bytes: int = 0
