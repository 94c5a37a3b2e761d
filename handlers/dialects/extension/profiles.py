"""S2's methods for provider profiles, which it knows by their names. Source: S2; docs/extension.md."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final

from roocode_server.handlers.dialects.extension.method import Call, NoArguments, fields_named, method
from roocode_server.models.error import FieldMistake, NotFound, ValidationFailed
from roocode_server.models.shape import Shape, value

ENTRY: Final = {"apiProvider": "provider", "apiModelId": "model", "apiKey": "apiKey", "baseUrl": "baseUrl"}
"""S2's fields of a profile, and their names here."""
FIELDS: Final = {ours: f"profile.{name}" for name, ours in ENTRY.items()}


@value
class OneProfile(Shape):
    """A profile, by its name."""

    name: str


@value
class ProfileSettings(Shape):
    """A profile's name and settings."""

    name: str
    profile: dict[str, Any] = field(default_factory=dict)
    activate: bool = True


async def _all(call: Call) -> list[dict[str, Any]]:
    profiles: list[dict[str, Any]] = (await call.ask("profile.list"))["profiles"]
    return profiles


async def _find(call: Call, name: str) -> dict[str, Any] | None:
    return next((profile for profile in await _all(call) if profile["name"] == name), None)


async def _existing(call: Call, name: str) -> dict[str, Any]:
    """Raises: NotFound."""
    found = await _find(call, name)
    if found is None:
        raise NotFound("profile", name)
    return found


def _read(profile: Mapping[str, Any]) -> dict[str, Any]:
    """S2's settings of a profile in the operations' words. Raises: ValidationFailed."""
    unknown = [name for name in profile if name not in ENTRY]
    if unknown:
        refusal = ValidationFailed(
            [FieldMistake(f"profile.{name}", "No such setting of a profile.") for name in unknown]
        )
        refusal.details["known"] = sorted(ENTRY)
        raise refusal
    return {ENTRY[name]: content for name, content in profile.items()}


async def _create(call: Call, arguments: ProfileSettings) -> str:
    with fields_named(FIELDS):
        wanted = {name: content for name, content in _read(arguments.profile).items() if content is not None}
        made = await call.ask("profile.create", name=arguments.name, activate=arguments.activate, **wanted)
    return str(made["profile"]["id"])


async def _update(call: Call, found: dict[str, Any], arguments: ProfileSettings) -> str:
    with fields_named(FIELDS):
        await call.ask("profile.update", profileId=found["id"], **_read(arguments.profile))
    if arguments.activate:
        await call.ask("profile.activate", profileId=found["id"])
    return str(found["id"])


@method("getProfiles", "profile.list")
async def get_profiles(call: Call, arguments: NoArguments) -> list[str]:
    """The names of the caller's profiles."""
    return [profile["name"] for profile in await _all(call)]


@method("getProfileEntry", "profile.list")
async def get_profile_entry(call: Call, arguments: OneProfile) -> dict[str, Any] | None:
    """A profile without its key, which is never shown; `null` if there is no profile of that name."""
    found = await _find(call, arguments.name)
    if found is None:
        return None
    told = {name: found[ours] for name, ours in ENTRY.items() if ours in found}
    return {"id": found["id"], "name": found["name"], **told, "hasKey": found["hasKey"]}


@method("createProfile", "profile.create")
async def create_profile(call: Call, arguments: ProfileSettings) -> str:
    """Create a profile and activate it, unless `activate` is false; its id. A name in use is a conflict."""
    return await _create(call, arguments)


@method("updateProfile", "profile.list", "profile.update", "profile.activate")
async def update_profile(call: Call, arguments: ProfileSettings) -> str:
    """Change a profile and activate it, unless `activate` is false; its id."""
    return await _update(call, await _existing(call, arguments.name), arguments)


@method("upsertProfile", "profile.list", "profile.create", "profile.update", "profile.activate")
async def upsert_profile(call: Call, arguments: ProfileSettings) -> str:
    """Change or create a profile; its id."""
    found = await _find(call, arguments.name)
    return await (_create(call, arguments) if found is None else _update(call, found, arguments))


@method("deleteProfile", "profile.list", "profile.delete")
async def delete_profile(call: Call, arguments: OneProfile) -> None:
    """Delete a profile and its key."""
    await call.ask("profile.delete", profileId=(await _existing(call, arguments.name))["id"])


@method("getActiveProfile", "profile.list")
async def get_active_profile(call: Call, arguments: NoArguments) -> str | None:
    """The name of the caller's active profile; `null` if none is active."""
    return next((str(profile["name"]) for profile in await _all(call) if profile["isActive"]), None)


@method("setActiveProfile", "profile.list", "profile.activate")
async def set_active_profile(call: Call, arguments: OneProfile) -> str:
    """Activate a profile; its id."""
    found = await _existing(call, arguments.name)
    await call.ask("profile.activate", profileId=found["id"])
    return str(found["id"])


PROFILE_METHODS: Final = (
    get_profiles,
    get_profile_entry,
    create_profile,
    update_profile,
    upsert_profile,
    delete_profile,
    get_active_profile,
    set_active_profile,
)
