"""S0's own examples: every request it shows is answered with every field it shows."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest

from tests.support.server import ServerProcess

SESSION = {
    "name": "My Project Session",
    "config": {
        "provider": "anthropic",
        "model": "claude-3-sonnet",
        "mode": "code",
        "allowedCommands": ["npm", "git", "ls"],
        "resourceLimits": {
            "maxMemoryMB": 512,
            "maxCpuPercent": 50,
            "maxDiskMB": 1024,
            "maxExecutionTime": 300,
        },
    },
}
TASK = {
    "input": "Create a React component for user authentication",
    "images": ["data:image/png;base64,iVBORw0KGgo="],
    "config": {"enableDiff": True, "enableCheckpoints": True, "maxIterations": 10},
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")

SESSION_FIELDS = {
    "id": str, "userId": str, "name": str, "workspaceId": str, "config": dict, "status": str,
    "createdAt": TIME, "updatedAt": TIME,
}  # fmt: skip
TASK_FIELDS = {
    "id": str, "sessionId": str, "input": str, "images": list, "status": str, "progress": int,
    "createdAt": TIME,
}  # fmt: skip
USER_FIELDS = {
    "id": str, "email": str, "name": str, "provider": str, "roles": list, "preferences": dict,
    "createdAt": TIME, "lastLoginAt": TIME,
}  # fmt: skip
FILE_FIELDS = {"name": str, "path": str, "type": str, "size": int, "modifiedAt": TIME}


def has(body: dict[str, Any], expected: dict[str, Any]) -> None:
    """Check that every field is present and has its type."""
    for name, kind in expected.items():
        assert name in body, f"{name} is missing in {body}"
        if isinstance(kind, re.Pattern):
            assert kind.fullmatch(body[name]), f"{name} is {body[name]!r}"
        else:
            assert isinstance(body[name], kind), f"{name} is {body[name]!r}"


@pytest.fixture(scope="module")
def session(server: ServerProcess) -> str:
    """Create a session that plays a playbook; return its path."""
    config = {"provider": "scripted", "model": "write-and-run"}
    made = server.request("POST", "/api/v1/sessions", {"name": "S0", "config": config})
    return f"/api/v1/sessions/{made.body['session']['id']}"


def test_login_profile_and_refresh(server: ServerProcess) -> None:
    credentials = {"email": server.admin["email"], "password": server.admin["password"]}
    login = server.request("POST", "/api/v1/auth/login", credentials, key=None)
    assert login.status == 200
    has(login.body["user"], USER_FIELDS)
    has(
        login.body["user"]["preferences"],
        {"theme": str, "language": str, "notifications": dict, "defaultProvider": str, "defaultModel": str},
    )
    has(login.body["tokens"], {"accessToken": str, "refreshToken": str, "expiresIn": int})
    profile = server.request("GET", "/api/v1/auth/profile", key=login.body["tokens"]["accessToken"])
    has(profile.body["user"], USER_FIELDS)
    refresh = {"refreshToken": login.body["tokens"]["refreshToken"]}
    again = server.request("POST", "/api/v1/auth/refresh", refresh, key=None)
    assert again.status == 200
    assert again.body["tokens"]["accessToken"]


def test_oauth_of_a_provider_that_is_not_set_up_is_refused(server: ServerProcess) -> None:
    body = {"code": "oauth_authorization_code", "redirectUri": "https://app.roocode.com/callback"}
    for provider in ("google", "github", "microsoft"):
        answer = server.request("POST", f"/api/v1/auth/oauth/{provider}", body, key=None)
        assert answer.status in (400, 403)
        assert answer.code


def test_a_session_is_created_listed_read_changed_and_deleted(server: ServerProcess) -> None:
    created = server.request("POST", "/api/v1/sessions", SESSION)
    assert created.status == 201
    has(created.body["session"], SESSION_FIELDS)
    has(created.body["workspace"], {"path": str, "url": str})
    limits = created.body["session"]["config"]["resourceLimits"]
    assert SESSION["config"]["resourceLimits"].items() <= limits.items()  # type: ignore[index]
    assert created.headers["x-api-version"] == "v1"
    listed = server.request("GET", "/api/v1/sessions?limit=20&offset=0&status=active")
    has(listed.body, {"sessions": list, "total": int, "hasMore": bool})
    has(listed.body["sessions"][0], SESSION_FIELDS)
    assert listed.body["data"] == listed.body["sessions"]
    place = listed.body["pagination"]
    assert (place["total"], place["hasMore"]) == (listed.body["total"], listed.body["hasMore"])
    assert (place["limit"], place["offset"]) == (20, 0)
    path = f"/api/v1/sessions/{created.body['session']['id']}"
    has(server.request("GET", path).body["session"], SESSION_FIELDS)
    changed = server.request("PUT", path, {"name": "Another", "config": {"temperature": 0.2}})
    assert changed.status == 200
    assert changed.body["session"]["name"] == "Another"
    assert changed.body["session"]["config"]["model"] == "claude-3-sonnet"
    assert server.request("DELETE", path).status == 200
    assert server.request("GET", path).code == "RESOURCE_NOT_FOUND"


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "offset=-1", "status=none", "limit=many"])
def test_a_list_has_s0s_bounds(server: ServerProcess, query: str) -> None:
    answer = server.request("GET", f"/api/v1/sessions?{query}")
    assert (answer.status, answer.code) == (400, "VALIDATION_ERROR")


def test_a_task_from_its_request_to_its_result(server: ServerProcess, session: str) -> None:
    created = server.request("POST", f"{session}/tasks", TASK)
    assert created.status == 201
    has(created.body["task"], TASK_FIELDS)
    assert re.fullmatch(
        r"wss?://.+/ws/" + session.rpartition("/")[2] + r"\?lastSeq=\d+", created.body["websocket"]
    )
    path = f"{session}/tasks/{created.body['task']['id']}"
    deadline = time.monotonic() + 90
    while (task := server.request("GET", path).body["task"])["status"] in ("pending", "running"):
        assert time.monotonic() < deadline, task
        if task["activity"] == "interactive":
            server.request("PUT", path, {"action": "approve", "feedback": "Optional feedback message"})
    has(task, {**TASK_FIELDS, "startedAt": TIME, "completedAt": TIME, "result": dict})
    assert task["status"] == "completed"
    assert task["progress"] == 100
    has(
        task["result"],
        {
            "summary": str,
            "filesCreated": list,
            "filesModified": list,
            "commandsExecuted": list,
            "toolsUsed": list,
        },
    )
    listed = server.request("GET", f"{session}/tasks?limit=20&offset=0")
    has(listed.body, {"data": list, "pagination": dict})
    has(listed.body["pagination"], {"total": int, "limit": int, "offset": int, "hasMore": bool})
    assert server.request("DELETE", path).code == "RESOURCE_CONFLICT"


def test_a_running_task_is_cancelled(server: ServerProcess, session: str) -> None:
    task = server.request("POST", f"{session}/tasks", {"input": "write and run"}).body["task"]
    cancelled = server.request("DELETE", f"{session}/tasks/{task['id']}")
    assert cancelled.status == 200
    assert cancelled.body["task"]["status"] == "cancelled"


def test_files_are_written_listed_read_changed_and_deleted(server: ServerProcess, session: str) -> None:
    path = f"{session}/files/src/component.tsx"
    created = server.request("POST", path, {"content": "file content", "encoding": "utf-8"})
    assert created.status == 201
    listed = server.request("GET", f"{session}/files?path=/&recursive=true&includeHidden=false")
    has(listed.body, {"files": list, "directories": list})
    [file] = [each for each in listed.body["files"] if each["path"] == "/src/component.tsx"]
    has(file, FILE_FIELDS)
    [folder] = [each for each in listed.body["directories"] if each["path"] == "/src"]
    has(folder, {"name": str, "path": str, "type": str, "childCount": int})
    read = server.request("GET", path)
    has(read.body, {"content": str, "encoding": str, "size": int, "modifiedAt": TIME})
    assert (read.body["content"], read.body["encoding"]) == ("file content", "utf-8")
    assert server.request("PUT", path, {"content": "other content"}).status == 200
    assert server.request("GET", path).body["content"] == "other content"
    assert server.request("DELETE", path).status == 200
    assert server.request("GET", path).code == "RESOURCE_NOT_FOUND"


def test_tools_are_listed_and_executed(server: ServerProcess, session: str) -> None:
    tools = {tool["name"]: tool for tool in server.request("GET", "/api/v1/tools").body["tools"]}
    has(tools["read_file"], {"name": str, "description": str, "parameters": dict})
    has(tools["read_file"]["parameters"]["path"], {"type": str, "description": str, "required": bool})
    server.request("POST", f"{session}/files/src/tool.tsx", {"content": "x\n"})
    body = {"parameters": {"path": "/src/tool.tsx"}}
    done = server.request("POST", f"{session}/tools/read_file", body)
    assert done.status == 200
    has(done.body, {"result": dict, "executionTime": (int, float), "resourceUsage": dict})
    has(done.body["result"], {"success": bool, "output": str, "filesChanged": list})
    has(done.body["resourceUsage"], {"memory": (int, float), "cpu": (int, float)})


def test_an_error_is_as_s0_shows_it(server: ServerProcess) -> None:
    answer = server.request("POST", "/api/v1/auth/login", {"email": "nonsense", "password": "x"}, key=None)
    assert answer.status == 400
    error = answer.body["error"]
    has(error, {"code": str, "message": str, "details": dict, "timestamp": TIME, "requestId": str})
    assert (error["code"], error["message"]) == ("VALIDATION_ERROR", "Invalid request data")
    has(error["details"], {"field": str, "reason": str})
    assert error["details"]["field"] == "email"


def test_the_connection_example_gets_every_field_that_its_listeners_read(server: ServerProcess) -> None:
    outcome = server.node("s0.mjs")
    read = {
        "task.started": ["taskId"],
        "task.progress": ["taskId", "progress", "step"],
        "task.completed": ["taskId", "result"],
        "tool.started": ["toolName", "parameters"],
        "tool.completed": ["toolName", "result"],
        "approval.required": ["action", "description"],
        "file.created": ["path"],
        "file.modified": ["path", "changes"],
    }
    for event, names in read.items():
        seen = outcome["seen"].get(event)
        assert seen, f"{event} was not seen; seen were {sorted(outcome['seen'])}"
        for name in [*names, "id", "seq", "sessionId", "timestamp"]:
            assert name in seen[0], f"{event} has no {name}: {json.dumps(seen[0])[:300]}"
    assert outcome["failed"]["error"]["code"]
