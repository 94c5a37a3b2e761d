from __future__ import annotations

import time

import pytest
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError

from roocode_server.engine.accounts.passwords import Passwords
from tests.support.hashing import CHEAP, USUAL


async def test_the_right_password_is_accepted() -> None:
    passwords = Passwords(CHEAP)
    assert await passwords.verify(await passwords.hash("open sesame"), "open sesame")


async def test_a_wrong_password_is_refused() -> None:
    passwords = Passwords(CHEAP)
    assert not await passwords.verify(await passwords.hash("open sesame"), "open barley")


async def test_the_hash_of_a_random_secret_is_checked_alike_and_renewed_by_a_login() -> None:
    passwords = Passwords(USUAL)
    hashed = passwords.hash_secret("a long random secret")
    assert await passwords.verify(hashed, "a long random secret")
    assert not await passwords.verify(hashed, "another long random secret")
    assert passwords.is_outdated(hashed)


async def test_without_a_hash_every_password_is_refused() -> None:
    assert not await Passwords(CHEAP).verify(None, "open sesame")


async def work(passwords: Passwords, password_hash: str | None) -> float:
    """The processor time that a wrong password costs; that of all threads, so other programs do not count."""
    spent = []
    for _ in range(5):
        before = time.process_time()
        assert not await passwords.verify(password_hash, "a guess")
        spent.append(time.process_time() - before)
    return min(spent)


@pytest.mark.parametrize("kind", ["none", "of a random secret", "of half the usual cost"])
async def test_a_wrong_password_takes_the_same_work_whatever_is_stored(kind: str) -> None:
    passwords = Passwords(PasswordHasher(time_cost=2, memory_cost=32_768, parallelism=1))
    half = PasswordHasher(time_cost=1, memory_cost=32_768, parallelism=1)
    stored = {
        "none": None,
        "of a random secret": passwords.hash_secret("a secret"),
        "of half the usual cost": half.hash("a password"),
    }[kind]
    usual = await work(passwords, await passwords.hash("a password"))
    assert 0.6 < await work(passwords, stored) / usual < 1.6


async def test_the_hash_does_not_tell_the_password_nor_that_two_are_the_same() -> None:
    passwords = Passwords(CHEAP)
    first, second = await passwords.hash("open sesame"), await passwords.hash("open sesame")
    assert first != second
    assert "sesame" not in first


async def test_the_same_characters_composed_otherwise_are_the_same_password() -> None:
    passwords = Passwords(CHEAP)
    assert await passwords.verify(await passwords.hash("cafe\u0301"), "caf\u00e9")


async def test_a_password_that_is_no_valid_unicode_is_only_wrong() -> None:
    passwords = Passwords(CHEAP)
    assert not await passwords.verify(await passwords.hash("open sesame"), "\ud800")


async def test_a_damaged_hash_is_no_wrong_password() -> None:
    with pytest.raises(InvalidHashError):
        await Passwords(CHEAP).verify("damaged", "open sesame")


async def test_a_hash_by_other_parameters_is_outdated() -> None:
    hashed = await Passwords(CHEAP).hash("open sesame")
    dearer = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1)
    assert Passwords(dearer).is_outdated(hashed)
    assert not Passwords(CHEAP).is_outdated(hashed)


async def test_the_standard_parameters_are_those_of_rfc_9106() -> None:
    assert (await Passwords(USUAL).hash("open sesame")).startswith("$argon2id$v=19$m=65536,t=3,p=4$")
