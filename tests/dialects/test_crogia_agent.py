"""S3's agent acts on its own in its sandbox; what it may not do is reported as an error."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp

from tests.support.server import ServerProcess

WRITES_AND_RUNS = "Write and run a script"
ASKS = """
name: ask-somebody
description: Asks a question and does what it hears.
match: [ask somebody]
steps:
  - id: asked
    call: ask_followup_question
    with:
      question: Which database?
      follow_up: [Delete everything, SQLite]
  - call: attempt_completion
    with: {result: "Heard: {{ results.asked.text }}"}
"""


WAITS = """
name: wait-a-moment
description: Waits until there is a file.
match: [wait a moment]
steps:
  - call: execute_command
    with: {command: "until [ -e go ]; do sleep 0.1; done"}
  - call: attempt_completion
    with: {result: "Waited."}
"""


async def told(server: ServerProcess, session_id: str, *, until: str) -> list[dict[str, Any]]:
    """Return what the WebSocket sends from the session's beginning to the first event of a type."""
    events = []
    url = f"{server.url.replace('http', 'ws')}/ws/{session_id}?token={server.key}&lastSeq=0"
    async with aiohttp.ClientSession() as client, client.ws_connect(url) as socket, asyncio.timeout(60):
        while not events or events[-1]["type"] != until:
            events.append(await socket.receive_json())
    return events


def ended_tasks(server: ServerProcess, session_id: str) -> list[dict[str, Any]]:
    """Return the tasks of a session, newest first, when they have ended."""
    at = f"/api/v1/sessions/{session_id}/tasks"
    tasks = server.request("GET", at).body["data"]
    return [server.request("GET", f"{at}/{task['id']}?wait=30").body["task"] for task in tasks]


def made(server: ServerProcess, task: str) -> str:
    answer = server.request("POST", "/api/sessions", {"task": task})
    assert answer.status == 200, answer.body
    return str(answer.body["session_id"])


def test_a_task_that_writes_and_runs_needs_nobody(server: ServerProcess) -> None:
    session_id = made(server, WRITES_AND_RUNS)
    events = asyncio.run(told(server, session_id, until="task_completed"))
    assert "error" not in {event["type"] for event in events}
    calls = [event["tool_name"] for event in events if event["type"] == "tool_call"]
    assert calls[:3] == ["write_to_file", "execute_command", "apply_diff"]
    read = server.request("GET", f"/api/sessions/{session_id}/files/content?path=primes.py")
    assert "LIMIT = 50" in read.body["content"]


def test_what_the_agent_may_not_is_refused_at_once_and_told(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server(crogia__allow="[read, edit]")
    session_id = made(server, WRITES_AND_RUNS)
    events = asyncio.run(told(server, session_id, until="error"))
    assert events[-1]["message"].startswith("Not allowed in this session: ")
    assert "primes.py" in events[-1]["message"]
    approvals = server.request("GET", f"/api/v1/sessions/{session_id}/approvals").body["data"]
    assert {approval["status"] for approval in approvals} == {"rejected"}


def test_what_the_server_forbids_to_all_stays_forbidden(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server(approvals__command="never")
    session_id = made(server, WRITES_AND_RUNS)
    asyncio.run(told(server, session_id, until="error"))
    done = server.request("GET", f"/api/v1/sessions/{session_id}/tasks").body["data"][0]
    assert (done.get("result") or {}).get("commandsExecuted", []) == []


def test_a_question_that_nobody_can_answer_is_told_and_does_not_hold_the_task_up(
    start_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    (tmp_path / "ask.yaml").write_text(ASKS)
    server = start_server(providers__scripted__folders=f"[{tmp_path}]")
    session_id = made(server, "Ask somebody")
    events = asyncio.run(told(server, session_id, until="task_completed"))
    [error] = [event["message"] for event in events if event["type"] == "error"]
    assert error.startswith("The agent asks: Which database?")
    [task] = server.request("GET", f"/api/v1/sessions/{session_id}/tasks").body["data"]
    assert "Decide yourself" in task["result"]["summary"]


def test_who_follows_a_session_of_another_door_is_told_that_it_waits(server: ServerProcess) -> None:
    config = {"provider": "scripted", "model": "write-and-run"}
    session = server.request("POST", "/api/v1/sessions", {"name": "Attended", "config": config}).body[
        "session"
    ]
    server.request("POST", f"/api/sessions/{session['id']}/tasks", {"task": "go"})
    events = asyncio.run(told(server, session["id"], until="error"))
    assert events[-1]["message"].startswith("The task waits for an approval: ")


def test_the_task_itself_is_not_what_the_agent_says(server: ServerProcess) -> None:
    session_id = made(server, "Survey what is here, please")
    events = asyncio.run(told(server, session_id, until="task_completed"))
    texts = [event["content"] for event in events if event["type"] == "text_delta"]
    assert texts and all("Survey what is here, please" not in text for text in texts)


def test_a_second_task_goes_on_with_what_the_first_one_knows(server: ServerProcess) -> None:
    session_id = made(server, "Survey what is here, please")
    asyncio.run(told(server, session_id, until="task_completed"))
    answer = server.request("POST", f"/api/sessions/{session_id}/tasks", {"task": "Survey it once more"})
    assert answer.status == 200
    second, first = ended_tasks(server, session_id)
    assert second["continuedFrom"] == first["id"]
    assert "continuedFrom" not in first


def test_tasks_are_done_one_after_the_other_by_one_agent_that_remembers(
    start_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    (tmp_path / "wait.yaml").write_text(WAITS)
    server = start_server(providers__scripted__folders=f"[{tmp_path}]")
    session_id = made(server, "Wait a moment")
    at = f"/api/sessions/{session_id}"
    for text in ("Survey what is here", "Survey it once more"):
        assert server.request("POST", f"{at}/tasks", {"task": text}).status == 200
    assert server.request("POST", f"{at}/files/content", {"path": "go", "content": ""}).status == 200
    asyncio.run(told(server, session_id, until="task_completed"))
    third, second, first = ended_tasks(server, session_id)
    assert [each["status"] for each in (first, second, third)] == ["completed"] * 3
    assert second["continuedFrom"] == first["id"]
    assert third["continuedFrom"] == second["id"]
