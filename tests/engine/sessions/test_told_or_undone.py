"""Changes of a workspace whose event cannot be stored are undone."""

from __future__ import annotations

import asyncio
import io
import os
import sqlite3
import tarfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from roocode_server.engine.engine import Engine, open_engine
from roocode_server.engine.storage.data_directory import DATABASE_FILE
from roocode_server.models.checkpoint import CheckpointRef
from roocode_server.models.file import (
    ArchiveFormat,
    ArchiveUpload,
    DirectoryMake,
    FileCopy,
    FileDelete,
    FileRename,
    FileUpdate,
    FileUpload,
    FileWrite,
)
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import SessionCreate
from roocode_server.models.settings import Settings
from roocode_server.models.tool import ToolExecute
from roocode_server.models.user import Caller


class Place:
    """A session with some files, and its database."""

    def __init__(self, engine: Engine, session_id: SessionId) -> None:
        self.engine = engine
        self.session_id = session_id
        self.folder = engine.sessions.workspace(session_id).folder
        (self.folder / "sub").mkdir()
        (self.folder / "empty").mkdir(mode=0o750)
        self.write("a.txt", "a", mode=0o600)
        self.write("b.txt", "b")
        self.write("sub/c.sh", "c", mode=0o755)
        (self.folder / "link").symlink_to("a.txt")

    def write(self, path: str, content: str, *, mode: int = 0o644) -> None:
        (self.folder / path).write_text(content)
        (self.folder / path).chmod(mode)

    def picture(self) -> dict[str, tuple[int, str]]:
        """Return each path with its mode, and its content or link target."""
        found = {}
        for path in sorted(self.folder.rglob("*")):
            facts = path.lstat()
            content = os.readlink(path) if path.is_symlink() else path.read_text() if path.is_file() else ""
            found[str(path.relative_to(self.folder))] = (facts.st_mode, content)
        return found

    @property
    def staged(self) -> list[Path]:
        """Return what changes have left in the staging area."""
        staging = self.folder.parent / ".staging"
        return list(staging.iterdir()) if staging.exists() else []

    @contextmanager
    def refusing(self) -> Iterator[None]:
        """No event can be stored within the block, as on a disk that is full."""
        file = self.engine.data_dir / DATABASE_FILE
        with sqlite3.connect(file) as other:
            other.execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON events WHEN NEW.type NOT LIKE 'tool.started' "
                "BEGIN SELECT RAISE(ABORT, 'full'); END"
            )
        try:
            yield
        finally:
            with sqlite3.connect(file) as other:
                other.execute("DROP TRIGGER refuse")


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    settings = Settings.load_plain({"server": {"data_dir": str(tmp_path)}, "runtime": {"kind": "local"}})
    engine = await open_engine(settings)
    caller = Caller.of(await engine.accounts.open_identity(), request_id="test", base_url="http://test")
    session = await engine.sessions.create(caller, SessionCreate.load({}))
    yield Place(engine, session.id)
    await engine.close()


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


def archive() -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name in ("a.txt", "new/d.txt"):
            member = tarfile.TarInfo(name)
            member.size = 3
            tar.addfile(member, io.BytesIO(b"new"))
    return made.getvalue()


def tool(name: str, **parameters: Any) -> Callable[[Place], Awaitable[object]]:
    async def run(place: Place) -> object:
        request = ToolExecute(session_id=place.session_id, tool_name=name, parameters=parameters)
        return await place.engine.tools.execute(request)

    return run


def on_files(operation: str, request: Any, **fields: Any) -> Callable[[Place], Awaitable[object]]:
    async def run(place: Place) -> object:
        wanted = request(session_id=place.session_id, **fields)
        content = {"receive": b"new", "unpack": archive()}.get(operation)
        more = () if content is None else (pieces(content),)
        return await getattr(place.engine.files, operation)(wanted, *more)

    return run


CHANGES = {
    "create": on_files("create", FileWrite, path="x/y/new.txt", content="new"),
    "update": on_files("update", FileUpdate, path="a.txt", content="new"),
    "update through a link": on_files("update", FileUpdate, path="link", content="new"),
    "delete a file": on_files("delete", FileDelete, path="sub/c.sh"),
    "delete a link": on_files("delete", FileDelete, path="link"),
    "delete a directory": on_files("delete", FileDelete, path="empty"),
    "delete a directory with its content": on_files("delete", FileDelete, path="sub", recursive=True),
    "rename a file": on_files("rename", FileRename, path="a.txt", to="x/y/moved.txt"),
    "rename over a file": on_files("rename", FileRename, path="a.txt", to="b.txt", overwrite=True),
    "rename a directory": on_files("rename", FileRename, path="sub", to="x/moved"),
    "copy a file": on_files("copy", FileCopy, path="a.txt", to="x/copy.txt"),
    "copy over a file": on_files("copy", FileCopy, path="sub/c.sh", to="a.txt", overwrite=True),
    "copy a directory": on_files("copy", FileCopy, path="sub", to="x/copy"),
    "upload a file": on_files("receive", FileUpload, path="x/new.bin"),
    "upload over a file": on_files("receive", FileUpload, path="a.txt"),
    "import": on_files("unpack", ArchiveUpload, format=ArchiveFormat.TAR_GZ, replace=True),
    "make directories": on_files("make_directory", DirectoryMake, path="x/y/z"),
    "a tool writes": tool("write_to_file", path="x/new.txt", content="new\n", line_count=1),
    "a tool writes over": tool("write_to_file", path="a.txt", content="new\n", line_count=1),
    "a tool replaces": tool("search_and_replace", path="a.txt", search="a", replace="new"),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_change_that_cannot_be_told_of_is_taken_back_and_can_be_made_later(
    place: Place, change: str
) -> None:
    before, told = place.picture(), await place.engine.log.head(place.session_id)
    with place.refusing(), pytest.raises(DBAPIError, match="full"):
        await CHANGES[change](place)
    assert place.picture() == before
    assert place.staged == []
    stored = await place.engine.log.read(place.session_id, after=told, limit=100)
    assert {each.type for each in stored} <= {"tool.started"}
    await CHANGES[change](place)
    assert place.picture() != before
    assert place.staged == []


async def test_a_restoration_that_cannot_be_told_of_is_taken_back(place: Place) -> None:
    saved = await place.engine.history.save(place.session_id, "first")
    assert saved is not None
    place.write("a.txt", "changed")
    (place.folder / "sub" / "c.sh").unlink()  # its directory stays: checkpoints know files alone
    before = place.picture()
    with place.refusing(), pytest.raises(DBAPIError, match="full"):
        await place.engine.history.restore(CheckpointRef(session_id=place.session_id, checkpoint_id=saved.id))
    assert place.picture() == before


async def test_what_somebody_else_has_changed_meanwhile_is_left_to_them(place: Place) -> None:
    """A program in the session writes between the change and the commit that fails."""
    workspace = place.engine.sessions.workspace(place.session_id)
    with pytest.raises(RuntimeError, match="not told"):
        async with workspace.undoable() as undoable:
            await undoable.put("a.txt", b"ours")
            place.write("a.txt", "theirs, and longer")
            raise RuntimeError("not told")
    assert (place.folder / "a.txt").read_text() == "theirs, and longer"


async def test_a_change_of_who_is_cancelled_stays(place: Place) -> None:
    """The event may be stored all the same: cancelling gives up the wait for it, not the event."""
    workspace = place.engine.sessions.workspace(place.session_id)
    with pytest.raises(asyncio.CancelledError):
        async with workspace.undoable() as undoable:
            await undoable.put("a.txt", b"ours")
            raise asyncio.CancelledError
    assert (place.folder / "a.txt").read_text() == "ours"


async def test_a_database_that_is_locked_leaves_a_workspace_as_it_was(place: Place) -> None:
    before = place.picture()
    other = sqlite3.connect(place.engine.data_dir / DATABASE_FILE, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        with pytest.raises(DBAPIError, match="locked"):
            await CHANGES["delete a file"](place)
        assert place.picture() == before
    finally:
        other.execute("ROLLBACK")
        other.close()


async def test_a_session_that_cannot_be_told_of_leaves_no_workspace(place: Place) -> None:
    caller = Caller.of(await place.engine.accounts.open_identity(), request_id="test", base_url="http://t")
    before = sorted(place.folder.parent.iterdir())
    with place.refusing(), pytest.raises(DBAPIError, match="full"):
        await place.engine.sessions.create(caller, SessionCreate.load({}))
    assert sorted(place.folder.parent.iterdir()) == before
