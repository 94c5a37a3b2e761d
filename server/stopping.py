"""Stopping the process in time, and making sure of its standard streams at the start."""

from __future__ import annotations

import asyncio
import faulthandler
import os
import signal
import sys
from typing import Final

FORCED_END_DELAY_S: Final = 10.0
"""The seconds beyond its own time limit after which the process is ended by force."""


def open_standard_streams() -> None:
    """Open those of the descriptors 0, 1 and 2 that were closed at the start, so that no other file gets
    their numbers.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest number that is free
    if sys.stderr is None:
        sys.stderr = open(2, "w", closefd=False)  # noqa: SIM115 - for as long as the process lives


def stop_on_signals(stop: asyncio.Event, limit_s: float) -> None:
    """Set `stop` on SIGTERM and SIGINT; after `limit_s` and a little more, end the process by force.

    So it ends even if its event loop or a thread is stuck; stderr then shows where.
    """
    loop = asyncio.get_running_loop()

    def ask(*_: object) -> None:
        faulthandler.dump_traceback_later(limit_s + FORCED_END_DELAY_S, exit=True)
        loop.call_soon_threadsafe(stop.set)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    if signal.getsignal(signal.SIGQUIT) is signal.SIG_IGN:
        # As a script's background job: commands would inherit that, and not end at Ctrl-\ in a terminal. They
        # do not inherit a handler.
        signal.signal(signal.SIGQUIT, lambda *_: None)
