"""Answers state what is known, and requests that contradict themselves are refused."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.support.server import Answer, ServerProcess


@pytest.fixture
def session(server: ServerProcess) -> str:
    """The path of a session that plays a playbook without approvals."""
    config = {"provider": "scripted", "model": "survey"}
    made = server.request("POST", "/api/v1/sessions", {"name": "Honest", "config": config})
    return f"/api/v1/sessions/{made.body['session']['id']}"


def completed(server: ServerProcess, session: str) -> dict[str, Any]:
    """A task as it was created, once it is over."""
    task = server.request("POST", f"{session}/tasks", {"input": "Look round"}).body["task"]
    deadline = time.monotonic() + 90
    while server.request("GET", f"{session}/tasks/{task['id']}").body["task"]["status"] != "completed":
        assert time.monotonic() < deadline
    return dict(task)


def test_a_duration_is_estimated_once_there_is_something_to_go_by(
    server: ServerProcess, session: str
) -> None:
    assert "estimatedDuration" not in completed(server, session)
    assert completed(server, session)["estimatedDuration"] >= 1


@pytest.mark.parametrize(
    ("tool", "parameters"),
    [("read_file", {"path": "a.txt"}), ("write_to_file", {"path": "b", "content": "x"})],
)
def test_a_tool_that_runs_no_program_used_none(
    server: ServerProcess, session: str, tool: str, parameters: dict[str, Any]
) -> None:
    server.request("POST", f"{session}/files/a.txt", {"content": "x"})
    done = server.request("POST", f"{session}/tools/{tool}", {"parameters": parameters})
    assert done.body["result"]["success"], done.body
    assert done.body["resourceUsage"] == {"memory": 0, "cpu": 0}


def test_a_command_used_what_it_used(server: ServerProcess, session: str) -> None:
    parameters = {"command": "head -c 60000000 /dev/zero | tail -c 50000000 | wc -c"}
    done = server.request("POST", f"{session}/tools/execute_command", {"parameters": parameters})
    assert done.body["resourceUsage"]["memory"] > 40
    assert done.body["resourceUsage"]["cpu"] > 0


def refused(answer: Answer) -> str:
    assert (answer.status, answer.code) == (400, "VALIDATION_ERROR"), answer.body
    return str(answer.body["error"]["details"]["field"])


@pytest.mark.parametrize("content", ["true", "false", 1, 0])
def test_a_truth_of_a_tool_is_one_of_json(server: ServerProcess, session: str, content: Any) -> None:
    body = {"parameters": {"path": ".", "recursive": content}}
    assert refused(server.request("POST", f"{session}/tools/list_files", body)) == "recursive"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("", {"config": {"maxTokens": "100"}}, "config.maxTokens"),
        ("", {"config": {"network": "true"}}, "config.network"),
        ("", {"config": {"temperature": "0.5"}}, "config.temperature"),
        ("/tools/insert_content", {"parameters": {"path": "a", "line": "1", "content": "x"}}, "line"),
    ],
)
def test_a_number_is_no_text(
    server: ServerProcess, session: str, path: str, body: dict[str, Any], field: str
) -> None:
    assert refused(server.request("POST" if path else "PUT", session + path, body)) == field


def test_in_a_query_everything_is_a_text(server: ServerProcess, session: str) -> None:
    assert server.request("GET", f"{session}/files?recursive=true&limit=10").status == 200


@pytest.mark.parametrize(
    "image",
    [
        "data:image/png;base64,!!!",
        "data:image/png;base64,",
        "data:image/png,x",
        "data:text/plain;base64,aGk=",
    ],
)
@pytest.mark.parametrize("where", ["tasks", "messages"])
def test_an_image_is_base64_of_something(server: ServerProcess, session: str, where: str, image: str) -> None:
    body: dict[str, Any] = {"input": "Look", "images": [image]}
    path = f"{session}/tasks"
    if where == "messages":
        task = server.request("POST", path, {"input": "Look round"}).body["task"]
        path, body = f"{path}/{task['id']}/messages", {"text": "Look", "images": [image]}
    assert refused(server.request("POST", path, body)) == "images.0"


def test_lists_say_where_a_page_stands(server: ServerProcess, session: str) -> None:
    for name in ("a", "b", "c"):
        server.request("POST", f"{session}/files/{name}", {"content": "x"})
    files = server.request("GET", f"{session}/files?limit=2").body["pagination"]
    assert files == {"total": 3, "limit": 2, "offset": 0, "hasMore": True, "nextOffset": 2}
    sessions = server.request("GET", "/api/v1/sessions?limit=1&offset=0").body
    assert len(sessions["data"]) == sessions["pagination"]["limit"] == 1
    assert sessions["pagination"]["total"] == sessions["total"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_the_document_of_events_names_the_host_that_was_asked(server: ServerProcess, host: str) -> None:
    port = server.url.rpartition(":")[2]
    document = server.curl("GET", "/asyncapi.json", None, "-H", f"Host: {host}:{port}", key=None).body
    assert document["servers"]["here"]["host"] == f"{host}:{port}"
