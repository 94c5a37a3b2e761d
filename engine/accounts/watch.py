"""Notifies long-lived connections when their credential is revoked, by this or another process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Hashable, Iterable
from typing import Final

import structlog

from roocode_server.models.user import Caller

LOOK_INTERVAL_S: Final = 1.0
"""How often the database is checked for credentials that another process has revoked."""

Ended = Callable[[], None]

log = structlog.get_logger("accounts")


class CredentialWatch:
    """The callers of open connections. `fallen` returns those of the given callers whose access has ended."""

    def __init__(self, fallen: Callable[[Iterable[Caller]], Awaitable[list[Caller]]]) -> None:
        self._fallen = fallen
        self._followed: dict[object, tuple[Caller, Ended]] = {}
        self._soon = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    def follow(self, caller: Caller, ended: Ended) -> Callable[[], None]:
        """Call `ended` once the caller's credential is no longer valid; call the returned function to stop
        that.
        """
        token = object()
        self._followed[token] = (caller, ended)
        if self._looking is None:
            self._looking = asyncio.create_task(self._look())

        def leave() -> None:
            self._followed.pop(token, None)

        return leave

    def look_now(self) -> None:
        """Check now instead of at the next interval; called after each committed change."""
        self._soon.set()

    async def close(self) -> None:
        """Stop watching all callers."""
        self._followed.clear()
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
            self._looking = None

    async def _look(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_INTERVAL_S):
                    await self._soon.wait()
            self._soon.clear()
            try:
                await self._end_fallen()
            except Exception:
                log.exception("credentials could not be looked at")

    async def _end_fallen(self) -> None:
        distinct = {_grounds(caller): caller for caller, _ in self._followed.values()}
        fallen = {_grounds(each) for each in await self._fallen(distinct.values())}
        for caller, ended in list(self._followed.values()) if fallen else ():
            if _grounds(caller) in fallen:
                ended()


def _grounds(caller: Caller) -> Hashable:
    """What determines whether a caller may still act."""
    return caller.user_id, caller.credential, caller.credential_id, caller.roles
