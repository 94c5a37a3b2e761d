"""Direct writes within the size that a workspace may have."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

import roocode_server.engine.workspace.quota as measuring
from roocode_server.models.error import PayloadTooLarge, WorkspaceLimitExceeded
from roocode_server.models.file import FileDelete, FileUpdate, FileUpload, FileWrite
from roocode_server.models.process import ShellExec
from roocode_server.models.search import TextSearchRequest
from roocode_server.models.tool import ToolExecute
from tests.engine.sessions.conftest import Room

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
    measure = measuring.disk_bytes

    def count(folder: Path) -> int:
        measured.append(folder)
        return measure(folder)

    monkeypatch.setattr(measuring, "disk_bytes", count)
    for number in range(20):
        await create(room, f"{number}.txt", "small")
    assert len(measured) == 1


async def test_a_full_workspace_is_searched_but_runs_no_commands(narrow: Room) -> None:
    (narrow.folder / "large.txt").write_text("needle\n" + "x" * 3_000_000)
    wanted = TextSearchRequest.load({"sessionId": narrow.session_id, "pattern": "needle"})
    assert [match.path for match in (await narrow.engine.searches.text(wanted)).matches] == ["/large.txt"]
    with pytest.raises(WorkspaceLimitExceeded):
        await narrow.engine.shell.execute(ShellExec(session_id=narrow.session_id, cmd="true"))


THREE_MEBIBYTES = "x" * 3 * 2**20


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def by_a_tool(room: Room, path: str, content: str) -> None:
    await room.engine.tools.execute(
        ToolExecute(
            session_id=room.session_id,
            tool_name="write_to_file",
            parameters={"path": path, "content": content},
        )
    )


async def by_an_agent(room: Room, path: str, content: str) -> None:
    """An agent program writes through the workspace, as the tools of this server's own agent do."""
    await room.engine.sessions.workspace(room.session_id).put(path, content.encode())


async def by_an_upload(room: Room, path: str, content: str) -> None:
    request = FileUpload(session_id=room.session_id, path=path)
    await room.engine.files.receive(request, pieces(content.encode()))


WAYS = [create, by_a_tool, by_an_agent, by_an_upload]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_nobody_writes_beyond_the_size_of_the_workspace(
    room: Room, way: Callable[[Room, str, str], Awaitable[None]]
) -> None:
    room.session_id = await room.session(resourceLimits={"maxDiskMB": 1})
    for number in range(4):
        with pytest.raises(WorkspaceLimitExceeded):
            await way(room, f"{number}.txt", THREE_MEBIBYTES)
    assert os.listdir(room.folder) == []


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_nobody_writes_a_file_larger_than_one_may_be(
    room: Room, way: Callable[[Room, str, str], Awaitable[None]]
) -> None:
    room.session_id = await room.session(resourceLimits={"maxFileSizeMB": 1})
    with pytest.raises((WorkspaceLimitExceeded, PayloadTooLarge)):
        await way(room, "large.txt", THREE_MEBIBYTES)
    assert os.listdir(room.folder) == []


@pytest.mark.parametrize("way", [by_a_tool, by_an_agent, by_an_upload], ids=lambda way: way.__name__)
async def test_what_makes_a_file_smaller_is_always_written(
    narrow: Room, way: Callable[[Room, str, str], Awaitable[None]]
) -> None:
    (narrow.folder / "large.txt").write_text("x" * 3 * 2**20)
    await way(narrow, "large.txt", "x" * 2 * 2**20)
    assert (narrow.folder / "large.txt").stat().st_size in (2 * 2**20, 2 * 2**20 + 1)


async def test_the_difference_that_is_told_is_of_the_content_that_was_replaced(room: Room) -> None:
    """Two who write at the same time: what one replaces is what the other has written, whoever is first."""
    await create(room, "a.txt", "0\n")
    texts = [f"{number}\n" for number in range(1, 30)]
    await asyncio.gather(
        *(
            room.engine.files.update(FileUpdate(session_id=room.session_id, path="a.txt", content=text))
            for text in texts
        )
    )
    told = [each["changes"]["diff"] for each in await room.events("file.modified")]
    replaced = {line[1:] for diff in told for line in diff.splitlines() if re.fullmatch(r"-\d+", line)}
    last = (room.folder / "a.txt").read_text().strip()
    assert replaced == {text.strip() for text in ["0\n", *texts]} - {last}
