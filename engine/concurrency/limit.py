"""A limit on how many operations of one kind a session may have in progress."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator

from roocode_server.models.error import ServerOverload
from roocode_server.models.identifier import SessionId


class ConcurrencyLimiter:
    """Counts the operations in progress in each session. `what` is their plural, for error messages."""

    def __init__(self, most: int, what: str) -> None:
        self._most = most
        self._what = what
        self._running: Counter[SessionId] = Counter()

    @contextlib.contextmanager
    def one_more(self, session_id: SessionId) -> Iterator[None]:
        """Count one operation while the block runs.

        Raises: ServerOverload, if the session is at its limit.
        """
        if self._running[session_id] >= self._most:
            raise ServerOverload(
                f"Too many {self._what} of this session are in progress; wait for their answers"
            )
        self._running[session_id] += 1
        try:
            yield
        finally:
            self._running[session_id] -= 1
            if not self._running[session_id]:
                del self._running[session_id]
