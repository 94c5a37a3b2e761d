"""A session that is copied has everything, and goes on by itself."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import os
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from roocode_server.engine.agent.drafts import SessionDrafts
from roocode_server.engine.storage.session_rows import OWNED
from roocode_server.engine.workspace.replica import Inodes
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.approval import ApprovalList, ApprovalStatus, Verdict
from roocode_server.models.checkpoint import CheckpointList, CheckpointRef
from roocode_server.models.clock import format_time, now
from roocode_server.models.error import Conflict, NotFound, WorkspaceLimitExceeded
from roocode_server.models.fork import SessionFork
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import Session, SessionCreate, SessionList, SessionStatus, SessionUpdate
from roocode_server.models.session_secrets import HIDDEN
from roocode_server.models.task import Activity, InterruptedBy, Task, TaskStatus
from roocode_server.models.user import Role
from tests.engine.agent.conftest import Agent, call, done, say

Make = Callable[..., Awaitable[Agent]]
Table = list[dict[str, Any]]


async def fork(agent: Agent, **request: Any) -> Session:
    source = await agent.engine.sessions.get(agent.session_id)
    asked = SessionFork.load({"sessionId": source.id, **request})
    return await agent.engine.forks.fork(agent.caller, asked, source)


def stored(agent: Agent, session_id: str) -> dict[str, Table]:
    """Every row of a session, by table."""
    path = agent.engine.data_dir / "roocode.sqlite3"
    found = {}
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        database.row_factory = sqlite3.Row
        for table in OWNED:
            own = "session_id = ?"
            if "session_id" not in table.columns:
                own = "task_id IN (SELECT id FROM tasks WHERE session_id = ?)"
            key = ", ".join(column.name for column in table.primary_key)
            rows = database.execute(f"SELECT * FROM {table.name} WHERE {own} ORDER BY {key}", [session_id])  # noqa: S608
            found[table.name] = [dict(row) for row in rows]
    return found


def stored_secrets(agent: Agent, session_id: str) -> str | None:
    path = agent.engine.data_dir / "roocode.sqlite3"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        found: str | None = database.execute(
            "SELECT sealed_secrets FROM sessions WHERE id = ?", [session_id]
        ).fetchone()[0]
    return found


def stored_positions(agent: Agent) -> list[tuple[Any, ...]]:
    """What those who follow all sessions are told: events with a position, and the ends of sessions."""
    path = agent.engine.data_dir / "roocode.sqlite3"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return database.execute(
            "SELECT position, type FROM events WHERE position IS NOT NULL "
            "UNION ALL SELECT position, type FROM tombstones ORDER BY position"
        ).fetchall()


def folder(agent: Agent, session_id: SessionId) -> Path:
    return agent.engine.sessions.workspace(session_id).folder


async def events(agent: Agent, session_id: SessionId) -> list[dict[str, Any]]:
    return [orjson.loads(each.body) for each in await agent.engine.log.read(session_id, after=0, limit=1000)]


async def listed(agent: Agent) -> list[SessionId]:
    page, _ = await agent.engine.sessions.list(agent.caller, SessionList())
    return [each.id for each in page]


async def only_task(agent: Agent, session_id: SessionId) -> Task:
    [row] = stored(agent, session_id)["tasks"]
    return await agent.engine.tasks.get(session_id, row["id"])


async def test_a_copy_has_every_row_under_its_own_ids(agent: Agent) -> None:
    await agent.run(
        [say("A step."), call("write_to_file", path="a.txt", content="a", line_count=1)],
        [call("update_todo_list", todos="[ ] this")],
        [done()],
        enableCheckpoints=True,
    )
    before = stored(agent, agent.session_id)
    copy = await fork(agent)
    assert stored(agent, agent.session_id) == before
    after = stored(agent, copy.id)
    assert {name for name, rows in before.items() if rows} >= {
        "tasks",
        "messages",
        "turns",
        "events",
        "snapshots",
    }
    assert {name: len(rows) for name, rows in after.items()} == {
        name: len(rows) + 2 * (name == "events") for name, rows in before.items()
    }
    text = repr(after)
    for name, rows in before.items():
        for row in rows:
            assert "id" not in row or row["id"] not in text, name
    assert f"/{agent.session_id}" not in text


async def test_the_log_of_a_copy_goes_on_where_the_original_was(agent: Agent) -> None:
    await agent.run([done()])
    was = await events(agent, agent.session_id)
    copy = await fork(agent, name="Another try")
    now = await events(agent, copy.id)
    assert [each["seq"] for each in now] == list(range(1, len(was) + 3))
    assert [each["type"] for each in now[: len(was)]] == [each["type"] for each in was]
    assert {each["sessionId"] for each in now} == {copy.id}
    created, forked = now[len(was) :]
    assert created["type"] == "session.created"
    assert created["session"]["name"] == "Another try"
    assert forked["type"] == "session.forked"
    assert (forked["sourceSessionId"], forked["sourceSeq"]) == (agent.session_id, len(was))
    await agent.engine.sessions.update(SessionUpdate.load({"sessionId": copy.id, "name": "Yet another"}))
    assert (await events(agent, copy.id))[-1]["seq"] == len(now) + 1
    assert await events(agent, agent.session_id) == was


async def test_neither_sees_what_is_written_in_the_other(agent: Agent) -> None:
    agent.write("kept/a.txt", "before")
    copy = await fork(agent)
    agent.write("kept/a.txt", "changed here")
    (folder(agent, copy.id) / "kept/b.txt").write_text("only there")
    assert (folder(agent, copy.id) / "kept/a.txt").read_text() == "before"
    assert not (folder(agent, agent.session_id) / "kept/b.txt").exists()


async def test_a_copied_task_goes_on_in_its_conversation_and_its_files(agent: Agent) -> None:
    agent.write("old.txt", "untouched")
    await agent.run([call("write_to_file", path="a.txt", content="one", line_count=1)], [done("first")])
    copy = await fork(agent)
    task = await only_task(agent, copy.id)
    agent.model.answers.extend(
        [[call("write_to_file", path="b.txt", content="two", line_count=1)], [done("again")]]
    )
    await agent.say(task, "more")
    after = await agent.finish(task)
    assert after.result is not None
    assert after.result.files_created == ["/b.txt"]
    assert (folder(agent, copy.id) / "a.txt").read_text() == "one"
    assert not (folder(agent, agent.session_id) / "b.txt").exists()
    original = await only_task(agent, agent.session_id)
    assert (original.turn, original.status) == (1, TaskStatus.COMPLETED)


async def test_a_task_that_waits_for_approval_is_resumable_in_the_copy_and_asks_again(
    make_agent: Make,
) -> None:
    agent = await make_agent(approvals={"edit": "ask"})
    agent.write("there.txt", "untouched")
    write = call("write_to_file", "c1", path="a.txt", content="a", line_count=1)
    task = await agent.start([write])
    await agent.until(task, lambda now: now.activity is Activity.INTERACTIVE)
    copy = await fork(agent)

    copied = await only_task(agent, copy.id)
    assert (copied.status, copied.activity) == (TaskStatus.PENDING, Activity.RESUMABLE)
    assert copied.interrupted_by is InterruptedBy.SERVER
    [approval], _ = await agent.engine.approvals.page(ApprovalList(session_id=copy.id))
    assert approval.status is ApprovalStatus.CANCELLED
    with pytest.raises(Conflict):
        await agent.engine.approvals.respond(approval, Verdict.APPROVE, feedback=None, by="me")
    told = [each["type"] for each in await events(agent, copy.id)]
    assert told[-3:] == ["approval.resolved", "task.resumable", "task.unfocused"]

    await agent.engine.tasks.resume(copy.id, copied.id)
    await agent.answer(copied, "approve")
    agent.model.answers.append([done("in the copy")])
    ended = await agent.finish(copied)
    assert ended.result is not None
    assert (ended.result.files_created, ended.result.files_modified) == (["/a.txt"], [])
    assert not (folder(agent, agent.session_id) / "a.txt").exists()

    agent.model.answers.append([done("in the original")])
    await agent.answer(task, "approve")
    assert (await agent.finish(task)).status is TaskStatus.COMPLETED


async def test_a_call_that_ran_is_told_as_interrupted_in_the_copy_only(agent: Agent) -> None:
    waits = call("execute_command", "c1", command="until [ -e go ]; do sleep 0.05; done")
    task = await agent.start([waits], [done()])
    await agent.until(task, lambda now: now.step is not None and now.status is TaskStatus.RUNNING)
    await agent.at_work()
    copy = await fork(agent)
    failed = [each for each in await events(agent, copy.id) if each["type"] == "tool.failed"]
    assert [each["code"] for each in failed] == ["CALL_INTERRUPTED"]
    assert (await only_task(agent, copy.id)).activity is Activity.RESUMABLE
    assert stored(agent, copy.id)["pending_ends"] == []
    agent.write("go", "")
    assert (await agent.finish(task)).status is TaskStatus.COMPLETED


async def test_a_queued_task_does_not_start_by_itself_in_the_copy(agent: Agent) -> None:
    waits = call("execute_command", "c1", command="until [ -e go ]; do sleep 0.05; done")
    first = await agent.start([waits], [done()])
    second = await agent.start([done("second")])
    copy = await fork(agent)
    assert {row["activity"] for row in stored(agent, copy.id)["tasks"]} == {"resumable"}
    agent.write("go", "")
    await agent.finish(first)
    await agent.finish(second)
    assert {row["activity"] for row in stored(agent, copy.id)["tasks"]} == {"resumable"}


async def test_checkpoints_keep_their_ids_and_name_the_tasks_of_the_copy(agent: Agent) -> None:
    task = await agent.run(
        [call("write_to_file", path="a.txt", content="one", line_count=1)], [done()], enableCheckpoints=True
    )
    agent.write("a.txt", "two")
    saved = await agent.engine.history.save(agent.session_id, "by hand")
    once = await fork(agent)
    agent.session_id, source = once.id, agent.session_id
    twice = await fork(agent)
    of_source, _ = await agent.engine.history.page(CheckpointList(session_id=source))
    for copy in (once, twice):
        copied = await only_task(agent, copy.id)
        of_copy, _ = await agent.engine.history.page(CheckpointList(session_id=copy.id))
        assert [each.id for each in of_copy] == [each.id for each in of_source]
        assert {each.task_id for each in of_copy} == {None, copied.id}
        assert await agent.engine.history.save(copy.id, "nothing new") is None
    assert saved is not None
    agent.write("a.txt", "three")
    await agent.engine.history.restore(CheckpointRef(session_id=once.id, checkpoint_id=saved.id))
    assert agent.read("a.txt") == "two"
    assert (folder(agent, twice.id) / "a.txt").read_text() == "two"
    assert task.id != (await only_task(agent, once.id)).id


async def test_files_that_are_one_stay_one_and_links_lead_to_the_copy(agent: Agent) -> None:
    place = folder(agent, agent.session_id)
    agent.write("one/a.txt", "shared")
    (place / "two").mkdir()
    os.link(place / "one/a.txt", place / "two/b.txt")
    (place / "relative").symlink_to("one/a.txt")
    (place / "absolute").symlink_to(f"/workspaces/{agent.session_id}/one")
    (place / "outside").symlink_to("/etc/hostname")
    os.mkfifo(place / "pipe")
    with open(place / "holes", "wb") as file:
        file.truncate(2**28)
        file.seek(2**27)
        file.write(b"in the middle")
    (place / "one/a.txt").chmod(0o754)
    os.utime(place / "one/a.txt", ns=(1, 1_234_567_890_123_456_789))
    copy = folder(agent, (await fork(agent)).id)
    assert (copy / "one/a.txt").samefile(copy / "two/b.txt")
    assert not (copy / "one/a.txt").samefile(place / "one/a.txt")
    (copy / "two/b.txt").write_text("only here")
    assert (place / "one/a.txt").read_text() == "shared"
    assert (copy / "one/a.txt").read_text() == "only here"
    assert (copy / "relative").readlink() == Path("one/a.txt")
    assert (copy / "absolute").readlink() == Path(f"/workspaces/{copy.name}/one")
    assert (copy / "outside").readlink() == Path("/etc/hostname")
    assert not (copy / "pipe").exists()
    assert (copy / "holes").read_bytes() == (place / "holes").read_bytes()
    assert (copy / "holes").stat().st_blocks < 1000
    assert (copy / "one/a.txt").stat().st_mode & 0o777 == 0o754


async def test_secrets_are_copied_for_the_owner_alone(make_agent: Make) -> None:
    servers = {"files": {"command": "cat", "env": {"TOKEN": "s3cret"}}}
    agent = await make_agent(config={"mcpServers": servers})
    copy = await fork(agent)
    assert copy.config.mcp_servers["files"].env == {"TOKEN": HIDDEN}
    revealed = await agent.engine.sessions.revealed(copy)
    assert revealed.mcp_servers["files"].env == {"TOKEN": "s3cret"}
    other = await agent.engine.accounts.create_user("copies@example.com", "a long enough password", "Other")
    agent.caller = dataclasses.replace(agent.caller, user_id=other.id)
    theirs = await fork(agent)
    assert theirs.user_id == other.id
    assert theirs.config.mcp_servers["files"].env == {}
    assert stored_secrets(agent, theirs.id) is None


async def test_a_draft_is_nowhere_to_be_seen_and_removed_at_the_next_start(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a kill in the midst of copying files: rows and some files are there."""
    agent.write("a.txt", "a")
    await agent.run([done()], enableCheckpoints=True)
    before = await listed(agent)
    reached, drafts = asyncio.Event(), list[SessionId]()

    async def is_killed(source: Workspace, copy: Workspace) -> Inodes:
        drafts.append(SessionId(copy.folder.name))
        (copy.folder / "some.txt").write_text("some")
        reached.set()
        return await asyncio.Event().wait()  # type: ignore[func-returns-value, return-value]

    async def nothing(drafts: SessionDrafts, session_id: SessionId) -> None:
        """Nobody cleans up after a kill."""

    monkeypatch.setattr(Workspace, "replicate", is_killed)
    forking = asyncio.create_task(fork(agent))
    await reached.wait()
    [draft] = drafts
    assert await listed(agent) == before
    with pytest.raises(NotFound):
        await agent.engine.sessions.get(draft)
    assert stored(agent, draft)["events"]
    monkeypatch.setattr(SessionDrafts, "_discard", nothing)
    forking.cancel()
    await asyncio.wait([forking])
    positions = stored_positions(agent)
    agent = await agent.reopen()
    assert await listed(agent) == before
    assert not any(stored(agent, draft).values())
    assert not folder(agent, draft).exists()
    assert not (agent.engine.data_dir / "checkpoints" / draft).exists()
    assert stored_positions(agent) == positions


async def test_the_tasks_of_a_copy_count_as_those_of_its_owner(make_agent: Make) -> None:
    agent = await make_agent(limits={"tasks": 3})
    asks = [call("ask_followup_question", question="Which?", follow_up=[])]
    task = await agent.start(asks)
    await agent.until(task, lambda now: now.activity is Activity.INTERACTIVE)
    await agent.start(input="later")
    other = await agent.engine.accounts.create_user("busy@example.com", "a long enough password", "Other")
    agent.caller = dataclasses.replace(agent.caller, user_id=other.id, roles=(Role.DEVELOPER,))
    agent.session_id = (await fork(agent)).id
    with pytest.raises(WorkspaceLimitExceeded, match="unfinished tasks"):
        await fork(agent)
    assert await agent.engine.sessions.drafts() == []


async def test_a_copy_that_is_given_up_is_removed_at_once(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent.write("a.txt", "a")
    await agent.run([done()], enableCheckpoints=True)
    reached, data = asyncio.Event(), agent.engine.data_dir
    whole = Workspace.replicate

    async def slow(source: Workspace, copy: Workspace) -> Inodes:
        await whole(source, copy)
        reached.set()
        return await asyncio.Event().wait()  # type: ignore[func-returns-value, return-value]

    monkeypatch.setattr(Workspace, "replicate", slow)
    forking = asyncio.create_task(fork(agent))
    await reached.wait()
    assert len(await agent.engine.sessions.drafts()) == 1
    forking.cancel()
    await asyncio.wait([forking])
    assert await agent.engine.sessions.drafts() == []
    for name in ("workspaces", "checkpoints"):
        left = [each.name for each in (data / name).iterdir() if not each.name.startswith(".")]
        assert left == [agent.session_id]
    monkeypatch.undo()
    assert (await fork(agent)).name == (await agent.engine.sessions.get(agent.session_id)).name


@pytest.mark.parametrize("refusal", ["limit", "deleted"])
async def test_a_copy_that_is_refused_in_the_end_leaves_nothing(
    make_agent: Make, refusal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = await make_agent(limits={"sessions": 2} if refusal == "limit" else {})
    other = await agent.engine.accounts.create_user("no-more@example.com", "a long enough password", "Other")
    if refusal == "limit":
        agent.caller = dataclasses.replace(agent.caller, user_id=other.id, roles=(Role.DEVELOPER,))
    agent.write("a.txt", "a")
    before = set(folder(agent, agent.session_id).parent.iterdir())
    whole = Workspace.replicate

    async def meanwhile(source: Workspace, copy: Workspace) -> Inodes:
        copied = await whole(source, copy)
        if refusal == "deleted":
            await agent.engine.sessions.delete(agent.session_id)
        else:
            for _ in range(2):
                await agent.engine.sessions.create(agent.caller, SessionCreate())
        return copied

    monkeypatch.setattr(Workspace, "replicate", meanwhile)
    with pytest.raises(WorkspaceLimitExceeded if refusal == "limit" else NotFound):
        await fork(agent)
    left = set(folder(agent, agent.session_id).parent.iterdir())
    assert {each.name for each in left - before} == set(await listed(agent)) - {agent.session_id}
    assert await agent.engine.sessions.drafts() == []


async def test_the_copy_of_an_expired_session_is_active(agent: Agent) -> None:
    soon = format_time(now() + datetime.timedelta(milliseconds=50))
    await agent.engine.sessions.update(SessionUpdate.load({"sessionId": agent.session_id, "expiresAt": soon}))
    async with asyncio.timeout(60):
        while (await agent.engine.sessions.get(agent.session_id)).status is SessionStatus.ACTIVE:
            await asyncio.sleep(0.01)
    copy = await fork(agent)
    assert (copy.status, copy.expires_at) == (SessionStatus.ACTIVE, None)


async def test_the_copy_of_a_session_expires_with_it(agent: Agent) -> None:
    soon = format_time(now() + datetime.timedelta(seconds=2))
    await agent.engine.sessions.update(SessionUpdate.load({"sessionId": agent.session_id, "expiresAt": soon}))
    copy = await fork(agent)
    assert copy.expires_at is not None
    async with asyncio.timeout(60):
        while (await agent.engine.sessions.get(copy.id)).status is SessionStatus.ACTIVE:
            await asyncio.sleep(0.01)
