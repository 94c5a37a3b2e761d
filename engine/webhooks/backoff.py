"""The delay before a failed delivery is tried again."""

from __future__ import annotations

import random
from typing import Final

LEAST_JITTER: Final = 0.5


def delay_s(failures: int, *, first_s: float, longest_s: float, asked_s: float | None = None) -> float:
    """Return the delay after this number of failures in a row: doubled each time, half of it at random.

    The random part keeps receivers that failed at the same time from being called at the same time. `asked_s`
    is what the receiver has asked for (`Retry-After`); it is respected up to the longest delay.
    """
    doubled_s = min(first_s * 2.0 ** min(failures - 1, 60), longest_s)
    rest_s = doubled_s * random.uniform(LEAST_JITTER, 1)  # noqa: S311 - nobody gains by guessing it
    return max(rest_s, min(asked_s or 0.0, longest_s))
