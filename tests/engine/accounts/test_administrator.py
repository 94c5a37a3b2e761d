from __future__ import annotations

import asyncio
import json
import stat
from pathlib import Path

import pytest
from sqlalchemy import select

from roocode_server.engine.accounts.accounts import Accounts
from roocode_server.engine.sealing.private_files import write_private
from roocode_server.engine.storage.database import Database
from roocode_server.engine.storage.tables import users
from roocode_server.models.login import Login
from roocode_server.models.user import Role
from tests.engine.accounts.conftest import House


def read(folder: Path) -> dict[str, str]:
    content: dict[str, str] = json.loads((folder / "admin.json").read_text())
    return content


async def count_users(database: Database) -> int:
    async with database.read() as connection:
        return len((await connection.execute(select(users.c.id))).all())


async def test_the_first_start_makes_an_administrator_who_can_log_in(
    accounts: Accounts, house: House
) -> None:
    await accounts.ensure_admin(house.folder)
    how = read(house.folder)
    answer = await accounts.login(Login(email=how["email"], password=how["password"]))
    assert (answer.user.email, answer.user.roles) == ("admin@localhost", [Role.ADMIN])
    assert (await accounts.identify(how["apiKey"])).user.id == answer.user.id


async def test_nobody_else_may_read_how(accounts: Accounts, house: House) -> None:
    await accounts.ensure_admin(house.folder)
    assert stat.S_IMODE((house.folder / "admin.json").stat().st_mode) == 0o600


async def test_a_later_start_changes_nothing(accounts: Accounts, house: House) -> None:
    await accounts.ensure_admin(house.folder)
    how = read(house.folder)
    async with house.accounts() as again:
        await again.ensure_admin(house.folder)
        assert read(house.folder) == how
        assert (await again.identify(how["apiKey"])).user.roles == [Role.ADMIN]


async def test_a_file_that_was_read_and_removed_does_not_come_back(accounts: Accounts, house: House) -> None:
    await accounts.ensure_admin(house.folder)
    (house.folder / "admin.json").unlink()
    await accounts.ensure_admin(house.folder)
    assert not (house.folder / "admin.json").exists()


async def test_two_that_start_at_once_make_one_administrator(house: House, database: Database) -> None:
    async with house.accounts() as first, house.accounts() as second:
        await asyncio.gather(first.ensure_admin(house.folder), second.ensure_admin(house.folder))
        identity = await first.identify(read(house.folder)["apiKey"])
    assert identity.user.roles == [Role.ADMIN]
    assert await count_users(database) == 1


async def test_a_start_that_cannot_write_the_file_makes_no_account(
    accounts: Accounts, database: Database, house: House
) -> None:
    with pytest.raises(FileNotFoundError):
        await accounts.ensure_admin(house.folder / "missing")
    assert await count_users(database) == 0


async def test_a_start_that_dies_after_the_file_heals_at_the_next(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_and_die(path: Path, text: str) -> None:
        write_private(path, text)
        raise KeyError("the power is gone")

    async with house.accounts() as accounts:
        with monkeypatch.context() as patch, pytest.raises(KeyError):
            patch.setattr("roocode_server.engine.accounts.accounts.write_private", write_and_die)
            await accounts.ensure_admin(house.folder)
    left_behind = read(house.folder)
    async with house.accounts() as accounts:
        await accounts.ensure_admin(house.folder)
        how = read(house.folder)
        assert how != left_behind
        assert (await accounts.identify(how["apiKey"])).user.email == how["email"]
