"""Trees are walked, measured and removed whatever they contain, without touching anything outside."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from roocode_server.engine.workspace.snapshot import Snapshot
from roocode_server.engine.workspace.walk import TreeChanged, disk_bytes, remove_tree, walk
from tests.engine.conftest import Outside

DEPTH = 3000


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """Create a tree deeper than any path can name; removed afterwards, because not every program can."""
    top = tmp_path / "deep"
    top.mkdir()
    here = os.open(top, os.O_RDONLY)
    for _ in range(DEPTH):
        os.mkdir("a-folder", dir_fd=here)
        below = os.open("a-folder", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    descriptor = os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=here)
    os.write(descriptor, bytes(100_000))
    os.close(descriptor)
    os.close(here)
    yield top
    remove_tree(top)


def test_a_tree_of_any_depth_is_measured_and_removed(deep: Path) -> None:
    assert disk_bytes(deep) >= 100_000
    remove_tree(deep)
    assert not deep.exists()


async def test_a_tree_of_any_depth_is_compared(deep: Path) -> None:
    before = await Snapshot.take(deep)
    (deep / "new").touch()
    assert before.compare(await Snapshot.take(deep)).created == ["/new"]


def test_a_directory_comes_before_and_after_what_is_in_it(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/c").touch()
    met = [("/".join([*entry.folders, entry.name]), entry.is_left) for entry in walk(tmp_path)]
    assert met == [("a", False), ("a/b", False), ("a/b/c", False), ("a/b", True), ("a", True)]


def test_what_is_left_out_is_not_entered(tmp_path: Path) -> None:
    (tmp_path / ".git/objects").mkdir(parents=True)
    assert [entry.name for entry in walk(tmp_path, leave_out={".git"})] == [".git"]


def test_removing_spares_what_links_lead_to(tmp_path: Path, outside: Outside) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "door").symlink_to(outside.folder)
    (tree / "file").symlink_to(outside.file)
    os.link(outside.file, tree / "hard")
    remove_tree(tree)
    assert not tree.exists()
    assert outside.is_untouched()


def test_a_read_only_tree_is_removed(tmp_path: Path) -> None:
    (tmp_path / "tree/a/b").mkdir(parents=True)
    (tmp_path / "tree/a/b/c").touch()
    for path in ("tree/a/b/c", "tree/a/b", "tree/a", "tree"):
        (tmp_path / path).chmod(0o000)
    remove_tree(tmp_path / "tree")
    assert not (tmp_path / "tree").exists()


def test_removing_nothing_is_no_error(tmp_path: Path) -> None:
    remove_tree(tmp_path / "missing")


def test_a_file_with_two_names_counts_once(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(bytes(500_000))
    once = disk_bytes(tmp_path)
    os.link(tmp_path / "one", tmp_path / "two")
    assert disk_bytes(tmp_path) == once


def test_what_links_lead_to_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "tree").mkdir()
    (tmp_path / "large").write_bytes(bytes(500_000))
    (tmp_path / "tree/link").symlink_to(tmp_path / "large")
    assert disk_bytes(tmp_path / "tree") < 100_000


def test_a_hole_takes_no_room(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(10**10)
    assert disk_bytes(tmp_path) < 10**6


def test_a_directory_that_moves_away_under_the_walk_is_noticed(tmp_path: Path, outside: Outside) -> None:
    (tmp_path / "tree/a/b").mkdir(parents=True)
    walking = walk(tmp_path / "tree")
    with pytest.raises(TreeChanged):
        for entry in walking:
            if entry.name == "b" and not entry.is_left:
                (tmp_path / "tree/a").rename(outside.folder / "a")
    assert sorted(os.listdir(outside.folder)) == ["a", "canary"]
