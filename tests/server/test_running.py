"""A server whose database writer has died ends and says so; nobody waits for ever."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from roocode_server.engine.events.log import EventLog
from roocode_server.engine.storage.data_directory import DATABASE_FILE
from roocode_server.engine.storage.database import PROBE_LIFETIME_S, DatabaseUnusable
from roocode_server.models.settings import RuntimeKind, RuntimeSettings, ServerSettings, Settings
from roocode_server.server.app import running


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        server=ServerSettings(ports=[0], data_dir=str(tmp_path / "data")),
        runtime=RuntimeSettings(kind=RuntimeKind.UNSAFE_LOCAL),
    )


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as client:
        yield client


def bearer(settings: Settings) -> dict[str, str]:
    admin = json.loads((Path(settings.server.data_dir) / "admin.json").read_text())
    return {"Authorization": f"Bearer {admin['apiKey']}"}


async def test_a_server_whose_writer_has_died_ends(
    settings: Settings, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: EventLog) -> None:
        raise ZeroDivisionError("a mistake in the writer itself")

    with pytest.raises(DatabaseUnusable, match="a mistake in the writer itself"):
        async with running(settings) as (address,):
            monkeypatch.setattr(EventLog, "committed", fail)
            created = await client.post(
                f"{address}/api/v1/sessions", json={"name": "One"}, headers=bearer(settings)
            )
            assert created.status == 500
            await asyncio.Event().wait()


async def test_health_tells_of_a_database_that_takes_no_writes(
    settings: Settings, client: aiohttp.ClientSession
) -> None:
    async with running(settings) as (address,):
        async with client.get(f"{address}/api/v1/health") as well:
            assert well.status == 200
        with sqlite3.connect(Path(settings.server.data_dir) / DATABASE_FILE) as other:
            other.execute(
                "CREATE TRIGGER refuse BEFORE UPDATE ON server_state BEGIN SELECT RAISE(ABORT, 'full'); END"
            )
        await asyncio.sleep(PROBE_LIFETIME_S)  # one write serves all who ask within this time
        async with client.get(f"{address}/api/v1/health") as ill:
            assert (ill.status, (await ill.json())["error"]["code"]) == (503, "SERVER_OVERLOAD")
