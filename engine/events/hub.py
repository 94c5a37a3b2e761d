"""Hands committed events on to the followers of each session, without waiting for any of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Protocol

import structlog

from roocode_server.engine.events.log_lines import log_event
from roocode_server.models.clock import now
from roocode_server.models.event import Event, EventEnvelope, StoredEvent, fields_of
from roocode_server.models.identifier import SessionId, TaskId

log = structlog.get_logger("events")


class Follower(Protocol):
    """Receives the events of a session."""

    def deliver(self, stored: StoredEvent) -> None:
        """Take an event, or fall behind; must not wait or raise."""
        ...


Observer = Callable[[StoredEvent], None]
"""Is told of each committed event, before the followers of its session are; must not wait or raise."""


class Hub:
    """The followers of each session."""

    def __init__(self) -> None:
        self._observers: list[Observer] = []
        self._followers: defaultdict[SessionId, dict[Follower, None]] = defaultdict(dict)
        self.catching_up = 0
        """How many followers read the log at present, as they count themselves."""

    def follow(self, session_id: SessionId, follower: Follower) -> Callable[[], None]:
        """Deliver the session's events to `follower` from now on; call the returned function to stop."""
        self._followers[session_id][follower] = None

        def leave() -> None:
            following = self._followers.get(session_id)
            if following is not None:
                following.pop(follower, None)
                if not following:
                    del self._followers[session_id]

        return leave

    def observe(self, observer: Observer) -> None:
        """Tell `observer` of each committed event of every session."""
        self._observers.append(observer)

    def publish(self, stored_events: Sequence[StoredEvent]) -> None:
        """Deliver committed events, in order."""
        for stored in stored_events:
            log_event(stored)
            for observer in self._observers:
                observer(stored)
            followers = self._followers.get(stored.session_id)
            if followers:
                self._deliver(stored, list(followers))

    def signal(self, session_id: SessionId, happened: Event, *, task_id: TaskId | None = None) -> None:
        """Deliver an ephemeral event: it is not stored, and only followers that are up to date receive it."""
        followers = self._followers.get(session_id)
        if followers:
            sealed = EventEnvelope(now())(happened.name, fields_of(happened), 0, session_id, task_id)
            self._deliver(sealed, list(followers))

    def _deliver(self, stored: StoredEvent, followers: Sequence[Follower]) -> None:
        for follower in followers:
            try:
                follower.deliver(stored)
            except Exception:
                # One broken follower must not keep the event from the others.
                log.exception("delivery failed", type=stored.type, session_id=stored.session_id)
