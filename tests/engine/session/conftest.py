"""An engine with one session, for what callers do in it themselves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest

from engine.engine import Engine, open_engine
from models.identifier import SessionId
from models.session import SessionCreate
from models.settings import Settings
from models.user import Caller


@dataclass
class Room:
    """A session and its engine."""

    engine: Engine
    caller: Caller
    session_id: SessionId

    async def session(self, **config: Any) -> SessionId:
        """Another session."""
        made = await self.engine.sessions.create(self.caller, SessionCreate.load({"config": config}))
        return made.id

    async def events(self, *types: str) -> list[dict[str, Any]]:
        stored = await self.engine.log.read(self.session_id, after=0, limit=1000)
        return [orjson.loads(each.body) for each in stored if each.type in types]

    @property
    def folder(self) -> Path:
        return self.engine.sessions.workspace(self.session_id).folder

    async def until_true(self, holds: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(60):
            while not await holds():
                await asyncio.sleep(0.01)

    async def until(self, holds: Callable[[], object]) -> None:
        async with asyncio.timeout(60):
            while not holds():
                await asyncio.sleep(0.01)


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    settings = Settings.load_plain({"server": {"data_dir": str(tmp_path / "data")}})
    engine = await open_engine(settings)
    try:
        identity = await engine.accounts.open_identity()
        caller = Caller.of(identity, request_id="test", base_url="http://test")
        made = await engine.sessions.create(caller, SessionCreate.load({}))
        yield Room(engine, caller, made.id)
    finally:
        await engine.close()
