"""A workspace is a folder in which callers can do anything, and out of which no path leads."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roocode_server.engine.workspace.openat2 import open_by_steps
from roocode_server.engine.workspace.staging import STAGING
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.error import AppError, Conflict, InvalidField, NotFound, PayloadTooLarge
from tests.engine.conftest import LARGEST_FILE, SECRET, Outside
from tests.support.nightly import times


async def test_a_file_is_read_as_it_was_written(workspace: Workspace) -> None:
    await workspace.create("src/deep/a.py", b"print()\n")
    found = await workspace.read("src/deep/a.py")
    assert (found.path, found.content) == ("/src/deep/a.py", b"print()\n")


@pytest.mark.parametrize(
    "path", ["src/a.py", "/src/a.py", "./src//a.py", "src/./a.py", "/workspaces/session-1/src/a.py"]
)
async def test_a_path_has_many_ways_of_saying_the_same(workspace: Workspace, path: str) -> None:
    await workspace.create("src/a.py", b"here")
    assert workspace.canonical(path) == "/src/a.py"
    assert (await workspace.read(path)).content == b"here"


async def test_another_sessions_mount_is_only_a_path_within(workspace: Workspace) -> None:
    entry = await workspace.create("/workspaces/session-2/a", b"")
    assert entry.path == "/workspaces/session-2/a"
    assert (workspace.folder / "workspaces/session-2/a").exists()


async def test_an_absolute_path_is_meant_within_the_workspace(workspace: Workspace) -> None:
    await workspace.create("/etc/passwd", b"mine")
    assert (workspace.folder / "etc/passwd").read_bytes() == b"mine"


async def test_making_a_file_that_exists_is_a_conflict(workspace: Workspace) -> None:
    await workspace.create("a", b"first")
    with pytest.raises(Conflict):
        await workspace.create("a", b"second")
    assert (await workspace.read("a")).content == b"first"


async def test_updating_needs_a_file_and_makes_no_directories(workspace: Workspace) -> None:
    with pytest.raises(NotFound):
        await workspace.update("new/a", b"")
    assert not (workspace.folder / "new").exists()


async def test_putting_works_either_way(workspace: Workspace) -> None:
    await workspace.put("a", b"first")
    await workspace.put("a", b"second")
    assert (await workspace.read("a")).content == b"second"


async def test_an_update_keeps_the_mode_but_for_a_changed_user(workspace: Workspace) -> None:
    await workspace.create("run", b"#!/bin/sh\n")
    (workspace.folder / "run").chmod(0o4750)
    await workspace.update("run", b"#!/bin/sh\ntrue\n")
    assert (workspace.folder / "run").stat().st_mode & 0o7777 == 0o750


async def test_a_directory_in_the_way_is_a_conflict(workspace: Workspace) -> None:
    await workspace.create("a/b", b"")
    for write in (workspace.create, workspace.update, workspace.put):
        with pytest.raises(Conflict):
            await write("a", b"")


async def test_a_file_in_the_place_of_a_directory_is_a_conflict(workspace: Workspace) -> None:
    await workspace.create("a", b"")
    with pytest.raises(Conflict):
        await workspace.create("a/b", b"")


async def test_a_failed_write_leaves_no_rest(workspace: Workspace) -> None:
    await workspace.create("a/b", b"")
    with pytest.raises(Conflict):
        await workspace.put("a", b"content")
    assert sorted(os.listdir(workspace.folder)) == ["a"]


async def test_a_reader_sees_a_whole_file_while_it_is_replaced(workspace: Workspace) -> None:
    versions = [bytes([letter]) * 50_000 for letter in b"ab"]
    await workspace.put("a", versions[0])

    async def write() -> None:
        for number in range(50):
            await workspace.put("a", versions[number % 2])

    async def read() -> None:
        for _ in range(50):
            assert (await workspace.read("a")).content in versions

    await asyncio.gather(write(), read(), read())


async def test_a_file_that_is_too_large_is_neither_read_nor_written(workspace: Workspace) -> None:
    with pytest.raises(PayloadTooLarge):
        await workspace.put("a", bytes(LARGEST_FILE + 1))
    with (workspace.folder / "a").open("wb") as file:
        file.truncate(10**12)
    with pytest.raises(PayloadTooLarge):
        await workspace.read("a")


async def test_deleting_takes_a_file_a_link_and_an_empty_directory(
    workspace: Workspace, outside: Outside
) -> None:
    await workspace.create("file", b"")
    (workspace.folder / "empty").mkdir()
    (workspace.folder / "link").symlink_to(outside.folder)
    for name in ("file", "empty", "link"):
        await workspace.delete(name)
    assert os.listdir(workspace.folder) == []
    assert outside.is_untouched()


async def test_deleting_spares_a_full_directory_and_the_root(workspace: Workspace) -> None:
    await workspace.create("full/a", b"")
    for path in ("full", "/", "", "full/..", "."):
        with pytest.raises(Conflict):
            await workspace.delete(path)
    with pytest.raises(NotFound):
        await workspace.delete("missing")


async def test_deleting_recursively_takes_a_directory_with_everything_in_it(
    workspace: Workspace, outside: Outside
) -> None:
    await workspace.create("full/deep/er/a", b"")
    await workspace.create("beside", b"")
    (workspace.folder / "full/link").symlink_to(outside.folder)
    (workspace.folder / "full/deep/er").chmod(0o500)
    await workspace.delete("full", recursive=True)
    assert os.listdir(workspace.folder) == ["beside"]
    assert list((workspace.folder.parent / STAGING).iterdir()) == []
    assert outside.is_untouched()


async def test_deleting_recursively_takes_a_link_itself_and_a_file(
    workspace: Workspace, outside: Outside
) -> None:
    (workspace.folder / "link").symlink_to(outside.folder)
    await workspace.create("full/a", b"")
    (workspace.folder / "inner").symlink_to("full")
    for name in ("link", "inner", "full/a"):
        await workspace.delete(name, recursive=True)
    assert os.listdir(workspace.folder) == ["full"]
    assert outside.is_untouched()


async def test_deleting_recursively_spares_the_root_and_what_lies_behind_a_link(
    workspace: Workspace, outside: Outside
) -> None:
    await workspace.create("full/a", b"")
    (workspace.folder / "link").symlink_to(outside.folder)
    for path in ("/", "", "full/..", "link/sub"):
        with pytest.raises(AppError):
            await workspace.delete(path, recursive=True)
    with pytest.raises(NotFound):
        await workspace.delete("missing", recursive=True)
    assert (workspace.folder / "full/a").exists()
    assert outside.is_untouched()


async def test_stat_tells_files_from_directories_and_from_nothing(workspace: Workspace) -> None:
    await workspace.create("folder/a.txt", b"four")
    file, folder = await workspace.stat("folder/a.txt"), await workspace.stat("folder")
    assert file is not None and (file.name, file.path, file.type, file.size) == (
        "a.txt",
        "/folder/a.txt",
        "file",
        4,
    )
    assert folder is not None and folder.type == "directory"
    assert await workspace.stat("missing") is None


async def test_a_listing_is_sorted_and_leaves_hidden_names_out(workspace: Workspace) -> None:
    for path in ("b", "a", ".hidden", "sub/x", "sub/.y", ".roo-rules"):
        await workspace.create(path, b"")
    listing = await workspace.list()
    assert [file.path for file in listing.files] == ["/a", "/b"]
    assert [(folder.path, folder.child_count) for folder in listing.directories] == [("/sub", 1)]
    shown = await workspace.list(include_hidden=True)
    assert [file.path for file in shown.files] == ["/.hidden", "/.roo-rules", "/a", "/b"]
    assert shown.directories[0].child_count == 2


async def test_a_recursive_listing_walks_no_link(workspace: Workspace) -> None:
    await workspace.create("sub/deep/a", b"")
    (workspace.folder / "again").symlink_to("sub")
    (workspace.folder / "sub/loop").symlink_to("..")
    listing = await workspace.list(recursive=True)
    assert [file.path for file in listing.files] == ["/sub/deep/a"]
    assert [folder.path for folder in listing.directories] == ["/again", "/sub", "/sub/deep", "/sub/loop"]


async def test_a_listing_leaves_out_what_leads_outside_or_nowhere(
    workspace: Workspace, outside: Outside
) -> None:
    (workspace.folder / "file").symlink_to(outside.file)
    (workspace.folder / "folder").symlink_to(outside.folder)
    (workspace.folder / "nowhere").symlink_to("missing")
    os.mkfifo(workspace.folder / "fifo")
    listing = await workspace.list(recursive=True)
    assert (listing.files, listing.directories) == ([], [])


async def test_a_long_listing_is_cut_and_says_so(workspace: Workspace) -> None:
    for number in range(5):
        await workspace.create(f"folder/{number}", b"")
    cut = await workspace.list("folder", max_entries=4)
    assert (len(cut.files), cut.is_truncated) == (4, True)
    assert not (await workspace.list("folder", max_entries=5)).is_truncated


async def test_listing_a_file_or_nothing_is_an_error(workspace: Workspace) -> None:
    await workspace.create("a", b"")
    with pytest.raises(Conflict):
        await workspace.list("a")
    with pytest.raises(NotFound):
        await workspace.list("missing")


@pytest.mark.parametrize("name", ["two\nlines", "grüße 🎉.txt", "-rf", " ", "a'b\"c", "..."])
async def test_odd_names_are_names(workspace: Workspace, name: str) -> None:
    await workspace.create(name, b"odd")
    assert [file.name for file in (await workspace.list(include_hidden=True)).files] == [name]
    assert (await workspace.read(name)).content == b"odd"


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000, "\ud800", "x" * 300])
async def test_what_is_no_path_is_refused(workspace: Workspace, path: str) -> None:
    for work in _every_way(workspace, path):
        with pytest.raises(InvalidField):
            await work()


@pytest.mark.parametrize("path", ["../outside/canary", "a/../../outside/canary", "/../../outside/canary"])
async def test_dots_do_not_lead_outside(workspace: Workspace, outside: Outside, path: str) -> None:
    await workspace.create("a/b", b"")
    for work in _every_way(workspace, path):
        with pytest.raises(InvalidField):
            await work()
    assert outside.is_untouched()


async def test_dots_that_stay_inside_are_fine(workspace: Workspace) -> None:
    await workspace.create("a/b", b"")
    await workspace.put("a/../c", b"beside")
    assert (await workspace.read("c")).content == b"beside"


async def test_dots_are_folded_before_a_link_is_followed(workspace: Workspace) -> None:
    await workspace.create("far/away/x", b"")
    (workspace.folder / "link").symlink_to("far/away")
    await workspace.put("link/../here", b"")
    assert (workspace.folder / "here").exists()
    assert not (workspace.folder / "far/here").exists()


async def test_dots_behind_a_folder_that_is_not_there_lead_back(workspace: Workspace) -> None:
    await workspace.create("a", b"the content")
    assert (await workspace.read("none/../a")).content == b"the content"


@pytest.fixture(params=["absolute", "relative", "chain", "through a folder"])
def leading_out(request: pytest.FixtureRequest, workspace: Workspace, outside: Outside) -> str:
    """The path of a link by which one would come to the canary."""
    folder = workspace.folder
    targets = {
        "absolute": lambda: (folder / "link").symlink_to(outside.file),
        "relative": lambda: (folder / "link").symlink_to("../../outside/canary"),
        "chain": lambda: _chain(folder, outside.file),
        "through a folder": lambda: (folder / "door").symlink_to(outside.folder),
    }
    targets[request.param]()
    return "door/canary" if request.param == "through a folder" else "link"


async def test_no_link_leads_outside(workspace: Workspace, outside: Outside, leading_out: str) -> None:
    with pytest.raises(InvalidField):
        await workspace.read(leading_out)
    for write in (workspace.create, workspace.update, workspace.put):
        with pytest.raises(AppError):
            await write(leading_out, b"overwritten")
    assert outside.is_untouched()


async def test_no_file_is_made_through_a_link_outside(workspace: Workspace, outside: Outside) -> None:
    (workspace.folder / "door").symlink_to(outside.folder)
    (workspace.folder / "new").symlink_to(outside.folder / "new")
    for path in ("door/new", "door/sub/new", "new"):
        with pytest.raises(InvalidField):
            await workspace.put(path, b"planted")
    assert outside.is_untouched()


async def test_a_write_through_a_link_inside_changes_its_target(workspace: Workspace) -> None:
    await workspace.create("folder/real", b"old")
    (workspace.folder / "link").symlink_to("folder/other")
    (workspace.folder / "folder/other").symlink_to("real")
    await workspace.update("link", b"new")
    assert (workspace.folder / "link").is_symlink() and (workspace.folder / "folder/other").is_symlink()
    assert (await workspace.read("folder/real")).content == b"new"


async def test_a_loop_of_links_is_refused(workspace: Workspace) -> None:
    (workspace.folder / "a").symlink_to("b")
    (workspace.folder / "b").symlink_to("a")
    for work in (workspace.read("a"), workspace.put("a", b"")):
        with pytest.raises(InvalidField):
            await work


async def test_a_link_that_is_swapped_all_the_time_never_leads_outside(
    workspace: Workspace, outside: Outside
) -> None:
    await workspace.create("inside/canary", b"inside")
    seen = set()
    with _swapping(workspace.folder / "door", "inside", str(outside.folder)):
        for _ in range(300):
            try:
                seen.add((await workspace.read("door/canary")).content)
                await workspace.put("door/canary", b"inside")
                await workspace.put("door/sub/new", b"inside")
            except AppError:
                continue
    assert SECRET not in seen
    assert outside.is_untouched()


async def test_a_folder_that_is_swapped_with_a_link_never_leads_a_deletion_outside(
    workspace: Workspace, outside: Outside
) -> None:
    (workspace.folder / "inside").mkdir()
    with _swapping(workspace.folder / "door", "inside", str(outside.folder)):
        for _ in range(300):
            (workspace.folder / "inside/canary").touch()
            try:
                await workspace.delete("door/canary")
            except AppError:
                continue
    assert outside.is_untouched()


async def test_a_folder_that_is_swapped_with_a_link_never_leads_a_recursive_deletion_outside(
    workspace: Workspace, outside: Outside
) -> None:
    with _swapping(workspace.folder / "door", "inside", str(outside.folder)):
        for _ in range(100):
            (workspace.folder / "inside/sub").mkdir(parents=True, exist_ok=True)
            for path in ("door", "door/sub"):
                with contextlib.suppress(AppError):
                    await workspace.delete(path, recursive=True)
    assert outside.is_untouched()


async def test_what_is_no_regular_file_is_not_read_and_nobody_waits_for_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(workspace.folder / "fifo")
    with socket.socket(socket.AF_UNIX) as listener:
        monkeypatch.chdir(workspace.folder)
        listener.bind("socket")
        for name in ("fifo", "socket"):
            with pytest.raises(Conflict):
                await workspace.read(name)
            with pytest.raises(Conflict):
                await workspace.put(name, b"")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes device nodes")
async def test_a_device_is_not_read(workspace: Workspace) -> None:
    os.mknod(workspace.folder / "zero", 0o20666, os.makedev(1, 5))
    with pytest.raises(Conflict):
        await workspace.read("zero")


async def test_a_path_of_two_thousand_folders_is_made(workspace: Workspace) -> None:
    path = "/".join(["a"] * 2000)
    await workspace.create(path, b"deep")
    assert (await workspace.read(path)).content == b"deep"
    await workspace.remove()
    assert not workspace.folder.exists()


async def test_a_missing_workspace_is_not_found(tmp_path: Path) -> None:
    gone = Workspace(tmp_path / "gone", max_file_bytes=10)
    with pytest.raises(NotFound):
        await gone.read("a")
    with pytest.raises(NotFound):
        await gone.create("a", b"")
    assert await gone.disk_bytes() == 0
    await gone.remove()


async def test_a_workspace_is_its_owners_alone(workspace: Workspace) -> None:
    assert workspace.folder.stat().st_mode & 0o777 == 0o700


SEGMENTS = st.sampled_from(
    [
        "..",
        ".",
        "",
        "a",
        "b",
        "door",
        "link",
        "up",
        "outside",
        "canary",
        "workspaces",
        "session-1",
        "etc",
        "\n",
    ]
) | st.text(max_size=3)


@settings(
    max_examples=times(40, nightly=150),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(parts=st.lists(SEGMENTS, max_size=8), is_absolute=st.booleans())
async def test_no_path_at_all_touches_what_is_outside(
    workspace: Workspace, outside: Outside, parts: list[str], is_absolute: bool
) -> None:
    _lay_traps(workspace.folder, outside)
    path = ("/" if is_absolute else "") + "/".join(parts)
    for work in _every_way(workspace, path):
        try:
            found = await work()
        except AppError:
            continue
        assert getattr(found, "content", b"") != SECRET
        assert "canary" not in {file.name for file in getattr(found, "files", [])} or _has_its_own(workspace)
    assert outside.is_untouched()


def test_without_the_kernels_help_no_link_is_followed_and_no_dots_lead_out(tmp_path: Path) -> None:
    (tmp_path / "inside/deep").mkdir(parents=True)
    (tmp_path / "inside/deep/file").write_bytes(b"found")
    (tmp_path / "inside/link").symlink_to("deep")
    root = os.open(tmp_path / "inside", os.O_RDONLY)
    try:
        for path in ("..", "deep/../../x", "link/file", "link", "deep/../.."):
            with pytest.raises(OSError, match=r"link|directory|levels"):
                open_by_steps(root, path, os.O_RDONLY)
        descriptor = open_by_steps(root, "deep/../deep/./file", os.O_RDONLY)
        assert os.read(descriptor, 10) == b"found"
        os.close(descriptor)
    finally:
        os.close(root)


def _every_way(workspace: Workspace, path: str) -> list[Callable[[], object]]:
    return [
        lambda: workspace.read(path),
        lambda: workspace.list(path, recursive=True),
        lambda: workspace.stat(path),
        lambda: workspace.update(path, b"written"),
        lambda: workspace.create(path, b"written"),
        lambda: workspace.put(path, b"written"),
        lambda: workspace.delete(path),
    ]


def _has_its_own(workspace: Workspace) -> bool:
    return bool(list(workspace.folder.rglob("canary")))


def _lay_traps(folder: Path, outside: Outside) -> None:
    for name, target in {"door": outside.folder, "link": outside.file, "up": Path("../..")}.items():
        if not (folder / name).is_symlink():
            (folder / name).symlink_to(target)


def _chain(folder: Path, target: Path) -> None:
    (folder / "link").symlink_to("second")
    (folder / "second").symlink_to("third")
    (folder / "third").symlink_to(target)


@contextmanager
def _swapping(door: Path, *targets: str) -> Iterator[None]:
    """Point a link at each target in turn, as fast as possible."""
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            for number, target in enumerate(targets):
                spare = door.with_name(f"spare-{number}")
                spare.symlink_to(target)
                os.replace(spare, door)

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        yield
    finally:
        stop.set()
        swapper.join()


async def test_a_change_whose_place_leads_elsewhere_since_is_not_taken_back_and_hides_no_failure(
    workspace: Workspace, outside: Outside
) -> None:
    (workspace.folder / "place").mkdir()
    with pytest.raises(LookupError, match="could not be told"):
        async with workspace.undoable() as changing:
            await changing.create("place/new", b"content")
            (workspace.folder / "place").rename(workspace.folder / "moved")
            (workspace.folder / "place").symlink_to(outside.folder)
            raise LookupError("it could not be told")
    assert (workspace.folder / "moved" / "new").read_bytes() == b"content"
    assert outside.is_untouched()
