"""Accounts over a real database, with Argon2 parameters that do not slow the tests down."""

from __future__ import annotations

import datetime
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from roocode_server.engine.accounts.accounts import Accounts
from roocode_server.engine.events.log import EventLog
from roocode_server.engine.storage.database import Database
from roocode_server.models.auth_settings import AuthSettings
from roocode_server.models.clock import UTC
from roocode_server.models.login import Login, LoginAnswer
from roocode_server.models.user import User
from tests.support.hashing import CHEAP

EMAIL = "ada@example.com"
PASSWORD = "correct horse battery"


class TestClock:
    """A clock that stands still until it is moved."""

    __test__ = False

    def __init__(self) -> None:
        self.moment = datetime.datetime(2024, 1, 15, 10, 30, tzinfo=UTC)

    def __call__(self) -> datetime.datetime:
        return self.moment

    def advance(self, seconds: float) -> None:
        self.moment += datetime.timedelta(seconds=seconds)


@dataclass
class House:
    """A data directory and what opens it."""

    folder: Path
    clock: TestClock

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        database = Database(f"sqlite+aiosqlite:///{self.folder / 'test.sqlite3'}")
        await database.open(EventLog(database, lambda stored: None))
        try:
            yield database
        finally:
            await database.close()

    @asynccontextmanager
    async def accounts(
        self, settings: AuthSettings | None = None, *, hasher: PasswordHasher = CHEAP
    ) -> AsyncIterator[Accounts]:
        async with self.database() as database:
            yield Accounts(database, settings or AuthSettings(), self.folder, clock=self.clock, hasher=hasher)


@pytest.fixture
def clock() -> TestClock:
    return TestClock()


@pytest.fixture
def house(tmp_path: Path, clock: TestClock) -> House:
    return House(tmp_path, clock)


@pytest.fixture
async def database(house: House) -> AsyncIterator[Database]:
    async with house.database() as database:
        yield database


@pytest.fixture
async def accounts(house: House, database: Database) -> Accounts:
    return Accounts(database, AuthSettings(), house.folder, clock=house.clock, hasher=CHEAP)


@pytest.fixture
async def ada(accounts: Accounts) -> User:
    return await accounts.create_user(EMAIL, PASSWORD, "Ada")


@pytest.fixture
async def admitted(accounts: Accounts, ada: User) -> LoginAnswer:
    return await accounts.login(Login(email=EMAIL, password=PASSWORD))
