"""A login ends with its tokens; other logins continue."""

from __future__ import annotations

import asyncio

import pytest

from roocode_server.engine.accounts.accounts import Accounts
from roocode_server.engine.accounts.users import UserChange
from roocode_server.models.account import AccountUpdate, KeyCreate, PasswordChange
from roocode_server.models.auth_settings import AuthSettings
from roocode_server.models.error import AuthenticationFailed, Conflict, InvalidField, NotFound, TokenExpired
from roocode_server.models.login import InvitationAccept, Login, LoginAnswer
from roocode_server.models.user import Caller, Role, User
from tests.engine.accounts.conftest import EMAIL, PASSWORD, House, TestClock

ANOTHER = "another long enough one"


async def caller_of(accounts: Accounts, credential: str) -> Caller:
    return Caller.of(await accounts.identify(credential), request_id="request", base_url="http://here")


async def is_good(accounts: Accounts, answer: LoginAnswer) -> bool:
    try:
        await accounts.identify(answer.tokens.access_token)
    except AuthenticationFailed:
        return False
    return True


@pytest.fixture
async def other(accounts: Accounts, admitted: LoginAnswer) -> LoginAnswer:
    return await accounts.login(Login(email=EMAIL, password=PASSWORD))


async def test_a_logout_ends_one_login(accounts: Accounts, admitted: LoginAnswer, other: LoginAnswer) -> None:
    await accounts.logout(await caller_of(accounts, admitted.tokens.access_token), everywhere=False)
    assert not await is_good(accounts, admitted)
    with pytest.raises(AuthenticationFailed):
        await accounts.refresh(admitted.tokens.refresh_token)
    assert await is_good(accounts, other)


async def test_a_logout_everywhere_ends_all(
    accounts: Accounts, admitted: LoginAnswer, other: LoginAnswer
) -> None:
    await accounts.logout(await caller_of(accounts, admitted.tokens.access_token), everywhere=True)
    assert [await is_good(accounts, each) for each in (admitted, other)] == [False, False]


async def test_a_stolen_refresh_token_ends_its_access_tokens_too(
    accounts: Accounts, admitted: LoginAnswer
) -> None:
    await accounts.refresh(admitted.tokens.refresh_token)
    with pytest.raises(AuthenticationFailed):
        await accounts.refresh(admitted.tokens.refresh_token)
    assert not await is_good(accounts, admitted)


@pytest.mark.parametrize("ends", [True, False])
async def test_another_password_ends_other_logins_if_that_is_wished(
    accounts: Accounts, admitted: LoginAnswer, other: LoginAnswer, ends: bool
) -> None:
    caller = await caller_of(accounts, admitted.tokens.access_token)
    request = PasswordChange(current_password=PASSWORD, new_password=ANOTHER, end_other_logins=ends)
    await accounts.own.change_password(caller, request)
    assert await is_good(accounts, admitted)
    assert await is_good(accounts, other) is not ends
    assert await accounts.login(Login(email=EMAIL, password=ANOTHER))


async def test_one_sees_where_one_is_signed_in_and_ends_one_of_them(
    accounts: Accounts, admitted: LoginAnswer, other: LoginAnswer
) -> None:
    caller = await caller_of(accounts, admitted.tokens.access_token)
    logins, total = await accounts.own.logins(caller, limit=20, offset=0)
    assert (len(logins), total, sorted(login.is_current for login in logins)) == (2, 2, [False, True])
    ended = next(login.id for login in logins if not login.is_current)
    await accounts.own.end_login(caller.user_id, ended)
    assert [await is_good(accounts, each) for each in (admitted, other)] == [True, False]
    (left,), total = await accounts.own.logins(caller, limit=20, offset=0)
    assert (left.is_current, total) == (True, 1)


async def test_a_login_whose_tokens_have_run_out_is_not_listed(
    accounts: Accounts, admitted: LoginAnswer, clock: TestClock
) -> None:
    caller = await caller_of(accounts, admitted.tokens.access_token)
    clock.advance(AuthSettings().refresh_token_s)
    assert await accounts.own.logins(caller, limit=20, offset=0) == ([], 0)


async def test_another_persons_login_does_not_exist(
    accounts: Accounts, admitted: LoginAnswer, other: LoginAnswer
) -> None:
    caller = await caller_of(accounts, admitted.tokens.access_token)
    eve = await accounts.create_user("eve@example.com", PASSWORD, "Eve")
    assert caller.login_id is not None
    with pytest.raises(NotFound):
        await accounts.own.end_login(eve.id, caller.login_id)
    assert await is_good(accounts, admitted)


async def test_a_key_makes_none_that_outlives_it(accounts: Accounts, ada: User, clock: TestClock) -> None:
    until = clock().replace(year=2099)
    secret = await accounts.create_key(EMAIL, "short", expires_at=until)
    caller = await caller_of(accounts, secret)
    with pytest.raises(InvalidField):
        await accounts.own.create_key(caller, KeyCreate(name="for ever"))
    key, _ = await accounts.own.create_key(caller, KeyCreate(name="as long", expires_at=until))
    assert key.expires_at == until


async def test_preferences_change_one_by_one(accounts: Accounts, ada: User) -> None:
    wanted = AccountUpdate.load(
        {"name": "Ada L.", "preferences": {"theme": "dark", "notifications": {"taskFailed": False}}}
    )
    changed = await accounts.own.update(ada.id, wanted)
    assert (changed.name, changed.preferences.theme) == ("Ada L.", "dark")
    assert changed.preferences.notifications.task_completed
    assert not changed.preferences.notifications.task_failed
    back = await accounts.own.update(ada.id, AccountUpdate.load({"preferences": {"theme": None}}))
    assert (back.name, back.preferences.theme) == ("Ada L.", "auto")
    assert await accounts.profile(ada.id) == back


async def test_an_invitation_works_once(accounts: Accounts, ada: User, admitted: LoginAnswer) -> None:
    accept = InvitationAccept(invitation=await accounts.invite(EMAIL), password=ANOTHER)
    answer = await accounts.accept_invitation(accept)
    assert answer.user.id == ada.id
    assert not await is_good(accounts, admitted)
    with pytest.raises(AuthenticationFailed):
        await accounts.accept_invitation(accept)


async def test_a_newer_invitation_replaces_the_one_before(accounts: Accounts, ada: User) -> None:
    earlier = await accounts.invite(EMAIL)
    await accounts.invite(EMAIL)
    with pytest.raises(AuthenticationFailed):
        await accounts.accept_invitation(InvitationAccept(invitation=earlier, password=ANOTHER))


async def test_an_invitation_expires(accounts: Accounts, ada: User, clock: TestClock) -> None:
    secret = await accounts.invite(EMAIL)
    clock.advance(86_400)
    with pytest.raises(TokenExpired):
        await accounts.accept_invitation(InvitationAccept(invitation=secret, password=ANOTHER))


async def test_somebody_who_may_act_as_administrator_remains(
    accounts: Accounts, house: House, ada: User
) -> None:
    await accounts.ensure_admin(house.folder)
    administrator = (await accounts.open_identity()).user
    for change in (UserChange(disabled=True), UserChange(roles=[Role.VIEWER])):
        with pytest.raises(Conflict):
            await accounts.people.change(administrator.id, change)
    await accounts.people.change(ada.id, UserChange(roles=[Role.ADMIN]))
    assert (await accounts.people.change(administrator.id, UserChange(disabled=True))).disabled_at


@pytest.mark.parametrize("how", ["logout", "role", "disable", "key"])
async def test_who_follows_is_ended(accounts: Accounts, admitted: LoginAnswer, how: str) -> None:
    credential = await accounts.create_key(EMAIL, "ci") if how == "key" else admitted.tokens.access_token
    caller = await caller_of(accounts, credential)
    ended = asyncio.Event()
    accounts.watch.follow(caller, ended.set)
    match how:
        case "logout":
            await accounts.logout(caller, everywhere=False)
        case "role":
            await accounts.set_roles(EMAIL, [Role.VIEWER])
        case "disable":
            await accounts.set_disabled(EMAIL, is_disabled=True)
        case _:
            await accounts.own.revoke_key(caller.user_id, (await accounts.own.keys(caller.user_id))[0].id)
    async with asyncio.timeout(30):
        await ended.wait()
    await accounts.watch.close()
