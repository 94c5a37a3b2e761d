"""Wrong passwords: guessers have to wait, owners do not, and nobody learns which accounts exist."""

from __future__ import annotations

import asyncio

import pytest

from roocode_server.engine.accounts.accounts import Accounts
from roocode_server.engine.accounts.lockout import (
    FREE_FAILURES,
    FREE_STRANGER_FAILURES,
    LONGEST_LOCKOUT_S,
    LONGEST_STRANGER_LOCKOUT_S,
    Lockout,
)
from roocode_server.engine.accounts.passwords import MOST_WAITING, Passwords
from roocode_server.engine.network.sites import site_of
from roocode_server.engine.storage.database import Database
from roocode_server.models.account import PasswordChange
from roocode_server.models.auth_settings import AuthSettings
from roocode_server.models.error import AuthenticationFailed, InvalidField, ServerOverload
from roocode_server.models.login import Login
from roocode_server.models.user import Caller, User
from tests.engine.accounts.conftest import EMAIL, PASSWORD, House
from tests.support.hashing import CHEAP

HOME, ELSEWHERE = "192.0.2.1", "198.51.100.7"


class Seconds:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = 0.0

    def __call__(self) -> float:
        return self.moment


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
async def guarded(house: House, database: Database, seconds: Seconds) -> Accounts:
    settings = AuthSettings()
    return Accounts(
        database, settings, house.folder, clock=house.clock, hasher=CHEAP, lockout=Lockout(seconds)
    )


async def guess(accounts: Accounts, address: str, email: str = EMAIL, times: int = FREE_FAILURES) -> None:
    for _ in range(times):
        with pytest.raises(AuthenticationFailed):
            await accounts.login(Login(email=email, password="wrong"), address)


async def enter(accounts: Accounts, address: str) -> None:
    await accounts.login(Login(email=EMAIL, password=PASSWORD), address)


async def test_after_some_wrong_passwords_the_right_one_has_to_wait(
    guarded: Accounts, ada: User, seconds: Seconds
) -> None:
    await guess(guarded, HOME)
    with pytest.raises(AuthenticationFailed):
        await enter(guarded, HOME)
    seconds.moment += 1
    await enter(guarded, HOME)


async def test_whoever_guesses_locks_nobody_out_elsewhere(guarded: Accounts, ada: User) -> None:
    await guess(guarded, ELSEWHERE)
    await enter(guarded, HOME)


async def test_a_known_place_does_not_wait_for_what_many_others_try(guarded: Accounts, ada: User) -> None:
    await enter(guarded, HOME)
    for number in range(FREE_STRANGER_FAILURES):
        await guess(guarded, f"203.0.113.{number}", times=1)
    with pytest.raises(AuthenticationFailed):
        await enter(guarded, ELSEWHERE)
    await enter(guarded, HOME)


async def test_a_success_clears_the_count(guarded: Accounts, ada: User) -> None:
    for _ in range(3):
        await guess(guarded, HOME, times=FREE_FAILURES - 1)
        await enter(guarded, HOME)


async def test_locked_wrong_and_unknown_are_refused_in_the_same_words(guarded: Accounts, ada: User) -> None:
    words = set()
    for email in (EMAIL, "nobody@example.com"):
        for _ in range(FREE_FAILURES + 2):
            with pytest.raises(AuthenticationFailed) as refusal:
                await guarded.login(Login(email=email, password="wrong"), HOME)
            words.add(str(refusal.value))
    assert len(words) == 1


def test_the_wait_doubles_has_an_end_and_is_not_made_longer_by_trying(seconds: Seconds) -> None:
    lockout = Lockout(seconds)

    def waits() -> float:
        began = seconds.moment
        while not lockout.admits(EMAIL, HOME, is_known=True):
            seconds.moment += 1
        return seconds.moment - began

    for _ in range(FREE_FAILURES):
        assert lockout.admits(EMAIL, HOME, is_known=True)
        lockout.failed(EMAIL, HOME, is_known=True)
    found = []
    for _ in range(12):
        found.append(waits())
        lockout.failed(EMAIL, HOME, is_known=True)
    assert found[:4] == [1, 2, 4, 8]
    assert max(found) == LONGEST_LOCKOUT_S


def test_strangers_together_never_wait_long(seconds: Seconds) -> None:
    lockout = Lockout(seconds)
    for number in range(FREE_STRANGER_FAILURES * 2):
        lockout.failed(EMAIL, f"203.0.113.{number}", is_known=False)
    assert not lockout.admits(EMAIL, HOME, is_known=False)
    seconds.moment += LONGEST_STRANGER_LOCKOUT_S
    assert lockout.admits(EMAIL, HOME, is_known=False)


async def test_the_present_password_is_guessed_no_faster_by_who_has_a_token(
    guarded: Accounts, ada: User
) -> None:
    answer = await guarded.login(Login(email=EMAIL, password=PASSWORD), HOME)
    identity = await guarded.identify(answer.tokens.access_token)
    caller = Caller.of(identity, request_id="request", base_url="http://here", address=HOME)
    for _ in range(FREE_FAILURES):
        with pytest.raises(InvalidField):
            await guarded.own.change_password(
                caller, PasswordChange(current_password="wrong", new_password=PASSWORD)
            )
    with pytest.raises(InvalidField):
        await guarded.own.change_password(
            caller, PasswordChange(current_password=PASSWORD, new_password=PASSWORD)
        )


async def test_only_so_many_strangers_wait(ada: User) -> None:
    passwords = Passwords(CHEAP)
    outcomes = await asyncio.gather(
        *(passwords.verify_for_stranger(None, "wrong") for _ in range(MOST_WAITING + 5)),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, ServerOverload) for outcome in outcomes) == 5
    assert await passwords.verify_for_stranger(None, "wrong") is False


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_one_site_is_one_place(address: str, source: str) -> None:
    assert site_of(address) == source
