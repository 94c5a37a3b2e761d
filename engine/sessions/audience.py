"""Whose sessions have news: hands the events of all sessions on to those who follow all of theirs."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import orjson
import structlog

from roocode_server.engine.events.hub import Hub
from roocode_server.engine.events.timeline import Timeline
from roocode_server.engine.storage.shares import ShareRepository
from roocode_server.models.event import StoredEvent
from roocode_server.models.identifier import SessionId, UserId
from roocode_server.models.session import SessionDeletedEvent, SessionScope
from roocode_server.models.sharing import SessionShared, SessionUnshared

SESSIONS_PER_LOOKUP: Final = 200
LOOKUP_PAUSE_S: Final = 1.0
"""After a look-up that failed, before it is repeated."""
MOST_HELD_EVENTS: Final = 10_000
"""How many events wait for look-ups before those who follow read them from the log instead."""

_OUTDATING: Final = frozenset({SessionDeletedEvent.name, SessionShared.name, SessionUnshared.name})

log = structlog.get_logger("audience")


class Spectator(Protocol):
    """Follows all sessions of one user."""

    def deliver(self, placed: StoredEvent) -> None:
        """Take the next event of one of the user's sessions, or fall behind; must not wait or raise."""
        ...

    def fall_behind(self) -> None:
        """Read what comes next from the log: some of it is not going to be delivered."""
        ...


@dataclass(frozen=True, slots=True)
class Membership:
    """Who may read a session: its owner, and those with whom it is shared."""

    owner: UserId
    guests: frozenset[UserId]

    def admits(self, user_id: UserId, scope: SessionScope) -> bool:
        """Whether the session is one of the user's in this scope."""
        is_mine = scope is not SessionScope.SHARED and user_id == self.owner
        return is_mine or (scope is not SessionScope.MINE and user_id in self.guests)

    @property
    def users(self) -> tuple[UserId, ...]:
        """All who may read it."""
        return (self.owner, *self.guests)


class _Inquiry:
    """A session that is to be looked up, because of one event."""


class Audience:
    """The spectators of all users, and who may read which of the sessions that had news.

    A session is looked up at its first durable event while there are spectators, and again when its shares
    change. Events that are committed meanwhile are held back, so that all are handed on in the order of their
    positions. The event that ends somebody's access is the last that they are handed.
    """

    def __init__(self, hub: Hub, shares: ShareRepository, timeline: Timeline) -> None:
        self._hub = hub
        self._shares = shares
        self._timeline = timeline
        self._spectators: defaultdict[UserId, dict[Spectator, SessionScope]] = defaultdict(dict)
        self._members: dict[SessionId, Membership] = {}
        self._listening: dict[SessionId, Callable[[], None]] = {}
        self._held: deque[tuple[StoredEvent, Membership | None]] = deque()
        self._asked: dict[SessionId, _Inquiry] = {}
        self._looking: asyncio.Task[None] | None = None
        hub.observe(self._notice)

    def follow(self, user_id: UserId, scope: SessionScope, spectator: Spectator) -> Callable[[], None]:
        """Hand the events of the user's sessions to `spectator`; the returned function stops it."""
        self._spectators[user_id][spectator] = scope
        for session_id, members in self._members.items():
            if user_id in members.users:
                self._listen(session_id)

        def leave() -> None:
            here = self._spectators.get(user_id, {})
            here.pop(spectator, None)
            if not here:
                self._spectators.pop(user_id, None)
            if not self._spectators:
                # Shares may change now without anybody looking.
                self._forget_all()

        return leave

    async def close(self) -> None:
        """Look nothing up any more. A look-up under way ends by itself: it has a database connection."""
        self._spectators.clear()
        self._forget_all()
        if self._looking is not None:
            await asyncio.wait({self._looking})

    def deliver(self, stored: StoredEvent) -> None:
        """As `Follower.deliver`: ephemeral events come only to the followers of their session."""
        members = self._members.get(stored.session_id)
        if not stored.seq and not self._held and members is not None:
            self._hand_on(stored, members)

    def _notice(self, stored: StoredEvent) -> None:
        """An event has been committed."""
        if not self._spectators:
            return
        session_id = stored.session_id
        members = self._members.get(session_id)
        if stored.type in _OUTDATING:
            self._forget(session_id)
            if session_id in self._asked:
                # The answer to one that is under way may be outdated already.
                self._asked[session_id] = _Inquiry()
            if stored.type == SessionShared.name:
                members = None
        if members is None:
            self._asked.setdefault(session_id, _Inquiry())
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look_up())
        self._held.append((stored, members))
        self._flush()
        if len(self._held) > MOST_HELD_EVENTS:
            self._held.clear()
            self._all_fall_behind()

    def _flush(self) -> None:
        """Hand on what need not wait."""
        while self._held:
            stored, members = self._held[0]
            if members is None:
                if stored.session_id in self._asked:
                    return
                members = self._members.get(stored.session_id)
            self._held.popleft()
            if members is not None:
                self._hand_on(stored, members)
            else:
                self._all_fall_behind()  # its session is gone, but a tombstone is left

    def _hand_on(self, stored: StoredEvent, members: Membership) -> None:
        readers: set[UserId] = {*members.users}
        if stored.type == SessionUnshared.name:
            former = UserId(orjson.loads(stored.body)["userId"])
            readers.add(former)
            members = Membership(members.owner, members.guests | {former})
        elif stored.type == SessionDeletedEvent.name:
            self._forget(stored.session_id)
        spectators = [
            spectator
            for user_id in readers & self._spectators.keys()
            for spectator, scope in self._spectators[user_id].items()
            if members.admits(user_id, scope)
        ]
        if spectators:
            placed = self._timeline.placed(stored)
            for spectator in spectators:
                spectator.deliver(placed)

    def _all_fall_behind(self) -> None:
        for spectators in list(self._spectators.values()):
            for spectator in list(spectators):
                spectator.fall_behind()

    def _listen(self, session_id: SessionId) -> None:
        if session_id not in self._listening:
            self._listening[session_id] = self._hub.follow(session_id, self)

    def _forget(self, session_id: SessionId) -> None:
        self._members.pop(session_id, None)
        leave = self._listening.pop(session_id, None)
        if leave is not None:
            leave()

    def _forget_all(self) -> None:
        for session_id in list(self._members):
            self._forget(session_id)
        self._asked.clear()
        self._held.clear()

    async def _look_up(self) -> None:
        while self._asked:
            some = dict(list(self._asked.items())[:SESSIONS_PER_LOOKUP])
            try:
                found = await self._shares.members(list(some))
            except Exception:
                log.exception("sessions were not looked up; trying again", sessions=len(some))
                await asyncio.sleep(LOOKUP_PAUSE_S)
                continue
            for session_id, inquiry in some.items():
                if self._asked.get(session_id) is not inquiry:
                    continue  # deleted, shared or unshared in the meantime, or nobody looks any more
                del self._asked[session_id]
                if session_id in found:
                    self._admit(session_id, Membership(*found[session_id]))
            self._flush()

    def _admit(self, session_id: SessionId, members: Membership) -> None:
        self._members[session_id] = members
        if any(user_id in self._spectators for user_id in members.users):
            self._listen(session_id)
