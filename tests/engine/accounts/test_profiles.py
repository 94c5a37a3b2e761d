"""Provider profiles: their owner, which one is active, and that their keys appear nowhere."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roocode_server.engine.accounts.profiles import ProfileUnreadable, ProviderProfiles
from roocode_server.engine.accounts.users import Users
from roocode_server.engine.sealing.keys import SealingKeys
from roocode_server.engine.sealing.sealer import SealBroken, Sealer
from roocode_server.engine.storage.accounts import UserRepository
from roocode_server.engine.storage.profiles import ProfileRepository
from roocode_server.models.error import Conflict, NotFound, ValidationFailed
from roocode_server.models.identifier import ProfileId, UserId
from roocode_server.models.profile import ProfileCreate, ProfileUpdate
from tests.support.storage import Storage, open_storage

SECRET = bytes(range(32))
KEYS = SealingKeys(keys=(SECRET,), place="here")
KEY = "sk-the-key-that-nobody-sees"


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    opened = await open_storage(tmp_path)
    yield opened
    await opened.database.close()


@pytest.fixture
async def user(storage: Storage) -> UserId:
    return await add_user(storage, "one@example.com")


@pytest.fixture
def profiles(storage: Storage) -> ProviderProfiles:
    return ProviderProfiles(storage.database, ProfileRepository(storage.database), KEYS)


async def add_user(storage: Storage, email: str) -> UserId:
    async with storage.database.transaction() as unit:
        return (await Users(UserRepository(storage.database)).create(unit, email, "Somebody")).id


def wanted(name: str = "mine", **more: object) -> ProfileCreate:
    return ProfileCreate.load({"name": name, "provider": "openai", "apiKey": KEY, **more})


async def test_a_profile_is_used_with_its_key(profiles: ProviderProfiles, user: UserId) -> None:
    await profiles.create(user, wanted(model="gpt-5", baseUrl="https://models.example/v1"))
    active = await profiles.active(user)
    assert active is not None
    assert (active.provider, active.model, active.api_key) == ("openai", "gpt-5", KEY)
    assert active.base_url == "https://models.example/v1"
    assert KEY not in repr(active)


async def test_a_profile_is_shown_without_its_key(profiles: ProviderProfiles, user: UserId) -> None:
    made = await profiles.create(user, wanted())
    assert made.has_key
    for shown in (made, await profiles.get(user, made.id), *await profiles.list(user)):
        assert KEY not in repr(shown)
        assert KEY not in str(shown.dump())


async def test_the_key_is_not_in_the_database_as_it_is(
    profiles: ProviderProfiles, user: UserId, storage: Storage, tmp_path: Path
) -> None:
    await profiles.create(user, wanted())
    await storage.database.close()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(b"provider_profiles" in path.read_bytes() for path in files)
    assert not any(KEY.encode() in path.read_bytes() for path in files)


async def test_a_request_does_not_show_its_key_in_a_log() -> None:
    assert KEY not in repr(wanted())
    assert KEY not in repr(ProfileUpdate.load({"profileId": "profile-1", "apiKey": KEY}))


async def test_one_profile_at_most_is_active(profiles: ProviderProfiles, user: UserId) -> None:
    first = await profiles.create(user, wanted("first"))
    second = await profiles.create(user, wanted("second"))
    third = await profiles.create(user, wanted("third", activate=False))
    assert [each.name for each in await profiles.list(user) if each.is_active] == ["second"]
    await profiles.activate(user, third.id)
    assert [each.name for each in await profiles.list(user) if each.is_active] == ["third"]
    await profiles.delete(user, third.id)
    assert await profiles.active(user) is None
    assert {each.id for each in await profiles.list(user)} == {first.id, second.id}


async def test_what_an_update_leaves_out_stays(profiles: ProviderProfiles, user: UserId) -> None:
    made = await profiles.create(user, wanted(baseUrl="https://models.example/v1"))
    changed = await profiles.update(user, ProfileUpdate(profile_id=made.id, model="o3"))
    assert (changed.model, changed.base_url, changed.has_key) == ("o3", "https://models.example/v1", True)
    emptied = await profiles.update(user, ProfileUpdate(profile_id=made.id, base_url="", api_key=""))
    assert (emptied.base_url, emptied.has_key) == (None, False)


async def test_a_name_is_taken_once_by_each_user(
    profiles: ProviderProfiles, user: UserId, storage: Storage
) -> None:
    await profiles.create(user, wanted("work"))
    other = await profiles.create(user, wanted("home"))
    with pytest.raises(Conflict):
        await profiles.create(user, wanted("work"))
    with pytest.raises(Conflict):
        await profiles.update(user, ProfileUpdate(profile_id=other.id, name="work"))
    await profiles.create(await add_user(storage, "two@example.com"), wanted("work"))


async def test_profiles_of_others_do_not_exist(
    profiles: ProviderProfiles, user: UserId, storage: Storage
) -> None:
    made = await profiles.create(user, wanted())
    stranger = await add_user(storage, "two@example.com")
    for attempt in (
        profiles.get(stranger, made.id),
        profiles.activate(stranger, made.id),
        profiles.delete(stranger, made.id),
        profiles.update(stranger, ProfileUpdate(profile_id=made.id, name="stolen")),
        profiles.get(user, ProfileId("profile-unknown")),
    ):
        with pytest.raises(NotFound):
            await attempt
    assert await profiles.list(stranger) == []
    assert await profiles.active(stranger) is None
    assert (await profiles.get(user, made.id)).is_active


async def test_a_change_holds_from_the_next_request_on(profiles: ProviderProfiles, user: UserId) -> None:
    async def models() -> str | None:
        found = await profiles.active(user)
        return found and found.model

    assert await models() is None
    one = await profiles.create(user, wanted("one"))
    assert await models() == one.model
    await profiles.update(user, ProfileUpdate(profile_id=one.id, model="changed"))
    assert await models() == "changed"
    two = await profiles.create(user, wanted("two"))
    assert await models() == two.model
    await profiles.activate(user, one.id)
    assert await models() == "changed"
    await profiles.delete(user, one.id)
    assert await models() is None


async def test_who_looks_while_a_profile_is_changed_leaves_nothing_stale(
    profiles: ProviderProfiles, user: UserId
) -> None:
    made = await profiles.create(user, wanted("one"))
    for number in range(20):
        looking = [asyncio.create_task(profiles.active(user)) for _ in range(5)]
        change = ProfileUpdate(profile_id=made.id, model=f"model-{number}")
        await asyncio.gather(profiles.update(user, change), *looking)
        found = await profiles.active(user)
        assert found is not None and found.model == f"model-{number}"


async def test_with_another_sealing_key_the_key_is_unreadable(
    profiles: ProviderProfiles, user: UserId, storage: Storage
) -> None:
    await profiles.create(user, wanted())
    others = SealingKeys(keys=(bytes(32),), place="here")
    later = ProviderProfiles(storage.database, ProfileRepository(storage.database), others)
    with pytest.raises(ProfileUnreadable, match="mine"):
        await later.active(user)


def test_a_sealed_text_opens_for_its_owner_and_purpose_alone() -> None:
    seal = Sealer([SECRET], "one")
    sealed = seal.close("text\nof lines", "owner")
    assert seal.open(sealed, "owner") == "text\nof lines"
    for other, owner in ((seal, "stranger"), (Sealer([SECRET], "two"), "owner")):
        with pytest.raises(SealBroken):
            other.open(sealed, owner)
    assert re.search("text", sealed) is None


@pytest.mark.parametrize(
    "field",
    [
        {"baseUrl": "ftp://models.example"},
        {"baseUrl": "http://user:password@models.example/v1"},
        {"baseUrl": "https://models.example/v1?key=1"},
        {"baseUrl": "https://models.example:99999/v1"},
        {"baseUrl": "https:///v1"},
        {"baseUrl": "https://models.example/\nv1"},
        {"apiKey": "two\nlines"},
        {"apiKey": " padded "},
        {"provider": "nobody"},
        {"name": ""},
    ],
)
def test_what_cannot_be_used_is_refused(field: dict[str, str]) -> None:
    with pytest.raises(ValidationFailed) as raised:
        wanted(**field)
    assert KEY not in str(raised.value.details)
