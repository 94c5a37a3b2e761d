"""The AsyncAPI document is valid, complete, and matches the events that the server sends."""

from __future__ import annotations

import time
from typing import Any

import pytest

from roocode_server.handlers.operation import Registry
from roocode_server.models.event import EVENTS
from roocode_server.server.doors.asyncapi import channel_name
from tests.support.documents import mistakes
from tests.support.server import ServerProcess

Json = dict[str, Any]


@pytest.fixture(scope="module")
def document(server: ServerProcess) -> Json:
    answer = server.curl("GET", "/asyncapi.json", key=None)
    assert answer.status == 200
    found: Json = answer.body
    return found


def test_the_specification_s_own_parser_finds_nothing_wrong(
    server: ServerProcess, document: Json, declarations: Registry
) -> None:
    read = server.node("asyncapi.mjs")
    assert read["problems"] == []
    assert set(declarations.namespaces) <= set(read["channels"])
    assert read["operations"] == len(document["operations"])


def test_each_namespace_is_a_channel_with_its_own_calls_and_their_answers(
    document: Json, declarations: Registry
) -> None:
    for namespace in declarations.namespaces:
        messages = document["channels"][channel_name(namespace)]["messages"]
        calls = {name.removesuffix(".call") for name in messages if name.endswith(".call")}
        answers = {name.removesuffix(".answer") for name in messages if name.endswith(".answer")}
        assert calls == answers == set(declarations.within(namespace))


def test_every_declared_event_stands_in_its_namespace_and_in_the_root(document: Json) -> None:
    for name, happened in EVENTS.items():
        for channel in (channel_name(happened.namespace), "root"):
            assert name in document["channels"][channel]["messages"]
            assert document["operations"][f"{channel}.{name}"]["action"] == "send"


def test_every_event_says_what_it_means(document: Json) -> None:
    messages = document["components"]["messages"]
    assert [name for name in EVENTS if not messages[name]["summary"]] == []


def test_real_events_fit_their_payloads(server: ServerProcess, document: Json) -> None:
    config = {
        "provider": "scripted",
        "model": "write-and-run",
        "approvals": [
            {"tool": "write_to_file", "decision": "ask"},
            {"group": "command", "decision": "always"},
        ],
    }
    created = server.curl("POST", "/api/v1/sessions", {"name": "Documented", "config": config})
    session = f"/api/v1/sessions/{created.body['session']['id']}"
    task = server.curl("POST", f"{session}/tasks", {"input": "test task"}).body["task"]["id"]
    deadline = time.monotonic() + 60
    while (now := server.curl("GET", f"{session}/tasks/{task}").body["task"])["status"] in (
        "pending",
        "running",
    ):
        assert time.monotonic() < deadline, now
        if now["activity"] == "interactive":
            server.curl("PUT", f"{session}/tasks/{task}", {"action": "approve"})
    events = server.curl("GET", f"{session}/events?limit=1000").body["data"]
    assert {"task.completed", "tool.completed", "file.modified", "approval.resolved"} <= {
        event["type"] for event in events
    }
    for event in events:
        payload = document["components"]["messages"][event["type"]]["payload"]
        assert mistakes(document, payload, event) == [], event
