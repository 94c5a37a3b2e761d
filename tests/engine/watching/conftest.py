"""An engine with one session whose commands run in each of the runtimes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from roocode_server.engine.runtimes.runtime import Command, Exit
from roocode_server.engine.workspace.workspace import Workspace
from tests.engine.runtimes.conftest import EVERY_RUNTIME
from tests.engine.sessions.conftest import Room, room_in

TOLD = ("file.created", "file.modified", "file.deleted", "file.renamed", "workspace.changed")


@dataclass
class Watched(Room):
    """A session whose workspace is watched while commands run."""

    async def run(self, line: str) -> Exit:
        session = await self.engine.sessions.get(self.session_id)
        done = await self.engine.runtime.run(self.engine.sessions.sandbox(session), Command(line=line))
        assert done.code == 0, done.output
        return done

    async def told(self) -> list[dict[str, Any]]:
        return await self.events(*TOLD)

    async def changes(self) -> list[str]:
        """Return the reported changes, in short form: `created /a.txt`."""
        return [f"{event['type'].partition('.')[2]} {event['path']}" for event in await self.told()]

    @property
    def workspace(self) -> Workspace:
        return self.engine.sessions.workspace(self.session_id)


@pytest.fixture(params=EVERY_RUNTIME)
async def watched(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Watched]:
    async with room_in(Watched, request, tmp_path / "data") as made:
        yield made
