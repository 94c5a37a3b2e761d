"""A server that is asked to stop stores everything, informs its clients, and exits."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import socketio
from socketio.exceptions import SocketIOError

from tests.end_to_end.lives import DEADLINE_S, OF_FOCUS, PLAYBOOKS, Life, no_process_with, processes_with
from tests.support.server import ServerProcess

MakeLife = Callable[..., Any]


@pytest.fixture
async def begin(tmp_path: Path) -> AsyncIterator[MakeLife]:
    """Start a server with a session whose agent needs no approvals. Keywords are settings."""
    lives: list[Life] = []

    async def begin(**settings: str) -> Life:
        named = {f"ROOCODE_{name.upper()}": content for name, content in settings.items()}
        named["ROOCODE_PROVIDERS__SCRIPTED__FOLDERS"] = f"[{PLAYBOOKS}]"
        life = Life(ServerProcess(tmp_path / "data", named))
        lives.append(life)
        await life.begin()
        await life.open_session(provider="scripted", approvals=[{"decision": "always"}])
        return life

    yield begin
    for life in lives:
        await life.leave()
        life.server.end()


def tell(life: Life, number: signal.Signals) -> None:
    assert life.server.process is not None
    life.server.process.send_signal(number)


async def exit_code(life: Life) -> int:
    assert life.server.process is not None
    code = await asyncio.to_thread(life.server.process.wait, DEADLINE_S)
    assert life.server.process.stdout is not None
    life.server.process.stdout.close()
    return code


async def begin_endless_task(life: Life, seconds: str) -> str:
    """Start a task whose command runs three processes; return its id."""
    task_id: str = (await life.call("task.create", input=seconds))["task"]["id"]
    await begun(f"sleep {seconds}", 3)
    return task_id


async def begun(words: str, count: int) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while len([found for found in processes_with(words) if ": sleep" in found]) < count:
            await asyncio.sleep(0.01)


@asynccontextmanager
async def http(life: Life) -> AsyncIterator[aiohttp.ClientSession]:
    headers = {"Authorization": f"Bearer {life.server.key}"}
    async with aiohttp.ClientSession(life.server.url, headers=headers) as client:
        yield client


async def until_closed(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    """Read to the end; return the close code."""
    async with asyncio.timeout(DEADLINE_S):
        async for _ in socket:
            pass
    return socket.close_code


async def poll(life: Life) -> tuple[Any, asyncio.Event]:
    """A client without WebSocket, and whether it has noticed that the server has stopped."""
    client: Any = socketio.AsyncClient(reconnection=False, handle_sigint=False)
    gone = asyncio.Event()
    client.on("disconnect", lambda _: gone.set())
    auth = {"token": life.server.key, "sessionId": life.session_id}
    await client.connect(life.server.url, auth=auth, transports=["polling"])
    return client, gone


@pytest.mark.parametrize(("number", "seconds"), [(signal.SIGTERM, "54321.1"), (signal.SIGINT, "54321.2")])
async def test_a_stop_ends_the_command_closes_every_client_and_leaves_the_task_resumable(
    begin: MakeLife, number: signal.Signals, seconds: str
) -> None:
    life: Life = await begin()
    task_id = await begin_endless_task(life, seconds)
    polling, polling_gone = await poll(life)
    async with http(life) as client, client.ws_connect(f"/ws/{life.session_id}") as raw:
        tell(life, number)
        code = await until_closed(raw)
    async with asyncio.timeout(DEADLINE_S):
        await life.gone.wait()
        await polling_gone.wait()
    await polling.shutdown()
    assert await exit_code(life) == 0
    assert code == aiohttp.WSCloseCode.GOING_AWAY
    assert processes_with(f"sleep {seconds}") == []
    assert "Traceback" not in life.server.log
    types = [happened["type"] for happened in life.seen if happened["type"] not in OF_FOCUS]
    assert types[-1] == "task.resumable"
    await life.leave()
    await life.begin()
    task = (await life.call("task.get", taskId=task_id))["task"]
    assert (task["status"], task["activity"]) == ("pending", "resumable")
    stored = await life.stored()
    assert life.seen == stored
    assert [each["seq"] for each in stored] == list(range(1, len(stored) + 1))


async def test_a_task_that_a_stop_interrupted_is_resumed_after_the_next_start(begin: MakeLife) -> None:
    life: Life = await begin()
    task_id = await begin_endless_task(life, "54321.3")
    assert await asyncio.to_thread(life.server.stop) == 0
    await life.leave()
    await life.begin()
    await life.call("task.resume", taskId=task_id)
    await begun("sleep 54321.3", 3)
    task = (await life.call("task.cancel", taskId=task_id))["task"]
    assert task["status"] == "cancelled"
    await no_process_with("sleep 54321.3")


async def test_a_call_that_is_under_way_is_told_that_the_server_stops(begin: MakeLife) -> None:
    life: Life = await begin()
    request = {"toolName": "execute_command", "parameters": {"command": "sleep 54321.4"}}
    call = asyncio.create_task(life.ask("tool.execute", **request))
    await begun("sleep 54321.4", 1)
    tell(life, signal.SIGTERM)
    answer = await call
    assert answer["error"]["code"] == "SERVER_OVERLOAD"
    assert await exit_code(life) == 0
    assert processes_with("sleep 54321.4") == []
    assert "Traceback" not in life.server.log
    assert [each["type"] for each in life.seen[-2:]] == ["tool.completed", "tool.failed"]


async def test_a_rest_call_that_is_under_way_is_told_that_the_server_stops(begin: MakeLife) -> None:
    life: Life = await begin()
    async with http(life) as client:
        path = f"/api/v1/sessions/{life.session_id}/tools/execute_command"
        request = {"parameters": {"command": "sleep 54321.8"}}
        call = asyncio.create_task(_post(client, path, request))
        await begun("sleep 54321.8", 1)
        tell(life, signal.SIGTERM)
        answer = await call
    assert answer["error"]["code"] == "SERVER_OVERLOAD"
    assert await exit_code(life) == 0
    assert processes_with("sleep 54321.8") == []
    assert "Traceback" not in life.server.log


async def _post(client: aiohttp.ClientSession, path: str, body: dict[str, Any]) -> Any:
    async with client.post(path, json=body) as answer:
        return await answer.json()


async def test_new_work_while_the_server_stops_is_refused_or_kept(begin: MakeLife) -> None:
    life: Life = await begin()
    await begin_endless_task(life, "54321.5")
    accepted: list[str] = []
    refused: list[str] = []
    async with http(life) as client:
        tell(life, signal.SIGTERM)
        while True:
            try:
                path = f"/api/v1/sessions/{life.session_id}/tasks"
                answer = await client.post(path, json={"input": "short way"})
                body = await answer.json()
            except (aiohttp.ClientError, ConnectionError):
                break
            if answer.status == 201:
                accepted.append(body["task"]["id"])
            else:
                refused.append(body["error"]["code"])
    assert await exit_code(life) == 0
    assert set(refused) <= {"SERVER_OVERLOAD"}
    await life.leave()
    await life.begin()
    kept = {each["id"] for each in await _tasks(life)}
    assert set(accepted) <= kept


async def _tasks(life: Life) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await life.call("task.list", limit=100))["data"]
    return found


async def test_a_second_signal_does_no_harm(begin: MakeLife) -> None:
    life: Life = await begin()
    await begin_endless_task(life, "54321.6")
    for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT):
        tell(life, number)
    assert await exit_code(life) == 0
    assert processes_with("sleep 54321.6") == []
    assert "Traceback" not in life.server.log


async def test_a_server_with_no_time_to_stop_still_ends_what_it_started(begin: MakeLife) -> None:
    life: Life = await begin(server__shutdown_timeout_s="0")
    task_id = await begin_endless_task(life, "54321.7")
    tell(life, signal.SIGTERM)
    assert await exit_code(life) == 0
    await no_process_with("sleep 54321.7")
    await life.leave()
    await life.begin()
    task = (await life.call("task.get", taskId=task_id))["task"]
    assert (task["status"], task["activity"]) == ("pending", "resumable")


async def test_clients_that_never_read_do_not_hold_up_the_stop(begin: MakeLife) -> None:
    life: Life = await begin()
    async with http(life) as client:
        deaf = await client.ws_connect(f"/ws/{life.session_id}", autoclose=False, autoping=False)
        reader, writer = await asyncio.open_connection("127.0.0.1", int(life.server.url.rpartition(":")[2]))
        writer.write(b"POST /api/v1/sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{")
        await writer.drain()
        tell(life, signal.SIGTERM)
        assert await exit_code(life) == 0
        await deaf.close()
        await reader.read()
        writer.close()
    assert "Traceback" not in life.server.log


async def test_a_closing_socket_is_told_to_the_one_that_calls_on_it(begin: MakeLife) -> None:
    life: Life = await begin()
    assert await asyncio.to_thread(life.server.stop) == 0
    async with asyncio.timeout(DEADLINE_S):
        await life.gone.wait()
    with pytest.raises(SocketIOError):
        await life.ask("session.get")
