"""Invitations: links with which users choose a password, each usable once."""

from __future__ import annotations

import datetime
from typing import Final

from roocode_server.engine.accounts.digests import digest_of, new_secret
from roocode_server.engine.accounts.tokens import Clock
from roocode_server.engine.storage.accounts import InvitationRepository
from roocode_server.engine.storage.database import Transaction
from roocode_server.models.clock import now
from roocode_server.models.credential import Invitation
from roocode_server.models.error import AuthenticationFailed, TokenExpired
from roocode_server.models.identifier import UserId

PARAMETER: Final = "invitation"


class Invitations:
    """Creates and redeems invitations. A user has at most one; a new one replaces it."""

    def __init__(self, repository: InvitationRepository, *, lifetime_s: int, clock: Clock = now) -> None:
        self._repository = repository
        self._lifetime = datetime.timedelta(seconds=lifetime_s)
        self._clock = clock

    async def create(self, unit: Transaction, user_id: UserId) -> tuple[Invitation, str]:
        """Create an invitation; return it and its secret, which is not shown again."""
        secret, moment = new_secret(), self._clock()
        invitation = Invitation(
            digest=digest_of(secret),
            user_id=user_id,
            created_at=moment,
            expires_at=moment + self._lifetime,
        )
        await self.withdraw(unit, user_id)
        await self._repository.insert(unit, invitation)
        return invitation, secret

    async def check(self, secret: str) -> None:
        """Raises: TokenExpired; AuthenticationFailed, if it is unknown or was used."""
        self._user_of(await self._repository.find(digest_of(secret)))

    async def accept(self, unit: Transaction, secret: str) -> UserId:
        """Use up an invitation and return whom it invites. Raises: as `check`."""
        digest = digest_of(secret)
        user_id = self._user_of(await self._repository.find_on(unit, digest))
        await self._repository.mark_used(unit, digest, self._clock())
        return user_id

    def _user_of(self, invitation: Invitation | None) -> UserId:
        if invitation is None or invitation.used_at is not None:
            raise AuthenticationFailed("This invitation is unknown or has already been used")
        if invitation.expires_at <= self._clock():
            raise TokenExpired
        return invitation.user_id

    async def withdraw(self, unit: Transaction, user_id: UserId) -> None:
        """Withdraw the user's invitation."""
        await self._repository.remove_all(unit, user_id)


def link(base_url: str, secret: str) -> str:
    """Return the dashboard's URL for choosing the password.

    The secret is in the fragment (after `#`), so that it appears in no log.
    """
    return f"{base_url}/#{PARAMETER}={secret}"
