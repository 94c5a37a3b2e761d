"""Copies of directory trees: whatever is in them, and whatever happens meanwhile."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from roocode_server.engine.workspace.replica import replicate
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.error import Conflict

MOVED = ("/workspaces/one", "/workspaces/two")


async def copy_of(source: Path) -> tuple[Path, dict[int, int]]:
    target = source.with_name("copy")
    target.mkdir()
    origin, place = (os.open(each, os.O_RDONLY | os.O_DIRECTORY) for each in (source, target))
    try:
        return target, dict(await replicate(origin, place, owner="test", moved=MOVED))
    finally:
        os.close(origin)
        os.close(place)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    folder.mkdir()
    return folder


def described(folder: Path) -> dict[str, object]:
    """Everything that a copy has in common with the original."""
    found: dict[str, object] = {}
    for path in folder.rglob("*"):
        facts = path.lstat()
        content: object = None
        if path.is_symlink():
            content = os.readlink(path)
        elif path.is_file():
            content = path.read_bytes()
        found[str(path.relative_to(folder))] = (facts.st_mode, facts.st_mtime_ns, content)
    return found


def grow(folder: Path, chance: random.Random, depth: int = 0) -> list[Path]:
    """Fill a folder at random with files, links, names of one file, and folders; return the files."""
    files: list[Path] = []
    for number in range(chance.randint(1, 7)):
        path = folder / f"{number}-\udcff" if chance.random() < 0.1 else folder / str(number)
        kind = chance.choice(["file", "file", "folder", "link", "name", "holes"])
        if kind == "folder" and depth < 4:
            path.mkdir(mode=chance.choice([0o755, 0o700, 0o500]) | 0o200)
            files += grow(path, chance, depth + 1)
        elif kind == "link":
            path.symlink_to(chance.choice(["0", "../x", "/etc", "nowhere"]))
        elif kind == "name" and files:
            os.link(chance.choice(files), path)
        else:
            with path.open("wb") as file:
                file.write(chance.randbytes(chance.choice([0, 1, 5000, 70_000])))
                if kind == "holes":
                    file.seek(chance.randint(0, 300_000), os.SEEK_CUR)
                    file.write(b"after a hole")
                    file.truncate(file.tell() + chance.choice([0, 100_000]))
            path.chmod(chance.choice([0o644, 0o755, 0o400]))
            files.append(path)
        os.utime(path, ns=(1, chance.randint(0, 2 * 10**18)), follow_symlinks=False)
    return files


@pytest.mark.parametrize("seed", range(8))
async def test_a_copy_is_like_the_original_and_shares_nothing_with_it(source: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - it chooses trees, not secrets
    files = grow(source, chance)
    copy, inodes = await copy_of(source)
    was = described(source)
    assert described(copy) == was
    for file in files:
        there = copy / file.relative_to(source)
        assert inodes[file.stat().st_ino] == there.stat().st_ino != file.stat().st_ino
        assert there.stat().st_nlink == file.stat().st_nlink
        there.chmod(0o600)
        there.write_bytes(b"changed in the copy")
    assert described(source) == was


async def test_links_into_the_workspace_lead_into_the_copy(source: Path) -> None:
    for name, leads_to in (
        ("own", "/workspaces/one/a"),
        ("top", "/workspaces/one"),
        ("other", "/workspaces/one-more/a"),
        ("out", "/usr/bin/python3"),
    ):
        (source / name).symlink_to(leads_to)
    copy, _ = await copy_of(source)
    assert {each.name: os.readlink(each) for each in copy.iterdir()} == {
        "own": "/workspaces/two/a",
        "top": "/workspaces/two",
        "other": "/workspaces/one-more/a",
        "out": "/usr/bin/python3",
    }


async def test_a_tree_whose_paths_are_too_long_to_be_named_is_copied(source: Path) -> None:
    depth, name = 60, "d" * 200
    here = os.open(source, os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(depth):
        os.mkdir(name, dir_fd=here)
        below = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("end", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)
    copy, inodes = await copy_of(source)
    assert len(inodes) == 1
    here = os.open(copy, os.O_RDONLY | os.O_DIRECTORY)
    for _ in range(depth):
        below = os.open(name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=here)
        os.close(here)
        here = below
    assert os.listdir(here) == ["end"]
    os.close(here)


async def test_a_folder_that_is_moved_all_the_time_is_told_and_leaves_no_descriptor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries: list[int] = []

    async def always_moved(*_: object, **__: object) -> None:
        tries.append(1)
        raise OSError(116, "moved")

    monkeypatch.setattr("roocode_server.engine.workspace.workspace.replicate", always_moved)
    one, two = (Workspace(tmp_path / "w" / each, max_file_bytes=100) for each in ("one", "two"))
    await one.make()
    with pytest.raises(Conflict, match="moved"):
        await one.replicate(two)
    assert len(tries) == 3
