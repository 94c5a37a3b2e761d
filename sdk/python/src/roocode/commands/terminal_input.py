"""Lines that a person types while events arrive."""

from __future__ import annotations

import asyncio
import os
import sys
import termios


def forget_typed() -> None:
    """Drop what has been typed so far: it answers nothing that is asked from now on."""
    termios.tcflush(sys.stdin.fileno(), termios.TCIFLUSH)


async def typed_line() -> str | None:
    """Return the next line that is typed; None after Ctrl-D.

    Unlike a read in a thread, it can be cancelled, when somebody else has answered.
    """
    descriptor = sys.stdin.fileno()
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
        content = os.read(descriptor, 65536)  # the terminal gives a whole line at a time
    finally:
        loop.remove_reader(descriptor)
    return content.decode(errors="replace").rstrip("\r\n") if content else None
