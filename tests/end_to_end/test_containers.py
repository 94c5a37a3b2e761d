"""A server whose sessions live in containers, as its clients see it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.containers import TestEngine
from tests.support.processes import anywhere, seconds_of_nobody_else
from tests.support.server import ServerProcess

CLIENTS = Path(__file__).parent / "clients"
NAP = seconds_of_nobody_else()


@pytest.fixture
def server(
    start_server: Callable[..., ServerProcess], container_engine: TestEngine, tmp_path: Path
) -> Iterator[ServerProcess]:
    settings = container_engine.settings()
    named = {f"runtime__docker__{name}": str(content) for name, content in settings["docker"].items()}
    running = start_server(
        runtime__kind="docker", runtime__read_only_paths=str(settings["read_only_paths"]), **named
    )
    yield running
    running.end()
    container_engine.remove_containers_of(running.data_dir)


def until(holds: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def session(server: ServerProcess) -> str:
    made = server.request("POST", "/api/v1/sessions", {"name": "contained"})
    assert made.status == 201, made.body
    return f"/api/v1/sessions/{made.body['session']['id']}"


def sandbox(server: ServerProcess, place: str) -> dict[str, Any]:
    return dict(server.request("GET", f"{place}/sandbox").body["sandbox"])


def shell(server: ServerProcess, place: str, cmd: str) -> dict[str, Any]:
    answer = server.request("POST", f"{place}/shell", {"cmd": cmd})
    assert answer.status == 200, answer.body
    return dict(answer.body)


def test_a_javascript_client_follows_a_task_in_a_container(server: ServerProcess) -> None:
    outcome = server.node("follow.mjs", "write-and-run", "websocket")
    assert [event["type"] for event in outcome["seen"] if event.get("seq")][-1] == "task.completed"
    assert outcome["last"]["result"]["commandsExecuted"]


def test_the_health_says_where_commands_run(server: ServerProcess) -> None:
    health = server.request("GET", "/api/v1/health", key=None).body
    assert (health["runtime"], health["dockerAvailable"]) == ("docker", True)
    assert server.request("GET", "/api/health", key=None).body["docker_available"] is True


def test_a_session_names_its_container_and_what_holds_its_limits(
    server: ServerProcess, container_engine: TestEngine
) -> None:
    place = session(server)
    assert sandbox(server, place)["status"] == "absent"
    shell(server, place, "true")
    state = sandbox(server, place)
    assert (state["runtime"], state["status"]) == ("docker", "running")
    assert state["limits"]["memory"] == "container"
    assert [each["Id"] for each in container_engine.containers_of(server.data_dir)] == [state["id"]]


def test_files_go_both_ways(server: ServerProcess) -> None:
    place = session(server)
    server.request("POST", f"{place}/files/in.txt", {"content": "from outside"})
    assert shell(server, place, "cat in.txt; echo from inside > out.txt")["output"] == "from outside"
    assert server.request("GET", f"{place}/files/out.txt").body["content"] == "from inside\n"


def test_a_deleted_session_leaves_no_container(server: ServerProcess, container_engine: TestEngine) -> None:
    place = session(server)
    server.request("POST", f"{place}/processes", {"command": f"sleep {NAP}"})
    until(lambda: anywhere("sleep", NAP))
    assert server.request("DELETE", place).status == 200
    assert container_engine.containers_of(server.data_dir) == []
    assert not anywhere("sleep", NAP)


def test_a_killed_server_finds_its_containers_and_ends_what_ran_in_them(
    server: ServerProcess, container_engine: TestEngine
) -> None:
    place = session(server)
    server.request("POST", f"{place}/processes", {"command": f"sleep {NAP}1"})
    before = sandbox(server, place)["id"]
    until(lambda: anywhere("sleep", f"{NAP}1"))
    server.kill()
    server.start()
    until(lambda: not anywhere("sleep", f"{NAP}1"))
    assert shell(server, place, "echo still there")["output"] == "still there\n"
    assert sandbox(server, place)["id"] == before


def test_the_documents_python_client_runs(server: ServerProcess) -> None:
    port = server.url.rpartition(":")[2]
    words = [sys.executable, str(CLIENTS / "crogia_example.py"), port, server.key]
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "Event: task_completed"
