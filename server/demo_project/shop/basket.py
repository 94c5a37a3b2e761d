"""A shopping basket. Prices are whole cents, so that sums are exact."""

from __future__ import annotations


class Basket:
    """What a customer is about to buy."""

    def __init__(self) -> None:
        self._prices: dict[str, int] = {}
        self._quantities: dict[str, int] = {}

    def add(self, article: str, price_cents: int, quantity: int = 1) -> None:
        """Put `quantity` pieces of an article into the basket, beside those that are in it already."""
        if quantity < 1:
            raise ValueError("the quantity must be at least 1")
        self._prices[article] = price_cents
        self._quantities[article] = quantity

    def remove(self, article: str) -> None:
        """Take an article out altogether; KeyError where it is not in the basket."""
        del self._prices[article]
        del self._quantities[article]

    def quantity(self, article: str) -> int:
        """How many pieces of an article are in the basket."""
        return self._quantities.get(article, 0)

    def total_cents(self) -> int:
        """What everything in the basket costs together."""
        return sum(self._prices[article] * count for article, count in self._quantities.items())
