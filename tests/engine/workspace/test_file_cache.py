"""Files that are read at every step are read again when they have changed, and only then."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from roocode_server.engine.workspace import file_cache
from roocode_server.engine.workspace.file_access import TIMESTAMP_LAG_NS
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.error import Conflict, NotFound


def settle() -> None:
    """Wait until a change would have another time."""
    time.sleep(2 * TIMESTAMP_LAG_NS / 1e9)


async def test_a_file_that_has_not_changed_is_not_read_again(workspace: Workspace) -> None:
    await workspace.put("a", b"one")
    settle()
    first = await workspace.read_cached("a")
    assert await workspace.read_cached("/a") is first
    assert (await workspace.read_some(["a"]))["a"] is first


async def test_another_handle_of_the_workspace_shares_what_is_kept(workspace: Workspace) -> None:
    await workspace.put("a", b"one")
    settle()
    first = await workspace.read_cached("a")
    assert await Workspace(workspace.folder, max_file_bytes=100).read_cached("a") is first


@pytest.mark.parametrize("way", ["put", "write", "replace", "copy times"])
async def test_a_change_is_seen_at_once_whoever_makes_it(workspace: Workspace, way: str) -> None:
    file, other = workspace.folder / "a", workspace.folder / "b"
    await workspace.put("a", b"0000")
    settle()
    for number in range(1, 100):
        was = await workspace.read_cached("a")
        content = f"{number:04}".encode()
        if way == "put":
            await workspace.put("a", content)
        elif way == "write":
            file.write_bytes(content)
        else:
            other.write_bytes(content)
            if way == "copy times":
                facts = file.stat()
                os.utime(other, ns=(facts.st_atime_ns, facts.st_mtime_ns))
            other.rename(file)
        assert (was, await workspace.read_cached("a")) == (f"{number - 1:04}".encode(), content)


async def test_a_link_that_is_turned_round_shows_the_other_file(workspace: Workspace) -> None:
    for name in ("one", "two"):
        await workspace.put(name, name.encode())
    link = workspace.folder / "link"
    link.symlink_to("one")
    settle()
    assert await workspace.read_cached("link") == b"one"
    link.unlink()
    link.symlink_to("two")
    assert await workspace.read_cached("link") == b"two"


async def test_a_file_that_is_gone_is_not_found(workspace: Workspace) -> None:
    await workspace.put("a", b"one")
    settle()
    await workspace.read_cached("a")
    (workspace.folder / "a").unlink()
    with pytest.raises(NotFound):
        await workspace.read_cached("a")
    (workspace.folder / "a").mkdir()
    with pytest.raises(Conflict):
        await workspace.read_cached("a")


async def test_what_is_kept_has_a_bound(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_cache, "CACHED_BYTES", 10)
    monkeypatch.setattr(file_cache, "CACHED_FILE_BYTES", 5)
    for name, content in (("a", b"aaaa"), ("b", b"bbbb"), ("c", b"cccc"), ("large", b"123456")):
        await workspace.put(name, content)
    settle()
    first = {name: await workspace.read_cached(name) for name in ("a", "b", "c", "large")}
    again = {name: await workspace.read_cached(name) for name in ("c", "b", "a", "large")}
    assert [name for name in first if again[name] is first[name]] == ["b", "c"]
    assert again == first


async def test_what_lies_outside_is_not_read(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    (workspace.folder / "way").symlink_to(tmp_path / "secret")
    assert await workspace.read_some(["way"]) == {}
