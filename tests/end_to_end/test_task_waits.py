"""A call that waits for a task is answered when the task has ended or needs somebody, or in time."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.contract.doors import Doors
from tests.support.server import ServerProcess

PLAYBOOKS = Path(__file__).with_name("playbooks")
PATIENCE_S = 60


def begin(server: ServerProcess, model: str = "survey") -> str:
    """Start a task; return its path."""
    tasks = f"/api/v1/sessions/{server.open_session(model=model)}/tasks"
    made = server.request("POST", tasks, {"input": "Look"})
    assert made.status == 201, made.body
    return f"{tasks}/{made.body['task']['id']}"


@pytest.fixture
def asking(tmp_path: Path) -> Any:
    folders = f'["{PLAYBOOKS}"]'
    settings = {"ROOCODE_PROVIDERS__SCRIPTED__FOLDERS": folders, "ROOCODE_SERVER__MAX_WAIT_S": "20"}
    server = ServerProcess(tmp_path / "data", settings).start()
    yield server
    server.end()


def test_the_answer_comes_when_the_task_has_ended(server: ServerProcess) -> None:
    path = begin(server)
    answer = server.request("GET", f"{path}?wait=60")
    assert answer.body["task"]["status"] == "completed"
    again = server.curl("GET", f"{path}?wait=60", None, "--max-time", "30")
    assert again.body["task"] == answer.body["task"]


def test_a_wait_ends_in_time(asking: ServerProcess) -> None:
    path = begin(asking, "endless")
    answer = asking.request("GET", f"{path}?wait=0.3")
    assert answer.body["task"]["status"] == "running" or answer.body["task"]["status"] == "pending"


def test_the_server_bounds_the_wait(tmp_path: Path) -> None:
    settings = {
        "ROOCODE_SERVER__MAX_WAIT_S": "0.3",
        "ROOCODE_PROVIDERS__SCRIPTED__FOLDERS": f'["{PLAYBOOKS}"]',
    }
    server = ServerProcess(tmp_path / "data", settings).start()
    try:
        path = begin(server, "endless")
        answer = server.request("GET", f"{path}?wait=3600")
        assert answer.body["task"]["status"] in ("pending", "running")
    finally:
        server.end()


def test_a_task_that_asks_somebody_ends_a_wait_for_attention_alone(asking: ServerProcess) -> None:
    path = begin(asking, "asks")
    attention = asking.request("GET", f"{path}?wait=60&waitFor=attention")
    assert attention.body["task"]["activity"] in ("interactive", "idle")
    still = asking.request("GET", f"{path}?wait=0.3&waitFor=end")
    assert still.body["task"]["status"] == "running"


@pytest.mark.parametrize("query", ["wait=-1", "wait=soon", "wait=3601", "waitFor=lunch"])
def test_a_wait_that_is_none_is_refused(server: ServerProcess, query: str) -> None:
    assert server.request("GET", f"{begin(server)}?{query}").code == "VALIDATION_ERROR"


def test_an_unknown_task_is_not_waited_for(server: ServerProcess) -> None:
    path = f"/api/v1/sessions/{server.open_session()}/tasks/task-00000000000000000000?wait=60"
    assert server.request("GET", path).code == "RESOURCE_NOT_FOUND"


async def test_the_end_of_the_session_ends_the_wait(asking: ServerProcess) -> None:
    path = begin(asking, "endless")
    waiting = asyncio.create_task(asyncio.to_thread(asking.request, "GET", f"{path}?wait=3600"))
    await asyncio.sleep(0.3)  # whether it waits by then or not, the answer is one of these
    session = path.partition("/tasks")[0]
    assert (await asyncio.to_thread(asking.request, "DELETE", session)).status == 200
    async with asyncio.timeout(PATIENCE_S):
        answer = await waiting
    assert answer.status == 404 or answer.body["task"]["status"] == "cancelled"


async def test_socket_io_waits_as_well(server: ServerProcess) -> None:
    path = begin(server)
    session_id, task_id = path.split("/")[4], path.split("/")[6]
    async with Doors(server.url, server.key) as doors:
        asked = {"sessionId": session_id, "taskId": task_id, "wait": 60}
        answer = await doors.socket("task.get", asked)
    assert answer.body["task"]["status"] == "completed"
