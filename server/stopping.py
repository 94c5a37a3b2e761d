"""What the process does when it is asked to end, and what it makes sure of before it begins."""

from __future__ import annotations

import asyncio
import faulthandler
import os
import signal
import sys
from typing import Final

FORCED_END_DELAY_S: Final = 10.0
"""How long the process may take beyond its own limit; then it is ended whatever it does."""


def open_standard_streams() -> None:
    """Open those of 0, 1 and 2 that were closed at the start: nothing else may be given their numbers."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115 - for as long as the process lives


def stop_on_signals(stop: asyncio.Event, limit_s: float) -> None:
    """Set `stop` on SIGTERM and SIGINT; what has not ended after `limit_s` and a little more is ended.

    So the process ends even if its event loop or a thread is stuck; where it was then stands on stderr.
    """
    loop = asyncio.get_running_loop()

    def ask(*_: object) -> None:
        faulthandler.dump_traceback_later(limit_s + FORCED_END_DELAY_S, exit=True)
        loop.call_soon_threadsafe(stop.set)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
