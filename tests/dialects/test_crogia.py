"""S3's REST interface: every endpoint, with the fields that the document shows, and its example clients."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from roocode_server.handlers.dialects.crogia.endpoints import ENDPOINTS
from roocode_server.handlers.registry import AREAS
from tests.support.server import Answer, ServerProcess

CLIENTS = Path(__file__).parents[1] / "end_to_end" / "clients"
SESSION = {"session_id", "container_id", "workdir", "created", "last_task", "status", "container_status"}
TASK = "Create a Flask web application"


@pytest.fixture(scope="module")
def session(server: ServerProcess) -> dict[str, Any]:
    """Create a session through S3 and wait for its first task to end."""
    made = server.request("POST", "/api/sessions", {"task": TASK})
    assert made.status == 200, made.body
    place = f"/api/v1/sessions/{made.body['session_id']}/tasks"
    until(lambda: server.request("GET", place).body["data"][0]["status"] == "completed")
    return dict(made.body)


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def at(session: dict[str, Any], path: str = "") -> str:
    return f"/api/sessions/{session['session_id']}{path}"


def refused(answer: Answer, status: int) -> str:
    assert answer.status == status, answer.body
    assert set(answer.body) == {"detail"}
    return str(answer.body["detail"])


def test_health_needs_no_credentials(server: ServerProcess) -> None:
    answer = server.request("GET", "/api/health", key=None)
    assert answer.status == 200
    assert set(answer.body) == {"status", "timestamp", "active_sessions", "docker_available"}
    assert answer.body["status"] == "healthy" and isinstance(answer.body["docker_available"], bool)


def test_a_session_is_made_with_its_first_task(session: dict[str, Any]) -> None:
    assert set(session) == SESSION
    assert (session["last_task"], session["status"]) == (TASK, "active")


def test_sessions_are_listed(server: ServerProcess, session: dict[str, Any]) -> None:
    listed = server.request("GET", "/api/sessions").body
    assert all(set(each) == SESSION for each in listed)
    assert session["session_id"] in [each["session_id"] for each in listed]


def test_a_session_is_shown_with_its_last_task(server: ServerProcess, session: dict[str, Any]) -> None:
    assert set(server.request("GET", at(session)).body) == SESSION


def test_a_task_is_executed(server: ServerProcess, session: dict[str, Any]) -> None:
    answer = server.request("POST", at(session, "/tasks"), {"task": "Add login"})
    assert answer.status == 200
    assert answer.body == {"message": f"Task started in session {session['session_id']}", "task": "Add login"}
    assert server.request("GET", at(session)).body["last_task"] == "Add login"


def test_files_are_written_listed_and_read(server: ServerProcess, session: dict[str, Any]) -> None:
    for content in ("first\n", "from flask import Flask\n"):
        written = server.request(
            "POST", at(session, "/files/content"), {"path": "src/app.py", "content": content}
        )
        assert written.body == {"message": "File src/app.py written successfully"}
    read = server.request("GET", at(session, "/files/content?path=src/app.py"))
    assert read.body == {"path": "src/app.py", "content": "from flask import Flask\n"}
    top = server.request("GET", at(session, "/files")).body
    assert top["path"] == "."
    [folder] = [item for item in top["items"] if item["name"] == "src"]
    assert (folder["type"], folder["size"], set(folder)) == (
        "directory",
        None,
        {"name", "type", "size", "modified"},
    )
    [file] = server.request("GET", at(session, "/files?path=src")).body["items"]
    assert (file["name"], file["type"], file["size"]) == ("app.py", "file", 24)


def test_a_shell_command_is_executed(server: ServerProcess, session: dict[str, Any]) -> None:
    done = server.request("POST", at(session, "/shell"), {"cmd": "echo hello", "tty": True}).body
    assert set(done) == {"command", "output", "timestamp"}
    assert (done["command"], done["output"]) == ("echo hello", "hello\r\n")
    plain = server.request("POST", at(session, "/shell"), {"cmd": "echo hello"}).body
    assert plain["output"] == "hello\n"


def test_processes_are_listed_read_and_stopped(server: ServerProcess, session: dict[str, Any]) -> None:
    place = f"/api/v1/sessions/{session['session_id']}/processes"
    pid = server.request("POST", place, {"command": "echo up; sleep 60"}).body["process"]["pid"]
    [process] = server.request("GET", at(session, "/processes")).body
    assert set(process) == {"pid", "cmd", "status", "log", "started"}
    assert (process["pid"], process["cmd"], process["status"]) == (pid, "echo up; sleep 60", "running")
    until(lambda: "up" in server.request("GET", at(session, f"/processes/{pid}/logs")).body["logs"])
    logs = server.request("GET", at(session, f"/processes/{pid}/logs?lines=1")).body
    assert logs == {"logs": "up\n", "pid": pid}
    stopped = server.request("POST", at(session, f"/processes/{pid}/stop"))
    assert stopped.body == {"message": f"Sent SIGTERM to process {pid}"}
    assert server.request("GET", at(session, "/processes")).body == []


def test_files_are_searched_by_name_and_by_text(server: ServerProcess, session: dict[str, Any]) -> None:
    for name in ("app.py", "models.py", "notes.md"):
        content = f"# {name}\nfrom flask import Flask\n"
        server.request("POST", at(session, "/files/content"), {"path": f"found/{name}", "content": content})
    asked = {"pattern": "*.py", "path": "found", "file_types": "*.py,*.js"}
    assert server.request("POST", at(session, "/search/files"), asked).body == {
        "pattern": "*.py",
        "path": "found",
        "matches": ["found/app.py", "found/models.py"],
    }
    asked = {"pattern": "Flask", "path": "found", "file_types": "*.md"}
    assert server.request("POST", at(session, "/search/grep"), asked).body == {
        "pattern": "Flask",
        "path": "found",
        "matches": [{"file": "found/notes.md", "line": 2, "content": "from flask import Flask"}],
    }


def test_a_detail_names_the_field_and_the_reason(server: ServerProcess) -> None:
    assert "task: Missing data" in refused(server.request("POST", "/api/sessions", {}), 400)
    detail = refused(server.request("POST", "/api/sessions", {"task": "x", "nonsense": 1, "more": 2}), 400)
    assert "nonsense: " in detail and "more: " in detail
    assert refused(server.request("GET", "/api/sessions/none"), 404) == "Session not found"
    several = refused(server.request("POST", "/api/sessions", {"task": 1, "other": 2}), 400)
    assert ".; " not in several and not several.endswith(".")
    assert "; " in several


def test_a_wrong_method_is_told_the_right_ones(server: ServerProcess) -> None:
    answer = server.request("PATCH", "/api/sessions/none")
    assert refused(answer, 405).endswith("allowed: DELETE, GET, HEAD")
    assert answer.headers["allow"] == "delete, get, head"


def test_the_document_says_what_is_answered(server: ServerProcess) -> None:
    document = server.request("GET", "/openapi.json", key=None).body
    listed = document["paths"]["/api/sessions"]["get"]["responses"]["200"]["content"]["application/json"]
    assert listed["schema"] == {"type": "array", "items": {"$ref": "#/components/schemas/CrogiaSession"}}
    assert set(document["components"]["schemas"]["CrogiaSession"]["properties"]) == SESSION


def test_the_endpoints_are_in_the_document(server: ServerProcess) -> None:
    paths = server.request("GET", "/openapi.json", key=None).body["paths"]
    for endpoint in ENDPOINTS:
        assert endpoint.verb.lower() in paths[endpoint.path]


def test_a_session_is_deleted(server: ServerProcess) -> None:
    made = server.request("POST", "/api/sessions", {"task": "Nothing much"}).body
    deleted = server.request("DELETE", at(made))
    assert deleted.body == {"message": f"Session {made['session_id']} deleted successfully"}
    refused(server.request("GET", at(made)), 404)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/api/sessions/none", None, 404),
        ("DELETE", "/api/sessions/none", None, 404),
        ("POST", "/api/sessions/none/tasks", {"task": "x"}, 404),
        ("GET", "/api/sessions/none/processes", None, 404),
        ("POST", "/api/sessions/none/files/content", {"path": "a", "content": ""}, 404),
        ("POST", "/api/sessions/none/shell", {"cmd": "true"}, 404),
        ("POST", "/api/sessions/none/search/files", {"pattern": "*"}, 404),
        ("POST", "/api/sessions", {}, 400),
        ("POST", "/api/sessions", {"task": "x", "nonsense": 1}, 400),
        ("GET", "/api/nothing", None, 404),
        ("PUT", "/api/sessions", None, 405),
        ("DELETE", "/api/sessions/none/shell", None, 405),
    ],
)
def test_errors_have_a_detail(
    server: ServerProcess, method: str, path: str, body: dict[str, Any] | None, status: int
) -> None:
    assert refused(server.request(method, path, body), status)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/files/content?path=none.txt", 404),
        ("/files/content?path=../../etc/passwd", 400),
        ("/files/content", 400),
        ("/processes/7/logs", 404),
        ("/processes/7/logs?lines=0", 400),
    ],
)
def test_what_is_wrong_in_a_session_is_told(
    server: ServerProcess, session: dict[str, Any], path: str, status: int
) -> None:
    refused(server.request("GET", at(session, path)), status)


def test_nobody_is_let_in_without_credentials(server: ServerProcess, session: dict[str, Any]) -> None:
    assert refused(server.request("GET", at(session), key=None), 401)
    assert refused(server.request("GET", "/api/sessions", key="forged"), 401)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.name)
def test_an_endpoint_is_done_by_declared_operations(endpoint: Any) -> None:
    declared = {name for area in AREAS for name in names(area)}
    assert set(endpoint.operations) <= declared


def names(area: Any) -> list[str]:
    marks = [getattr(each, "__operation__", None) for each in vars(area).values()]
    return [mark["name"] for mark in marks if mark is not None]


@pytest.mark.parametrize("mode", ["required", "open"])
def test_the_documents_python_client_runs(start_server: Callable[..., ServerProcess], mode: str) -> None:
    server = start_server(auth__mode=mode)
    port = server.url.rpartition(":")[2]
    words = [sys.executable, str(CLIENTS / "crogia_example.py"), port]
    words += [server.key] if mode == "required" else []
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Created session: ") and lines[1] == "Task started"
    assert lines[-1] == "Event: task_completed"


@pytest.mark.parametrize("first", ["Survey what is here", "Write and run a script"])
def test_the_documents_javascript_client_has_all_of_its_own_task(server: ServerProcess, first: str) -> None:
    """Its loop ends at the first `task_completed`, whether the session's first task is short or long."""
    told = server.node("crogia_example.mjs", "required", first)
    assert set(told["session"]) == SESSION and told["output"]
    own = [event["type"] for event in told["seen"] if event.get("task") == told["given"]]
    assert own == ["task_started", "task_completed"] and told["seen"][-1]["type"] == "task_completed"
    types = [event["type"] for event in told["seen"]]
    assert types.count("tool_call") == types.count("tool_complete") or types[0] == "tool_complete"


def test_the_documents_javascript_client_needs_no_credentials_in_open_mode(
    start_server: Callable[..., ServerProcess],
) -> None:
    told = start_server(auth__mode="open").node("crogia_example.mjs", "open", "Survey what is here")
    assert told["seen"][-1]["type"] == "task_completed"
