"""Provider profiles: the provider, model and API key that a user works with. Source: S2, profiles."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from roocode_server.engine.accounts.tokens import Clock
from roocode_server.engine.concurrency.read_through_cache import ReadThroughCache
from roocode_server.engine.sealing.columns import KEYS_OF_PROFILES
from roocode_server.engine.sealing.keys import SealingKeys
from roocode_server.engine.sealing.sealer import SealBroken, Sealer
from roocode_server.engine.storage.creation import OnCreated, nothing_more
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.profiles import ProfileRepository
from roocode_server.models.clock import now
from roocode_server.models.error import Conflict, InvalidField, NotFound
from roocode_server.models.identifier import ProfileId, UserId, new_id
from roocode_server.models.profile import (
    AUTO,
    Profile,
    ProfileCreate,
    ProfileFields,
    ProfileUpdate,
    StoredProfile,
)
from roocode_server.models.shape import LEFT_OUT

MOST_PROFILES: Final = 100


_CHANGED: Final = ("name", "provider", "model", "base_url")


class ProfileUnreadable(Exception):
    """The profile's API key was sealed by a key that is gone and has to be entered again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveProfile:
    """The part of a profile that a request to a model needs."""

    name: str
    provider: str
    model: str
    base_url: str | None
    api_key: str | None = field(repr=False)


class ProviderProfiles:
    """A user's profiles. API keys are stored encrypted, and sent only to their provider."""

    def __init__(
        self, database: Database, repository: ProfileRepository, keys: SealingKeys, *, clock: Clock = now
    ) -> None:
        self._database = database
        self._repository = repository
        self._seal = Sealer(keys.keys, KEYS_OF_PROFILES)
        self._clock = clock
        self._active: ReadThroughCache[UserId, StoredProfile] = ReadThroughCache(
            repository.active, caches_misses=True
        )
        """Cached because every request to a model asks for it, and most users have no profile."""

    async def list(self, user_id: UserId) -> list[Profile]:
        """Return a user's profiles, sorted by name."""
        return [profile.shown for profile in await self._repository.of_user(user_id)]

    async def get(self, user_id: UserId, profile_id: ProfileId) -> Profile:
        """Return one of the user's profiles. Raises: NotFound."""
        found = await self._repository.find(user_id, profile_id)
        if found is None:
            raise NotFound("profile", profile_id)
        return found.shown

    async def create(
        self, user_id: UserId, request: ProfileCreate, *, on_created: OnCreated[Profile] = nothing_more
    ) -> Profile:
        """Create a profile.

        Raises: Conflict, if the name is taken or the user has `MOST_PROFILES` already.
        """
        if len(await self._repository.of_user(user_id)) >= MOST_PROFILES:
            raise Conflict("You have too many profiles; delete one first", limit=MOST_PROFILES)
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
            await on_created(unit, profile.shown)
        return profile.shown

    async def update(self, user_id: UserId, request: ProfileUpdate) -> Profile:
        """Change a profile and return it. Raises: NotFound; Conflict, if the name is taken; InvalidField."""
        async with self._changing(user_id) as unit:
            profile = self._changed(await self._find(unit, user_id, request.profile_id), request)
            await self._check_name(unit, profile)
            await self._repository.save(unit, profile)
        return profile.shown

    async def activate(self, user_id: UserId, profile_id: ProfileId) -> Profile:
        """Make this the user's active profile and return it. Raises: NotFound."""
        async with self._changing(user_id) as unit:
            profile = await self._find(unit, user_id, profile_id)
            await self._repository.deactivate_all(unit, user_id)
            profile = dataclasses.replace(profile, is_active=True)
            await self._repository.save(unit, profile)
        return profile.shown

    async def delete(self, user_id: UserId, profile_id: ProfileId) -> None:
        """Delete a profile with its API key. Raises: NotFound."""
        async with self._changing(user_id) as unit:
            await self._find(unit, user_id, profile_id)
            await self._repository.delete(unit, profile_id)

    async def active(self, user_id: UserId) -> ActiveProfile | None:
        """Return the user's active profile with its decrypted API key, or None.

        Raises: ProfileUnreadable, if the API key was sealed by a key that is gone.
        """
        found = await self._active.find(user_id)
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

    @contextlib.asynccontextmanager
    async def _changing(self, user_id: UserId) -> AsyncIterator[Transaction]:
        try:
            async with self._database.transaction() as unit:
                yield unit
        finally:
            self._active.forget(user_id)

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
        """Apply an update; null and empty texts remove the address or the key. Raises: InvalidField."""
        wanted = _wanted(request)
        _check_unchanged(profile, wanted)
        change = {name: getattr(wanted, name) for name in _CHANGED}
        change = {name: content for name, content in change.items() if content is not LEFT_OUT}
        if "model" in change:
            change["model"] = change["model"] or AUTO
        if "base_url" in change:
            change["base_url"] = change["base_url"] or None
        if wanted.api_key is not LEFT_OUT:
            change["encrypted_key"] = self._sealed(profile.id, wanted.api_key or "")
        return dataclasses.replace(profile, **change, updated_at=self._clock())

    def _sealed(self, profile_id: ProfileId, key: str) -> str | None:
        return self._seal.close(key, profile_id) if key else None


def _wanted(request: ProfileUpdate) -> ProfileFields:
    """Return the requested fields.

    Raises: InvalidField, if they are given both in `profile` and beside it.
    """
    if request.profile is None:
        return request
    if any(getattr(request, name) is not LEFT_OUT for name in (*_CHANGED, "api_key")):
        raise InvalidField("profile", "Give the fields either inside this object or beside it, not both.")
    return request.profile


def _check_unchanged(profile: StoredProfile, wanted: ProfileFields) -> None:
    """Raises: InvalidField, if the update gives a new value to a field that cannot be changed here."""
    if wanted.id not in (None, profile.id):
        raise InvalidField("id", "This cannot be changed.")
    if wanted.is_active not in (None, profile.is_active):
        raise InvalidField("isActive", "Use profile.activate to change this.")
