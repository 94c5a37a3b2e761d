"""Files are moved and copied in one step, completely, and never over something that should stay."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from roocode_server.engine.workspace import copying
from roocode_server.engine.workspace.staging import ABANDONED_AFTER_S, STAGING, remove_abandoned
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.error import AppError, Conflict, InvalidField, NotFound, WorkspaceLimitExceeded
from tests.engine.conftest import Outside
from tests.support.nightly import times

ROOM = 10_000_000


async def test_a_file_gets_another_path(workspace: Workspace) -> None:
    await workspace.create("a", b"content")
    entry = await workspace.rename("a", "new/folder/b")
    assert (entry.path, entry.type, entry.size) == ("/new/folder/b", "file", 7)
    assert (await workspace.read("new/folder/b")).content == b"content"
    with pytest.raises(NotFound):
        await workspace.read("a")


async def test_a_directory_moves_with_all_in_it(workspace: Workspace) -> None:
    await workspace.create("src/deep/a", b"")
    entry = await workspace.rename("src", "lib/src")
    assert (entry.path, entry.type, entry.etag) == ("/lib/src", "directory", None)
    assert (workspace.folder / "lib/src/deep/a").exists()


async def test_nothing_is_overwritten_unless_asked_for(workspace: Workspace) -> None:
    await workspace.create("a", b"one")
    await workspace.create("b", b"two")
    for change in (workspace.rename("a", "b"), workspace.copy("a", "b", max_disk_bytes=ROOM)):
        with pytest.raises(Conflict):
            await change
    assert (await workspace.read("b")).content == b"two"
    await workspace.copy("a", "b", overwrite=True, max_disk_bytes=ROOM)
    assert (await workspace.read("b")).content == b"one"
    await workspace.rename("a", "b", overwrite=True)
    assert os.listdir(workspace.folder) == ["b"]


@pytest.mark.parametrize(("path", "to"), [("a", "folder"), ("folder", "a"), ("folder", "other")])
async def test_a_directory_is_never_overwritten_and_overwrites_nothing(
    workspace: Workspace, path: str, to: str
) -> None:
    await workspace.create("a", b"")
    await workspace.make_directory("folder")
    await workspace.make_directory("other")
    for change in (
        workspace.rename(path, to, overwrite=True),
        workspace.copy(path, to, overwrite=True, max_disk_bytes=ROOM),
    ):
        with pytest.raises(Conflict):
            await change
    assert sorted(os.listdir(workspace.folder)) == ["a", "folder", "other"]


async def test_a_directory_cannot_move_into_itself(workspace: Workspace) -> None:
    await workspace.make_directory("a/b")
    (workspace.folder / "way").symlink_to("a")
    for to in ("a/b/c", "way/c"):
        with pytest.raises(InvalidField):
            await workspace.rename("a", to)
    assert os.listdir(workspace.folder / "a") == ["b"]


async def test_a_directory_is_copied_into_itself_once(workspace: Workspace) -> None:
    await workspace.create("a/b", b"")
    await workspace.copy("a", "a/c", max_disk_bytes=ROOM)
    assert sorted(path.name for path in (workspace.folder / "a").rglob("*")) == ["b", "b", "c"]


async def test_a_copy_is_like_what_it_is_of(workspace: Workspace) -> None:
    await workspace.create("a/run", b"#!/bin/sh\n")
    await workspace.set_executable("a/run", is_executable=True)
    (workspace.folder / "a" / "link").symlink_to("../nowhere")
    (workspace.folder / "a" / "empty").mkdir()
    await workspace.copy("a", "b", max_disk_bytes=ROOM)
    assert os.access(workspace.folder / "b/run", os.X_OK)
    assert (workspace.folder / "b/link").readlink() == Path("../nowhere")
    assert (workspace.folder / "b/empty").is_dir()


async def test_a_link_moves_and_is_copied_as_such(workspace: Workspace, outside: Outside) -> None:
    (workspace.folder / "way").symlink_to(outside.folder)
    await workspace.copy("way", "copy", max_disk_bytes=ROOM)
    await workspace.rename("way", "moved")
    for name in ("copy", "moved"):
        assert (workspace.folder / name).readlink() == outside.folder
    assert outside.is_untouched()


@pytest.mark.parametrize("to", ["way/b", "../b", "way/new/b", "\0", "x" * 300])
async def test_no_target_leads_out(workspace: Workspace, outside: Outside, to: str) -> None:
    await workspace.create("a", b"")
    (workspace.folder / "way").symlink_to(outside.folder)
    for change in (
        lambda: workspace.rename("a", to),
        lambda: workspace.copy("a", to, max_disk_bytes=ROOM),
    ):
        with pytest.raises(InvalidField) as refusal:
            await change()
        assert refusal.value.details["field"] == "to"
    assert outside.is_untouched()


@pytest.mark.parametrize("path", ["", "/", ".", "..", "a/.."])
async def test_the_workspace_itself_stays_where_it_is(workspace: Workspace, path: str) -> None:
    await workspace.create("a/b", b"")
    for change in (
        lambda: workspace.rename(path, "c"),
        lambda: workspace.rename("a/b", path, overwrite=True),
        lambda: workspace.copy(path, "c", max_disk_bytes=ROOM),
        lambda: workspace.make_directory(path),
    ):
        with pytest.raises(AppError):
            await change()
    assert (workspace.folder / "a/b").exists()


async def test_a_copy_for_which_there_is_no_room_leaves_nothing(workspace: Workspace) -> None:
    await workspace.create("a/b", bytes(1000))
    await workspace.create("a/c", bytes(1000))
    with pytest.raises(WorkspaceLimitExceeded):
        await workspace.copy("a", "d", max_disk_bytes=1500)
    assert os.listdir(workspace.folder) == ["a"]
    assert os.listdir(workspace.folder.parent / STAGING) == []


async def test_a_copy_of_too_many_files_leaves_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "MOST_COPIED_ENTRIES", 2)
    for name in ("a/b", "a/c", "a/d"):
        await workspace.create(name, b"")
    with pytest.raises(WorkspaceLimitExceeded):
        await workspace.copy("a", "e", max_disk_bytes=ROOM)
    assert os.listdir(workspace.folder) == ["a"]


async def test_what_is_no_file_is_not_copied(workspace: Workspace) -> None:
    await workspace.make_directory("a")
    os.mkfifo(workspace.folder / "a" / "pipe")
    async with asyncio.timeout(5):
        for path in ("a", "a/pipe"):
            with pytest.raises(Conflict):
                await workspace.copy(path, "b", max_disk_bytes=ROOM)
    assert os.listdir(workspace.folder) == ["a"]


async def test_a_directory_is_made_with_those_above_it(workspace: Workspace) -> None:
    entry = await workspace.make_directory("a/b/c")
    assert (entry.path, entry.type) == ("/a/b/c", "directory")
    for path in ("a/b/c", "a/b"):
        with pytest.raises(Conflict):
            await workspace.make_directory(path)


async def test_the_same_content_has_the_same_tag_and_another_another(workspace: Workspace) -> None:
    one = await workspace.create("a", b"one")
    assert (await workspace.read("a")).etag == one.etag
    two = await workspace.update("a", b"two")
    assert one.etag != two.etag
    assert (await workspace.put("b", b"one")).etag == one.etag


async def test_a_change_of_what_has_changed_meanwhile_is_a_conflict(workspace: Workspace) -> None:
    seen = (await workspace.create("a", b"one")).etag
    now = (await workspace.update("a", b"two")).etag
    for change in (
        lambda: workspace.update("a", b"mine", if_match=seen),
        lambda: workspace.delete("a", if_match=seen),
        lambda: workspace.rename("a", "b", if_match=seen),
        lambda: workspace.update("a", b"mine", if_match=f'W/"{now}"'),
    ):
        with pytest.raises(Conflict) as refusal:
            await change()
        assert refusal.value.details == {"path": "/a", "etag": now}
    assert (await workspace.read("a")).content == b"two"


async def test_a_condition_can_name_several_tags_or_any(workspace: Workspace) -> None:
    tag = (await workspace.create("a", b"one")).etag
    await workspace.update("a", b"two", if_match=f'"other", "{tag}"')
    await workspace.update("a", b"three", if_match="*")
    with pytest.raises(NotFound):
        await workspace.update("b", b"", if_match="*")


async def test_of_two_writers_that_saw_the_same_one_is_refused(workspace: Workspace) -> None:
    """A number that sixteen threads count up, each from what it has read, loses no step."""
    await workspace.create("count", b"0")
    refused = 0

    async def count_up() -> None:
        nonlocal refused
        while True:
            found = await workspace.read("count")
            try:
                await Workspace(workspace.folder, max_file_bytes=1000).update(
                    "count", str(int(found.content) + 1).encode(), if_match=found.etag
                )
            except Conflict:
                refused += 1
            else:
                return

    await asyncio.gather(*(count_up() for _ in range(16)))
    assert (await workspace.read("count")).content == b"16"
    assert refused > 0


async def test_a_tag_of_a_larger_file_than_is_read_whole_changes_too(tmp_path: Path) -> None:
    (tmp_path / "workspace").mkdir()
    file = tmp_path / "workspace" / "large"
    file.write_bytes(bytes(100))
    workspace = Workspace(tmp_path / "workspace", max_file_bytes=10)
    before = (await workspace.rename("large", "moved")).etag
    assert before is not None
    os.utime(tmp_path / "workspace" / "moved", ns=(1, 1))
    with pytest.raises(Conflict):
        await workspace.delete("moved", if_match=before)


def test_what_a_crash_left_staged_is_removed_and_the_rest_stays(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / STAGING / name).mkdir(parents=True)
        (tmp_path / STAGING / name / "file").touch()
    os.utime(tmp_path / STAGING / "old", times=(0, 0))
    remove_abandoned(tmp_path)
    assert os.listdir(tmp_path / STAGING) == ["new"]
    assert ABANDONED_AFTER_S > 0


async def pieces(*content: bytes) -> AsyncIterator[bytes]:
    for piece in content:
        yield piece


async def content_of(workspace: Workspace, path: str) -> None:
    """Read a file as a download does; what lies outside is never seen."""
    file = await workspace.open(path)
    try:
        assert await file.read(0, 100) == b"inside"
    finally:
        file.close()


async def test_a_file_that_comes_in_is_there_when_it_is_whole(workspace: Workspace) -> None:
    written = await workspace.receive("a/b", pieces(b"one", b"two"), max_bytes=10, max_disk_bytes=ROOM)
    assert (await workspace.read("a/b")).content == b"onetwo"
    assert (await workspace.read("a/b")).etag == written.entry.etag


async def test_two_that_come_in_at_once_take_no_more_than_there_is_room_for(workspace: Workspace) -> None:
    half = ROOM // 2 + 1
    sent = [
        workspace.receive(name, pieces(bytes(half)), max_bytes=ROOM, max_disk_bytes=ROOM) for name in "ab"
    ]
    answers = await asyncio.gather(*sent, return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["WorkspaceLimitExceeded", "Written"]


async def test_what_breaks_off_while_it_comes_in_leaves_nothing(workspace: Workspace) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await workspace.receive("a/b", broken(), max_bytes=10, max_disk_bytes=ROOM)
    assert os.listdir(workspace.folder) == []
    assert os.listdir(workspace.folder.parent / STAGING) == []


async def test_a_link_that_is_swapped_in_during_the_call_leads_nowhere(
    workspace: Workspace, outside: Outside
) -> None:
    await workspace.create("real/canary", b"inside")
    way, stopped = workspace.folder / "way", threading.Event()
    way.symlink_to("real")

    def swap() -> None:
        while not stopped.is_set():
            for target in (str(outside.folder), "real"):
                (workspace.folder / "next").symlink_to(target)
                (workspace.folder / "next").replace(way)

    swapping = asyncio.create_task(asyncio.to_thread(swap))
    try:
        for number in range(times(100, nightly=200)):
            for change in (
                lambda number=number: workspace.copy("way/canary", f"copy-{number}", max_disk_bytes=ROOM),
                lambda number=number: workspace.copy("real/canary", f"way/{number}", max_disk_bytes=ROOM),
                lambda number=number: workspace.rename(f"copy-{number}", f"way/m{number}"),
                lambda number=number: workspace.receive(
                    f"way/r{number}", pieces(b"x"), max_bytes=10, max_disk_bytes=ROOM
                ),
                lambda: content_of(workspace, "way/canary"),
            ):
                try:
                    await change()
                except AppError:
                    continue
    finally:
        stopped.set()
        await swapping
    assert outside.is_untouched()
    for path in workspace.folder.rglob("copy-*"):
        assert path.read_bytes() == b"inside"
