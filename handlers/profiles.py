"""Operations on the caller's own provider profiles. Source: S2, profiles; docs/models.md."""

from __future__ import annotations

from roocode_server.engine.idempotency.receipts import Receipt
from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.error import Conflict, ExtraNotInstalled, NotFound
from roocode_server.models.profile import (
    Profile,
    ProfileCreate,
    ProfileList,
    ProfileRef,
    ProfileRemoved,
    Profiles,
    ProfileShown,
    ProfileUpdate,
)
from roocode_server.models.user import Caller, Permission


class ProfileHandlers(Handlers, namespace="/profiles"):
    """`profile.*`: the caller's provider profiles."""

    @operation("profile.list", rest="GET /api/v1/profiles", permission=Permission.ACCOUNT_READ)
    async def list(self, caller: Caller, request: ProfileList) -> Profiles:
        """List your own provider profiles by name. Keys are never shown, only whether there is one."""
        return Profiles(profiles=await self.engine.profiles.list(caller.user_id))

    @operation(
        "profile.create",
        rest="POST /api/v1/profiles",
        status=201,
        made="/api/v1/profiles/{profile.id}",
        permission=Permission.PROFILE_WRITE,
        errors=(Conflict, ExtraNotInstalled),
    )
    async def create(self, caller: Caller, request: ProfileCreate, receipt: Receipt) -> ProfileShown:
        """Create a profile and make it the active one, unless `activate` is false.

        Your sessions whose provider is `auto` use the active profile's provider, model, address and key.
        """
        self.engine.providers.check_installed(request.provider)

        def answer(profile: Profile) -> ProfileShown:
            return ProfileShown(profile=profile)

        return answer(
            await self.engine.profiles.create(caller.user_id, request, on_created=receipt.of(answer))
        )

    @operation(
        "profile.get",
        rest="GET /api/v1/profiles/{profileId}",
        permission=Permission.ACCOUNT_READ,
        errors=(NotFound,),
    )
    async def get(self, caller: Caller, request: ProfileRef) -> ProfileShown:
        """Get one of your own profiles."""
        return ProfileShown(profile=await self.engine.profiles.get(caller.user_id, request.profile_id))

    @operation(
        "profile.update",
        rest="PUT /api/v1/profiles/{profileId}",
        permission=Permission.PROFILE_WRITE,
        errors=(NotFound, Conflict, ExtraNotInstalled),
    )
    async def update(self, caller: Caller, request: ProfileUpdate) -> ProfileShown:
        """Change a profile.

        Fields that are left out stay as they are; an empty `baseUrl` or `apiKey` removes it. Running tasks
        use the changed profile from their next request to the model.
        """
        if request.provider is not None:
            self.engine.providers.check_installed(request.provider)
        return ProfileShown(profile=await self.engine.profiles.update(caller.user_id, request))

    @operation(
        "profile.activate",
        rest="POST /api/v1/profiles/{profileId}/activate",
        permission=Permission.PROFILE_WRITE,
        errors=(NotFound,),
    )
    async def activate(self, caller: Caller, request: ProfileRef) -> ProfileShown:
        """Make this profile the active one."""
        return ProfileShown(profile=await self.engine.profiles.activate(caller.user_id, request.profile_id))

    @operation(
        "profile.delete",
        rest="DELETE /api/v1/profiles/{profileId}",
        permission=Permission.PROFILE_WRITE,
        errors=(NotFound,),
    )
    async def delete(self, caller: Caller, request: ProfileRef) -> ProfileRemoved:
        """Delete a profile and its key. Without an active profile, the server's own choice applies again."""
        await self.engine.profiles.delete(caller.user_id, request.profile_id)
        return ProfileRemoved(profile_id=request.profile_id, deleted=True)
