"""An engine with one session, for what callers do in it themselves."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import orjson
import pytest

from roocode_server.engine.engine import Engine, open_engine
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import SessionCreate
from roocode_server.models.settings import Settings
from roocode_server.models.user import Caller
from tests.support.containers import TestEngine
from tests.support.processes import anywhere

AnyRoom = TypeVar("AnyRoom", bound="Room")


@dataclass
class Room:
    """A session and its engine."""

    engine: Engine
    caller: Caller
    session_id: SessionId
    nap: int
    """How long what this room starts sleeps: in no other test anything sleeps so long."""
    containers: TestEngine | None = None

    def sleepers(self) -> int:
        """How many processes of this machine, in whichever container, sleep for this room."""
        return len(anywhere("sleep", str(self.nap)))

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


@pytest.fixture(params=["local", "docker"])
async def room(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Room]:
    """A room whose commands run in a jail, and one whose commands run in a container."""
    async with room_in(Room, request, tmp_path / "data") as made:
        yield made


@asynccontextmanager
async def room_in(
    kind: type[AnyRoom], request: pytest.FixtureRequest, data_dir: Path
) -> AsyncIterator[AnyRoom]:
    """A room of an engine with the runtime that the fixture's parameter names."""
    containers: TestEngine | None = None
    runtime: dict[str, Any] = {"kind": request.param}
    if request.param == "docker":
        containers = request.getfixturevalue("container_engine")
        runtime = containers.settings()
    engine = await open_engine(
        Settings.load_plain({"server": {"data_dir": str(data_dir)}, "runtime": runtime})
    )
    try:
        identity = await engine.accounts.open_identity()
        caller = Caller.of(identity, request_id="test", base_url="http://test")
        made = await engine.sessions.create(caller, SessionCreate.load({}))
        yield kind(engine, caller, made.id, 1_000_000 + secrets.randbelow(8_000_000), containers)
    finally:
        await engine.close()
        if containers is not None:
            containers.remove_containers_of(data_dir)
