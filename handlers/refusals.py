"""Logging of refused calls, each with its request id, in a way that no caller can fill the disk."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Final

import structlog

from roocode_server.models.error import AppError

TOLD_A_MINUTE: Final = 30
"""The number of lines of one kind (code and operation) logged at their level per minute; further ones are
logged at debug.
"""
LONGEST_FACT: Final = 200
MINUTE_S: Final = 60.0

log = structlog.get_logger("refusals")


class Frequency:
    """Counts the lines of each kind in the current minute."""

    def __init__(self) -> None:
        self._since = 0.0
        self._counts: defaultdict[tuple[str, str], int] = defaultdict(int)

    def count(self, kind: tuple[str, str]) -> int:
        """The number of lines of this kind so far in the current minute, including this one."""
        moment = time.monotonic()
        if moment - self._since > MINUTE_S:
            self._since = moment
            self._counts.clear()
        self._counts[kind] += 1
        return self._counts[kind]


_frequency = Frequency()


def log_refusal(failure: AppError, request_id: str, operation: str = "", **where: object) -> None:
    """Log a refused call, once, however many layers it passes. `operation` is a declared name or empty.

    Failures of the server are logged as warnings, mistakes of callers as information.
    """
    if failure.is_logged:
        return
    failure.is_logged = True
    count = _frequency.count((failure.code, operation))
    facts = {name: str(fact)[:LONGEST_FACT] for name, fact in where.items() if fact}
    write = log.warning if failure.status >= 500 else log.info
    if count > TOLD_A_MINUTE:
        write = log.debug
    if count == TOLD_A_MINUTE:
        facts["more"] = "further ones in this minute are logged at debug"
    write(
        "refused",
        code=failure.code,
        reason=_reason(failure),
        request_id=request_id,
        **({"operation": operation} if operation else {}),
        **facts,
    )


def _reason(failure: AppError) -> str:
    named = [str(failure.details[name]) for name in ("field", "reason") if failure.details.get(name)]
    return ": ".join([failure.message, *named])[:LONGEST_FACT]
