"""The AsyncAPI document is valid, complete, and matches the events that the server sends."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest

from roocode_server.handlers.operation import Registry
from roocode_server.models.event import EVENTS
from roocode_server.server.doors.asyncapi import channel_name
from roocode_server.server.doors.opencode_document import ERROR_MESSAGE, TYPED
from tests.support.documents import mistakes
from tests.support.nightly import IS_NIGHTLY
from tests.support.server import PROJECT, ServerProcess

Json = dict[str, Any]

EXAMPLES = [
    each["example"]
    for each in json.loads((PROJECT / "tests/dialects/opencode_examples.json").read_text())
    if "example" in each
]
"""Every JSON example of S4."""


@pytest.fixture(scope="module")
def document(server: ServerProcess) -> Json:
    answer = server.request("GET", "/asyncapi.json", key=None)
    assert answer.status == 200
    found: Json = answer.body
    return found


def test_the_specification_s_own_parser_finds_nothing_wrong(
    server: ServerProcess, document: Json, declarations: Registry
) -> None:
    read = server.node("asyncapi.mjs", "all" if IS_NIGHTLY else "one of each form")
    assert read["problems"] == []
    assert set(declarations.namespaces) <= set(read["channels"])
    forms = {
        (each["channel"]["$ref"], each["action"], *sorted(each)) for each in document["operations"].values()
    }
    assert read["operations"] == (len(document["operations"]) if IS_NIGHTLY else len(forms))


def test_every_reference_leads_to_something(document: Json) -> None:
    references = re.findall(r'"\$ref": "([^"]*)"', json.dumps(document))
    assert len(references) > 1000
    for reference in set(references):
        here, *steps = reference.split("/")
        assert here == "#"
        place = document
        for step in steps:
            place = place[step.replace("~1", "/").replace("~0", "~")]


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
    created = server.request("POST", "/api/v1/sessions", {"name": "Documented", "config": config})
    session = f"/api/v1/sessions/{created.body['session']['id']}"
    task = server.request("POST", f"{session}/tasks", {"input": "test task"}).body["task"]["id"]
    deadline = time.monotonic() + 60
    while (now := server.request("GET", f"{session}/tasks/{task}").body["task"])["status"] in (
        "pending",
        "running",
    ):
        assert time.monotonic() < deadline, now
        if now["activity"] == "interactive":
            server.request("PUT", f"{session}/tasks/{task}", {"action": "approve"})
    events = server.request("GET", f"{session}/events?limit=1000").body["data"]
    assert {"task.completed", "tool.completed", "file.modified", "approval.resolved"} <= {
        event["type"] for event in events
    }
    listening = document["components"]["messages"][f"{TYPED}.broadcast"]["payload"]
    for event in events:
        payload = document["components"]["messages"][event["type"]]["payload"]
        assert mistakes(document, payload, event) == [], event
        assert mistakes(document, listening, {"event": event["type"], "data": event}) == [], event


def test_plain_websockets_have_a_channel_with_a_server_of_their_own(document: Json) -> None:
    channel = document["channels"][TYPED]
    assert channel["address"] == "/ws"
    assert channel["servers"] == [{"$ref": f"#/servers/{TYPED}"}]
    assert document["servers"][TYPED]["protocol"] == "ws"
    assert document["servers"][TYPED]["pathname"] == "/"


def test_every_message_of_plain_websockets_is_received_or_sent_by_the_server(document: Json) -> None:
    used: set[str] = set()
    for name, operation in document["operations"].items():
        if operation["channel"]["$ref"] == f"#/channels/{TYPED}":
            replies = operation.get("reply", {}).get("messages", [])
            used |= {each["$ref"].rpartition("/")[2] for each in operation["messages"] + replies}
            assert (operation["action"] == "receive") == bool(replies) or name == f"{TYPED}.renewal"
    assert used == set(document["channels"][TYPED]["messages"])


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: str(example["type"]))
def test_every_example_of_s4_fits_the_schema_of_its_message(document: Json, example: Json) -> None:
    name = f"{TYPED}.{example['type']}"
    assert name in document["channels"][TYPED]["messages"]
    payload = document["components"]["messages"][name]["payload"]
    assert mistakes(document, payload, example) == []
    for field in payload["required"]:
        lacking = {key: content for key, content in example.items() if key != field}
        assert mistakes(document, payload, lacking) != [], f"{field} may be missing"


def test_the_errors_of_plain_websockets_have_the_codes_of_s4_and_of_its_page(document: Json) -> None:
    error = document["components"]["messages"][ERROR_MESSAGE]
    page = (PROJECT / "docs/opencode.md").read_text()
    table = page[page.index("## Errors") : page.index("Where S4 has no code")]
    rows = [line.split("|")[1] for line in table.split("\n") if line.startswith("| `")]
    assert set(error["x-errors"]) == {code for row in rows for code in re.findall(r"[A-Z_]{3,}", row)}
    shown = {each["code"] for each in EXAMPLES if each["type"] == "error"} - {"ERROR_CODE"}
    assert shown <= set(error["x-errors"])


def test_those_who_only_listen_are_told_every_event_of_sessions(document: Json) -> None:
    events = [happened for happened in EVENTS.values() if happened.in_session]
    payload = document["components"]["messages"][f"{TYPED}.broadcast"]["payload"]
    told = {each["properties"]["event"]["const"] for each in payload["oneOf"]}
    assert told == {happened.name for happened in events}
