"""Similarity of two texts by edit distance. Source: S2, `apply_diff`."""

from __future__ import annotations

import functools
import unicodedata
from typing import Final

from rapidfuzz.distance import Levenshtein

_PLAIN: Final = str.maketrans(
    {
        "\u201c": '"',
        "\u201d": '"',
        "\u2018": "'",
        "\u2019": "'",
        "\u2013": "-",
        "\u2014": "-",
        "\u2026": "...",
        "\u00a0": " ",
    }
)


@functools.lru_cache(maxsize=100_000)
def normalised(line: str) -> str:
    """Normalise a line: composed Unicode, plain quotes and dashes, single spaces, trimmed."""
    return " ".join(unicodedata.normalize("NFC", line).translate(_PLAIN).split())


def similarity(one: str, other: str, *, at_least: float = 0.0) -> float:
    """Return 1 - edit distance / length of the longer text, from 0 to 1; 0 if it is below `at_least`."""
    return Levenshtein.normalized_similarity(one, other, score_cutoff=at_least)
