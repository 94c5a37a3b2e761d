"""Archives of sessions that are not what a server has written are refused, and nothing of them is left."""

from __future__ import annotations

import asyncio
import dataclasses
import gzip
import io
import os
import subprocess
import tarfile
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from roocode_server.engine.agent.session_archive.form import MemberDigest
from roocode_server.models.checkpoint import CheckpointList
from roocode_server.models.error import AppError, ValidationFailed, WorkspaceLimitExceeded
from roocode_server.models.fork import SessionImport
from roocode_server.models.session import SessionList
from roocode_server.models.user import Role
from tests.engine.agent.conftest import Agent, call, done, say
from tests.engine.agent.test_forking import Make, events, only_task, stored
from tests.engine.agent.test_rewinding import rewind
from tests.engine.agent.test_session_archives import export, take_in

Member = tuple[tarfile.TarInfo, bytes]
Change = Callable[[list[Member]], None]
DEEP = "[" * 600 + "]" * 600


def unpacked(archive: bytes) -> list[Member]:
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(archive))) as packed:
        return [
            (each, file.read() if (file := packed.extractfile(each)) is not None and each.isreg() else b"")
            for each in packed.getmembers()
        ]


def packed(members: list[Member], *, checksum: str | None = None) -> bytes:
    """An archive of these members, with a checksum that fits unless one is given."""
    digest, out = MemberDigest(), io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info, content in members:
            if info.name == "complete.json":
                content = orjson.dumps({"checksum": checksum or digest.checksum})
            info.size = len(content)
            digest.add(info.name, info.type, info.size, info.linkname)
            digest.update(content)
            archive.addfile(info, io.BytesIO(content))
    return gzip.compress(out.getvalue())


def changing(name: str, change: Callable[[Any], Any]) -> Change:
    """Change the JSON of a member, or that of each line."""

    def apply(members: list[Member]) -> None:
        for position, (info, content) in enumerate(members):
            if info.name == name:
                lines = [orjson.loads(line) for line in content.splitlines()]
                changed = [change(line) for line in lines]
                members[position] = info, b"\n".join(orjson.dumps(each) for each in changed)
                return
        raise AssertionError(name)

    return apply


def containing(name: str, content: bytes) -> Change:
    """Replace the content of a member."""

    def apply(members: list[Member]) -> None:
        members[:] = [(info, content if info.name == name else was) for info, was in members]

    return apply


def rows(table: str, **columns: Any) -> Change:
    """Give the columns of all rows of a table other contents."""
    return changing(f"rows/{table}.jsonl", lambda row: row | columns)


def body(**fields: Any) -> Change:
    """Give all events' bodies other fields."""

    def change(row: dict[str, Any]) -> dict[str, Any]:
        return row | {"body": orjson.dumps(orjson.loads(row["body"]) | fields).decode()}

    return changing("rows/events.jsonl", change)


def adding(name: str, content: bytes = b"", **header: Any) -> Change:
    """Add a member before the last one."""

    def apply(members: list[Member]) -> None:
        info = tarfile.TarInfo(name)
        for key, value in header.items():
            setattr(info, key, value)
        members.insert(len(members) - 1, (info, content))

    return apply


def without(name: str) -> Change:
    def apply(members: list[Member]) -> None:
        members[:] = [each for each in members if each[0].name != name]

    return apply


def twice(name: str) -> Change:
    def apply(members: list[Member]) -> None:
        [found] = [each for each in members if each[0].name == name]
        members.insert(len(members) - 1, found)

    return apply


def own_parent(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"parent_id": row["id"]}


REFUSED: dict[str, tuple[Change, str]] = {
    "path escape": (adding("files/../../escape", b"x"), "leads out"),
    "absolute path": (adding("files//etc/escape", b"x"), "leads out"),
    "link out": (adding("files/link", type=tarfile.SYMTYPE, linkname="../../x"), "leads out"),
    "absolute link": (adding("files/link", type=tarfile.SYMTYPE, linkname="/etc"), "leads out"),
    "hard link out": (adding("files/link", type=tarfile.LNKTYPE, linkname="/etc/passwd"), "leads out"),
    "hard link to rows": (
        adding("files/link", type=tarfile.LNKTYPE, linkname="rows/tasks.jsonl"),
        "cannot be unpacked|not a file of the archive",
    ),
    "device": (adding("files/null", type=tarfile.CHRTYPE, devmajor=1, devminor=3), "neither a file"),
    "pipe": (adding("files/pipe", type=tarfile.FIFOTYPE), "neither a file"),
    "other member": (adding("hooks/post-checkout", b"x"), "unknown to this version"),
    "other table": (adding("rows/users.jsonl", b"{}"), "unknown to this version"),
    "table left out": (adding("rows/receipts.jsonl", b"{}"), "unknown to this version"),
    "rows that are a link": (
        adding("rows/rewinds.jsonl", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        "not a file",
    ),
    "table out of place": (twice("rows/tasks.jsonl"), "not in its place"),
    "two bundles": (twice("checkpoints.bundle"), "twice"),
    "no manifest": (without("manifest.json"), "manifest"),
    "no end": (without("complete.json"), "incomplete"),
    "newer format": (changing("manifest.json", lambda read: read | {"format": 2}), "newer than this server"),
    "no format": (changing("manifest.json", lambda read: read | {"format": "1"}), "names no format"),
    "foreign session in manifest": (
        changing("manifest.json", lambda read: read | {"sessionId": "../x"}),
        "names no session",
    ),
    "wrong configuration": (
        changing("manifest.json", lambda read: read | {"config": {"maxTokens": -1}}),
        "configuration is wrong",
    ),
    "another session's rows": (rows("tasks", session_id=f"session-{'0' * 20}"), "of another session"),
    "unknown column": (rows("tasks", owner="me"), "no column"),
    "missing column": (
        changing("rows/tasks.jsonl", lambda row: {k: v for k, v in row.items() if k != "status"}),
        "status is missing",
    ),
    "wrong type": (rows("tasks", iterations="many"), "of another kind"),
    "huge number": (rows("tasks", iterations=2**63), "row"),
    "too long": (rows("messages", mode="m" * 65), "of another kind"),
    "NUL": (rows("messages", text="a\0b"), "of another kind"),
    "no such status": (rows("tasks", status="enchanted"), "row of tasks is wrong"),
    "no such turn": (rows("turns", role="ghost"), "row of turns is wrong"),
    "no id": (rows("messages", id="--upload-pack=touch"), "its id is none"),
    "same ids": (rows("messages", id=f"message-{'a' * 20}"), "that of another row"),
    "own parent": (changing("rows/tasks.jsonl", own_parent), "subtask of itself"),
    "foreign parent": (rows("tasks", parent_id=f"task-{'0' * 20}"), "none of the session"),
    "foreign task": (rows("messages", task_id=f"task-{'0' * 20}"), "none of the session"),
    "option as a checkpoint": (rows("messages", checkpoint="--output=/tmp/x"), "not the id of a checkpoint"),
    "wrong seq": (rows("events", seq=7), "does not agree"),
    "wrong seq in the body": (body(seq=7), "does not agree"),
    "foreign session in a body": (body(sessionId=f"session-{'0' * 20}"), "does not agree"),
    "foreign task in a body": (body(taskId=f"task-{'0' * 20}"), "does not agree"),
    "no such event": (rows("events", type="made.up"), "does not agree"),
    "foreign event id": (body(id="x.1.ab"), "does not agree"),
    "body that is none": (rows("events", body="["), "row of events is wrong"),
    "body too deep": (
        rows("events", body='{"a":' + DEEP + "}"),
        "row of events is wrong",
    ),
    "JSON too deep": (rows("tasks", config='{"a":' + DEEP + "}"), "row of tasks is wrong"),
    "snapshot of something else": (rows("snapshots", content='{"a":["b"]}'), "row of snapshots is wrong"),
    "row that is no object": (changing("rows/tasks.jsonl", lambda row: [row]), "not an object"),
    "line too deep": (
        containing("rows/tasks.jsonl", ("[" * 5000 + "]" * 5000).encode()),
        "nested too deep",
    ),
}


@pytest.fixture
async def worked(make_agent: Make) -> Agent:
    """A session with a history, on a server whose sessions may have 2 MiB."""
    agent = await make_agent(sessions={"resource_limits": {"max_disk_mb": 2, "max_file_size_mb": 1}})
    agent.write("b.txt", "there")
    await agent.run(
        [say("A step."), call("write_to_file", path="a.txt", content="one", line_count=1)],
        [done()],
        enableCheckpoints=True,
    )
    return agent


async def everything(agent: Agent) -> tuple[object, ...]:
    """Everything of which something could be left."""
    data = agent.engine.data_dir
    page, total = await agent.engine.sessions.list(agent.caller, SessionList())
    return (
        total,
        [each.id for each in page],
        sorted(each.name for each in (data / "workspaces").iterdir()),
        sorted(each.name for each in (data / "workspaces/.staging").iterdir()),
        sorted(each.name for each in (data / "checkpoints").iterdir()),
        await agent.engine.sessions.drafts(),
    )


async def refused(
    agent: Agent, archive: bytes, because: str, kind: type[AppError] = ValidationFailed
) -> None:
    before = await everything(agent)
    with pytest.raises(kind) as refusal:
        await take_in(agent, archive)
    said = f"{refusal.value.message} {refusal.value.details}"
    assert any(each in said for each in because.split("|")), said
    assert str(agent.engine.data_dir) not in said
    assert await everything(agent) == before


async def test_what_is_not_as_a_server_writes_it_is_refused(worked: Agent) -> None:
    archive = await export(worked)
    for name, (change, because) in REFUSED.items():
        members = unpacked(archive)
        change(members)
        try:
            await refused(worked, packed(members), because)
        except BaseException as failure:
            failure.add_note(name)
            raise
    await take_in(worked, packed(unpacked(archive)))


async def test_what_is_damaged_or_cut_short_is_refused(worked: Agent) -> None:
    archive = await export(worked)
    await refused(worked, packed(unpacked(archive), checksum="0" * 64), "checksum does not fit")
    await refused(worked, archive[: len(archive) // 2], "cannot be unpacked|incomplete")
    await refused(worked, b"", "cannot be unpacked|incomplete")
    await refused(worked, b"not an archive" * 100, "cannot be unpacked: it is not compressed by gzip")
    members = unpacked(archive)
    members.append((tarfile.TarInfo("files/late"), b""))
    await refused(worked, packed(members), "behind its end")


async def test_what_is_too_large_is_refused(worked: Agent) -> None:
    archive = await export(worked)
    members = unpacked(archive)
    adding("files/large", bytes(2**20 + 1))(members)
    await refused(worked, packed(members), "limit", WorkspaceLimitExceeded)
    members = unpacked(archive)
    for number in range(3):
        adding(f"files/{number}", bytes(2**20 - 1))(members)
    await refused(worked, packed(members), "no space", WorkspaceLimitExceeded)


async def test_a_file_with_holes_is_refused_before_it_is_filled(worked: Agent, tmp_path: Path) -> None:
    members = unpacked(await export(worked))
    sparse = tarfile.TarInfo("files/holes")
    sparse.pax_headers = {
        "GNU.sparse.major": "0",
        "GNU.sparse.minor": "1",
        "GNU.sparse.name": "files/holes",
        "GNU.sparse.size": str(2**50),
        "GNU.sparse.numblocks": "1",
        "GNU.sparse.map": f"{2**50 - 1},1",
    }
    members.insert(1, (sparse, b"x"))
    await refused(worked, packed(members), "has holes|limit")


async def test_too_many_files_are_refused(worked: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run_here(work: Any, *arguments: Any, descriptors: Sequence[int], **options: Any) -> Any:
        """In this process, where the limit is a lower one: 200,000 files take half a minute."""
        return await asyncio.to_thread(work, *arguments, *map(os.dup, descriptors))

    monkeypatch.setattr("roocode_server.engine.agent.session_archive.importing.run_in_worker", run_here)
    monkeypatch.setattr("roocode_server.engine.workspace.copying.MOST_COPIED_ENTRIES", 100)
    members = unpacked(await export(worked))
    last = members.pop()
    members += [(tarfile.TarInfo(f"files/d/{number}"), b"") for number in range(101)]
    await refused(worked, packed([*members, last]), "at once", WorkspaceLimitExceeded)


async def test_whoever_an_archive_names_it_is_the_callers(worked: Agent) -> None:
    other = await worked.engine.accounts.create_user("forged@example.com", "a long enough password", "Other")
    members = unpacked(await export(worked))
    changing("manifest.json", lambda read: read | {"userId": other.id})(members)
    made = await take_in(worked, packed(members))
    assert made.user_id == worked.caller.user_id
    theirs = dataclasses.replace(worked.caller, user_id=other.id, roles=(Role.DEVELOPER,))
    _, total = await worked.engine.sessions.list(theirs, SessionList())
    assert total == 0
    assert worked.caller.user_id in orjson.dumps(await events(worked, made.id)).decode()


async def test_a_rewind_cannot_bring_back_calls_of_another_task(worked: Agent) -> None:
    task = await only_task(worked, worked.session_id)
    first = min(stored(worked, worked.session_id)["messages"], key=lambda row: row["ts"])
    await rewind(worked, task, first["id"])

    def forge(row: dict[str, Any]) -> dict[str, Any]:
        former = orjson.loads(row["former"])
        for each in former["calls"]:
            each["task_id"] = f"task-{'0' * 20}"
        return row | {"former": orjson.dumps(former).decode()}

    members = unpacked(await export(worked))
    changing("rows/rewinds.jsonl", forge)(members)
    await refused(worked, packed(members), "of another task")


def git(folder: Path, *arguments: str) -> bytes:
    of = ("AUTHOR_NAME", "AUTHOR_EMAIL", "COMMITTER_NAME", "COMMITTER_EMAIL")
    named = {f"GIT_{each}": "somebody" for each in of}
    return subprocess.run(
        ["git", "-C", str(folder), *arguments],
        check=True,
        capture_output=True,
        env={**os.environ, **named},
    ).stdout


async def test_checkpoints_that_git_did_not_write_so_are_refused(worked: Agent, tmp_path: Path) -> None:
    archive = await export(worked)
    hostile = tmp_path / "hostile"
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(hostile))
    git(hostile, "commit", "--quiet", "--allow-empty", "-m", "no JSON")
    bundle = tmp_path / "bundle"
    git(hostile, "bundle", "create", str(bundle), "main")
    unsaid = bundle.read_bytes()
    git(hostile, "commit", "--quiet", "--amend", "--allow-empty", "-m", '{"reason": 7, "taskId": null}')
    git(hostile, "bundle", "create", str(bundle), "main")
    wrong = bundle.read_bytes()
    for content in (unsaid, wrong, b"", b"# v2 git bundle\n\nPACK", unsaid[:-30]):
        members = unpacked(archive)
        containing("checkpoints.bundle", content)(members)
        await refused(worked, packed(members), "checkpoints are damaged")


async def test_a_blob_too_large_to_be_restored_is_refused(worked: Agent, tmp_path: Path) -> None:
    hostile, bundle = tmp_path / "hostile", tmp_path / "bundle"
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(hostile))
    with (hostile / "zeros").open("wb") as file:
        file.truncate(70 * 2**20)
    git(hostile, "add", "zeros")
    git(hostile, "commit", "--quiet", "-m", '{"reason": "x", "taskId": null}')
    git(hostile, "bundle", "create", str(bundle), "main")
    members = unpacked(await export(worked))
    containing("checkpoints.bundle", bundle.read_bytes())(members)
    await refused(worked, packed(members), "checkpoints are damaged")


async def test_hooks_and_configuration_of_a_repository_do_not_travel(worked: Agent) -> None:
    repository = worked.engine.data_dir / "checkpoints" / worked.session_id
    git(repository, "config", "core.fsmonitor", "touch /tmp/fsmonitor")
    (repository / "hooks").mkdir(exist_ok=True)
    (repository / "hooks/reference-transaction").write_text("#!/bin/sh\n")
    made = await take_in(worked, await export(worked))
    there = worked.engine.data_dir / "checkpoints" / made.id
    assert "fsmonitor" not in (there / "config").read_text()
    assert not (there / "hooks/reference-transaction").exists()
    assert not (there / "objects/info/alternates").exists()
    page, _ = await worked.engine.history.page(CheckpointList(session_id=made.id))
    assert page


async def test_an_upload_that_breaks_off_leaves_nothing(worked: Agent) -> None:
    archive = await export(worked)
    before = await everything(worked)

    async def broken() -> AsyncIterator[bytes]:
        yield archive[:100]
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await worked.engine.imports.take_in(worked.caller, SessionImport(), broken())
    assert await everything(worked) == before
