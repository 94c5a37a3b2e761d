"""The repository of shares: who else may enter a session."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import and_, bindparam, delete, func, or_, select

from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.rows import Rows
from roocode_server.engine.storage.tables import session_shares, sessions, users
from roocode_server.models.identifier import SessionId, UserId
from roocode_server.models.sharing import Access, SessionOwner, Share, SharedAccess, StoredShare

# Only what is open to the user is found at all: what is somebody else's costs as much as what is not there.
_ACCESS: Final = (
    select(session_shares.c.access)
    .select_from(
        sessions.outerjoin(
            session_shares,
            and_(
                session_shares.c.session_id == sessions.c.id,
                session_shares.c.user_id == bindparam("of_user"),
            ),
        )
    )
    .where(
        sessions.c.id == bindparam("in_session"),
        sessions.c.deleted_at.is_(None),
        or_(sessions.c.user_id == bindparam("of_user"), session_shares.c.user_id.is_not(None)),
    )
)


class ShareRepository:
    """Shares in the database, at most one for each user and session."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, session_shares, StoredShare)

    async def access(self, session_id: SessionId, user_id: UserId) -> Access | None:
        """Return a user's access to a session; None if they have none or there is no such session."""
        async with self._rows.database.read() as connection:
            statement = _ACCESS.params(in_session=session_id, of_user=user_id)
            found = (await connection.execute(statement)).first()
        if found is None:
            return None
        return Access.OWNER if found.access is None else Access(found.access)

    async def members(
        self, session_ids: Sequence[SessionId]
    ) -> dict[SessionId, tuple[UserId, frozenset[UserId]]]:
        """Return the owner of each of these sessions, one that is being deleted included, and with whom it is
        shared.
        """
        statement = (
            select(sessions.c.id, sessions.c.user_id, session_shares.c.user_id.label("guest"))
            .select_from(sessions.outerjoin(session_shares, session_shares.c.session_id == sessions.c.id))
            .where(sessions.c.id.in_(session_ids))
        )
        owners: dict[SessionId, UserId] = {}
        guests: defaultdict[SessionId, set[UserId]] = defaultdict(set)
        async with self._rows.database.read() as connection:
            for row in await connection.execute(statement):
                owners[row.id] = row.user_id
                if row.guest is not None:
                    guests[row.id].add(row.guest)
        return {each: (owner, frozenset(guests[each])) for each, owner in owners.items()}

    async def given_to(self, user_id: UserId, session_ids: Collection[SessionId]) -> dict[SessionId, Access]:
        """Return the access that shares give a user to these sessions."""
        statement = select(session_shares.c.session_id, session_shares.c.access).where(
            session_shares.c.user_id == user_id, session_shares.c.session_id.in_(session_ids)
        )
        async with self._rows.database.read() as connection:
            return {row.session_id: Access(row.access) for row in await connection.execute(statement)}

    async def owner(self, session_id: SessionId) -> SessionOwner | None:
        """Return whose session it is; None if there is no such session."""
        statement = (
            select(users.c.id, users.c.email, users.c.name)
            .join(sessions, sessions.c.user_id == users.c.id)
            .where(sessions.c.id == session_id, sessions.c.deleted_at.is_(None))
        )
        async with self._rows.database.read() as connection:
            row = (await connection.execute(statement)).first()
        return None if row is None else SessionOwner(user_id=row.id, email=row.email, name=row.name)

    async def of_session(self, session_id: SessionId) -> list[Share]:
        """Return everybody with whom a session is shared, oldest share first."""
        statement = (
            select(session_shares, users.c.email, users.c.name)
            .join(users, users.c.id == session_shares.c.user_id)
            .where(session_shares.c.session_id == session_id)
            .order_by(session_shares.c.created_at, session_shares.c.user_id)
        )
        async with self._rows.database.read() as connection:
            return [
                Share(
                    user_id=row.user_id,
                    email=row.email,
                    name=row.name,
                    access=SharedAccess(row.access),
                    created_at=row.created_at,
                )
                for row in await connection.execute(statement)
            ]

    async def owner_on(self, unit: Transaction, session_id: SessionId) -> UserId | None:
        """Return whose session it is, as the unit sees it; None if there is no such session."""
        statement = select(sessions.c.user_id).where(
            sessions.c.id == session_id, sessions.c.deleted_at.is_(None)
        )
        owner: UserId | None = (await unit.execute(statement)).scalar_one_or_none()
        return owner

    async def find_on(self, unit: Transaction, session_id: SessionId, user_id: UserId) -> StoredShare | None:
        """Return a user's share of a session as the unit sees it, or None."""
        return await self._rows.first_with_on(unit.connection, session_id=session_id, user_id=user_id)

    async def count_on(self, unit: Transaction, session_id: SessionId) -> int:
        """Return with how many users a session is shared, as the unit sees it."""
        counted = (
            select(func.count()).select_from(session_shares).where(session_shares.c.session_id == session_id)
        )
        return int((await unit.execute(counted)).scalar_one())

    async def insert(self, unit: Transaction, share: StoredShare) -> None:
        """Store a new share."""
        await self._rows.insert(unit, share)

    async def save(self, unit: Transaction, share: StoredShare) -> None:
        """Store a changed share."""
        await self._rows.save(unit, share)

    async def remove(self, unit: Transaction, session_id: SessionId, user_id: UserId) -> None:
        """Delete a share."""
        await unit.execute(
            delete(session_shares).where(
                session_shares.c.session_id == session_id, session_shares.c.user_id == user_id
            )
        )
