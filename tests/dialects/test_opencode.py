"""S4's typed messages: every example of the document is replayed, and every answer has its shape.

`opencode_examples.json` has all examples of the document in its order: 41 of JSON, and one of JavaScript,
which `tests/end_to_end/test_typed_clients.py` runs.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from roocode_server.handlers.dialects.opencode.conversation import MESSAGES
from roocode_server.handlers.registry import AREAS
from roocode_server.server.doors.opencode_document import TYPED
from tests.support.documents import mistakes
from tests.support.server import ServerProcess
from tests.support.typed import TypedClient, somebody, task, typed

DOCUMENT: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("opencode_examples.json").read_text(encoding="utf-8")
)
EXAMPLES = [each for each in DOCUMENT if "example" in each]
ASKED = (
    "ping",
    "request_status",
    "start_task",
    "cancel_task",
    "retry_task",
    "get_task_status",
    "list_tasks",
    "request_system_resources",
    "request_process_list",
    "request_log_entries",
    "request_performance_metrics",
    "kill_process",
    "request_claude_processes",
    "subscribe_to_updates",
    "unsubscribe_from_updates",
)
TOLD = (
    "connection_established",
    "pong",
    "full_status",
    "task_started",
    "task_cancelled",
    "task_retried",
    "task_status",
    "task_list",
    "system_resources",
    "process_list",
    "log_entries",
    "performance_metrics",
    "process_killed",
    "claude_processes",
    "subscription_confirmed",
    "unsubscription_confirmed",
    "resource_update",
    "task_status_update",
    "agent_update",
    "log_entry",
    "error",
)
"""The 36 types of messages of the document."""
OF_THEIR_OWN = {"details", "errors_by_type"}
"""Objects whose fields are not the same in every message."""


def example(kind: str, part: int = 0) -> dict[str, Any]:
    """An example of a type of message; `part` counts those of the same type."""
    return dict([each["example"] for each in EXAMPLES if each["example"]["type"] == kind][part])


def assert_shaped(told: Any, shown: Any, place: str = "") -> None:
    """What is told has every field of what is shown, with a value of the same type."""
    if isinstance(shown, dict):
        assert isinstance(told, dict), place
        assert shown.keys() <= told.keys(), f"{place}: {shown.keys() - told.keys()} missing in {told}"
        for name, content in shown.items():
            if name not in OF_THEIR_OWN:
                assert_shaped(told[name], content, f"{place}.{name}")
    elif isinstance(shown, list):
        assert isinstance(told, list), place
        for each in told:
            assert_shaped(each, shown[0] if shown else each, f"{place}[]")
    elif isinstance(shown, bool) or shown is None:
        assert type(told) is type(shown), place
    elif isinstance(shown, int | float):
        assert isinstance(told, int | float) and not isinstance(told, bool), place
    else:
        assert isinstance(told, str) and told, f"{place}: {told!r}"


def test_no_example_and_no_type_of_message_is_left_out() -> None:
    types = [each["example"]["type"] for each in EXAMPLES]
    assert (len(EXAMPLES), len(DOCUMENT)) == (41, 42)
    assert len(ASKED) + len(TOLD) == 36
    assert set(types) == {*ASKED, *TOLD}
    assert set(MESSAGES) == set(ASKED)


@pytest.mark.parametrize("name", ASKED)
def test_a_message_uses_declared_operations_alone(name: str) -> None:
    operations = {
        facts["name"]
        for area in AREAS
        for function in vars(area).values()
        if (facts := getattr(function, "__operation__", None)) is not None
    }
    assert set(MESSAGES[name].operations) <= operations
    assert MESSAGES[name].documentation


PLAYBOOKS = {
    "documentation": """
        match: [Generate API documentation]
        steps:
          - call: execute_command
            with: {command: "sleep 95959"}
            on_error: continue
          - call: attempt_completion
            with: {result: ended}
    """,
    "failing": """
        match: [Do what fails]
        steps:
          - call: read_file
            with: {path: none.txt}
    """,
    "integration": """
        match: [Run integration tests, Run unit tests]
        steps:
          - call: attempt_completion
            with: {result: all pass}
    """,
}


@pytest.fixture(scope="module")
def automation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with playbooks for the tasks of the document."""
    folder = tmp_path_factory.mktemp("playbooks")
    for name, content in PLAYBOOKS.items():
        lines = "\n".join(line.removeprefix(" " * 8) for line in content.splitlines())
        (folder / f"{name}.yaml").write_text(f"name: {name}\ndescription: A test's.\n{lines}")
    settings = {"ROOCODE_PROVIDERS__SCRIPTED__FOLDERS": json.dumps([str(folder)])}
    running = ServerProcess(tmp_path_factory.mktemp("automation") / "data", settings).start()
    yield running
    running.end()


@pytest.fixture
async def client(automation: ServerProcess) -> AsyncIterator[TypedClient]:
    """A connection of a new user, who has no session yet."""
    async with typed(automation, somebody(automation)) as connected:
        yield connected


async def test_every_example_is_replayed_and_answered_in_its_shape(
    client: TypedClient, automation: ServerProcess
) -> None:
    async def replay(kind: str, answered: str, **changed: Any) -> dict[str, Any]:
        told = await client.ask(example(kind) | changed)
        assert told["type"] == answered, told
        assert_shaped(told, example(answered))
        return told

    assert_shaped(client.told[0], example("connection_established"))
    pong = await replay("ping", "pong")
    assert pong["timestamp"] == example("ping")["timestamp"]

    # What the document takes for granted: a task that has failed, and one that is running.
    await client.ask(task("failed_task_789", "Do what fails"))
    await client.status_of("failed_task_789", "failed")
    await replay("subscribe_to_updates", "subscription_confirmed")
    running = {"type": "documentation", "files_pattern": "**/*.md", "dependencies": []}
    await client.ask(task("task_456", "Generate API documentation", **running))
    await client.update("task_status_update", new_status="running")
    status = await until_measured(client)
    assert_shaped(status, example("full_status"))
    await replay("start_task", "task_started")
    told = await replay("get_task_status", "task_status")
    assert told["task"] | running == told["task"]
    await replay("list_tasks", "task_list")
    listed = await replay("list_tasks", "task_list", filter={"status": "running", "priority": "high"})
    assert [each["id"] for each in listed["tasks"]] == ["task_456"]
    assert (listed["total_count"], listed["filtered_count"]) == (3, 1)

    await replay("request_system_resources", "system_resources")
    await replay("request_process_list", "process_list")
    processes = await replay("request_process_list", "process_list", filter={"type": "command"})
    sleeping = [each for each in processes["data"]["processes"] if "95959" in each["cmdline"]]
    assert sleeping[0]["task_id"] == "task_456"
    await replay("request_claude_processes", "claude_processes")
    await replay("request_log_entries", "log_entries")
    await replay("request_log_entries", "log_entries", filter={})
    newest = (await client.ask(type="request_log_entries", limit=1))["data"]
    assert len(newest["entries"]) == 1
    assert newest["total_count"] == newest["filtered_count"] > 1
    warned = (await client.ask(type="request_log_entries", limit=1, filter={"level": "warn"}))["data"]
    assert len(warned["entries"]) <= 1
    assert 1 <= warned["filtered_count"] < warned["total_count"] >= newest["total_count"]
    nothing = (await client.ask(type="request_log_entries", filter={"agent": "nobody"}))["data"]
    assert (nothing["entries"], nothing["filtered_count"]) == ([], 0)
    assert nothing["total_count"] >= newest["total_count"]
    await replay("request_performance_metrics", "performance_metrics")

    told = await client.ask(example("kill_process"))
    assert (told["type"], told["code"]) == ("error", "PROCESS_NOT_FOUND")
    killed = await replay("kill_process", "process_killed", pid=sleeping[0]["pid"], signal="SIGKILL")
    assert killed["data"]["success"] is True
    await client.status_of("task_456", "completed")
    await client.ask(task("task_457", "Generate API documentation"))
    await client.status_of("task_457", "running")
    await replay("cancel_task", "task_cancelled", task_id="task_457")
    retried = await replay("retry_task", "task_retried")
    assert (retried["task_id"], retried["retry_count"]) == ("failed_task_789", 1)
    entry = (await client.update("log_entry"))["log"]  # it fails once more
    assert (entry["level"], entry["agent"]) == ("warn", "failed_task_789")

    told = await client.ask(example("unsubscribe_from_updates"))
    assert (told["code"], told["details"]["field"]) == ("INVALID_FIELD_VALUE", "subscription_id")
    subscription = client.of("subscription_confirmed")[0]["subscription_id"]
    await replay("unsubscribe_from_updates", "unsubscription_confirmed", subscription_id=subscription)

    seen = {each["type"] for each in client.told}
    assert set(TOLD) - seen == set(), "not every type of message was told"
    for told in client.of("resource_update", "task_status_update", "agent_update", "log_entry"):
        assert_shaped(told, example(told["type"]))
    document = automation.request("GET", "/asyncapi.json", key=None).body
    for told in client.told:
        payload = document["components"]["messages"][f"{TYPED}.{told['type']}"]["payload"]
        assert mistakes(document, payload, told) == [], told


async def until_measured(client: TypedClient) -> dict[str, Any]:
    """The full status, once the running task's command is seen."""
    while True:
        status = await client.ask(example("request_status"))
        if status["data"]["agents"] and status["data"]["agents"][0]["memory_usage"]:
            return status
        await asyncio.sleep(0.1)


STANDARD = 2
"""The place of the standard form among the examples of errors."""


@pytest.mark.parametrize(
    ("said", "part"),
    [
        ({"type": "start_task", "task": {"priority": "high"}}, 0),
        (task("t", priority="urgent"), 3),
        ({"type": "get_task_status", "task_id": "nonexistent_task"}, 4),
    ],
)
async def test_an_error_is_that_of_its_example(client: TypedClient, said: dict[str, Any], part: int) -> None:
    shown, told = example("error", part), await client.ask(said)
    assert {**told, **shown} | {"details": {}} == told | {"details": {}}
    details = shown.get("details", {})
    assert {name: told["details"][name] for name in details} == details
    assert_shaped(told, example("error", STANDARD) | {"details": {}})


async def test_too_many_messages_are_told_when_to_come_again(automation: ServerProcess) -> None:
    async with typed(automation, limited_key(automation, messages=3)) as client:
        answers = [await client.ask(type="ping") for _ in range(4)]
    assert [each["type"] for each in answers] == ["pong", "pong", "pong", "error"]
    assert_shaped(answers[-1], example("error", 5))
    details = answers[-1]["details"]
    assert (answers[-1]["code"], details["current_limit"]) == ("RATE_LIMIT_EXCEEDED", 3)
    assert 0 < details["retry_after_seconds"] <= details["time_window_seconds"] == 60


def limited_key(server: ServerProcess, **limits: int) -> str:
    made = server.request("POST", "/api/v1/keys", {"name": "limited", "limits": limits})
    assert made.status == 201, made.body
    return str(made.body["secret"])
