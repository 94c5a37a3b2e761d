"""The machine as dashboards see it: watched over sockets, for as long as their callers may."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest
import socketio

from tests.support.server import ServerProcess


class Dashboard:
    """A client in one namespace, which keeps what it is sent."""

    def __init__(self, socket: socketio.AsyncClient, namespace: str) -> None:
        self.got: list[tuple[str, dict[str, Any]]] = []
        self.socket = socket
        self._namespace = namespace
        self._more = asyncio.Event()
        socket.on("*", self._note, namespace=namespace)

    async def call(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = await self.socket.call(name, body, namespace=self._namespace, timeout=30)
        return answer

    async def watch(self) -> dict[str, Any]:
        return await self.call("system.watch", {"channels": ["resources"]})

    async def samples(self, count: int) -> list[dict[str, Any]]:
        """Wait for so many samples; return all."""
        async with asyncio.timeout(30):
            while len(found := [body for name, body in self.got if name == "system.sampled"]) < count:
                self._more.clear()
                await self._more.wait()
        return found

    async def _note(self, name: str, body: dict[str, Any]) -> None:
        self.got.append((name, body))
        self._more.set()


@asynccontextmanager
async def dashboard(
    server: ServerProcess, namespace: str = "/monitoring", *, key: str = "", polls: bool = False
) -> AsyncIterator[Dashboard]:
    socket = socketio.AsyncClient(reconnection=False)
    here = Dashboard(socket, namespace)
    await socket.connect(
        server.url,
        auth={"token": key or server.key},
        namespaces=[namespace],
        transports=["polling" if polls else "websocket"],
    )
    try:
        yield here
    finally:
        await socket.disconnect()


@pytest.fixture
def quick(start_server: Callable[..., ServerProcess]) -> ServerProcess:
    """A server that measures ten times in a second, and shows its administrators the whole machine."""
    return start_server(monitoring__sample_interval_s="0.1", monitoring__whole_machine="true")


async def test_whoever_watches_is_sent_samples_until_they_stop(quick: ServerProcess) -> None:
    async with dashboard(quick) as here:
        assert await here.watch() == {"channels": ["resources"], "sampleInterval": 0.1}
        first, second, *_ = await here.samples(2)
        assert first["type"] == "system.sampled"
        assert "sessionId" not in first and "seq" not in first
        assert first["id"] != second["id"]
        assert 0 <= first["resources"]["cpuUsage"] <= 100
        assert first["resources"]["systemLoad"].keys() == {"load1", "load5", "load15"}
        assert await here.call("system.unwatch", {}) == {"channels": [], "sampleInterval": 0.1}
        here.got.clear()
        await asyncio.sleep(0.4)
        assert here.got == []


@pytest.mark.parametrize(("namespace", "polls"), [("/", False), ("/monitoring", True), ("/", True)])
async def test_samples_come_in_the_namespace_and_over_the_transport_of_the_call(
    quick: ServerProcess, namespace: str, polls: bool
) -> None:
    async with dashboard(quick, namespace, polls=polls) as here:
        await here.watch()
        await here.samples(2)


async def test_two_hundred_dashboards_are_sent_the_same_samples(quick: ServerProcess) -> None:
    unlimited = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=unlimited) as http, asyncio.timeout(120):
        sockets = [await _raw(http, quick) for _ in range(200)]
        for socket in sockets:
            await socket.send_str('421["system.watch",{"channels":["resources"]}]')
        seen = await asyncio.gather(*(_samples_of(socket, 3) for socket in sockets))
        await asyncio.gather(*(socket.close() for socket in sockets))
    assert len(set().union(*seen)) < 200, "dashboards have no samples of their own"


async def _raw(http: aiohttp.ClientSession, server: ServerProcess) -> aiohttp.ClientWebSocketResponse:
    """A dashboard without a client library, which would take long for two hundred."""
    socket = await http.ws_connect(f"{server.url}/socket.io/?EIO=4&transport=websocket")
    await socket.receive_str()
    await socket.send_str(f'40{{"token":"{server.key}"}}')
    assert (await socket.receive_str()).startswith("40")
    return socket


async def _samples_of(socket: aiohttp.ClientWebSocketResponse, count: int) -> list[str]:
    """The ids of the next samples."""
    found: list[str] = []
    while len(found) < count:
        text = await socket.receive_str()
        if text.startswith('42["system.sampled"'):
            found.append(text.partition('"id":"')[2].partition('"')[0])
    return found


async def test_a_client_that_does_not_read_misses_samples_and_keeps_its_connection(
    quick: ServerProcess,
) -> None:
    async with aiohttp.ClientSession() as http:
        slow = await _raw(http, quick)
        await slow.send_str('421["system.watch",{"channels":["resources"]}]')
        await asyncio.sleep(0.5)
        async with dashboard(quick) as other:
            await other.watch()
            await other.samples(3)
        await _samples_of(slow, 1)
        await slow.close()


async def test_a_channel_that_does_not_exist_is_refused(server: ServerProcess) -> None:
    async with dashboard(server) as here:
        answer = await here.call("system.watch", {"channels": ["weather"]})
        assert answer["error"]["code"] == "VALIDATION_ERROR"
        answer = await here.call("system.watch", {"channels": []})
        assert answer["error"]["code"] == "VALIDATION_ERROR"


async def test_what_a_revoked_key_watches_ends_with_it(quick: ServerProcess) -> None:
    made = quick.request("POST", "/api/v1/keys", {"name": "dashboard"}).body
    async with dashboard(quick, key=made["secret"]) as here:
        await here.watch()
        await here.samples(1)
        assert quick.request("DELETE", f"/api/v1/keys/{made['key']['id']}").status == 200
        async with asyncio.timeout(20):
            while here.socket.connected:
                await asyncio.sleep(0.05)
        here.got.clear()
        await asyncio.sleep(0.3)
        assert here.got == []


SESSIONS = "/api/v1/sessions"
PROCESSES = "/api/v1/system/processes"


def person(server: ServerProcess, role: str = "developer") -> str:
    """The key of a new user."""
    user = {"email": f"{secrets.token_hex(8)}@example.com", "password": "long enough for anybody"}
    made = server.request("POST", "/api/v1/users", {**user, "name": "Somebody", "roles": [role]})
    assert made.status == 201, made.body
    login = server.request("POST", "/api/v1/auth/login", user, key=None).body
    token = login["tokens"]["accessToken"]
    return str(server.request("POST", "/api/v1/keys", {"name": "one"}, key=token).body["secret"])


def session_of(server: ServerProcess, key: str) -> str:
    return str(server.request("POST", SESSIONS, {"name": "One"}, key=key).body["session"]["id"])


def begun(server: ServerProcess, key: str, session_id: str, command: str, name: str) -> dict[str, Any]:
    """Start a process in a session; return what the machine shows of the program with this name."""
    made = server.request("POST", f"{SESSIONS}/{session_id}/processes", {"command": command}, key=key)
    assert made.status == 201, made.body
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        listed = server.request("GET", f"{PROCESSES}?sessionId={session_id}", key=key).body
        for process in listed["processes"]:
            if process["name"] == name:
                return dict(process)
    raise TimeoutError(listed)


def test_people_see_the_processes_of_their_sessions_and_no_others(quick: ServerProcess) -> None:
    one, other = person(quick), person(quick)
    session_id = session_of(quick, one)
    process = begun(quick, one, session_id, "exec sleep 4331", "sleep")
    assert process["cmdline"] == "sleep 4331"
    assert (process["type"], process["status"], process["sessionId"]) == ("command", "running", session_id)
    assert process["memoryRss"] >= 0 and process["cpuPercent"] >= 0 and process["memoryPercent"] < 100
    assert abs(datetime.fromisoformat(process["createTime"]).timestamp() - time.time()) < 120
    seen = quick.request("GET", PROCESSES, key=one).body
    assert {each["sessionId"] for each in seen["processes"]} == {session_id}
    assert seen["totalCount"] == len(seen["processes"])
    assert seen["systemLoad"].keys() == {"load1", "load5", "load15"}
    nothing = quick.request("GET", PROCESSES, key=other).body
    assert (nothing["processes"], nothing["totalCount"]) == ([], 0)
    assert quick.request("GET", f"{PROCESSES}?sessionId={session_id}", key=other).body["processes"] == []


def test_administrators_see_all_of_the_machine(quick: ServerProcess) -> None:
    session_id = session_of(quick, one := person(quick))
    process = begun(quick, one, session_id, "exec sleep 4332", "sleep")
    everything = quick.request("GET", f"{PROCESSES}?limit=1000").body["processes"]
    by_pid = {each["pid"]: each for each in everything}
    assert by_pid[process["pid"]]["sessionId"] == session_id
    assert by_pid[1]["type"] == "system"
    assert {"server", "sandbox", "command", "system"} <= {each["type"] for each in everything}


def test_a_list_is_as_long_as_was_asked_for_and_counts_all(quick: ServerProcess) -> None:
    listed = quick.request("GET", f"{PROCESSES}?limit=1").body
    assert len(listed["processes"]) == 1
    assert listed["totalCount"] > 1
    zombies = quick.request("GET", f"{PROCESSES}?status=zombie&type=opencode").body
    assert zombies["totalCount"] == 0
    assert quick.request("GET", f"{PROCESSES}?type=strange").status == 400


def test_a_process_of_ones_own_session_is_ended(quick: ServerProcess) -> None:
    one = person(quick)
    process = begun(quick, one, session_of(quick, one), "sleep 4333 & exec sleep 4334", "sleep")
    ended = quick.request("POST", f"{PROCESSES}/{process['pid']}/kill", {"signal": "SIGTERM"}, key=one)
    assert ended.status == 200
    assert ended.body.items() >= {"pid": process["pid"], "signal": "SIGTERM", "success": True}.items()
    assert datetime.fromisoformat(ended.body["terminationTime"])
    again = quick.request("POST", f"{PROCESSES}/{process['pid']}/kill", {}, key=one)
    assert (again.status, again.code) == (404, "RESOURCE_NOT_FOUND")


def test_what_is_not_ones_own_is_not_found_and_lives_on(quick: ServerProcess) -> None:
    one, other = person(quick), person(quick)
    process = begun(quick, one, session_of(quick, one), "exec sleep 4335", "sleep")
    assert quick.process is not None
    for pid in (process["pid"], 1, os.getpid(), quick.process.pid, 4_000_000):
        refused = quick.request("POST", f"{PROCESSES}/{pid}/kill", {"signal": "SIGKILL"}, key=other)
        assert (refused.status, refused.code) == (404, "RESOURCE_NOT_FOUND")
        assert refused.body["error"]["details"] == {"resource": "process", "id": str(pid)}
    assert psutil.Process(process["pid"]).status() != psutil.STATUS_ZOMBIE


def test_a_watcher_sees_processes_and_ends_none_a_collaborator_does(quick: ServerProcess) -> None:
    one, guest = person(quick), person(quick)
    session_id = session_of(quick, one)
    process = begun(quick, one, session_id, "exec sleep 4336", "sleep")
    share = {"user": quick.request("GET", "/api/v1/auth/profile", key=guest).body["user"]["email"]}
    kill = f"{PROCESSES}/{process['pid']}/kill"
    quick.request("POST", f"{SESSIONS}/{session_id}/shares", {**share, "access": "watcher"}, key=one)
    assert quick.request("GET", PROCESSES, key=guest).body["totalCount"] > 0
    assert quick.request("POST", kill, {}, key=guest).code == "PERMISSION_DENIED"
    quick.request("POST", f"{SESSIONS}/{session_id}/shares", {**share, "access": "collaborator"}, key=one)
    assert quick.request("POST", kill, {}, key=guest).body["success"]


def test_administrators_end_other_programs_but_not_what_the_server_needs(quick: ServerProcess) -> None:
    assert quick.process is not None
    for pid in (1, quick.process.pid, psutil.Process(quick.process.pid).ppid()):  # who has started the server
        refused = quick.request("POST", f"{PROCESSES}/{pid}/kill", {"signal": "SIGKILL"})
        assert refused.code == "PERMISSION_DENIED", pid
    command = ["setsid", "--fork", "sh", "-c", "echo $$; exec sleep 4337"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        pid = int(started.stdout.readline())
    try:
        assert quick.request("POST", f"{PROCESSES}/{pid}/kill", {}).body["success"]
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_administrators_see_and_end_nothing_but_sessions_if_the_operator_says_so(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server(monitoring__sample_interval_s="0.1", monitoring__whole_machine="false")
    one = person(server)
    process = begun(server, one, session_id := session_of(server, one), "exec sleep 4339", "sleep")
    seen = server.request("GET", f"{PROCESSES}?limit=1000").body["processes"]
    assert {each.get("sessionId") for each in seen} == {session_id}
    assert server.request("POST", f"{PROCESSES}/{os.getpid()}/kill", {}).status == 404
    assert server.request("POST", f"{PROCESSES}/{process['pid']}/kill", {}).body["success"]


def test_ends_of_processes_are_counted_and_audited(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server(limits__process_kills="2")
    one = person(server)
    answers = [server.request("POST", f"{PROCESSES}/4000000/kill", {}, key=one).status for _ in range(3)]
    assert answers == [404, 404, 429]
    entries = server.request("GET", "/api/v1/audit?operation=system.kill").body["data"]
    assert entries


LOGS = "/api/v1/system/logs"


def entries(server: ServerProcess, query: str = "", key: str = "") -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = server.request("GET", f"{LOGS}?{query}", key=key).body["entries"]
    return listed


def test_people_read_entries_of_their_sessions_and_no_others(quick: ServerProcess) -> None:
    one, other = person(quick), person(quick)
    session_id = session_of(quick, one)
    foreign = session_of(quick, other)
    deadline = time.monotonic() + 30
    while not (seen := entries(quick, key=one)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert {entry["sessionId"] for entry in seen} == {session_id}
    assert seen[-1]["message"] == "session.created"
    assert entries(quick, f"sessionId={foreign}", key=one) == []
    everything = entries(quick)
    assert {session_id, foreign} <= {entry.get("sessionId") for entry in everything}
    assert any(entry["message"] == "server started" for entry in everything)


def test_entries_are_there_after_the_server_was_killed(quick: ServerProcess) -> None:
    session_id = session_of(quick, quick.key)
    deadline = time.monotonic() + 30
    while not entries(quick, f"sessionId={session_id}") and time.monotonic() < deadline:
        time.sleep(0.05)
    quick.kill()
    quick.start()
    assert [entry["message"] for entry in entries(quick, f"sessionId={session_id}")] == ["session.created"]
    refused = quick.request("GET", "/api/v1/sessions/none", key=person(quick))
    request_id = refused.body["error"]["requestId"]
    while not (found := [each for each in entries(quick) if each.get("requestId") == request_id]):
        time.sleep(0.05)
    assert (found[0]["message"], found[0]["logger"]) == ("refused", "refusals")
    assert "address" not in found[0]["details"]


async def test_entries_are_told_of_live_to_those_who_may_see_them(quick: ServerProcess) -> None:
    one = await asyncio.to_thread(person, quick)
    async with dashboard(quick) as admin, dashboard(quick, key=one) as here:
        wanted = {"logs": {"text": "SESSION.created"}}
        for each in (admin, here):
            answer = await each.call("system.watch", {"channels": ["logs"], "filters": wanted})
            assert answer["channels"] == ["logs"]
        foreign = await asyncio.to_thread(session_of, quick, quick.key)
        own = await asyncio.to_thread(session_of, quick, one)
        async with asyncio.timeout(30):
            while len(admin.got) < 2 or not here.got:
                await asyncio.sleep(0.02)
        assert [body["entry"]["sessionId"] for _, body in admin.got] == [foreign, own]
        [(name, written)] = here.got
        assert name == "log.written"
        assert written["entry"]["sessionId"] == own
        assert written["entry"]["level"] == "info"


PLAYBOOK = """
name: opencode-runs
description: Run an agent program.
steps:
  - call: execute_command
    with: {command: cp /bin/sleep opencode && ./opencode 4338}
"""


def test_agents_are_running_tasks_and_the_agent_programs_of_sessions(
    tmp_path: Path, start_server: Callable[..., ServerProcess]
) -> None:
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "opencode-runs.yaml").write_text(PLAYBOOK)
    server = start_server(
        monitoring__sample_interval_s="0.1",
        monitoring__whole_machine="true",
        providers__scripted__folders=f"[{tmp_path / 'books'}]",
    )
    one, other = person(server), person(server)
    approvals = [{"group": "command", "decision": "always"}]
    config = {"provider": "scripted", "model": "opencode-runs", "approvals": approvals}
    made = server.request("POST", SESSIONS, {"name": "Agents", "config": config}, key=one)
    session_id = made.body["session"]["id"]
    task = server.request("POST", f"{SESSIONS}/{session_id}/tasks", {"input": "test"}, key=one).body["task"]
    deadline = time.monotonic() + 30
    found: dict[str, Any] = {}
    while len(found) < 2 and time.monotonic() < deadline:
        listed = server.request("GET", "/api/v1/system/agents", key=one).body["agents"]
        found = {agent["type"]: agent for agent in listed if agent["memoryUsage"]}
    own, program = found["roocode"], found["opencode"]
    assert own["taskId"] == program["taskId"] == task["id"]
    assert own["sessionId"] == program["sessionId"] == session_id
    assert own["activity"] == program["activity"] == "executing_task"
    assert (own["isOpencode"], program["isOpencode"], program["isClaudeDesktop"]) == (False, True, False)
    assert program["cmdline"] == "./opencode 4338"
    assert program["workingDir"] == own["workingDir"]
    assert own["memoryUsage"] >= program["memoryUsage"] > 0, "that of all that the task has started"
    assert server.request("GET", "/api/v1/system/agents", key=other).body["agents"] == []
    of_admin = {agent["pid"] for agent in server.request("GET", "/api/v1/system/agents").body["agents"]}
    assert {own["pid"], program["pid"]} <= of_admin
    assert server.request("GET", "/api/v1/system/resources").body["claudeProcesses"] >= 1
    assert server.request("POST", f"{PROCESSES}/{own['pid']}/kill", {}, key=one).status == 404
    assert server.request("POST", f"{PROCESSES}/{program['pid']}/kill", {}, key=one).body["success"]
