"""A concurrent program that replaces files with links while they are written reaches nothing of the host."""

from __future__ import annotations

import ctypes
import io
import os
import struct
import tarfile
import threading
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from roocode_server.engine.checkpoints.checkpoints import Checkpoints
from roocode_server.engine.sessions.process_log import ProcessLogFile
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.error import AppError
from roocode_server.models.identifier import SessionId
from tests.engine.conftest import SECRET, Outside

ROUNDS = 20
ROOM = 10**9
WATCHED = 0x100 | 0x80  # IN_CREATE, IN_MOVED_TO
OWN = ".the-swapper-s-own"
CONTENT = bytes(1_000_000)
"""Enough content that writing takes a while, during which the other program acts."""


@pytest.fixture
async def workspace(tmp_path: Path) -> Workspace:
    made = Workspace(tmp_path / "workspaces" / "session-1", max_file_bytes=2 * len(CONTENT))
    await made.make()
    return made


class Swapper(threading.Thread):
    """Renames a link to `target` over everything that appears in a folder. Source: inotify(7)."""

    def __init__(self, folder: Path, target: Path) -> None:
        super().__init__(daemon=True)
        self._folder, self._target = folder, target
        libc = ctypes.CDLL(None, use_errno=True)
        self._events = libc.inotify_init1(os.O_CLOEXEC)
        assert libc.inotify_add_watch(self._events, os.fsencode(folder), WATCHED) > 0
        self.swaps = 0
        self.has_the_target = False
        """Whether content from outside has appeared in the folder."""
        self._seen: set[str] = set()

    def run(self) -> None:
        """Until the file `enough` appears."""
        while True:
            events = os.read(self._events, 65_536)
            while events:
                (length,) = struct.unpack_from("I", events, 12)
                name, events = os.fsdecode(events[16 : 16 + length].rstrip(b"\0")), events[16 + length :]
                if name == "enough":
                    return
                if not name.startswith(OWN) and name not in self._seen:
                    self._seen.add(name)
                    self._swap(name)

    def _swap(self, name: str) -> None:
        own, found = self._folder / f"{OWN}-link", self._folder / name
        with suppress(OSError):
            self.has_the_target |= found.lstat().st_ino == self._target.stat().st_ino
            own.unlink(missing_ok=True)
            own.symlink_to(self._target)
            if found.is_dir():
                found.rename(self._folder / f"{OWN}-{self.swaps}")
            own.rename(found)
            self.swaps += 1

    def stop(self) -> None:
        (self._folder / "enough").touch()
        self.join()
        os.close(self._events)


@contextmanager
def swapping(folder: Path, target: Path) -> Iterator[Swapper]:
    swapper = Swapper(folder, target)
    swapper.start()
    try:
        yield swapper
    finally:
        swapper.stop()


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


def archive(kind: str, name: str) -> bytes:
    made = io.BytesIO()
    if kind == "zip":
        with zipfile.ZipFile(made, "w") as packed:
            packed.writestr(name, CONTENT)
    else:
        with tarfile.open(fileobj=made, mode="w:gz") as packed_tar:
            info = tarfile.TarInfo(name)
            info.size = len(CONTENT)
            packed_tar.addfile(info, io.BytesIO(CONTENT))
    return made.getvalue()


async def create(workspace: Workspace, name: str) -> None:
    await workspace.create(name, CONTENT)


async def put(workspace: Workspace, name: str) -> None:
    await workspace.put(name, CONTENT)


async def update(workspace: Workspace, name: str) -> None:
    await workspace.put(name, b"before")
    await workspace.update(name, CONTENT)


async def copy(workspace: Workspace, name: str) -> None:
    await workspace.put("elsewhere/source", CONTENT)
    await workspace.copy("elsewhere/source", name, max_disk_bytes=ROOM)


async def copy_folder(workspace: Workspace, name: str) -> None:
    await workspace.put("elsewhere/source", CONTENT)
    await workspace.copy("elsewhere", name, max_disk_bytes=ROOM)


async def rename(workspace: Workspace, name: str) -> None:
    await workspace.put("elsewhere/source", CONTENT)
    await workspace.rename("elsewhere/source", name)


async def upload(workspace: Workspace, name: str) -> None:
    await workspace.receive(name, pieces(CONTENT), max_bytes=ROOM, max_disk_bytes=ROOM, must_be_new=True)


async def fill(workspace: Workspace, name: str) -> None:
    async def make(folder: Path) -> None:
        (folder / name).write_bytes(CONTENT)

    await workspace.fill(make, replace=True)


async def unpack_tar(workspace: Workspace, name: str) -> None:
    await workspace.unpack(
        "tar.gz", pieces(archive("tar.gz", name)), replace=True, max_bytes=ROOM, room_bytes=ROOM
    )


async def unpack_zip(workspace: Workspace, name: str) -> None:
    await workspace.unpack("zip", pieces(archive("zip", name)), replace=True, max_bytes=ROOM, room_bytes=ROOM)


async def make_directory(workspace: Workspace, name: str) -> None:
    await workspace.make_directory(f"{name}/below")


async def make_executable(workspace: Workspace, name: str) -> None:
    await workspace.put(name, CONTENT)
    await workspace.set_executable(name, is_executable=True)


WAYS: list[Callable[[Workspace, str], Awaitable[None]]] = [
    *(create, put, update, copy, copy_folder, rename, upload, fill, unpack_tar, unpack_zip),
    *(make_directory, make_executable),
]


def is_alone(secret: Path) -> bool:
    facts = secret.stat()
    return facts.st_nlink == 1 and secret.read_bytes() == SECRET and facts.st_mode & 0o777 == 0o600


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_a_link_swapped_in_while_something_is_written_leads_nowhere(
    workspace: Workspace, outside: Outside, way: Callable[[Workspace, str], Awaitable[None]]
) -> None:
    outside.file.chmod(0o600)
    rounds = ROUNDS if "unpack" not in way.__name__ else 5
    with swapping(workspace.folder, outside.file) as swapper:
        for number in range(rounds):
            with suppress(AppError):
                await way(workspace, f"new-{number}")
    assert swapper.swaps > 0
    assert is_alone(outside.file) and not swapper.has_the_target
    assert outside.is_untouched()


async def test_a_link_swapped_in_for_the_log_of_a_process_leads_nowhere(
    workspace: Workspace, outside: Outside
) -> None:
    outside.file.chmod(0o600)
    await workspace.make_directory(".agent_logs")
    with swapping(workspace.folder / ".agent_logs", workspace.folder / "other") as swapper:
        for _ in range(ROUNDS):
            await workspace.put("other", b"the agent's own")
            log = await ProcessLogFile.make(workspace)
            log.write("printed\n")
            await log.close()
            assert (await workspace.read("other")).content == b"the agent's own"
    assert swapper.swaps > 0
    assert is_alone(outside.file) and not swapper.has_the_target


async def test_a_link_swapped_in_while_a_checkpoint_is_restored_leads_nowhere(
    workspace: Workspace, outside: Outside, tmp_path: Path
) -> None:
    outside.file.chmod(0o600)
    checkpoints, session = Checkpoints(tmp_path / "checkpoints"), SessionId("session-1")
    names = [f"file-{number}" for number in range(20)]
    for name in names:
        await workspace.put(name, CONTENT)
    saved = await checkpoints.save(workspace, session, "all there")
    assert saved is not None
    for name in names:
        await workspace.delete(name)
    with swapping(workspace.folder, outside.file) as swapper, suppress(AppError):
        await checkpoints.restore(workspace, session, saved.id)
    assert swapper.swaps > 0
    assert is_alone(outside.file) and not swapper.has_the_target
    assert outside.is_untouched()


async def test_what_is_written_is_never_seen_under_a_name_of_its_own(workspace: Workspace) -> None:
    for number in range(3):
        await workspace.put("a", bytes([number]))
        await workspace.create(f"b{number}", b"")
    assert sorted(os.listdir(workspace.folder)) == ["a", "b0", "b1", "b2"]
    assert os.listdir(workspace.folder.parent / ".staging") == []
