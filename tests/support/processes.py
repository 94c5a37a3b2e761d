"""What a process has started."""

from contextlib import suppress

import psutil


def started(word: str, by: int | None = None) -> list[psutil.Process]:
    """The living processes below this one, or below that of a number, with a word in their command line."""
    found = []
    for process in psutil.Process(by).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE and word in " ".join(process.cmdline()):
                found.append(process)
    return found
