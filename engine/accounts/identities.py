"""People of providers who sign in as users here: found, made, linked and unlinked.

An e-mail address joins nobody to an account that exists: the account's owner, logged in, links the two.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Final

from roocode_server.engine.accounts.openid.issuer import OpenIdPerson
from roocode_server.engine.accounts.openid.sign_ins import SignIns
from roocode_server.engine.accounts.tokens import Clock
from roocode_server.engine.accounts.users import Users
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.identities import IdentityRepository
from roocode_server.models.auth_settings import OpenIdProviderSettings
from roocode_server.models.clock import now
from roocode_server.models.error import AuthenticationFailed, Conflict, NotFound, PermissionDenied
from roocode_server.models.identifier import IdentityId, UserId, new_id
from roocode_server.models.identity import IdentityLink, LinkedIdentity
from roocode_server.models.user import Caller, IdentityProvider, User

MOST_IDENTITIES: Final = 20
"""Of one user."""


class LinkedIdentities:
    """Whom the providers' people sign in as. `changed` is told of whom something was committed."""

    def __init__(
        self,
        database: Database,
        users: Users,
        sign_ins: SignIns,
        changed: Callable[[UserId], None],
        *,
        clock: Clock = now,
    ) -> None:
        self._database = database
        self._repository = IdentityRepository(database)
        self._users = users
        self._sign_ins = sign_ins
        self._changed = changed
        self._clock = clock

    async def all(self, user_id: UserId) -> list[LinkedIdentity]:
        """The identities that sign in as the user, oldest first."""
        return await self._repository.of_user(user_id)

    async def user_of(self, unit: Transaction, provider: str, person: OpenIdPerson) -> User:
        """Whom somebody signs in as: the user that they are linked to, or a new one, if `sign_up` is set.

        Raises: PermissionDenied, if they may not sign in, or have no account and get none; Conflict, if their
        address has an account; AuthenticationFailed, if their account is disabled.
        """
        settings = self._sign_ins.settings_of(provider)
        _check_allowed(provider, settings, person)
        identity = await self._repository.find_on(unit, person.issuer, person.subject)
        if identity is None:
            return await self._sign_up(unit, provider, settings, person)
        user = await self._users.find_on(unit, identity.user_id)
        if user.disabled_at is not None:
            raise AuthenticationFailed("This account is disabled; ask an administrator")
        await self._repository.save(
            unit,
            dataclasses.replace(identity, provider=provider, email=person.email, used_at=self._clock()),
        )
        return user

    async def link(self, caller: Caller, request: IdentityLink) -> LinkedIdentity:
        """Have somebody who has just signed in at a provider sign in as the caller from now on.

        Raises: AuthenticationFailed, if the sign-in is not known; Conflict, if the caller has not logged in,
        or the person signs in as somebody else; PermissionDenied, if they may not sign in.
        """
        if caller.login_id is None:
            raise Conflict("You have not logged in; an API key links nobody to its account")
        person = self._sign_ins.redeem(request.provider, request.code, request.code_verifier)
        _check_allowed(request.provider, self._sign_ins.settings_of(request.provider), person)
        async with self._database.transaction() as unit:
            identity = await self._repository.find_on(unit, person.issuer, person.subject)
            if identity is not None and identity.user_id != caller.user_id:
                raise Conflict("This sign-in belongs to another account", provider=request.provider)
            if identity is None:
                identity = await self._add(unit, caller.user_id, request.provider, person)
        return identity

    async def unlink(self, user_id: UserId, identity_id: IdentityId) -> LinkedIdentity:
        """Have an identity sign in as the user no more; logins that came of it go on.

        Raises: NotFound; Conflict, if the user could not log in any more.
        """
        async with self._database.transaction() as unit:
            identities = await self._repository.of_user_on(unit, user_id)
            unlinked = next((each for each in identities if each.id == identity_id), None)
            if unlinked is None:
                raise NotFound("identity", identity_id)
            others = [each for each in identities if each is not unlinked]
            if not await self._can_log_in(unit, user_id, others):
                raise Conflict("This is your only way to log in; get a password or another sign-in first")
            await self._repository.remove(unit, identity_id)
        self._changed(user_id)
        return unlinked

    async def _sign_up(
        self, unit: Transaction, provider: str, settings: OpenIdProviderSettings, person: OpenIdPerson
    ) -> User:
        exists = person.email is not None and await self._users.by_email_on(unit, person.email) is not None
        if exists:
            raise Conflict(
                "Your e-mail address has an account already; log in to it and link this sign-in there",
                provider=provider,
            )
        if not settings.sign_up:
            raise PermissionDenied("You have no account here; ask an administrator for one")
        if person.email is None:
            raise PermissionDenied(
                "The provider names no verified e-mail address of yours; an account needs one"
            )
        user = await self._users.create(unit, person.email, person.name, roles=settings.roles)
        await self._add(unit, user.id, provider, person)
        return user

    async def _add(
        self, unit: Transaction, user_id: UserId, provider: str, person: OpenIdPerson
    ) -> LinkedIdentity:
        if len(await self._repository.of_user_on(unit, user_id)) >= MOST_IDENTITIES:
            raise Conflict("There are too many sign-ins; unlink one first", limit=MOST_IDENTITIES)
        moment = self._clock()
        identity = LinkedIdentity(
            id=IdentityId(new_id("identity")),
            user_id=user_id,
            provider=provider,
            issuer=person.issuer,
            subject=person.subject,
            email=person.email,
            created_at=moment,
            used_at=moment,
        )
        await self._repository.insert(unit, identity)
        return identity

    async def _can_log_in(self, unit: Transaction, user_id: UserId, identities: list[LinkedIdentity]) -> bool:
        if any(each.issuer in self._sign_ins.issuers for each in identities):
            return True
        user = await self._users.find_on(unit, user_id)
        return user.provider is not IdentityProvider.LOCAL or await self._users.has_password_on(unit, user_id)


def _check_allowed(provider: str, settings: OpenIdProviderSettings, person: OpenIdPerson) -> None:
    address = (person.email or "").lower()
    if not any(fnmatchcase(address, allowed.lower()) for allowed in settings.allowed_emails):
        raise PermissionDenied(
            f"This address may not sign in here; see auth.oidc.providers.{provider}.allowed_emails"
        )
