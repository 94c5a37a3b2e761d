"""Answers that stay, at the doors: who may have one remembered, and how it is taken back."""

from __future__ import annotations

import time
from typing import Any

from tests.support.server import ServerProcess

WRITING = {"provider": "scripted", "model": "write-and-run"}


def approval(server: ServerProcess, session: str, key: str = "") -> dict[str, Any]:
    """The session's open question, once there is one."""
    deadline = time.monotonic() + 60
    while not (found := server.request("GET", f"{session}/approvals?status=pending", key=key).body["data"]):
        assert time.monotonic() < deadline
    answer: dict[str, Any] = found[0]
    return answer


def begun(server: ServerProcess) -> tuple[str, dict[str, Any]]:
    """A session whose agent asks whether it may write a file."""
    made = server.request("POST", "/api/v1/sessions", {"name": "Remembering", "config": WRITING})
    session = f"/api/v1/sessions/{made.body['session']['id']}"
    server.request("POST", f"{session}/tasks", {"input": "Write a program and run it"})
    return session, approval(server, session)


def test_a_rule_that_is_made_always_is_listed_and_taken_back(server: ServerProcess) -> None:
    session, asked = begun(server)
    assert [(rule["group"], rule["path"]) for rule in asked["rules"]] == [("edit", "/primes.py")]
    body = {"action": "approve", "remember": "always"}
    answered = server.request("POST", f"{session}/approvals/{asked['id']}", body)
    assert answered.body["approval"]["remembered"] == "always"
    [rule] = server.request("GET", "/api/v1/rules").body["data"]
    assert rule["rule"] == {"decision": "always", "group": "edit", "path": "/primes.py"}
    removed = server.request("DELETE", f"/api/v1/rules/{rule['id']}")
    assert removed.body == {"ruleId": rule["id"], "deleted": True}
    assert server.request("GET", "/api/v1/rules").body["data"] == []
    assert server.request("DELETE", session).status == 200


def test_others_in_a_session_neither_make_nor_see_rules_of_its_owner(server: ServerProcess) -> None:
    session, asked = begun(server)
    password = "a long enough password"
    other = {
        "email": "another-in-the-session@example.com",
        "password": password,
        "name": "Other",
        "roles": ["developer"],
    }
    assert server.request("POST", "/api/v1/users", other).status == 201
    share = {"user": other["email"], "access": "collaborator"}
    assert server.request("POST", f"{session}/shares", share).status < 300
    login = {"email": other["email"], "password": password}
    key = server.request("POST", "/api/v1/auth/login", login, key=None).body["tokens"]["accessToken"]
    body = {"action": "approve", "remember": "always"}
    refused = server.request("POST", f"{session}/approvals/{asked['id']}", body, key=key)
    assert (refused.status, refused.code) == (403, "PERMISSION_DENIED")
    assert approval(server, session)["id"] == asked["id"]
    body = {"action": "approve", "remember": "session"}
    server.request("POST", f"{session}/approvals/{asked['id']}", body)
    assert server.request("GET", "/api/v1/rules", key=key).body["data"] == []
    assert server.request("DELETE", "/api/v1/rules/rule-none", key=key).code == "RESOURCE_NOT_FOUND"
    assert server.request("DELETE", session).status == 200
