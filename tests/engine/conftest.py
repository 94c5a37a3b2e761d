"""A workspace, and files outside of it that nobody in it may touch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from roocode_server.engine.workspace.workspace import Workspace

SECRET = b"a secret of the host"
LARGEST_FILE = 100_000


@dataclass(frozen=True)
class Outside:
    """Files outside the workspace, and a check that they are unchanged."""

    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / "canary"

    def is_untouched(self) -> bool:
        return [entry.name for entry in self.folder.iterdir()] == [
            "canary"
        ] and self.file.read_bytes() == SECRET


@pytest.fixture
def outside(tmp_path: Path) -> Outside:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "canary").write_bytes(SECRET)
    return Outside(folder)


@pytest.fixture
async def workspace(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path / "workspaces" / "session-1", max_file_bytes=LARGEST_FILE)
    await made.make()
    return made
