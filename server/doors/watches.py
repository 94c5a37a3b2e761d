"""What a connection watches beside sessions: events that belong to none. Used by every door with a socket."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from roocode_server.handlers.connection import WatchSource
from roocode_server.models.event import Broadcast
from roocode_server.models.user import Caller, Permission


@dataclass(frozen=True, slots=True)
class _Watch:
    permission: Permission
    source: WatchSource
    leave: Callable[[], None]


class Watches:
    """The subjects that one connection watches. `write` sends an event, or drops it if it cannot."""

    def __init__(self, write: Callable[[Broadcast], object]) -> None:
        self._write = write
        self._watches: dict[str, _Watch] = {}

    @property
    def subjects(self) -> list[str]:
        """What is watched now."""
        return list(self._watches)

    def begin(self, subject: str, permission: Permission, source: WatchSource, caller: Caller) -> None:
        """Watch a subject for this caller, instead of what was watched under its name."""
        self.end(subject)
        self._watches[subject] = _Watch(permission, source, source(caller, self._write))

    def end(self, subject: str) -> None:
        """Stop watching a subject."""
        watch = self._watches.pop(subject, None)
        if watch is not None:
            watch.leave()

    def renew(self, caller: Caller) -> list[str]:
        """Watch for this caller from now on; return those that have ended, as they may not."""
        ended = []
        for subject, watch in list(self._watches.items()):
            if caller.may(watch.permission):
                self.begin(subject, watch.permission, watch.source, caller)
            else:
                self.end(subject)
                ended.append(subject)
        return ended

    def close(self) -> None:
        """Stop watching everything."""
        for subject in list(self._watches):
            self.end(subject)
