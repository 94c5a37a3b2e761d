"""Counts open sockets, in total and per caller. Source: S4, "Rate Limiting"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import Final

from roocode_server.engine.limits.callers import account_of
from roocode_server.engine.limits.rates import number_of
from roocode_server.models.error import RateLimitExceeded, ServerOverload
from roocode_server.models.limit_settings import LimitSettings
from roocode_server.models.quota import Limit
from roocode_server.models.user import Caller

RETRY_AFTER_S: Final = 10
"""What callers over the limit are told to wait; when a socket will close is not known."""


class Connections:
    """The open sockets of this process, each identified by a name that its door chooses."""

    def __init__(self, settings: LimitSettings) -> None:
        self._settings = settings
        self._open: dict[Hashable, str | None] = {}
        self._of_account: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._open)

    def check_room(self) -> None:
        """Raises: ServerOverload, if no further socket may be opened."""
        most = self._settings.all_connections
        if most is not None and len(self._open) >= most:
            raise ServerOverload(
                "The server has reached its limit of connections; try again later",
                limit="all_connections",
                most=most,
            )

    def open(self, name: Hashable) -> None:
        """Count a socket whose caller is not known yet."""
        self._open.setdefault(name, None)

    def admit(self, name: Hashable, caller: Caller) -> None:
        """Count an open socket for the first caller who is admitted on it. Raises: RateLimitExceeded."""
        if name not in self._open or self._open[name] is not None:
            return
        account, most = account_of(caller), number_of(Limit.CONNECTIONS, caller, self._settings)
        if most is not None and self._of_account[account] >= most:
            raise RateLimitExceeded(
                "Too many open connections; close one",
                retry_after_s=RETRY_AFTER_S,
                limit=Limit.CONNECTIONS,
                most=most,
            )
        self._open[name] = account
        self._of_account[account] += 1

    def release(self, name: Hashable) -> None:
        """Stop counting a socket for its caller; it is still open."""
        if name in self._open:
            self.close(name)
            self.open(name)

    def close(self, name: Hashable) -> None:
        """Stop counting a socket that was closed."""
        account = self._open.pop(name, None)
        if account is not None:
            self._of_account[account] -= 1
            if not self._of_account[account]:
                del self._of_account[account]
