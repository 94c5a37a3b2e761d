"""How long a failed delivery rests before it is tried again."""

from __future__ import annotations

import random
from typing import Final

LEAST_JITTER: Final = 0.5


def delay_s(failures: int, *, first_s: float, longest_s: float, asked_s: float | None = None) -> float:
    """The rest after so many failures in a row: doubled each time, and half of it at random.

    Many receivers that fell at one moment are so not asked again at one moment. `asked_s` is what the
    receiver has asked for (`Retry-After`); it is heeded up to the longest rest.
    """
    doubled_s = min(first_s * 2.0 ** min(failures - 1, 60), longest_s)
    rest_s = doubled_s * random.uniform(LEAST_JITTER, 1)  # noqa: S311 - nobody gains by guessing it
    return max(rest_s, min(asked_s or 0.0, longest_s))
