"""What a backup holds, what is restored of it, and what is refused, without a server."""

from __future__ import annotations

import gzip
import io
import os
import sqlite3
import stat
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from roocode_server.engine.administration.backup import reading, writing
from roocode_server.engine.administration.backup.archive import BackupUnusable
from roocode_server.engine.administration.backup.restoring import DRAFT_PREFIX, check, restore
from roocode_server.engine.administration.backup.writing import IN_MEMORY_BYTES, Saved, save
from roocode_server.engine.storage.data_directory import DATABASE_FILE
from roocode_server.engine.storage.database import DatabaseUnusable
from roocode_server.engine.storage.ownership import LOCK_FILE, DirectoryInUse, Ownership
from roocode_server.engine.storage.schema import VERSION
from roocode_server.engine.workspace.walk import remove_tree
from tests.support.recursion import TOO_DEEP, little_room_for_recursion

SESSION = "workspaces/session-1"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with a session that has a workspace, and one whose workspace is gone."""
    folder = tmp_path / "data"
    (folder / SESSION).mkdir(parents=True)
    (folder / "checkpoints" / "session-1.git").mkdir(parents=True)
    (folder / "checkpoints" / "session-1.git" / "HEAD").write_text("ref: refs/heads/main\n")
    for name in ("sealing.key", "secret.key", "admin.json"):
        (folder / name).write_text(f"the {name}")
        (folder / name).chmod(0o600)
    (folder / LOCK_FILE).write_text("1\n")
    (folder / "server-id").write_text("abc")
    with closing(sqlite3.connect(folder / DATABASE_FILE)) as database, database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        database.execute("INSERT INTO alembic_version VALUES (?)", [VERSION])
        database.execute("CREATE TABLE sessions (id TEXT PRIMARY KEY)")
        database.executemany("INSERT INTO sessions VALUES (?)", [("session-1",), ("session-2",)])
    return folder


def saved(data: Path, passphrase: str | None = None) -> Saved:
    return save(data, data / DATABASE_FILE, data.parent / "it.backup", passphrase)


def restored(data: Path, passphrase: str | None = None) -> Path:
    """Save it and restore it elsewhere; return where."""
    place = data.parent / "restored"
    restore(saved(data, passphrase).file, place, passphrase)
    return place


def test_all_that_a_server_needs_comes_back_and_what_is_this_servers_alone_does_not(data: Path) -> None:
    place = restored(data)
    there = {each.name for each in place.iterdir()}
    assert there == {"workspaces", "checkpoints", "sealing.key", "secret.key", "admin.json", DATABASE_FILE}
    assert (place / "sealing.key").read_text() == "the sealing.key"
    assert stat.S_IMODE((place / "sealing.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((place / DATABASE_FILE).stat().st_mode) == 0o600
    assert (place / "checkpoints" / "session-1.git" / "HEAD").read_text() == "ref: refs/heads/main\n"
    with closing(sqlite3.connect(place / DATABASE_FILE)) as database:
        assert database.execute("SELECT count(*) FROM sessions").fetchone() == (2,)


def test_a_session_whose_workspace_vanished_meanwhile_has_an_empty_one(data: Path) -> None:
    assert list((restored(data) / "workspaces" / "session-2").iterdir()) == []


def test_a_workspace_comes_back_as_it_was(data: Path) -> None:
    workspace = data / SESSION
    (workspace / "run.sh").write_text("#!/bin/sh\n")
    (workspace / "run.sh").chmod(0o755)
    (workspace / "empty").mkdir(mode=0o750)
    (workspace / "read-only").mkdir()
    (workspace / "read-only" / "file").write_text("within")
    (workspace / "read-only").chmod(0o555)
    (workspace / "link").symlink_to("../../elsewhere")
    (workspace / "to-folder").symlink_to("empty")
    Path(os.fsdecode(os.fsencode(workspace) + b"/caf\xe9")).write_text("latin")
    (workspace / "large").write_bytes(os.urandom(IN_MEMORY_BYTES + 1))
    os.utime(workspace / "run.sh", (1_700_000_000, 1_700_000_000))
    place = restored(data) / SESSION
    assert {each.name for each in place.iterdir()} == {each.name for each in workspace.iterdir()}
    assert stat.S_IMODE((place / "run.sh").stat().st_mode) == 0o755
    assert (place / "run.sh").stat().st_mtime == 1_700_000_000
    assert stat.S_IMODE((place / "empty").stat().st_mode) == 0o750
    assert stat.S_IMODE((place / "read-only").stat().st_mode) == 0o555
    assert (place / "read-only" / "file").read_text() == "within"
    assert os.readlink(place / "link") == "../../elsewhere"
    assert os.readlink(place / "to-folder") == "empty"
    assert (place / "large").read_bytes() == (workspace / "large").read_bytes()


def test_a_tree_of_any_depth_comes_back(data: Path) -> None:
    descriptor = os.open(data / SESSION, os.O_RDONLY)
    for _ in range(TOO_DEEP):
        os.mkdir("deeper", dir_fd=descriptor)
        below = os.open("deeper", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    os.close(os.open("bottom", os.O_WRONLY | os.O_CREAT, dir_fd=descriptor))
    os.close(descriptor)
    with little_room_for_recursion():
        place = restored(data)
    descriptor = os.open(place / SESSION, os.O_RDONLY)
    for _ in range(TOO_DEEP):
        below = os.open("deeper", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = below
    assert os.listdir(descriptor) == ["bottom"]
    os.close(descriptor)
    for deep in (data, place):  # nothing else removes trees as deep as this
        remove_tree(deep)


def test_what_is_no_file_is_left_out_and_named(data: Path) -> None:
    os.mkfifo(data / SESSION / "pipe")
    made = saved(data)
    assert made.left_out == (f"{SESSION}/pipe",)
    restore(made.file, data.parent / "restored", None)
    assert not (data.parent / "restored" / SESSION / "pipe").exists()


def test_a_backup_is_its_users_alone_and_replaces_none(data: Path) -> None:
    made = saved(data)
    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600
    with pytest.raises(BackupUnusable, match="exists already"):
        saved(data)
    assert [each.name for each in data.parent.iterdir() if each.name.startswith(".")] == []


def test_in_a_folder_a_backup_is_named_by_the_time(data: Path) -> None:
    (data.parent / "backups").mkdir()
    made = save(data, data / DATABASE_FILE, data.parent / "backups", None)
    assert made.file.parent == data.parent / "backups"
    assert made.file.suffix == ".backup"


def test_a_database_that_is_none_is_not_saved(data: Path) -> None:
    (data / DATABASE_FILE).write_bytes(b"no database" * 1000)
    with pytest.raises(DatabaseUnusable):
        saved(data)
    assert not (data.parent / "it.backup").exists()


def test_with_the_passphrase_it_opens_and_without_it_does_not(data: Path) -> None:
    place = restored(data, "open sesame")
    assert (place / "secret.key").read_text() == "the secret.key"
    file = data.parent / "it.backup"
    with pytest.raises(BackupUnusable, match="passphrase: give it"):
        check(file, None)
    with pytest.raises(BackupUnusable, match="does not open"):
        check(file, "open barley")


DAMAGES: list[Callable[[bytes], bytes]] = [
    lambda text: text[:-1],
    lambda text: text[: len(text) // 2],
    lambda text: text[: len(text) // 2] + bytes([text[len(text) // 2] ^ 0x10]) + text[len(text) // 2 + 1 :],
    lambda text: text[:10],
    lambda text: b"",
    lambda text: b"something else altogether",
]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("passphrase", [None, "open sesame"], ids=["plain", "sealed"])
def test_a_damaged_backup_is_refused_and_leaves_nothing(
    data: Path, damage: Callable[[bytes], bytes], passphrase: str | None
) -> None:
    (data / SESSION / "noise").write_bytes(os.urandom(300_000))
    file = saved(data, passphrase).file
    file.write_bytes(damage(file.read_bytes()))
    place = data.parent / "restored"
    with pytest.raises(BackupUnusable):
        restore(file, place, passphrase)
    assert list(place.iterdir()) == []


def test_a_file_that_is_not_what_was_saved_is_named(data: Path) -> None:
    (data / SESSION / "wanted.txt").write_text("this was saved")
    file = saved(data).file
    file.write_bytes(gzip.compress(gzip.decompress(file.read_bytes()).replace(b"was saved", b"was  sawn")))
    with pytest.raises(BackupUnusable, match=r"wanted\.txt is not what was saved"):
        check(file, None)


def test_a_member_that_was_taken_out_is_missed(data: Path) -> None:
    file = saved(data).file
    kept = io.BytesIO()
    with tarfile.open(file) as source, tarfile.open(fileobj=kept, mode="w", format=tarfile.PAX_FORMAT) as out:
        for member in source:
            if member.name != "admin.json":
                out.addfile(member, source.extractfile(member) if member.isreg() else None)
    file.write_bytes(gzip.compress(kept.getvalue()))
    with pytest.raises(BackupUnusable, match="not those that were saved"):
        check(file, None)


@pytest.mark.parametrize(
    ("name", "content"),
    [("BACKUP_FORMAT", 2), ("stored_version", lambda _: "9999")],
    ids=["format", "schema"],
)
def test_a_backup_of_a_newer_server_is_refused(
    data: Path, monkeypatch: pytest.MonkeyPatch, name: str, content: object
) -> None:
    monkeypatch.setattr(writing, name, content)
    file = saved(data).file
    monkeypatch.undo()
    with pytest.raises(BackupUnusable, match="newer version"):
        restore(file, data.parent / "restored", None)


def test_what_no_backup_holds_is_not_restored(data: Path) -> None:
    for name, kind in (
        ("../outside", tarfile.REGTYPE),
        ("/outside", tarfile.REGTYPE),
        ("workspaces/../../outside", tarfile.REGTYPE),
        ("workspaces/nowhere/file", tarfile.REGTYPE),
        ("server.lock", tarfile.REGTYPE),
        ("workspaces/device", tarfile.CHRTYPE),
        ("workspaces/hard", tarfile.LNKTYPE),
        ("elsewhere", tarfile.DIRTYPE),
    ):
        file = saved(data).file
        with tarfile.open(file) as source:
            head = source.next()
            assert head is not None
            header = source.extractfile(head)
            assert header is not None
            crafted = io.BytesIO()
            with tarfile.open(fileobj=crafted, mode="w", format=tarfile.PAX_FORMAT) as out:
                out.addfile(head, header)
                top = tarfile.TarInfo("workspaces")
                top.type = tarfile.DIRTYPE
                out.addfile(top)
                member = tarfile.TarInfo(name)
                member.type, member.linkname = kind, "workspaces"
                out.addfile(member, io.BytesIO(b""))
        file.write_bytes(gzip.compress(crafted.getvalue()))
        with pytest.raises(BackupUnusable, match="in no backup of this server"):
            restore(file, data.parent / "restored", None)
        file.unlink()
    assert not (data.parent / "outside").exists()
    assert list((data.parent / "restored").iterdir()) == []


def test_a_folder_that_is_not_empty_is_left_alone(data: Path) -> None:
    file = saved(data).file
    before = {each.name for each in data.iterdir()}
    with pytest.raises(BackupUnusable, match="not empty"):
        restore(file, data, None)
    assert {each.name for each in data.iterdir()} >= before - {LOCK_FILE}


async def test_a_folder_that_a_server_uses_is_left_alone(data: Path) -> None:
    file = saved(data).file
    ownership = Ownership(data)
    with pytest.raises(DirectoryInUse):
        restore(file, data, None)
    assert (data / LOCK_FILE).exists()
    await ownership.release()


def test_what_a_restore_that_was_killed_has_left_is_no_obstacle(data: Path) -> None:
    file = saved(data).file
    place = data.parent / "restored"
    (place / f"{DRAFT_PREFIX}x" / "workspaces").mkdir(parents=True)
    restore(file, place, None)
    assert (place / DATABASE_FILE).exists()
    assert not [each for each in place.iterdir() if each.name.startswith(DRAFT_PREFIX)]


def test_checking_reads_all_and_makes_nothing(data: Path) -> None:
    made = saved(data)
    before = {each.name for each in data.parent.iterdir()}
    found = check(made.file, None)
    assert found.header.schema_version == VERSION
    assert found.total.members > made.files
    assert {each.name for each in data.parent.iterdir()} == before
    assert reading.read(made.file, None, InMemory()).total == found.total


class InMemory:
    """A sink that keeps nothing for longer than a moment."""

    def folder(self, member: tarfile.TarInfo) -> None:
        assert member.isdir()

    def link(self, member: tarfile.TarInfo) -> None:
        assert member.issym()

    def file(self, member: tarfile.TarInfo) -> io.BytesIO:
        assert member.isreg()
        return io.BytesIO()
