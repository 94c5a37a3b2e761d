"""Who may enter which session: its owner, administrators, and those with whom it is shared."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from roocode_server.engine.accounts.users import canonical
from roocode_server.engine.concurrency.read_through_cache import ReadThroughCache
from roocode_server.engine.sessions.access_watch import AccessWatch
from roocode_server.engine.storage.accounts import UserRepository
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.shares import ShareRepository
from roocode_server.models.clock import now
from roocode_server.models.error import Conflict, InvalidField, NotFound
from roocode_server.models.identifier import SessionId, UserId
from roocode_server.models.sharing import (
    Access,
    SessionShare,
    SessionShared,
    SessionUnshared,
    Share,
    Shares,
    StoredShare,
)
from roocode_server.models.user import Caller, User

MOST_SHARES: Final = 100
"""Of one session."""


class Sharing:
    """The shares of all sessions. `watch` ends what is open when one is taken back."""

    def __init__(self, database: Database, shares: ShareRepository, users: UserRepository) -> None:
        self._database = database
        self._shares = shares
        self._users = users
        self._lately: ReadThroughCache[tuple[SessionId, UserId], Access] = ReadThroughCache(self._read)
        self.watch = AccessWatch()

    async def access(self, caller: Caller, session_id: SessionId) -> Access | None:
        """Return the caller's access to a session, None if there is none.

        Of a session that does not exist, administrators are told that they have access.
        """
        if caller.is_admin:
            return Access.OWNER
        return await self._lately.find((session_id, caller.user_id))

    async def given_to(self, caller: Caller, session_ids: Collection[SessionId]) -> dict[SessionId, Access]:
        """Return the caller's access to those of these sessions that are shared with them."""
        return await self._shares.given_to(caller.user_id, session_ids)

    async def list(self, session_id: SessionId) -> Shares:
        """Return whose session it is, and with whom it is shared, oldest share first. Raises: NotFound."""
        owner = await self._shares.owner(session_id)
        if owner is None:
            raise NotFound("session", session_id)
        return Shares(owner=owner, shares=await self._shares.of_session(session_id))

    async def share(self, caller: Caller, request: SessionShare) -> Share:
        """Share a session with somebody, or change the access that they have.

        Raises: NotFound, if there is no such session or user; InvalidField, if the user owns it; Conflict, if
        it is shared with too many.
        """
        session_id = request.session_id
        async with self._database.transaction() as unit:
            person = await self._person_on(unit, request.user)
            if person.id == await self._owner_on(unit, session_id):
                raise InvalidField("user", "This user owns the session.")
            before = await self._shares.find_on(unit, session_id, person.id)
            share = StoredShare(
                session_id=session_id,
                user_id=person.id,
                access=request.access,
                created_at=before.created_at if before is not None else now(),
            )
            if before is None:
                await self._check_number(unit, session_id)
                await self._shares.insert(unit, share)
            elif before != share:
                await self._shares.save(unit, share)
            if before != share:
                told = SessionShared(user_id=person.id, access=share.access, shared_by=caller.user_id)
                unit.append(session_id, told)
        self._changed(session_id, person.id, Access(share.access))
        return Share(
            user_id=person.id,
            email=person.email,
            name=person.name,
            access=share.access,
            created_at=share.created_at,
        )

    async def unshare(self, session_id: SessionId, user_id: UserId) -> None:
        """Take a share back; what its user has open in the session ends.

        Raises: NotFound, if there is no such session or share.
        """
        async with self._database.transaction() as unit:
            await self._owner_on(unit, session_id)
            if await self._shares.find_on(unit, session_id, user_id) is None:
                raise NotFound("share", user_id)
            await self._shares.remove(unit, session_id, user_id)
            unit.append(session_id, SessionUnshared(user_id=user_id))
        self._changed(session_id, user_id, None)

    async def _owner_on(self, unit: Transaction, session_id: SessionId) -> UserId:
        """Raises: NotFound."""
        owner = await self._shares.owner_on(unit, session_id)
        if owner is None:
            raise NotFound("session", session_id)
        return owner

    async def _person_on(self, unit: Transaction, named: str) -> User:
        """Return the user with this address or id, unless they are disabled. Raises: NotFound."""
        if "@" in named:
            user = await self._users.by_email_on(unit, canonical(named))
        else:
            user = await self._users.find_on(unit, UserId(named))
        if user is None or user.disabled_at is not None:
            raise NotFound("user", named)
        return user

    async def _check_number(self, unit: Transaction, session_id: SessionId) -> None:
        """Raises: Conflict."""
        if await self._shares.count_on(unit, session_id) >= MOST_SHARES:
            raise Conflict("The session has too many shares; remove one first", limit=MOST_SHARES)

    def _changed(self, session_id: SessionId, user_id: UserId, access: Access | None) -> None:
        self._lately.forget((session_id, user_id))
        self.watch.changed(session_id, user_id, access)

    async def _read(self, key: tuple[SessionId, UserId]) -> Access | None:
        return await self._shares.access(*key)
