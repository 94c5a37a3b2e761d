"""A figure: the measurements of each server, and the ratio to each peer."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

OURS: Final = "roocode"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The target for the ratio to one peer: the minimum or, for a cost, the maximum."""

    peer: str
    ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """`rounds` has the measurements of each server, including ours; `is_price` means that less is better."""

    name: str
    unit: str
    rounds: Mapping[str, Sequence[float]]
    is_price: bool = False
    target: Target | None = None
    ours: str = OURS

    def median(self, server: str) -> float:
        return statistics.median(self.rounds[server])

    def ratio(self, peer: str) -> float:
        """Return the ratio of our median to the peer's."""
        return self.median(self.ours) / self.median(peer)

    @property
    def is_met(self) -> bool:
        """Whether the target is met, if there is one."""
        if self.target is None:
            return True
        reached = self.ratio(self.target.peer)
        return reached <= self.target.ratio if self.is_price else reached >= self.target.ratio

    def line(self) -> str:
        """Return the figure as text: medians, ratios and targets."""
        peers = [peer for peer in self.rounds if peer != self.ours]
        parts = [
            f"{self.name}: {_number(self.median(self.ours))} {self.unit}",
            *(f"{peer} {_number(self.median(peer))}: {self.ratio(peer):.2f}x" for peer in peers),
        ]
        if self.is_price:
            parts.append("less is better")
        if self.target is not None:
            sign = "<=" if self.is_price else ">="
            verdict = "met" if self.is_met else "MISSED"
            parts.append(f"target {sign} {self.target.ratio:g}x of {self.target.peer}: {verdict}")
        return " | ".join(parts)


def _number(amount: float) -> str:
    return f"{amount:,.0f}" if amount >= 100 else f"{amount:.3g}"
