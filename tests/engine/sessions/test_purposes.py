"""A user's session for a purpose: one, however many ask for it, until it is deleted."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roocode_server.engine.engine import Engine, open_engine
from roocode_server.models.error import ValidationFailed
from roocode_server.models.session import SessionEnsure, SessionList
from roocode_server.models.settings import Settings
from roocode_server.models.user import Caller


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    settings = {"server": {"data_dir": str(tmp_path / "data")}, "runtime": {"kind": "local"}}
    opened = await open_engine(Settings.load_plain(settings))
    yield opened
    await opened.close()


@pytest.fixture
async def caller(engine: Engine) -> Caller:
    identity = await engine.accounts.open_identity()
    return Caller.of(identity, request_id="test", base_url="http://test")


def wanted(purpose: str = "nightly") -> SessionEnsure:
    return SessionEnsure(purpose=purpose, name="Nightly")


async def test_all_who_ask_at_once_get_the_same_session(engine: Engine, caller: Caller) -> None:
    answers = await asyncio.gather(*(engine.sessions.ensure(caller, wanted()) for _ in range(20)))
    assert len({session.id for session, _ in answers}) == 1
    assert [created for _, created in answers].count(True) == 1


async def test_each_purpose_has_a_session_of_its_own_which_is_found_by_it(
    engine: Engine, caller: Caller
) -> None:
    ids = [(await engine.sessions.ensure(caller, wanted(purpose)))[0].id for purpose in ("one", "two")]
    assert len(set(ids)) == 2
    found, total = await engine.sessions.list(caller, SessionList(purpose="two"))
    assert ([session.id for session in found], total) == (ids[1:], 1)
    assert found[0].purpose == "two"


async def test_a_session_that_was_deleted_is_made_anew(engine: Engine, caller: Caller) -> None:
    first, _ = await engine.sessions.ensure(caller, wanted())
    await engine.sessions.delete(first.id)
    second, created = await engine.sessions.ensure(caller, wanted())
    assert created and second.id != first.id


@pytest.mark.parametrize("purpose", ["", "Nightly", "a b", "a/b", "1", "x" * 65])
def test_a_purpose_is_a_word(purpose: str) -> None:
    with pytest.raises(ValidationFailed):
        SessionEnsure.load({"purpose": purpose})
