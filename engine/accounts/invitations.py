"""Invitations: links by which users choose their first password, or another one, once."""

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
    """One open invitation a user; a newer one replaces it."""

    def __init__(self, repository: InvitationRepository, *, lifetime_s: int, clock: Clock = now) -> None:
        self._repository = repository
        self._lifetime = datetime.timedelta(seconds=lifetime_s)
        self._clock = clock

    async def create(self, unit: Transaction, user_id: UserId) -> tuple[Invitation, str]:
        """An invitation and its secret, which is shown this once."""
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
        """Whom it invites; it works no more. Raises: as `check`."""
        digest = digest_of(secret)
        user_id = self._user_of(await self._repository.find_on(unit, digest))
        await self._repository.mark_used(unit, digest, self._clock())
        return user_id

    def _user_of(self, invitation: Invitation | None) -> UserId:
        if invitation is None or invitation.used_at is not None:
            raise AuthenticationFailed("This invitation is not known, or was used already")
        if invitation.expires_at <= self._clock():
            raise TokenExpired
        return invitation.user_id

    async def withdraw(self, unit: Transaction, user_id: UserId) -> None:
        """Let no invitation of the user work."""
        await self._repository.remove_all(unit, user_id)


def link(base_url: str, secret: str) -> str:
    """Where the dashboard asks for the password. The secret stands behind `#`, so that no log has it."""
    return f"{base_url}/#{PARAMETER}={secret}"
