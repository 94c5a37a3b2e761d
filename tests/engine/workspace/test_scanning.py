"""A worker process finds the same as this process."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from roocode_server.engine.workspace import scanning as finding
from roocode_server.engine.workspace.scanning import ScanRequest, ScanResult, find_apart, find_few, opened
from roocode_server.engine.workspace.workspace import Workspace

ALL = ScanRequest(recursive=True, include_hidden=True, max_entries=10_000, window=None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with content that is hard to list."""
    folder = tmp_path / "folder"
    (folder / "a/b").mkdir(parents=True)
    (folder / ".hidden").write_text("hidden")
    (folder / "a/b/c.txt").write_text("content")
    (folder / "ünïcode\n").write_text("x")
    (folder / os.fsdecode(b"no-\xff-text")).write_text("x")
    (folder / "inside").symlink_to("a")
    (folder / "outside").symlink_to("/etc")
    (folder / "nowhere").symlink_to("none")
    os.mkfifo(folder / "pipe")
    return folder


def find(folder: Path, path: str, wanted: ScanRequest) -> ScanResult:
    with opened(os.open(folder, os.O_RDONLY | os.O_DIRECTORY)) as root:
        return find_few(root, path, wanted)


@pytest.mark.parametrize("path", ["", "a", "a/b", "inside"])
@pytest.mark.parametrize("recursive", [True, False])
@pytest.mark.parametrize("include_hidden", [True, False])
@pytest.mark.parametrize("window", [None, (0, 1), (1, 3), (100, 200)])
@pytest.mark.parametrize("max_entries", [2, 10_000])
async def test_both_find_the_same(
    folder: Path,
    path: str,
    recursive: bool,
    include_hidden: bool,
    window: tuple[int, int] | None,
    max_entries: int,
) -> None:
    wanted = ScanRequest(
        recursive=recursive, include_hidden=include_hidden, max_entries=max_entries, window=window
    )
    here, apart = find(folder, path, wanted), await find_apart(str(folder), path, wanted)
    assert [list(map(tuple, each)) for each in (apart.directories, apart.files)] == [
        list(here.directories),
        list(here.files),
    ]
    assert (apart.total, apart.is_truncated) == (here.total, here.is_truncated)


@pytest.mark.parametrize(
    ("path", "number"), [("none", errno.ENOENT), (".hidden", errno.ENOTDIR), ("outside", errno.EXDEV)]
)
async def test_both_refuse_the_same(folder: Path, path: str, number: int) -> None:
    with pytest.raises(OSError) as here:
        find(folder, path, ALL)
    with pytest.raises(OSError) as apart:
        await find_apart(str(folder), path, ALL)
    assert here.value.errno == apart.value.errno == number


async def test_much_is_found_apart_and_listed_alike(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(30):
        (workspace.folder / f"file{number:02}").write_text("x" * number)
    here = await workspace.list(window=(10, 15))
    monkeypatch.setattr(finding, "MOST_SCANNED_HERE", 20)
    assert await workspace.list(window=(10, 15)) == here
    assert (here.total, [each.size for each in here.files]) == (30, [10, 11, 12, 13, 14])
