"""A session that is exported is imported whole, on this server or another."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from roocode_server.engine.engine import Engine, open_engine
from roocode_server.engine.providers.provider import ProviderFailure
from roocode_server.models.approval import ApprovalList, ApprovalStatus
from roocode_server.models.checkpoint import CheckpointList, CheckpointRef
from roocode_server.models.error import Conflict, NotFound
from roocode_server.models.fork import SessionImport
from roocode_server.models.process import ProcessStart
from roocode_server.models.session import Session
from roocode_server.models.settings import Settings
from roocode_server.models.task import Activity, TaskCreate, TaskRef, TaskStatus
from roocode_server.models.user import Caller
from tests.engine.agent.conftest import Agent, StandIn, call, done, say
from tests.engine.agent.test_forking import Make, events, folder, fork, only_task, stored
from tests.engine.agent.test_rewinding import messages, rewind
from tests.engine.agent.test_subtasks import delegate

Another = Callable[[], Awaitable[Agent]]


@pytest.fixture
async def another(tmp_path: Path) -> AsyncIterator[Another]:
    """Opens another server, with another database and other users."""
    opened: list[Engine] = []

    async def make() -> Agent:
        plain = {"server": {"data_dir": str(tmp_path / "another")}, "approvals": {"edit": "always"}}
        model = StandIn()
        settings = Settings.load_plain(plain)
        engine = await open_engine(settings, more_providers=[model])
        opened.append(engine)
        caller = Caller.of(await engine.accounts.open_identity(), request_id="test", base_url="http://test")
        return Agent(engine, model, caller, None, settings, None)  # type: ignore[arg-type]

    yield make
    for engine in opened:
        await engine.close()


async def export(agent: Agent) -> bytes:
    source = await agent.engine.sessions.get(agent.session_id)
    return b"".join([piece async for piece in agent.engine.exports.export(source)])


async def take_in(agent: Agent, archive: bytes, **request: Any) -> Session:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(archive), 10_000):
            yield archive[start : start + 10_000]

    return await agent.engine.imports.take_in(agent.caller, SessionImport.load(request), pieces())


def members(archive: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(archive))) as packed:
        return {
            each.name: file.read() if (file := packed.extractfile(each)) is not None else b""
            for each in packed.getmembers()
        }


async def worked(agent: Agent) -> None:
    """Have the session get a history of all kinds."""
    agent.write("old.txt", "old")
    await agent.run(
        [say("A step."), call("write_to_file", path="a.txt", content="one", line_count=1)],
        [call("update_todo_list", todos="[ ] this")],
        [done()],
        enableCheckpoints=True,
    )
    agent.write("a.txt", "two")
    await agent.engine.history.save(agent.session_id, "by hand")
    place = folder(agent, agent.session_id)
    os.link(place / "old.txt", place / "same.txt")
    (place / "link").symlink_to("old.txt")
    (place / "absolute").symlink_to(f"/workspaces/{agent.session_id}/old.txt")
    (place / "outside").symlink_to("/etc/hostname")
    (place / "empty").mkdir()


async def test_another_server_has_every_row_the_files_and_the_checkpoints(
    agent: Agent, another: Another
) -> None:
    await worked(agent)
    archive = await export(agent)
    other = await another()
    made = await take_in(other, archive)
    assert made.user_id == other.caller.user_id
    assert made.id != agent.session_id
    before, after = stored(agent, agent.session_id), stored(other, made.id)
    assert {name: len(rows) for name, rows in after.items()} == {
        name: len(rows) + 2 * (name == "events") for name, rows in before.items()
    }
    told = await events(other, made.id)
    assert [each["type"] for each in told[-2:]] == ["session.created", "session.imported"]
    assert [each["seq"] for each in told] == list(range(1, len(told) + 1))
    text = repr(after)
    ids = [row["id"] for rows in before.values() for row in rows if "id" in row]
    assert ids
    assert not [each for each in (*ids, agent.caller.user_id) if each in text]

    place = folder(other, made.id)
    assert {each.name for each in place.iterdir()} == {
        *("a.txt", "old.txt", "same.txt", "link", "absolute", "empty")
    }
    assert (place / "same.txt").samefile(place / "old.txt")
    assert (place / "absolute").readlink() == Path("old.txt")
    of_source, _ = await agent.engine.history.page(CheckpointList(session_id=agent.session_id))
    of_made, _ = await other.engine.history.page(CheckpointList(session_id=made.id))
    assert [each.id for each in of_made] == [each.id for each in of_source]
    assert {each.task_id for each in of_made} == {None, (await only_task(other, made.id)).id}
    await other.engine.history.restore(CheckpointRef(session_id=made.id, checkpoint_id=of_made[-1].id))
    assert not (place / "a.txt").exists()
    assert (await agent.engine.sessions.get(agent.session_id)).name == made.name


async def test_what_is_exported_again_is_the_same(agent: Agent, another: Another) -> None:
    await worked(agent)
    agent.session_id = (await fork(agent)).id
    first = await export(agent)
    other = await another()
    other.session_id = (await take_in(other, first)).id
    second = members(await export(other))
    for name, content in members(first).items():
        if name.startswith("rows/") and name != "rows/events.jsonl":
            assert len(content.splitlines()) == len(second[name].splitlines()), name
        elif name.startswith("files/"):
            assert second[name] == content
    assert members(first).keys() == second.keys()
    third = await take_in(agent, await export(other), name="Back again")
    assert third.name == "Back again"
    copied, _ = await agent.engine.history.page(CheckpointList(session_id=third.id))
    assert {each.task_id for each in copied} == {None, (await only_task(agent, third.id)).id}


async def test_an_imported_task_goes_on_and_knows_its_files(make_agent: Make, another: Another) -> None:
    agent = await make_agent(approvals={"edit": "ask"})
    agent.write("there.txt", "untouched")
    write = call("write_to_file", "c1", path="a.txt", content="a", line_count=1)
    task = await agent.start([write])
    await agent.until(task, lambda now: now.activity is Activity.INTERACTIVE)
    other = await another()
    made = await take_in(other, await export(agent))
    copied = await only_task(other, made.id)
    assert copied.activity is Activity.RESUMABLE
    [approval], _ = await other.engine.approvals.page(ApprovalList(session_id=made.id))
    assert approval.status is ApprovalStatus.CANCELLED
    other.model.answers.append([done("in the copy")])
    await other.engine.tasks.resume(made.id, copied.id)
    ended = await other.finish(copied)
    assert ended.result is not None
    assert (ended.result.files_created, ended.result.files_modified) == (["/a.txt"], [])


async def test_every_kind_of_row_is_taken_in(make_agent: Make, another: Another) -> None:
    """Subtasks, dependencies, retries, later turns, rewinds, processes, questions: nothing is refused."""
    agent = await make_agent()
    first = await agent.run(
        [say("Now."), *delegate()], [done("part")], [done("whole")], enableCheckpoints=True
    )
    agent.model.answers.append([say("More."), done("more")])
    await agent.say(first, "go on")
    await agent.finish(first)
    [more] = [each for each in await messages(agent, first) if each.text == "More."]
    await rewind(agent, first, more.id)
    agent.model.answers.append([ProviderFailure("REQUEST_REFUSED", "refused")])
    failing = await agent.start(input="fail")
    assert (await agent.finish(failing)).status is TaskStatus.FAILED
    agent.model.answers.append([done("at last")])
    await agent.engine.tasks.retry(TaskRef(session_id=agent.session_id, task_id=failing.id))
    await agent.finish(failing)
    asking = await agent.start([call("ask_followup_question", question="Which?", follow_up=[])])
    await agent.until(asking, lambda now: now.activity is Activity.INTERACTIVE)
    waits = {"sessionId": agent.session_id, "input": "later", "dependencies": [asking.id]}
    await agent.engine.tasks.create(TaskCreate.load(waits))
    started = {"sessionId": agent.session_id, "command": "sleep 60"}
    await agent.engine.processes.start(ProcessStart.load(started))

    before = stored(agent, agent.session_id)
    used = {"rewinds", "rewound_turns", "task_turns", "task_dependencies", "pending_ends", "approvals"}
    assert used - {name for name, rows in before.items() if rows} <= {"approvals"}
    other = await another()
    made = await take_in(other, await export(agent))
    told = [each["type"] for each in await events(other, made.id)]
    new = told[told.index("session.imported") :]
    assert new.count("process.ended") == 1
    assert new.count("task.resumable") == 2
    after = stored(other, made.id)
    assert after["pending_ends"] == []
    for name in used - {"pending_ends"}:
        assert len(after[name]) == len(before[name]), name
    copied = {row["status"] for row in after["tasks"]}
    assert copied == {"pending", "completed"}


async def test_an_archive_of_a_session_that_is_deleted_meanwhile_is_not_completed(agent: Agent) -> None:
    for number in range(30):
        agent.write(f"{number}.bin", os.urandom(100_000).hex())
    source = await agent.engine.sessions.get(agent.session_id)
    with pytest.raises((NotFound, Conflict)):
        async for _ in agent.engine.exports.export(source):
            if await agent.engine.sessions.exists(source.id):
                await agent.engine.sessions.delete(source.id)


async def test_secrets_are_in_no_archive(make_agent: Make) -> None:
    servers = {"files": {"command": "cat", "env": {"TOKEN": "s3cret"}}}
    agent = await make_agent(config={"mcpServers": servers})
    archive = await export(agent)
    assert b"s3cret" not in gzip.decompress(archive)
    made = await take_in(agent, archive)
    assert made.config.mcp_servers["files"].env == {}
    manifest = orjson.loads(members(archive)["manifest.json"])
    assert (manifest["format"], manifest["sessionId"]) == (1, agent.session_id)
