"""What `null`, omitted fields, and values that were read before mean in a change."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from roocode_server.models.identifier import new_id
from tests.contract.doors import Doors
from tests.contract.test_every_door import OPERATIONS
from tests.support.server import ServerProcess

CONFIG: dict[str, Any] = {
    "provider": "scripted",
    "model": "survey",
    "mode": "ask",
    "maxTokens": 100,
    "temperature": 0.5,
    "customInstructions": "Be brief",
    "effort": "low",
    "allowedCommands": ["git"],
    "network": True,
    "approvals": [{"decision": "never", "tool": "write_to_file"}],
    "autoApproval": {"autoApprovalEnabled": True},
    "agent": {"acp": {"command": ["true"]}},
    "mcpServers": {"none": {"command": "true", "disabled": True}},
    "fuzzyMatchThreshold": 0.9,
    "unattended": True,
    "unattendedPolicy": {"command": {"after": 5.0, "then": "refuse"}},
    "resourceLimits": {"maxMemoryMB": 64},
    "concurrentTasks": 2,
}
"""Every setting of a session at a value that is not its default."""
EXPIRY = "2099-01-01T00:00:00.000Z"


def opened(server: ServerProcess, **fields: Any) -> dict[str, Any]:
    made = server.request("POST", "/api/v1/sessions", fields)
    assert made.status == 201, made.body
    return dict(made.body["session"])


def test_every_setting_has_a_value_here() -> None:
    shown = OPERATIONS["session.update"].request.schema().fields["config"].schema.fields  # type: ignore[attr-defined]
    assert {field.data_key for field in shown.values()} == CONFIG.keys()


@pytest.mark.parametrize("door", ["rest", "socket"])
@pytest.mark.parametrize("name", [*CONFIG, ""])
async def test_null_takes_a_setting_back(server: ServerProcess, name: str, door: str) -> None:
    standard = opened(server)["config"]
    session = opened(server, config=CONFIG)
    raw = {"sessionId": session["id"], "config": {name: None} if name else None}
    async with Doors(server.url, server.key) as doors:
        if door == "socket":
            answer = await doors.socket("session.update", raw)
        else:
            answer = await doors.rest(OPERATIONS["session.update"], raw)
    assert answer.code is None, answer.body
    config = answer.body["session"]["config"]
    for each in CONFIG:
        expected = standard if each == name or not name else session["config"]
        assert config.get(each) == expected.get(each), each


@pytest.mark.parametrize(
    ("name", "content", "default"),
    [("name", "Named", "Untitled session"), ("status", "archived", "active"), ("expiresAt", EXPIRY, None)],
)
def test_null_takes_a_field_of_a_session_back(
    server: ServerProcess, name: str, content: str, default: str | None
) -> None:
    path = f"/api/v1/sessions/{opened(server)['id']}"
    assert server.request("PUT", path, {name: content}).body["session"][name] == content
    kept = server.request("PUT", path, {"config": {}})
    assert kept.body["session"][name] == content
    assert server.request("PUT", path, {name: None}).body["session"].get(name) == default


def test_null_takes_one_limit_back_and_leaves_the_others(server: ServerProcess) -> None:
    limits = {"maxMemoryMB": 64, "maxProcesses": 7}
    path = f"/api/v1/sessions/{opened(server, config={'resourceLimits': limits})['id']}"
    changed = server.request("PUT", path, {"config": {"resourceLimits": {"maxMemoryMB": None}}})
    found = changed.body["session"]["config"]["resourceLimits"]
    assert (found["maxMemoryMB"], found["maxProcesses"]) == (512, 7)


def test_null_counts_with_a_task_too(server: ServerProcess) -> None:
    session = opened(server, config={**CONFIG, "agent": {}, "resourceLimits": {}})
    body = {"input": "Look round", "sessionConfig": {"maxTokens": None}}
    assert server.request("POST", f"/api/v1/sessions/{session['id']}/tasks", body).status == 201
    config = server.request("GET", f"/api/v1/sessions/{session['id']}").body["session"]["config"]
    assert "maxTokens" not in config
    assert config["temperature"] == 0.5


def test_null_takes_back_what_a_profile_may_lack(server: ServerProcess) -> None:
    own = {"model": "gpt-5", "baseUrl": "https://models.example.org/v1", "apiKey": "secret"}
    body = {"name": new_id("profile"), "provider": "openai", "activate": False, **own}
    profile = server.request("POST", "/api/v1/profiles", body).body["profile"]
    path = f"/api/v1/profiles/{profile['id']}"
    changed = server.request("PUT", path, dict.fromkeys(own)).body["profile"]
    assert (changed["model"], changed.get("baseUrl"), changed["hasKey"]) == ("auto", None, False)
    refused = server.request("PUT", path, {"name": None})
    assert (refused.status, refused.body["error"]["details"]["field"]) == (400, "name")


@pytest.mark.parametrize("unwrapped", [True, False], ids=["the session", "the whole answer"])
def test_what_was_read_of_a_session_can_be_written_back(server: ServerProcess, unwrapped: bool) -> None:
    config = {name: content for name, content in CONFIG.items() if name != "agent"}
    path = f"/api/v1/sessions/{opened(server, name='Read', config=config, expiresAt=EXPIRY)['id']}"
    read = server.request("GET", path).body
    read["session"]["name"] = "Written"
    written = server.request("PUT", path, read["session"] if unwrapped else read)
    assert written.status == 200, written.body
    again = written.body["session"]
    assert again | {"updatedAt": ""} == read["session"] | {"updatedAt": ""}


@pytest.mark.parametrize("name", ["id", "userId", "workspaceId", "createdAt"])
def test_what_cannot_be_changed_is_compared(server: ServerProcess, name: str) -> None:
    path = f"/api/v1/sessions/{opened(server)['id']}"
    refused = server.request("PUT", path, {name: EXPIRY})
    assert (refused.status, refused.body["error"]["details"]["field"]) == (400, name)


def test_a_field_is_said_once(server: ServerProcess) -> None:
    path = f"/api/v1/sessions/{opened(server)['id']}"
    refused = server.request("PUT", path, {"name": "One", "session": {"name": "Two"}})
    assert (refused.status, refused.body["error"]["details"]["field"]) == (400, "session")


@pytest.mark.parametrize("unwrapped", [True, False], ids=["the profile", "the whole answer"])
def test_what_was_read_of_a_profile_can_be_written_back(server: ServerProcess, unwrapped: bool) -> None:
    body = {"name": new_id("profile"), "provider": "scripted", "model": "survey", "activate": False}
    path = f"/api/v1/profiles/{server.request('POST', '/api/v1/profiles', body).body['profile']['id']}"
    read = server.request("GET", path).body
    read["profile"]["model"] = "write-and-run"
    written = server.request("PUT", path, read["profile"] if unwrapped else read)
    assert written.status == 200, written.body
    assert written.body["profile"]["model"] == "write-and-run"
    refused = server.request("PUT", path, {"isActive": True})
    assert refused.body["error"]["details"]["field"] == "isActive"


@pytest.mark.parametrize("path", ["a.txt", "src/a b.txt"])
def test_what_was_read_of_a_file_can_be_written_back_unless_it_has_changed(
    server: ServerProcess, path: str
) -> None:
    place = f"/api/v1/sessions/{opened(server)['id']}/files/{quote(path)}"
    server.request("POST", place, {"content": "one"})
    read = server.request("GET", place).body
    written = server.request("PUT", place, read | {"content": "two"})
    assert written.status == 200, written.body
    assert server.request("GET", place).body["content"] == "two"
    assert server.request("PUT", place, read | {"content": "three"}).code == "RESOURCE_CONFLICT"
