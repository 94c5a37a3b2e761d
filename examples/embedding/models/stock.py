"""The warehouse's stock."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stock:
    """The number of pieces of each article."""

    pieces: dict[str, int]

    def of(self, article: str) -> int:
        """Return the number of pieces; 0 for an unknown article."""
        return self.pieces.get(article, 0)
