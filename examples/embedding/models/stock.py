"""The warehouse's stock."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Stock:
    """Pieces of each article."""

    pieces: dict[str, int]

    def of(self, article: str) -> int:
        """How many pieces there are; 0 for an article that nobody knows."""
        return self.pieces.get(article, 0)
