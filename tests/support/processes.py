"""Finds and kills the processes that a process has started."""

import secrets
from contextlib import suppress

import psutil


def seconds_of_nobody_else() -> str:
    """A sleeping time that no other run of the tests on this machine uses."""
    return str(10**8 + secrets.randbelow(10**8))


def started(word: str, by: int | None = None) -> list[psutil.Process]:
    """Return the running descendants of this process, or of the one with this number, with a word in their
    command line.
    """
    found = []
    for process in psutil.Process(by).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if process.status() != psutil.STATUS_ZOMBIE and word in " ".join(process.cmdline()):
                found.append(process)
    return found


def kill(word: str, by: int | None = None) -> list[int]:
    """Kill those processes that are still running; return their numbers."""
    found = started(word, by)
    for process in found:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    return [process.pid for process in found]


def anywhere(*command: str) -> list[psutil.Process]:
    """Return the running processes of this machine, in any namespace, with this command line."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.cmdline() == list(command) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found
