"""Direct writes within the size that a workspace may have."""

from __future__ import annotations

import pytest

from engine.runtimes.workspace import Workspace
from models.error import WorkspaceLimitExceeded
from models.file import FileDelete, FileUpdate, FileWrite
from models.process import ShellExec
from models.search import SearchText
from tests.engine.session.conftest import Room

LARGE = "x" * 600_000


@pytest.fixture
async def narrow(room: Room) -> Room:
    """A session whose workspace may take one mebibyte."""
    room.session_id = await room.session(resourceLimits={"maxDiskMB": 1})
    return room


async def create(room: Room, path: str, content: str) -> None:
    await room.engine.files.create(FileWrite(session_id=room.session_id, path=path, content=content))


async def test_a_file_for_which_there_is_no_room_is_not_made(narrow: Room) -> None:
    await create(narrow, "one.txt", LARGE)
    with pytest.raises(WorkspaceLimitExceeded):
        await create(narrow, "two.txt", LARGE)
    assert not (narrow.folder / "two.txt").exists()


async def test_a_file_does_not_outgrow_the_room(narrow: Room) -> None:
    await create(narrow, "one.txt", LARGE)
    await create(narrow, "two.txt", "small")
    with pytest.raises(WorkspaceLimitExceeded):
        await narrow.engine.files.update(
            FileUpdate(session_id=narrow.session_id, path="two.txt", content=LARGE)
        )
    assert (narrow.folder / "two.txt").read_text() == "small"
    await narrow.engine.files.update(
        FileUpdate(session_id=narrow.session_id, path="one.txt", content=LARGE[::-1])
    )


async def test_what_is_deleted_makes_room_at_once(narrow: Room) -> None:
    await create(narrow, "one.txt", LARGE)
    await narrow.engine.files.delete(FileDelete(session_id=narrow.session_id, path="one.txt"))
    await create(narrow, "two.txt", LARGE)


async def test_many_writes_are_counted_without_measuring_each(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = []
    measure = Workspace.disk_bytes

    async def count(workspace: Workspace) -> int:
        measured.append(workspace)
        return await measure(workspace)

    monkeypatch.setattr(Workspace, "disk_bytes", count)
    for number in range(20):
        await create(room, f"{number}.txt", "small")
    assert len(measured) == 1


async def test_a_full_workspace_is_searched_but_runs_no_commands(narrow: Room) -> None:
    (narrow.folder / "large.txt").write_text("needle\n" + "x" * 3_000_000)
    wanted = SearchText.load({"sessionId": narrow.session_id, "pattern": "needle"})
    assert [match.path for match in (await narrow.engine.searches.text(wanted)).matches] == ["/large.txt"]
    with pytest.raises(WorkspaceLimitExceeded):
        await narrow.engine.shell.execute(ShellExec(session_id=narrow.session_id, cmd="true"))
