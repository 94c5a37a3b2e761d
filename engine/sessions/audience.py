"""Whose sessions have news: brings those who follow all of their sessions into each of them."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

import structlog

from roocode_server.engine.events.hub import Hub
from roocode_server.engine.storage.shares import ShareRepository
from roocode_server.models.event import StoredEvent
from roocode_server.models.identifier import SessionId, UserId
from roocode_server.models.session import SessionDeletedEvent, SessionScope
from roocode_server.models.sharing import SessionShared, SessionUnshared

SESSIONS_PER_LOOKUP: Final = 200
LOOKUP_PAUSE_S: Final = 1.0
"""After a look-up that failed, before it is repeated."""

_OUTDATING: Final = frozenset({SessionDeletedEvent.name, SessionShared.name, SessionUnshared.name})

log = structlog.get_logger("audience")


class Spectator(Protocol):
    """Follows all sessions of one user."""

    def enter(self, session_id: SessionId, *, after: int | None) -> None:
        """Follow this session too, from after this seq, or from now on; must not wait or raise."""
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


@dataclass(frozen=True, slots=True, eq=False)
class _Inquiry:
    """A session to be looked up; `after` is the seq before the first event that spectators have to get."""

    after: int


class Audience:
    """The spectators of all users, and who may read which of the sessions that had news.

    A session is looked up at its first durable event while there are spectators, and again when its shares
    change. Spectators enter it with the position before that event, so they miss none: what they follow is
    the session's log. Nobody has to be led out: who loses access is told so by the `AccessWatch`.
    """

    def __init__(self, hub: Hub, shares: ShareRepository) -> None:
        self._shares = shares
        self._spectators: dict[Spectator, tuple[UserId, SessionScope]] = {}
        self._members: dict[SessionId, Membership] = {}
        self._sessions: defaultdict[UserId, set[SessionId]] = defaultdict(set)
        self._asked: dict[SessionId, _Inquiry] = {}
        self._looking: asyncio.Task[None] | None = None
        hub.observe(self._notice)

    def follow(self, user_id: UserId, scope: SessionScope, spectator: Spectator) -> Callable[[], None]:
        """Bring `spectator` into the user's sessions as they have news; the returned function stops it."""
        self._spectators[spectator] = (user_id, scope)
        for session_id in list(self._sessions.get(user_id, ())):
            self.invite(spectator, session_id)

        def leave() -> None:
            self._spectators.pop(spectator, None)
            if not self._spectators:
                # Shares may change now without anybody looking.
                self._members.clear()
                self._sessions.clear()
                self._asked.clear()

        return leave

    def invite(self, spectator: Spectator, session_id: SessionId) -> None:
        """Bring `spectator` into this session, from now on, if it is known to be one of theirs.

        Otherwise its next event does.
        """
        user_id, scope = self._spectators[spectator]
        members = self._members.get(session_id)
        if members is not None and members.admits(user_id, scope):
            spectator.enter(session_id, after=None)

    async def close(self) -> None:
        """Look nothing up any more. A look-up under way ends by itself: it has a database connection."""
        self._spectators.clear()
        self._asked.clear()
        if self._looking is not None:
            await asyncio.wait({self._looking})

    def _notice(self, stored: StoredEvent) -> None:
        """An event has been committed."""
        if not self._spectators or not stored.seq:
            return
        session_id, after = stored.session_id, stored.seq - 1
        asked = self._asked.get(session_id)
        if stored.type in _OUTDATING:
            self._forget(session_id)
            if stored.type == SessionDeletedEvent.name:
                self._asked.pop(session_id, None)
                return
            # Replaced, because the answer to one that is under way may be outdated already.
            self._asked[session_id] = _Inquiry(asked.after if asked is not None else after)
        elif asked is None and session_id not in self._members:
            self._asked[session_id] = _Inquiry(after)
        if self._asked and (self._looking is None or self._looking.done()):
            self._looking = asyncio.create_task(self._look_up())

    def _forget(self, session_id: SessionId) -> None:
        members = self._members.pop(session_id, None)
        if members is not None:
            for user_id in (members.owner, *members.guests):
                self._sessions[user_id].discard(session_id)

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
                    owner, guests = found[session_id]
                    self._admit(session_id, Membership(owner, guests), inquiry.after)

    def _admit(self, session_id: SessionId, members: Membership, after: int) -> None:
        self._members[session_id] = members
        for user_id in (members.owner, *members.guests):
            self._sessions[user_id].add(session_id)
        for spectator, (user_id, scope) in list(self._spectators.items()):
            if members.admits(user_id, scope):
                spectator.enter(session_id, after=after)
