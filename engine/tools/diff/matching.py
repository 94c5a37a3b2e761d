"""Locates a block's search text in a file. Source: S2, `apply_diff`."""

from __future__ import annotations

import contextlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from roocode_server.engine.tools.diff.similarity import normalised, similarity

REACH_LINES: Final = 40
"""How far from its line number a block is searched for."""
WORTH_SHOWING: Final = 0.2
"""Below this similarity, no place is reported as the nearest one."""
COMPARING: Final = 2 * 10**10
"""The limit of comparisons, in places times the squared length of the search; about a second of work."""
OF_A_PLACE: Final = 20_000
"""The constant cost of comparing one place, however short the search is."""
COMMON_LINE: Final = 50
"""A line that occurs more often than this in a file does not help to locate a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedLines:
    """The match: `count` lines from index `start`."""

    start: int
    count: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ambiguous:
    """Several places match equally well; their indices, ascending."""

    starts: tuple[int, ...]
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """No place is similar enough.

    `looked` are the indices where it could have begun, `nearest` the best of them (None if none is similar at
    all), `elsewhere` the indices outside `looked` where the exact text occurs. `is_compared` is false if the
    search is too long for comparison by similarity.
    """

    looked: range
    is_compared: bool
    nearest: int | None
    count: int
    score: float
    elsewhere: tuple[int, ...]


class BlockSearch:
    """One search text in one file. `near` is the index given by the line number."""

    def __init__(
        self, texts: Sequence[str], wanted: Sequence[str], *, near: int | None, comparing: int = COMPARING
    ) -> None:
        self._texts = texts
        self._wanted = list(wanted)
        self._near = near
        self._comparing = comparing
        self._plain_texts = [normalised(text) for text in texts]
        self._plain_wanted = [normalised(text) for text in wanted]
        self._joined = "\n".join(self._plain_wanted)
        self._looked = self._reach()

    def find(self, *, threshold: float) -> MatchedLines | Ambiguous | Missed:
        """Return the place whose similarity reaches `threshold`: the line number's own, or else the most
        similar.

        Among equally similar places the nearest to the line number wins. An exact match is preferred to one
        that differs in white space or typographic characters, and that to any other.
        """
        if self._near is not None and self._near in self._looked:
            score = self._score(self._near, at_least=threshold)
            if score >= threshold:
                return self._found(self._near, score)
        exact = self._nearest(self._verbatim(self._looked)) or self._nearest(self._alike(self._looked))
        if exact:
            return self._decide(exact, 1.0)
        score, nearest = self._most_similar()
        if nearest and score >= threshold:
            return self._decide(nearest, score)
        return self._missed(score, nearest)

    def _reach(self) -> range:
        if self._near is None:
            return range(len(self._texts))
        first = max(0, self._near - REACH_LINES)
        return range(first, max(first, min(len(self._texts), self._near + REACH_LINES + 1)))

    def _verbatim(self, starts: range) -> list[int]:
        return _places(self._wanted, self._texts, starts)

    def _alike(self, starts: range) -> list[int]:
        return _places(self._plain_wanted, self._plain_texts, starts)

    def _most_similar(self) -> tuple[float, list[int]]:
        """Return the best score in reach and the places with it that are nearest to the line number."""
        best, places = WORTH_SHOWING, list[int]()
        for start in sorted(self._comparable(), key=self._distance):
            score = self._score(start, at_least=best)
            if score > best or (score == best and not places):
                best, places = score, [start]
            elif score == best and self._distance(start) == self._distance(places[0]):
                places.append(start)
        return (best, places) if places else (0.0, [])

    def _comparable(self) -> Sequence[int]:
        """Return the places to compare; if there are too many, those that share most lines with the
        search.
        """
        most = self._most_compared()
        return self._looked if len(self._looked) <= most else self._sharing()[:most]

    def _most_compared(self) -> int:
        return self._comparing // (len(self._joined) ** 2 + OF_A_PLACE)

    def _sharing(self) -> list[int]:
        """Return the places in reach that share lines with the search at the same offset, most shared lines
        first.
        """
        lines = defaultdict[str, list[int]](list)
        for index, text in enumerate(self._plain_texts):
            lines[text].append(index)
        shared = Counter(
            index - offset
            for offset, text in enumerate(self._plain_wanted)
            if text and len(lines.get(text, ())) <= COMMON_LINE
            for index in lines.get(text, ())
        )
        return [start for start, _ in shared.most_common() if start in self._looked]

    def _score(self, start: int, *, at_least: float) -> float:
        window = self._plain_texts[start : start + len(self._wanted)]
        return similarity("\n".join(window), self._joined, at_least=at_least)

    def _nearest(self, starts: Sequence[int]) -> list[int]:
        least = min(map(self._distance, starts), default=0)
        return [start for start in starts if self._distance(start) == least]

    def _distance(self, start: int) -> int:
        return 0 if self._near is None else abs(start - self._near)

    def _decide(self, starts: Sequence[int], score: float) -> MatchedLines | Ambiguous:
        if len(starts) > 1:
            return Ambiguous(starts=tuple(sorted(starts)), count=len(self._wanted))
        return self._found(starts[0], score)

    def _found(self, start: int, score: float) -> MatchedLines:
        return MatchedLines(start=start, count=min(len(self._wanted), len(self._texts) - start), score=score)

    def _missed(self, score: float, nearest: Sequence[int]) -> Missed:
        above, below = range(self._looked.start), range(self._looked.stop, len(self._texts))
        return Missed(
            looked=self._looked,
            is_compared=self._most_compared() > 0,
            nearest=nearest[0] if nearest else None,
            count=len(self._wanted),
            score=score,
            elsewhere=(*self._verbatim(above), *self._verbatim(below)),
        )


def standing_at(texts: Sequence[str], wanted: Sequence[str], starts: range) -> int | None:
    """Return the first of `starts` where `wanted` occurs exactly; None if `wanted` has only blank lines."""
    if not any(line.strip() for line in wanted):
        return None
    return next(iter(_places(list(wanted), texts, starts)), None)


def _places(wanted: Sequence[str], texts: Sequence[str], starts: range) -> list[int]:
    """Return those of the indices where the wanted lines occur."""
    found = []
    place = starts.start
    with contextlib.suppress(ValueError):
        while True:
            place = texts.index(wanted[0], place, starts.stop)
            if texts[place : place + len(wanted)] == wanted:
                found.append(place)
            place += 1
    return found
