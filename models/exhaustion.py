"""Exhausted resources of the machine, as opposed to a session's limits. Source: errno(3);
https://sqlite.org/rescode.html.
"""

from __future__ import annotations

import errno
import sqlite3
from typing import Final

from roocode_server.models.error import ServerOverload

DISK_FULL: Final = "The disk of the server is full; nothing can be stored until space is freed"
_RUN_OUT: Final = {
    errno.ENOSPC: DISK_FULL,
    errno.EDQUOT: DISK_FULL,
    errno.EMFILE: "The server has no file descriptors left; try again later, or close what is not needed",
    errno.ENFILE: "The machine has no file descriptors left; try again later",
    errno.ENOMEM: "The machine has no memory left; try again later",
}
_OF_PROGRAMS: Final = {
    errno.ENOSPC: "No space left on device",
    errno.EDQUOT: "Disk quota exceeded",
    errno.EMFILE: "Too many open files",
    errno.ENFILE: "Too many open files in system",
    errno.ENOMEM: "Cannot allocate memory",
}
"""The messages of strerror(3) in the C locale, as programs print them."""
_OF_SQLITE: Final = {
    sqlite3.SQLITE_FULL: DISK_FULL,
    sqlite3.SQLITE_NOMEM: _RUN_OUT[errno.ENOMEM],
    sqlite3.SQLITE_CANTOPEN: (
        "The server cannot open its database: it has no file descriptors left, or the file is out of reach; "
        "try again later"
    ),
    sqlite3.SQLITE_BUSY: "Another program keeps the database locked; try again later",
}
"""By primary result code, of which extended ones have the last eight bits."""


def exhausted(failure: BaseException | None) -> ServerOverload | None:
    """Return the error for an exhausted resource, if an exception or one of its causes is about one; else
    None.
    """
    while failure is not None:
        if isinstance(failure, OSError) and failure.errno in _RUN_OUT:
            return ServerOverload(_RUN_OUT[failure.errno])
        if isinstance(failure, sqlite3.Error) and (said := _OF_SQLITE.get(_primary(failure))) is not None:
            return ServerOverload(said)
        failure = failure.__cause__
    return None


def exhausted_by_words(complaint: str) -> ServerOverload | None:
    """As `exhausted`, for the output of a program that runs in the C locale."""
    for number, words in _OF_PROGRAMS.items():
        if words in complaint:
            return ServerOverload(_RUN_OUT[number])
    return None


def _primary(failure: sqlite3.Error) -> int:
    """Its primary result code; an error that the module raises itself has none."""
    code: int = getattr(failure, "sqlite_errorcode", sqlite3.SQLITE_OK)
    return code & 0xFF
