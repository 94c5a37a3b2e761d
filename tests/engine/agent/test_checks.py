"""Checks of a task: what an agent says to be done counts only if it is."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from roocode_server.engine.idempotency.receipts import Receipt
from roocode_server.handlers.tasks import TaskHandlers
from roocode_server.models.check import CheckKind
from roocode_server.models.error import PermissionDenied, ValidationFailed
from roocode_server.models.session import SessionCreate
from roocode_server.models.sharing import Access
from roocode_server.models.task import Task, TaskCreate, TaskRef, TaskStatus
from roocode_server.models.user import Permission
from tests.engine.agent.conftest import Agent, call, done
from tests.engine.agent.test_external_agents import small
from tests.support.nightly import times

Make = Callable[..., Awaitable[Agent]]
TREE = hashlib.sha256(f"{hashlib.sha256(b'done').hexdigest()} done.txt\n".encode()).hexdigest()


def write(path: str, content: str) -> Any:
    return call("write_to_file", path=path, content=content, line_count=1)


def run(command: str, **more: Any) -> Any:
    return call("execute_command", command=command, **more)


def commands(*lines: str, **more: Any) -> dict[str, Any]:
    return {"commands": [{"command": line} for line in lines], **more}


def not_done(task: Task) -> dict[str, Any]:
    assert task.status is TaskStatus.FAILED, task.result
    assert task.error is not None
    assert task.error.code == "CHECKS_FAILED", task.error
    assert task.result is None
    return task.error.details or {}


async def test_a_task_whose_checks_pass_has_their_evidence(agent: Agent) -> None:
    checks = {"commands": [{"command": "cat done.txt; exit 3", "exitCode": 3}], "changed": ["done.*"]}
    task = await agent.run([write("done.txt", "done")], [done()], checks=checks)
    assert task.status is TaskStatus.COMPLETED
    assert task.result is not None
    evidence = task.result.checks
    assert evidence is not None
    command, changed = evidence.results
    assert (command.kind, command.check, command.passed) == (CheckKind.COMMAND, "cat done.txt; exit 3", True)
    assert (command.exit_code, command.output) == (3, "done")
    assert command.output_hash == hashlib.sha256(b"done").hexdigest()
    assert (changed.kind, changed.check, changed.passed) == (CheckKind.CHANGED, "done.*", True)
    assert (evidence.attempt, evidence.passed, evidence.tree_hash) == (1, True, TREE)
    [told] = await agent.events("task.checked")
    assert told["evidence"]["treeHash"] == TREE


async def test_what_failed_goes_back_to_the_agent_with_its_output(agent: Agent) -> None:
    checks = commands("ls && test -f done.txt")
    answers = [[write("other.txt", "x")], [done("first")], [write("done.txt", "done")], [done("second")]]
    task = await agent.run(*answers, checks=checks)
    assert task.status is TaskStatus.COMPLETED
    assert task.result is not None
    assert task.result.summary == "second"
    told = agent.model.requests[2].turns[-1].text
    assert told.startswith("The task is not done")
    assert "The exit code is 1, not 0." in told
    assert "other.txt" in told
    outcomes = [each["evidence"]["passed"] for each in await agent.events("task.checked")]
    assert outcomes == [False, True]
    assert await agent.messages("completion_result") == ["second"]


async def test_an_agent_has_so_many_attempts(agent: Agent) -> None:
    checks = commands("false", "true", "test -f done.txt", maxAttempts=2)
    task = await agent.run([done()], [done()], checks=checks)
    assert not_done(task) == {"attempts": 2, "failed": ["false", "test -f done.txt"]}
    assert len(await agent.events("task.checked")) == 2


async def test_a_command_that_takes_too_long_fails(agent: Agent) -> None:
    checks = {"commands": [{"command": "sleep 60", "timeout": 0.5}], "maxAttempts": 1}
    not_done(await agent.run([done()], checks=checks))
    [told] = await agent.events("task.checked")
    assert "time" in told["evidence"]["results"][0]["reason"]


@pytest.mark.parametrize(
    "tampering",
    [
        "echo exit 0 > tests/check.sh",
        "rm tests/check.sh",
        "mv tests elsewhere && mkdir tests && echo exit 0 > tests/check.sh",
        "cp -r tests elsewhere && rm -r tests && ln -s elsewhere tests",
        "touch -r tests/check.sh t && printf 'exit 0' > tests/check.sh && touch -r t tests/check.sh",
        "echo 'import sys' > tests/conftest.py",
        # It puts itself back when it is run.
        "cp tests/check.sh .kept && echo 'cp .kept tests/check.sh' > tests/check.sh",
    ],
)
async def test_a_script_that_is_protected_is_not_run_when_it_has_changed(
    agent: Agent, tampering: str
) -> None:
    agent.write("tests/check.sh", "exit 1")
    checks = commands("sh tests/check.sh", protect=["tests/"], maxAttempts=1)
    task = await agent.run([run(tampering)], [done()], checks=checks)
    assert not_done(task)["failed"] == ["tests/"]
    [told] = await agent.events("task.checked")
    [result] = told["evidence"]["results"]
    assert result["kind"] == "protect"
    assert "/tests/" in result["reason"]


async def test_protected_files_that_are_restored_are_as_good_as_new(agent: Agent) -> None:
    agent.write("tests/check.sh", "test -f done.txt")
    checks = commands("sh tests/check.sh", protect=["tests/"])
    steps = [[run("cp tests/check.sh kept; echo exit 0 > tests/check.sh")], [done()]]
    steps += [[run("mv kept tests/check.sh; printf done > done.txt")], [done()]]
    task = await agent.run(*steps, checks=checks)
    assert task.status is TaskStatus.COMPLETED


async def test_a_check_that_changes_what_is_protected_fails(agent: Agent) -> None:
    agent.write("tests/check.sh", "exit 1")
    checks = commands("echo exit 0 > tests/check.sh; sh tests/check.sh", protect=["tests/"], maxAttempts=1)
    assert not_done(await agent.run([done()], checks=checks))["failed"] == ["tests/"]


async def test_touching_a_file_is_no_change(agent: Agent) -> None:
    agent.write("code.py", "x = 1\n")
    checks = {"changed": ["*.py"], "maxAttempts": 1}
    not_done(
        await agent.run([run("touch code.py; cp code.py code2; mv code2 code.py")], [done()], checks=checks)
    )


async def test_what_runs_in_the_background_has_ended_before_the_checks(agent: Agent) -> None:
    beat = "while true; do touch alive; sleep 0.01; done"
    checks = commands("rm -f alive; sleep 0.3; test ! -f alive")
    task = await agent.run([run(beat, timeout=0.2)], [done()], checks=checks)
    assert task.status is TaskStatus.COMPLETED
    told = [each["type"] for each in await agent.events("command.ended", "task.checked")]
    assert told == ["command.ended", "task.checked"]


async def test_a_stop_between_the_agents_word_and_the_checks_goes_not_around_them(make_agent: Make) -> None:
    agent = await make_agent()
    checks = commands("test -f go || sleep 600; test -f done.txt", maxAttempts=2)
    task = await agent.start([done()], checks=checks)
    await agent.until(task, lambda now: (now.step or "").startswith("checks"))
    again = await agent.reopen()
    again.write("go", "")
    again.model.answers += [[write("done.txt", "done")], [done("now")]]
    await again.engine.tasks.resume(task.session_id, task.id)
    ended = await again.finish(task)
    assert ended.status is TaskStatus.COMPLETED
    assert ended.result is not None
    assert ended.result.summary == "now"
    assert [each["evidence"]["attempt"] for each in await again.events("task.checked")] == [1, 2]


async def test_a_subtask_is_not_checked_but_its_parent_is(agent: Agent) -> None:
    part = call("new_task", "part", mode="code", message="a part")
    checks = commands("test -f done.txt", maxAttempts=1)
    task = await agent.run([part], [done("part")], [done()], checks=checks)
    not_done(task)
    assert [each["taskId"] for each in await agent.events("task.checked")] == [task.id]


async def test_a_retry_is_compared_with_the_first_start(agent: Agent) -> None:
    agent.write("check.sh", "exit 1")
    checks = commands("sh check.sh", protect=["check.sh"], maxAttempts=1)
    task = await agent.run([run("echo exit 0 > check.sh")], [done()], checks=checks)
    not_done(task)
    agent.model.answers += [[done()]]
    await agent.engine.tasks.retry(TaskRef(session_id=agent.session_id, task_id=task.id))
    not_done(await agent.finish(task))


async def test_an_external_agent_is_checked(make_agent: Make) -> None:
    agent = await small(make_agent, "talk")
    not_done(await agent.run(checks=commands("test -f done.txt", maxAttempts=2)))
    assert len(await agent.events("task.checked")) == 2


async def test_an_external_agent_that_has_done_it_is_believed(make_agent: Make) -> None:
    agent = await small(make_agent, "edit")
    task = await agent.run(checks=commands("test -f a.txt"))
    assert task.status is TaskStatus.COMPLETED


@pytest.mark.parametrize(
    ("checks", "field"),
    [
        ({}, "config.checks"),
        (commands("rm -r /"), "config.checks.commands.0.command"),
        (commands("ls", "ls\0"), "config.checks.commands.1.command"),
        ({"protect": ["!"]}, "config.checks.protect.0"),
        ({"changed": ["a\nb"]}, "config.checks.changed.0"),
    ],
)
async def test_checks_that_could_never_pass_are_refused(
    make_agent: Make, checks: dict[str, Any], field: str
) -> None:
    agent = await make_agent(None, {"allowedCommands": ["ls"]})
    with pytest.raises(ValidationFailed) as refused:
        await agent.start(checks=checks)
    assert refused.value.details["field"] == field


async def test_who_may_run_no_commands_gives_none_to_be_run(agent: Agent) -> None:
    caller = dataclasses.replace(
        agent.caller, permissions=agent.caller.permissions - {Permission.TOOL_EXECUTE}
    )
    session = await agent.engine.sessions.get(agent.session_id)
    tasks = TaskHandlers(agent.engine)
    raw = {"sessionId": agent.session_id, "input": "do it", "config": {"checks": commands("true")}}
    for somebody, access in ((caller, Access.OWNER), (agent.caller, Access.WATCHER)):
        with pytest.raises(PermissionDenied):
            await tasks.create(somebody, TaskCreate.load(raw), session, access, Receipt())


CLAIMS: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "does nothing": ([], commands("test -f done.txt")),
    "only says so": ([{"say": "I have written done.txt."}], {"changed": ["done.txt"]}),
    "does another thing": (
        [{"call": "write_to_file", "with": {"path": "other.txt", "content": "x", "line_count": 1}}],
        commands("test -f done.txt"),
    ),
    "touches the file": (
        [{"call": "execute_command", "with": {"command": "touch code.py"}}],
        {"changed": ["*.py"]},
    ),
    "changes the test": (
        [{"call": "write_to_file", "with": {"path": "tests/check.sh", "content": "exit 0", "line_count": 1}}],
        commands("sh tests/check.sh", protect=["tests/"]),
    ),
    "removes the test": (
        [{"call": "execute_command", "with": {"command": "rm -r tests"}}],
        commands("test ! -d tests || sh tests/check.sh", protect=["tests/**"]),
    ),
    "prints what success would": (
        [{"call": "execute_command", "with": {"command": "echo 1 passed"}}],
        commands("sh tests/check.sh"),
    ),
    "fails and goes on": (
        [{"call": "execute_command", "on_error": "continue", "with": {"command": "false"}}],
        commands("sh tests/check.sh"),
    ),
    "adds a file beside the test": (
        [{"call": "write_to_file", "with": {"path": "tests/c.py", "content": "x", "line_count": 1}}],
        commands("true", protect=["tests/"]),
    ),
    "writes the file elsewhere": (
        [
            {
                "call": "execute_command",
                "with": {"command": "echo done > /tmp/done.txt; mkdir -p a; echo > a/b"},
            }
        ],
        {"changed": ["/done.txt"]},
    ),
}
WAYS: dict[str, list[dict[str, Any]]] = {
    "says that it is done": [{"call": "attempt_completion", "with": {"result": "All done."}}],
    "just ends": [{"say": "All is done."}, {"call": "list_files", "with": {"path": "."}}],
    "says it along with another call": [
        {
            "calls": [
                {"call": "list_files", "with": {"path": "."}},
                {"call": "attempt_completion", "with": {"result": "All done."}},
            ]
        }
    ],
    "says it at length": [
        {"say": "Proof: " + "yes " * 50, "call": "attempt_completion", "with": {"result": "Proved."}}
    ],
    "delegates it": [
        {"call": "update_todo_list", "with": {"todos": "[x] everything"}},
        {"call": "attempt_completion", "with": {"result": "All done."}},
    ],
}


async def test_no_playbook_gets_away_with_what_it_has_not_done(make_agent: Make, tmp_path: Path) -> None:
    """Playbooks claim to be done: ten kinds of what is missing, in five ways of saying so.

    By day each kind in two of the ways, and each way with four of the kinds; by night all fifty.
    """
    ways = times(2, nightly=len(WAYS))
    folder = tmp_path / "playbooks"
    folder.mkdir()
    checks: dict[str, dict[str, Any]] = {}
    for number, (steps, wanted) in enumerate(CLAIMS.values()):
        for way, ending in enumerate(WAYS.values()):
            if (way - number) % len(WAYS) >= ways:
                continue
            name = f"claim-{number}-{way}"
            checks[name] = {**wanted, "maxAttempts": 1}
            playbook = {"name": name, "description": "It is done.", "steps": [*steps, *ending]}
            (folder / f"{name}.yaml").write_text(yaml.safe_dump(playbook))
    agent = await make_agent(providers={"scripted": {"folders": [str(folder)]}})
    accepted = []
    for name, wanted in checks.items():
        raw = SessionCreate.load({"config": {"provider": "scripted", "model": name}})
        agent.session_id = (await agent.engine.sessions.create(agent.caller, raw)).id
        agent.write("tests/check.sh", "exit 1")
        agent.write("code.py", "x = 1\n")
        task = await agent.run(checks=wanted)
        if task.error is None or task.error.code != "CHECKS_FAILED":
            accepted.append((name, task.status, task.error))
    assert len(checks) == 10 * ways
    assert accepted == []
