"""What a task has changed, as callers see it: `task.diff`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.server import ServerProcess

DEADLINE_S = 60


@pytest.fixture
def session(server: ServerProcess) -> str:
    return open_session(server)


def open_session(server: ServerProcess) -> str:
    """The path of a session whose agent may do everything."""
    config = {"provider": "scripted", "model": "write-and-run", "approvals": [{"decision": "always"}]}
    made = server.request("POST", "/api/v1/sessions", {"name": "Changes", "config": config})
    return f"/api/v1/sessions/{made.body['session']['id']}"


def run_task(server: ServerProcess, session: str) -> str:
    """Have a task done; return its path."""
    made = server.request("POST", f"{session}/tasks", {"input": "Print some prime numbers"})
    path = f"{session}/tasks/{made.body['task']['id']}"
    task = server.request("GET", f"{path}?wait=50").body["task"]
    assert task["status"] not in ("pending", "running"), task
    return path


def changes(server: ServerProcess, task: str, query: str = "") -> dict[str, Any]:
    answer = server.request("GET", f"{task}/diff{query}")
    assert answer.status == 200, answer
    body: dict[str, Any] = answer.body
    return body


def kinds(found: dict[str, Any]) -> dict[str, str]:
    return {file["path"]: file["kind"] for file in found["files"]}


def test_what_changed_since_a_task_began_goes_on_until_the_next_one(
    server: ServerProcess, session: str
) -> None:
    server.request("POST", f"{session}/files/notes.txt", {"content": "one\n"})
    first = run_task(server, session)
    server.request("PUT", f"{session}/files/notes.txt", {"content": "two\n"})
    found = changes(server, first)
    assert kinds(found) == {"/notes.txt": "modified", "/primes.py": "created"}
    assert "-one\n+two\n" in found["diff"]
    assert "until" not in found

    second = run_task(server, session)
    server.request("PUT", f"{session}/files/notes.txt", {"content": "three\n"})
    found = changes(server, first)
    assert "-one\n+two\n" in found["diff"]
    assert found["until"] == second.rpartition("/")[2]
    found = changes(server, second)
    assert "-two\n+three\n" in found["diff"]
    only = changes(server, second, "?path=/notes.txt&context=0")
    assert kinds(only) == {"/notes.txt": "modified"}


def test_a_task_that_found_nothing_has_made_everything(server: ServerProcess, session: str) -> None:
    found = changes(server, run_task(server, session))
    assert kinds(found) == {"/primes.py": "created"}
    assert found["diff"].startswith("diff --git a/primes.py b/primes.py\nnew file mode 100644\n")


def test_a_path_that_leads_out_is_refused(server: ServerProcess, session: str) -> None:
    task = run_task(server, session)
    refused = server.request("GET", f"{task}/diff?path=../../etc")
    assert (refused.status, refused.body["error"]["code"]) == (400, "VALIDATION_ERROR")


def test_a_task_that_has_not_begun_has_changed_nothing_yet(server: ServerProcess, session: str) -> None:
    server.request("PUT", session, {"config": {"approvals": [{"decision": "ask"}]}})
    server.request("POST", f"{session}/tasks", {"input": "Print some prime numbers"})
    queued = server.request("POST", f"{session}/tasks", {"input": "Print some prime numbers"})
    refused = server.request("GET", f"{session}/tasks/{queued.body['task']['id']}/diff")
    assert (refused.status, refused.body["error"]["code"]) == (409, "RESOURCE_CONFLICT")


def test_what_a_task_found_outlives_a_kill(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server()
    session = open_session(server)
    server.request("POST", f"{session}/files/notes.txt", {"content": "one\n"})
    task = run_task(server, session)
    server.kill()
    server.start()
    server.request("PUT", f"{session}/files/notes.txt", {"content": "two\n"})
    assert "-one\n+two\n" in changes(server, task)["diff"]


def test_what_is_generated_is_told_apart_from_what_is_written(server: ServerProcess, session: str) -> None:
    task = run_task(server, session)
    for name, content in {
        ".gitignore": "*.log\n/out/\n!out.log\n",
        "out/page.html": "<p>\n",
        "run.log": "started\n",
        "out.log": "kept\n",
        "docs/.gitignore": "!*.log\n",
        "docs/run.log": "kept, too\n",
        "__pycache__/primes.cpython-311.pyc": "\0",
        ".agent_logs/process-1.log": "Serving\n",
        "sub/node_modules/left/index.js": "module\n",
        "node_modules.md": "about them\n",
    }.items():
        assert server.request("POST", f"{session}/files/{name}", {"content": content}).status == 201
    found = changes(server, task)
    assert {file["path"] for file in found["files"] if file["isGenerated"]} == {
        "/out/page.html",
        "/run.log",
        "/__pycache__/primes.cpython-311.pyc",
        "/.agent_logs/process-1.log",
        "/sub/node_modules/left/index.js",
    }
    assert kinds(found)["/out/page.html"] == "created"  # it is among the files all the same
    assert "+started\n" in found["diff"]

    server.request("PUT", f"{session}/files/.gitignore", {"content": "!__pycache__/\n!*.pyc\n"})
    assert {file["path"] for file in changes(server, task)["files"] if file["isGenerated"]} == {
        "/.agent_logs/process-1.log",
        "/sub/node_modules/left/index.js",
    }


def test_a_later_turn_of_an_earlier_task_also_ends_what_a_task_has_changed(
    server: ServerProcess, session: str
) -> None:
    first = run_task(server, session)
    second = run_task(server, session)
    server.request("POST", f"{session}/files/notes.txt", {"content": "after the second\n"})
    assert "/notes.txt" in kinds(changes(server, second))
    assert "until" not in changes(server, second)
    server.request("POST", f"{first}/messages", {"text": "and once more"})
    assert server.request("GET", f"{first}?wait={DEADLINE_S}").body["task"]["turn"] == 2
    server.request("PUT", f"{session}/files/notes.txt", {"content": "after all\n"})
    found = changes(server, second)
    assert found["until"] == first.rpartition("/")[2]
    assert "+after the second" in found["diff"]
    whole = changes(server, first)
    assert "until" not in whole
    assert "+after all" in whole["diff"]
