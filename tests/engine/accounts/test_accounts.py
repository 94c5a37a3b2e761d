from __future__ import annotations

import asyncio

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from roocode_server.engine.accounts.accounts import Accounts
from roocode_server.engine.storage.database import Database
from roocode_server.engine.storage.tables import api_keys, refresh_tokens, users
from roocode_server.models.error import (
    AuthenticationFailed,
    Conflict,
    NotFound,
    TokenExpired,
    ValidationFailed,
)
from roocode_server.models.identifier import KeyId, UserId
from roocode_server.models.login import Login, LoginAnswer
from roocode_server.models.user import Caller, Credential, IdentityProvider, Permission, Role, User
from tests.engine.accounts.conftest import EMAIL, PASSWORD, House, TestClock

LIFETIME_S = 3600
REFRESH_LIFETIME_S = 2_592_000


def login(email: str = EMAIL, password: str = PASSWORD) -> Login:
    return Login(email=email, password=password)


async def password_hash_of(database: Database, user: User) -> str:
    async with database.read() as connection:
        found = await connection.execute(select(users.c.password_hash).where(users.c.id == user.id))
        return str(found.scalar_one())


class TestLogin:
    async def test_it_answers_with_the_user_and_tokens_that_work(self, accounts: Accounts, ada: User) -> None:
        answer = await accounts.login(login())
        assert answer.user == ada
        assert answer.tokens.expires_in == LIFETIME_S
        assert (await accounts.identify(answer.tokens.access_token)).user == ada

    async def test_a_wrong_password_is_refused(self, accounts: Accounts, ada: User) -> None:
        with pytest.raises(AuthenticationFailed):
            await accounts.login(login(password="wrong"))

    async def test_an_unknown_address_is_refused_in_the_same_words(
        self, accounts: Accounts, ada: User
    ) -> None:
        with pytest.raises(AuthenticationFailed) as wrong:
            await accounts.login(login(password="wrong"))
        with pytest.raises(AuthenticationFailed) as unknown:
            await accounts.login(login(email="nobody@example.com"))
        assert wrong.value.message == unknown.value.message

    async def test_the_case_of_the_address_does_not_matter(self, accounts: Accounts, ada: User) -> None:
        assert (await accounts.login(login(email="ADA@Example.com"))).user.id == ada.id

    async def test_the_time_of_the_login_is_kept(
        self, accounts: Accounts, ada: User, clock: TestClock
    ) -> None:
        await accounts.profile(ada.id)
        clock.advance(60)
        answer = await accounts.login(login())
        assert answer.user.last_login_at == clock()
        assert await accounts.profile(ada.id) == answer.user

    async def test_a_hash_by_old_parameters_is_renewed(
        self, accounts: Accounts, ada: User, house: House, database: Database
    ) -> None:
        dearer = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
        async with house.accounts(hasher=dearer) as renewed:
            await renewed.login(login())
            assert "m=16,t=2" in await password_hash_of(database, ada)
            assert (await renewed.login(login())).user.id == ada.id

    async def test_a_hash_by_todays_parameters_stays(
        self, accounts: Accounts, ada: User, database: Database
    ) -> None:
        before = await password_hash_of(database, ada)
        await accounts.login(login())
        assert await password_hash_of(database, ada) == before


class TestUsers:
    async def test_a_new_user_has_what_a_user_of_s0_has(self, ada: User) -> None:
        dumped = ada.dump()
        assert dumped.keys() == {
            "id",
            "email",
            "name",
            "provider",
            "roles",
            "preferences",
            "createdAt",
            "lastLoginAt",
        }
        assert (dumped["provider"], dumped["roles"]) == ("local", ["developer"])
        assert dumped["preferences"].keys() == {
            "theme",
            "language",
            "notifications",
            "defaultProvider",
            "defaultModel",
        }

    async def test_a_user_comes_back_from_the_database_as_it_went_in(self, house: House, ada: User) -> None:
        async with house.accounts() as accounts:
            assert await accounts.profile(ada.id) == ada

    async def test_an_address_belongs_to_one_user(self, accounts: Accounts, ada: User) -> None:
        with pytest.raises(Conflict):
            await accounts.create_user("Ada@Example.com", PASSWORD, "Another Ada")

    @pytest.mark.parametrize(
        ("email", "password", "field"),
        [("no address", PASSWORD, "email"), (EMAIL, "short", "password"), (EMAIL, "x" * 1025, "password")],
    )
    async def test_what_is_no_address_or_too_weak_a_password_is_refused(
        self, accounts: Accounts, email: str, password: str, field: str
    ) -> None:
        with pytest.raises(ValidationFailed) as refusal:
            await accounts.create_user(email, password, "Ada")
        assert refusal.value.details["field"] == field

    async def test_nobody_has_the_profile_of_an_unknown_user(self, accounts: Accounts) -> None:
        with pytest.raises(NotFound):
            await accounts.profile(UserId("user-unknown"))

    async def test_the_database_does_not_hold_the_password(
        self, accounts: Accounts, ada: User, database: Database
    ) -> None:
        assert PASSWORD not in await password_hash_of(database, ada)


class TestRefresh:
    async def test_it_gives_tokens_that_work(self, accounts: Accounts, admitted: LoginAnswer) -> None:
        tokens = (await accounts.refresh(admitted.tokens.refresh_token)).tokens
        assert (await accounts.identify(tokens.access_token)).user.id == admitted.user.id
        assert await accounts.refresh(tokens.refresh_token)

    async def test_a_token_used_twice_ends_its_whole_family(
        self, accounts: Accounts, admitted: LoginAnswer
    ) -> None:
        following = (await accounts.refresh(admitted.tokens.refresh_token)).tokens
        with pytest.raises(AuthenticationFailed):
            await accounts.refresh(admitted.tokens.refresh_token)
        with pytest.raises(AuthenticationFailed):
            await accounts.refresh(following.refresh_token)

    async def test_a_family_that_ends_leaves_other_logins_alone(
        self, accounts: Accounts, admitted: LoginAnswer
    ) -> None:
        other = await accounts.login(login())
        await accounts.refresh(admitted.tokens.refresh_token)
        with pytest.raises(AuthenticationFailed):
            await accounts.refresh(admitted.tokens.refresh_token)
        assert await accounts.refresh(other.tokens.refresh_token)

    async def test_of_two_uses_at_once_only_one_gets_through(
        self, accounts: Accounts, admitted: LoginAnswer
    ) -> None:
        outcomes = await asyncio.gather(
            *(accounts.refresh(admitted.tokens.refresh_token) for _ in range(2)), return_exceptions=True
        )
        assert sum(isinstance(outcome, AuthenticationFailed) for outcome in outcomes) == 1

    async def test_an_expired_token_is_told_of_as_such(
        self, accounts: Accounts, admitted: LoginAnswer, clock: TestClock
    ) -> None:
        clock.advance(REFRESH_LIFETIME_S)
        with pytest.raises(TokenExpired):
            await accounts.refresh(admitted.tokens.refresh_token)

    @pytest.mark.parametrize("token", ["unknown", "\ud800", "x" * 4096])
    async def test_an_unknown_token_is_refused(self, accounts: Accounts, token: str) -> None:
        with pytest.raises(AuthenticationFailed):
            await accounts.refresh(token)

    async def test_an_access_token_is_no_refresh_token(
        self, accounts: Accounts, admitted: LoginAnswer
    ) -> None:
        with pytest.raises(AuthenticationFailed):
            await accounts.refresh(admitted.tokens.access_token)

    async def test_the_database_holds_no_token_and_forgets_expired_ones(
        self, accounts: Accounts, admitted: LoginAnswer, clock: TestClock, database: Database
    ) -> None:
        clock.advance(REFRESH_LIFETIME_S)
        later = await accounts.login(login())
        async with database.read() as connection:
            digests = (await connection.execute(select(refresh_tokens.c.digest))).scalars().all()
        assert len(digests) == 1
        assert later.tokens.refresh_token not in digests


class TestIdentify:
    async def test_an_access_token_names_its_user_until_it_expires(
        self, accounts: Accounts, admitted: LoginAnswer, clock: TestClock
    ) -> None:
        identity = await accounts.identify(admitted.tokens.access_token)
        assert (identity.credential, identity.user) == (Credential.TOKEN, admitted.user)
        assert identity.expires_at is not None
        assert (identity.expires_at - clock()).total_seconds() == LIFETIME_S
        clock.advance(LIFETIME_S)
        with pytest.raises(TokenExpired):
            await accounts.identify(admitted.tokens.access_token)

    async def test_a_refresh_token_is_no_access_token(
        self, accounts: Accounts, admitted: LoginAnswer
    ) -> None:
        with pytest.raises(AuthenticationFailed):
            await accounts.identify(admitted.tokens.refresh_token)

    @pytest.mark.parametrize("credential", ["", "roo_", "roo_unknown", "a.b.c", "é", "\udcff", "x" * 5000])
    async def test_anything_else_is_refused(self, accounts: Accounts, credential: str) -> None:
        with pytest.raises(AuthenticationFailed):
            await accounts.identify(credential)

    async def test_a_token_of_another_server_is_refused(
        self, accounts: Accounts, ada: User, tmp_path_factory: pytest.TempPathFactory, clock: TestClock
    ) -> None:
        async with House(tmp_path_factory.mktemp("other"), clock).accounts() as other:
            await other.create_user(EMAIL, PASSWORD, "Ada")
            foreign = (await other.login(login())).tokens.access_token
        with pytest.raises(AuthenticationFailed):
            await accounts.identify(foreign)

    async def test_a_token_outlives_a_restart(self, house: House, admitted: LoginAnswer) -> None:
        async with house.accounts() as accounts:
            identity = await accounts.identify(admitted.tokens.access_token)
        assert identity.user.id == admitted.user.id

    async def test_whoever_calls_an_open_server_is_the_administrator(
        self, accounts: Accounts, house: House
    ) -> None:
        await accounts.ensure_admin(house.folder)
        identity = await accounts.open_identity()
        assert (identity.credential, identity.user.roles) == (Credential.OPEN, [Role.ADMIN])


class TestKeys:
    async def test_a_key_names_its_user(self, accounts: Accounts, ada: User) -> None:
        identity = await accounts.identify(await accounts.create_key(EMAIL, "ci"))
        assert (identity.credential, identity.user, identity.expires_at) == (Credential.KEY, ada, None)

    async def test_a_revoked_key_is_refused_at_once(self, accounts: Accounts, ada: User) -> None:
        key = await accounts.create_key(EMAIL, "ci")
        identity = await accounts.identify(key)
        await accounts.revoke_key(EMAIL, KeyId(identity.credential_id))
        with pytest.raises(AuthenticationFailed):
            await accounts.identify(key)

    async def test_revoking_one_key_leaves_the_others(self, accounts: Accounts, ada: User) -> None:
        gone, kept = await accounts.create_key(EMAIL, "gone"), await accounts.create_key(EMAIL, "kept")
        await accounts.revoke_key(EMAIL, KeyId((await accounts.identify(gone)).credential_id))
        assert (await accounts.identify(kept)).user == ada

    async def test_revoking_twice_keeps_the_first_time(
        self, accounts: Accounts, ada: User, clock: TestClock
    ) -> None:
        key_id = KeyId((await accounts.identify(await accounts.create_key(EMAIL, "ci"))).credential_id)
        first = await accounts.revoke_key(EMAIL, key_id)
        clock.advance(60)
        assert await accounts.revoke_key(EMAIL, key_id) == first

    async def test_nobody_revokes_somebody_elses_key(self, accounts: Accounts, ada: User) -> None:
        await accounts.create_user("eve@example.com", PASSWORD, "Eve")
        key = await accounts.create_key(EMAIL, "ci")
        key_id = KeyId((await accounts.identify(key)).credential_id)
        with pytest.raises(NotFound):
            await accounts.revoke_key("eve@example.com", key_id)
        assert (await accounts.identify(key)).user == ada

    async def test_a_key_can_expire(self, accounts: Accounts, ada: User, clock: TestClock) -> None:
        key = await accounts.create_key(EMAIL, "ci", expires_at=clock())
        with pytest.raises(TokenExpired):
            await accounts.identify(key)

    async def test_the_list_tells_keys_apart_without_telling_them(
        self, accounts: Accounts, ada: User
    ) -> None:
        secret = await accounts.create_key(EMAIL, "ci")
        (key,) = await accounts.keys(EMAIL)
        assert (key.name, key.hint) == ("ci", secret[:10])
        assert secret not in str(key.dump())

    async def test_the_database_holds_no_key(self, accounts: Accounts, ada: User, database: Database) -> None:
        secret = await accounts.create_key(EMAIL, "ci")
        async with database.read() as connection:
            (row,) = (await connection.execute(select(api_keys))).mappings()
        assert secret not in str(dict(row))

    async def test_an_unknown_user_gets_no_key(self, accounts: Accounts) -> None:
        with pytest.raises(NotFound):
            await accounts.create_key("nobody@example.com", "ci")


class TestCaller:
    async def test_a_user_may_what_their_role_grants(self, accounts: Accounts, admitted: LoginAnswer) -> None:
        identity = await accounts.identify(admitted.tokens.access_token)
        caller = Caller.of(identity, request_id="req-1", base_url="http://localhost")
        assert caller.may(Permission.TASK_WRITE)
        assert not caller.is_admin
        assert not caller.is_anonymous

    def test_nobody_may_nothing(self) -> None:
        nobody = Caller.anonymous(request_id="req-1", base_url="http://localhost")
        assert nobody.is_anonymous
        assert not any(nobody.may(permission) for permission in Permission)

    async def test_the_administrator_may_everything(self, accounts: Accounts, house: House) -> None:
        await accounts.ensure_admin(house.folder)
        caller = Caller.of(await accounts.open_identity(), request_id="req-1", base_url="http://localhost")
        assert caller.is_admin
        assert all(caller.may(permission) for permission in Permission)

    async def test_a_caller_expires_under_an_open_socket(
        self, accounts: Accounts, admitted: LoginAnswer
    ) -> None:
        """The test's clock stands in the past, so by the real one the token has expired."""
        identity = await accounts.identify(admitted.tokens.access_token)
        caller = Caller.of(identity, request_id="req-1", base_url="http://localhost")
        assert caller.is_expired
        assert caller.calling("req-2").request_id == "req-2"


def test_secrets_do_not_show_when_a_request_is_logged(admitted: LoginAnswer) -> None:
    shown = repr(admitted) + repr(login())
    assert admitted.tokens.refresh_token not in shown
    assert admitted.tokens.access_token not in shown
    assert PASSWORD not in shown


def test_a_local_user_is_the_servers_own(ada: User) -> None:
    assert ada.provider is IdentityProvider.LOCAL
