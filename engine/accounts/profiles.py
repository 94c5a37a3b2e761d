"""Provider profiles: which model a user works with, by their own key. Source: S2, profiles."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from roocode_server.engine.accounts.sealing import SealBroken, Sealer
from roocode_server.engine.accounts.tokens import Clock
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.profiles import ProfileRepository
from roocode_server.models.clock import now
from roocode_server.models.error import Conflict, InvalidField, NotFound
from roocode_server.models.identifier import ProfileId, UserId, new_id
from roocode_server.models.profile import (
    ANY_MODEL,
    Profile,
    ProfileCreate,
    ProfileFields,
    ProfileUpdate,
    StoredProfile,
)
from roocode_server.models.shape import LEFT_OUT

PURPOSE: Final = "roocode keys of provider profiles"
MOST_PROFILES: Final = 100
MOST_KEPT: Final = 10_000


_CHANGED: Final = ("name", "provider", "model", "base_url")


class ProfileUnreadable(Exception):
    """The key of a profile was stored with another server secret: it has to be entered again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveProfile:
    """What a request to a model takes from a profile."""

    name: str
    provider: str
    model: str
    base_url: str | None
    api_key: str | None = field(repr=False)


class ProviderProfiles:
    """A user's profiles; the key of each is stored sealed and leaves only towards its provider."""

    def __init__(
        self, database: Database, repository: ProfileRepository, secret: bytes, *, clock: Clock = now
    ) -> None:
        self._database = database
        self._repository = repository
        self._seal = Sealer(secret, PURPOSE)
        self._clock = clock
        self._active: dict[UserId, StoredProfile | None] = {}
        self._changes = 0

    async def list(self, user_id: UserId) -> list[Profile]:
        """A user's profiles by name."""
        return [profile.shown for profile in await self._repository.of_user(user_id)]

    async def get(self, user_id: UserId, profile_id: ProfileId) -> Profile:
        """Raises: NotFound."""
        found = await self._repository.find(user_id, profile_id)
        if found is None:
            raise NotFound("profile", profile_id)
        return found.shown

    async def create(self, user_id: UserId, request: ProfileCreate) -> Profile:
        """A new profile. Raises: Conflict, if the name is taken, or there are too many."""
        if len(await self._repository.of_user(user_id)) >= MOST_PROFILES:
            raise Conflict("There are too many profiles; delete one first", limit=MOST_PROFILES)
        profile_id = ProfileId(new_id("profile"))
        moment = self._clock()
        profile = StoredProfile(
            id=profile_id,
            user_id=user_id,
            name=request.name,
            provider=request.provider,
            model=request.model,
            base_url=request.base_url or None,
            encrypted_key=self._sealed(profile_id, request.api_key),
            is_active=request.activate,
            created_at=moment,
            updated_at=moment,
        )
        async with self._changing(user_id) as unit:
            await self._check_name(unit, profile)
            if profile.is_active:
                await self._repository.deactivate_all(unit, user_id)
            await self._repository.insert(unit, profile)
        return profile.shown

    async def update(self, user_id: UserId, request: ProfileUpdate) -> Profile:
        """The changed profile. Raises: NotFound; Conflict, if the name is taken."""
        async with self._changing(user_id) as unit:
            profile = self._changed(await self._find(unit, user_id, request.profile_id), request)
            await self._check_name(unit, profile)
            await self._repository.save(unit, profile)
        return profile.shown

    async def activate(self, user_id: UserId, profile_id: ProfileId) -> Profile:
        """The profile, which is the active one from here on. Raises: NotFound."""
        async with self._changing(user_id) as unit:
            profile = await self._find(unit, user_id, profile_id)
            await self._repository.deactivate_all(unit, user_id)
            profile = dataclasses.replace(profile, is_active=True)
            await self._repository.save(unit, profile)
        return profile.shown

    async def delete(self, user_id: UserId, profile_id: ProfileId) -> None:
        """Forget a profile and its key. Raises: NotFound."""
        async with self._changing(user_id) as unit:
            await self._find(unit, user_id, profile_id)
            await self._repository.delete(unit, profile_id)

    async def active(self, user_id: UserId) -> ActiveProfile | None:
        """The profile that the user works with, with its key. Raises: ProfileUnreadable."""
        found = await self._active_of(user_id)
        if found is None:
            return None
        try:
            key = self._seal.open(found.encrypted_key, found.id) if found.encrypted_key else None
        except SealBroken:
            raise ProfileUnreadable(found.name) from None
        return ActiveProfile(
            name=found.name,
            provider=found.provider,
            model=found.model,
            base_url=found.base_url,
            api_key=key,
        )

    async def _active_of(self, user_id: UserId) -> StoredProfile | None:
        """Kept until a profile of the user changes: every request to a model needs it."""
        if user_id not in self._active:
            changes = self._changes
            found = await self._repository.active(user_id)
            if changes != self._changes:
                return found  # it may be what was before the change
            if len(self._active) >= MOST_KEPT:
                self._active.clear()
            self._active[user_id] = found
        return self._active[user_id]

    @contextlib.asynccontextmanager
    async def _changing(self, user_id: UserId) -> AsyncIterator[Transaction]:
        try:
            async with self._database.transaction() as unit:
                yield unit
        finally:
            self._changes += 1
            self._active.pop(user_id, None)

    async def _find(self, unit: Transaction, user_id: UserId, profile_id: ProfileId) -> StoredProfile:
        found = await self._repository.find_on(unit, user_id, profile_id)
        if found is None:
            raise NotFound("profile", profile_id)
        return found

    async def _check_name(self, unit: Transaction, profile: StoredProfile) -> None:
        other = await self._repository.named_on(unit, profile.user_id, profile.name)
        if other is not None and other.id != profile.id:
            raise Conflict("Another profile has this name", name=profile.name)

    def _changed(self, profile: StoredProfile, request: ProfileUpdate) -> StoredProfile:
        """Null and empty texts take away the address or the key. Raises: InvalidField."""
        wanted = _wanted(request)
        _check_unchanged(profile, wanted)
        change = {name: getattr(wanted, name) for name in _CHANGED}
        change = {name: content for name, content in change.items() if content is not LEFT_OUT}
        if "model" in change:
            change["model"] = change["model"] or ANY_MODEL
        if "base_url" in change:
            change["base_url"] = change["base_url"] or None
        if wanted.api_key is not LEFT_OUT:
            change["encrypted_key"] = self._sealed(profile.id, wanted.api_key or "")
        return dataclasses.replace(profile, **change, updated_at=self._clock())

    def _sealed(self, profile_id: ProfileId, key: str) -> str | None:
        return self._seal.close(key, profile_id) if key else None


def _wanted(request: ProfileUpdate) -> ProfileFields:
    """What the request says of the profile. Raises: InvalidField, if it says it twice."""
    if request.profile is None:
        return request
    if any(getattr(request, name) is not LEFT_OUT for name in (*_CHANGED, "api_key")):
        raise InvalidField("profile", "Give the fields in here or beside it, not both.")
    return request.profile


def _check_unchanged(profile: StoredProfile, wanted: ProfileFields) -> None:
    """Raises: InvalidField, for another value of what cannot be changed."""
    if wanted.id not in (None, profile.id):
        raise InvalidField("id", "This cannot be changed.")
    if wanted.is_active not in (None, profile.is_active):
        raise InvalidField("isActive", "This is changed by profile.activate.")
