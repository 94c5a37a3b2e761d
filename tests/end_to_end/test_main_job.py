"""The main job through the real doors: open a session, give a task, follow it, approve, read the files."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.support.nightly import times
from tests.support.server import ServerProcess

EVENTS = times(200, nightly=5000)
CUTS = times(15, nightly=200)


@pytest.mark.parametrize("transport", ["websocket", "polling"])
def test_a_javascript_client_follows_a_task_approves_and_reads_the_files(
    server: ServerProcess, transport: str
) -> None:
    outcome = server.node("follow.mjs", "write-and-run", transport)
    durable = [event for event in outcome["seen"] if event.get("seq")]
    assert [event["seq"] for event in durable] == list(range(1, len(durable) + 1))
    types = [event["type"] for event in durable]
    assert types[:3] == ["session.created", "task.created", "task.started"]
    assert types[-1] == "task.completed"
    assert types.index("approval.required") < types.index("approval.resolved") < types.index("tool.started")
    assert {"task.progress", "message.created", "tool.completed", "file.created"} <= set(types)
    result = outcome["last"]["result"]
    assert result["filesCreated"]
    assert result["commandsExecuted"]
    listed = {entry["path"] for entry in outcome["files"]["files"]}
    assert set(result["filesCreated"]) <= listed


def test_the_same_with_curl(server: ServerProcess) -> None:
    created = server.curl(
        "POST",
        "/api/v1/sessions",
        {"name": "By curl", "config": {"provider": "scripted", "model": "write-and-run"}},
    )
    assert created.status == 201
    session = f"/api/v1/sessions/{created.body['session']['id']}"
    task = server.curl("POST", f"{session}/tasks", {"input": "test task"})
    assert task.status == 201
    path = f"{session}/tasks/{task.body['task']['id']}"
    deadline = time.monotonic() + 60
    while (now := server.curl("GET", path).body["task"])["status"] in ("pending", "running"):
        assert time.monotonic() < deadline, now
        if now["activity"] == "interactive":
            assert server.curl("PUT", path, {"action": "approve"}).status in (200, 409)
    assert now["status"] == "completed", now
    [made] = now["result"]["filesCreated"]
    content = server.curl("GET", f"{session}/files{made}")
    assert content.status == 200
    assert content.body["size"] == len(content.body["content"].encode())


def test_each_area_has_a_namespace_with_its_own_operations_and_events(server: ServerProcess) -> None:
    outcome = server.node("areas.mjs")
    for namespace, answers in outcome["answers"].items():
        assert "error" not in answers["own"], (namespace, answers)
        assert answers["foreign"]["error"]["code"] == "UNKNOWN_OPERATION"
    assert outcome["seen"]["/files"] == ["file.created"]
    assert outcome["seen"]["/sessions"] == ["session.created"]
    assert outcome["seen"]["/tasks"] == []


def test_a_client_that_is_cut_off_often_has_each_event_once_and_in_order(
    start_server: Callable[..., ServerProcess],
) -> None:
    outcome = start_server().node("cuts.mjs", str(EVENTS), str(CUTS), timeout=170)
    assert outcome["seen"] == list(range(outcome["first"] + 1, outcome["last"] + 1))
