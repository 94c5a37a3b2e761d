"""Less room for recursion than usual: what recurses over a tree is found in one that is not so deep.

Whatever names each place by its whole path takes four times as long for a tree that is twice as deep.
"""

from __future__ import annotations

import contextlib
import inspect
import sys
from collections.abc import Iterator
from typing import Final

ROOM_FRAMES: Final = 450
"""Enough for all else that a call needs."""
TOO_DEEP: Final = 600
"""Deeper than that: whatever goes down so far by calling itself fails."""


@contextlib.contextmanager
def little_room_for_recursion() -> Iterator[None]:
    """Within the block, calls may be nested `ROOM_FRAMES` deeper than here."""
    usual = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack(0)) + ROOM_FRAMES)
    try:
        yield
    finally:
        sys.setrecursionlimit(usual)
