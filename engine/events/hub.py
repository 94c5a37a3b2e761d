"""The hub hands committed events on to whoever follows a session; it never waits for any of them."""

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
    """Somebody who follows a session."""

    def deliver(self, stored: StoredEvent) -> None:
        """Take an event, or fall behind; never wait and never raise."""
        ...


class Hub:
    """Who follows which session."""

    def __init__(self) -> None:
        self._followers: defaultdict[SessionId, dict[Follower, None]] = defaultdict(dict)

    def follow(self, session_id: SessionId, follower: Follower) -> Callable[[], None]:
        """Hand the session's events to `follower` from now on; call what comes back to stop."""
        self._followers[session_id][follower] = None

        def leave() -> None:
            following = self._followers.get(session_id)
            if following is not None:
                following.pop(follower, None)
                if not following:
                    del self._followers[session_id]

        return leave

    def publish(self, stored_events: Sequence[StoredEvent]) -> None:
        """Hand on events that are committed, in their order."""
        for stored in stored_events:
            log_event(stored)
            followers = self._followers.get(stored.session_id)
            if followers:
                self._deliver(stored, list(followers))

    def signal(self, session_id: SessionId, happened: Event, *, task_id: TaskId | None = None) -> None:
        """Hand on an ephemeral event: seen by who is there and up to date, stored by nobody."""
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
                log.exception("delivery failed", event=stored.type, session_id=stored.session_id)
