"""What this process has started."""

from contextlib import suppress

import psutil


def started(word: str) -> list[psutil.Process]:
    """The living processes below this one that have a word in their command line."""
    found = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE and word in " ".join(process.cmdline()):
                found.append(process)
    return found
