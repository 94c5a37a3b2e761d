"""What the log tells operators."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from roocode_server.handlers.refusals import TOLD_A_MINUTE
from tests.support.server import ServerProcess


def lines(server: ServerProcess) -> list[dict[str, Any]]:
    """The log of a server that writes JSON: every line, a library's too, is an object."""
    return [json.loads(line) for line in server.log.splitlines()]


def told(server: ServerProcess, event: str) -> dict[str, Any]:
    """The first line of an event, waited for."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = [line for line in lines(server) if line["event"] == event]
        if found:
            return found[0]
        time.sleep(0.05)
    raise AssertionError(f"no line tells of {event}:\n{server.log}")


def test_starts_and_ends_of_server_session_and_task_are_told(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server(logging__format="json")
    session = server.request("POST", "/api/v1/sessions", {"name": "Told"}).body["session"]
    place = f"/api/v1/sessions/{session['id']}"
    task = server.request("POST", f"{place}/tasks", {"input": "Survey what is here"}).body["task"]
    started, completed = told(server, "task.started"), told(server, "task.completed")
    assert started["task_id"] == completed["task_id"] == task["id"]
    server.request("DELETE", place)
    assert told(server, "session.created")["session_userId"] == session["userId"]
    assert told(server, "session.deleted")["session_id"] == session["id"]
    assert server.stop() == 0
    assert told(server, "server started")["addresses"] == [server.url]
    assert told(server, "server stopped")["level"] == "info"
    assert all(line["level"] == "info" for line in lines(server))


def test_a_failed_task_is_told_with_its_reason(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server(logging__format="json", agent__max_iterations="1")
    session = server.request("POST", "/api/v1/sessions", {"name": "Told"}).body["session"]
    server.request("POST", f"/api/v1/sessions/{session['id']}/tasks", {"input": "Survey what is here"})
    failed = told(server, "task.failed")
    assert (failed["level"], failed["error_code"]) == ("warning", "ITERATION_LIMIT")
    assert "iterations" in failed["error_message"]


def test_every_refusal_is_found_by_its_request_id(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server(logging__format="json", logging__level="debug")
    refused = [
        server.request("GET", "/api/v1/sessions/none"),
        server.request("POST", "/api/v1/sessions", {"nonsense": 1}),
        server.request("POST", "/api/v1/sessions", b"{"),
        server.request("GET", "/api/v1/auth/profile", key="forged"),
        server.request("GET", "/api/v1/nothing"),
        server.request("PATCH", "/api/v1/sessions"),
        server.curl("GET", "/api/v1/sessions", None, "-H", "Host: elsewhere.example"),
        server.curl("GET", "/api/v1/sessions", None, "-H", "Origin: https://elsewhere.example"),
        server.request("GET", "/api/sessions/none"),
        server.request("GET", "/api/nothing"),
        server.request("GET", "/ws/none"),
    ]
    found = {line["request_id"]: line for line in lines(server) if line["event"] == "refused"}
    for answer in refused:
        assert found.pop(answer.headers["x-request-id"])["reason"]
    assert found == {}


def test_a_failed_login_and_a_foreign_host_are_told_with_where_they_came_from(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server(logging__format="json")
    server.request("POST", "/api/v1/auth/login", {"email": "a@b.example", "password": "wrong"}, key=None)
    failed = told(server, "login failed")
    assert (failed["email"], failed["address"]) == ("a@b.example", "127.0.0.1")
    assert "wrong" not in server.log.replace("is wrong", "")
    server.curl("GET", "/", None, "-H", "Host: elsewhere.example")
    refusals = [line for line in lines(server) if line.get("code") == "PERMISSION_DENIED"]
    assert refusals[0]["host"] == "elsewhere.example" and refusals[0]["level"] == "info"


def test_who_is_refused_all_the_time_does_not_fill_the_log(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server(logging__format="json")
    for _ in range(TOLD_A_MINUTE + 5):
        server.request("GET", "/api/v1/sessions/none")
    refusals = [line for line in lines(server) if line["event"] == "refused"]
    assert len(refusals) == TOLD_A_MINUTE
    assert "debug" in refusals[-1]["more"]
