"""Hostile clients at `/ws`: they are told what is wrong, keep their connection, and disturb nobody."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from roocode_server.engine.storage.data_directory import DATABASE_FILE
from roocode_server.handlers.dialects.opencode.refusals import refused
from roocode_server.models.error import InternalError
from tests.support.others import others_stay_quick
from tests.support.server import ServerProcess
from tests.support.typed import PATIENCE_S, TypedClient, somebody, task, typed

Start = Callable[..., ServerProcess]


@pytest.mark.parametrize(
    ("said", "code", "field"),
    [
        ("", "INVALID_JSON", None),
        ('{"type": "ping"', "INVALID_JSON", None),
        ("[]", "INVALID_JSON", None),
        ("5", "INVALID_JSON", None),
        ("null", "INVALID_JSON", None),
        ('{"type": "ping", "timestamp": NaN}', "INVALID_JSON", None),
        ('{"type": "\\ud800"}', "INVALID_JSON", None),
        ("[" * 100_000, "INVALID_JSON", None),
        ('{"type":' * 5000 + "1" + "}" * 5000, "INVALID_JSON", None),
        ("{}", "MISSING_REQUIRED_FIELD", "type"),
        ('{"type": null}', "MISSING_REQUIRED_FIELD", "type"),
        ('{"type": "nothing"}', "UNKNOWN_MESSAGE_TYPE", "type"),
        ('{"type": 5}', "UNKNOWN_MESSAGE_TYPE", "type"),
        ('{"type": ["ping"]}', "UNKNOWN_MESSAGE_TYPE", "type"),
        ('{"type": {"a": 1}}', "UNKNOWN_MESSAGE_TYPE", "type"),
        ('{"type": "pong"}', "UNKNOWN_MESSAGE_TYPE", "type"),
        ('{"type": "' + "x" * 1_000_000 + '"}', "UNKNOWN_MESSAGE_TYPE", "type"),
        ({"type": "ping", "timestamp": "now"}, "INVALID_FIELD_VALUE", "timestamp"),
        ({"type": "ping", "timestamp": 1e300}, "INVALID_FIELD_VALUE", "timestamp"),
        ({"type": "start_task"}, "MISSING_REQUIRED_FIELD", "task"),
        ({"type": "start_task", "task": []}, "INVALID_FIELD_VALUE", "task"),
        (task("t", timeout=-1), "INVALID_FIELD_VALUE", "timeout"),
        (task("t", timeout="soon"), "INVALID_FIELD_VALUE", "timeout"),
        (task("t", dependencies="a"), "INVALID_FIELD_VALUE", "dependencies"),
        (task("t", dependencies=["a"] * 1000), "INVALID_FIELD_VALUE", "dependencies"),
        (task("t", dependencies=[{}]), "INVALID_FIELD_VALUE", "dependencies.0"),
        (task("t", dependencies=["t"]), "INVALID_FIELD_VALUE", "dependencies"),
        (task("a/b"), "INVALID_FIELD_VALUE", "id"),
        (task("x" * 200), "INVALID_FIELD_VALUE", "id"),
        (task("t", type="x" * 100), "INVALID_FIELD_VALUE", "type"),
        (task(""), "INVALID_TASK_DATA", "id"),
        (task("t", type=None), "INVALID_TASK_DATA", "type"),
        (task("t", ""), "INVALID_TASK_DATA", "description"),
        ({"type": "cancel_task"}, "MISSING_REQUIRED_FIELD", "task_id"),
        ({"type": "cancel_task", "task_id": 5}, "INVALID_FIELD_VALUE", "task_id"),
        ({"type": "list_tasks", "limit": 0}, "INVALID_FIELD_VALUE", "limit"),
        ({"type": "list_tasks", "offset": -1}, "INVALID_FIELD_VALUE", "offset"),
        ({"type": "list_tasks", "filter": {"status": "lost"}}, "INVALID_FIELD_VALUE", "filter.status"),
        ({"type": "kill_process"}, "MISSING_REQUIRED_FIELD", "pid"),
        ({"type": "kill_process", "pid": -1}, "INVALID_FIELD_VALUE", "pid"),
        ({"type": "kill_process", "pid": "1"}, "INVALID_FIELD_VALUE", "pid"),
        ({"type": "kill_process", "pid": 1, "signal": "SIGSTOP"}, "INVALID_FIELD_VALUE", "signal"),
        ({"type": "request_performance_metrics", "time_range": "1y"}, "INVALID_FIELD_VALUE", "time_range"),
        ({"type": "subscribe_to_updates"}, "MISSING_REQUIRED_FIELD", "channels"),
        ({"type": "subscribe_to_updates", "channels": []}, "INVALID_FIELD_VALUE", "channels"),
        ({"type": "subscribe_to_updates", "channels": ["all"]}, "INVALID_FIELD_VALUE", "channels.0"),
        (
            {"type": "unsubscribe_from_updates", "subscription_id": "sub-none"},
            "INVALID_FIELD_VALUE",
            "subscription_id",
        ),
    ],
)
async def test_a_mistake_is_answered_and_the_connection_stays(
    server: ServerProcess, said: Any, code: str, field: str | None
) -> None:
    async with typed(server) as client:
        told = await client.ask(said)
        assert (told["type"], told["code"]) == ("error", code), told
        assert told["details"].get("field") == field or field is None
        assert told["timestamp"] and len(json.dumps(told)) < 3000
        assert (await client.ask(type="ping"))["type"] == "pong"


async def test_fields_that_s4_does_not_name_are_ignored(server: ServerProcess) -> None:
    async with typed(server, somebody(server)) as client:
        told = await client.ask({**task("extra", status="completed", progress=100), "request": 7})
        assert (told["type"], told["task"]["status"]) == ("task_started", "pending")


async def test_a_message_that_is_too_large_closes_the_connection(server: ServerProcess) -> None:
    async with typed(server) as client, typed(server) as other:
        with contextlib.suppress(ConnectionError):  # it is closed while the message is still being sent
            await client.send(json.dumps({"type": "ping", "more": "x" * 9_000_000}))
        assert await client.closed() in (aiohttp.WSCloseCode.MESSAGE_TOO_BIG, 1006)
        assert (await other.ask(type="ping"))["type"] == "pong"


async def test_binary_messages_are_read_as_text(server: ServerProcess) -> None:
    async with typed(server) as client:
        await client.socket.send_bytes(b'{"type": "ping"}')
        assert (await client.until(lambda told: "type" in told))["type"] == "pong"
        await client.socket.send_bytes(b"\xff\xfe")
        assert (await client.until(lambda told: "type" in told))["code"] == "INVALID_JSON"


async def test_what_belongs_to_others_is_not_found(server: ServerProcess) -> None:
    async with typed(server, somebody(server)) as owner, typed(server, somebody(server)) as other:
        await owner.ask(task("mine"))
        for kind in ("get_task_status", "cancel_task", "retry_task"):
            told = await other.ask(type=kind, task_id="mine")
            assert (told["code"], told["details"]) == ("TASK_NOT_FOUND", {"task_id": "mine"})
        listed = await other.ask(type="list_tasks")
        assert (listed["tasks"], listed["total_count"]) == ([], 0)


async def test_processes_of_others_are_not_found(server: ServerProcess) -> None:
    assert server.process is not None
    async with typed(server, somebody(server)) as client:
        for pid in (1, server.process.pid):
            told = await client.ask(type="kill_process", pid=pid, signal="SIGKILL")
            assert (told["code"], told["details"]["pid"]) == ("PROCESS_NOT_FOUND", str(pid))
        listed = await client.ask(type="request_process_list")
        assert listed["data"]["processes"] == []


async def test_the_session_of_somebody_else_is_refused(server: ServerProcess) -> None:
    session_id = server.request("POST", "/api/v1/sessions", {"name": "Theirs"}).body["session"]["id"]
    async with typed(server, somebody(server), sessionId=session_id) as client:
        assert client.told[0]["code"] == "RESOURCE_NOT_FOUND"
        assert await client.closed() == 4404


@pytest.mark.parametrize(
    ("key", "code"), [(None, "AUTHENTICATION_FAILED"), ("forged", "AUTHENTICATION_FAILED")]
)
def test_nobody_comes_in_without_credentials(server: ServerProcess, key: str | None, code: str) -> None:
    refused = server.request("GET", "/ws", key=key)
    assert (refused.status, refused.body["type"], refused.body["code"]) == (401, "error", code)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
async def test_pages_of_other_origins_are_kept_out(server: ServerProcess, origin: str) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with typed(server, headers={"Origin": origin}):
            pass
    assert refused.value.status == 403


async def test_ten_thousand_messages_are_counted_and_others_stay_quick(start_server: Start) -> None:
    server = start_server(limits__messages="100")
    async with typed(server, somebody(server)) as client:
        with others_stay_quick(server):
            sending = asyncio.create_task(_flood(client, 10_000))
            answers = [await client.until(lambda told: "type" in told) for _ in range(10_000)]
            await sending
    assert [each["type"] for each in answers].count("pong") == 100
    assert {each.get("code") for each in answers[100:]} == {"RATE_LIMIT_EXCEEDED"}


async def _flood(client: TypedClient, number: int) -> None:
    for _ in range(number):
        await client.send({"type": "ping"})


async def test_who_reads_nothing_is_read_no_further(start_server: Start) -> None:
    server = start_server()
    most = 100_000
    async with typed(server, receiving_bytes=4096) as client, typed(server) as other:
        sent = 0

        async def flood() -> None:
            nonlocal sent
            while sent < most:
                sent += 1
                await client.send({"type": "ping", "ignored": "x" * 8000})

        flooding = asyncio.create_task(flood())
        before = -1
        while before < sent < most:
            before = sent
            await asyncio.wait([flooding], timeout=1)
        assert sent < most, "the server has taken all, and must hold the answers"
        assert (await other.ask(type="ping"))["type"] == "pong"
        flooding.cancel()
        await asyncio.wait([flooding])


async def test_subscriptions_of_a_connection_are_bounded(server: ServerProcess) -> None:
    async with typed(server) as client:
        for _ in range(32):
            told = await client.ask(type="subscribe_to_updates", channels=["task_status"])
            assert told["type"] == "subscription_confirmed"
        refused = await client.ask(type="subscribe_to_updates", channels=["task_status"])
        assert refused["code"] == "SERVER_OVERLOAD"
        await client.ask(type="unsubscribe_from_updates")
        told = await client.ask(type="subscribe_to_updates", channels=["task_status"])
        assert told["type"] == "subscription_confirmed"


async def test_an_eleventh_new_task_in_a_minute_is_refused(start_server: Start) -> None:
    server = start_server(limits__message_tasks="10", limits__task_creation="5")
    async with typed(server, somebody(server)) as client:
        answers = [await client.ask(task(f"task-{number}")) for number in range(11)]
    assert [each["type"] for each in answers[:10]] == ["task_started"] * 10
    assert answers[10]["code"] == "RATE_LIMIT_EXCEEDED"
    assert answers[10]["details"]["current_limit"] == 10


async def test_one_connection_too_many_is_told_over_the_connection(start_server: Start) -> None:
    server = start_server(limits__connections="2")
    key = somebody(server)
    async with typed(server, key), typed(server, key), typed(server, key) as third:
        assert third.told[0]["code"] == "RATE_LIMIT_EXCEEDED"
        assert third.told[0]["details"]["current_limit"] == 2
        assert await third.closed() == aiohttp.WSCloseCode.TRY_AGAIN_LATER


async def test_a_client_that_answers_no_ping_is_told_before_it_is_closed(start_server: Start) -> None:
    server = start_server(socket__ping_interval_s="1")
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{server.url}/ws?token={server.key}", autoping=False) as socket,
        asyncio.timeout(PATIENCE_S),
    ):
        texts = [message.data async for message in socket if message.type is aiohttp.WSMsgType.TEXT]
    assert json.loads(texts[-1])["code"] == "HEARTBEAT_TIMEOUT"
    assert socket.close_code == 4408


async def test_a_client_that_answers_pings_stays(start_server: Start) -> None:
    server = start_server(socket__ping_interval_s="1")
    async with typed(server) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(4):
                await client.closed()
        assert (await client.ask(type="ping"))["type"] == "pong"


async def test_a_stop_of_the_server_is_told(start_server: Start) -> None:
    server = start_server()
    async with typed(server) as client:
        stopping = asyncio.create_task(asyncio.to_thread(server.stop))
        assert await client.closed() == aiohttp.WSCloseCode.GOING_AWAY
        assert client.told[-1]["code"] == "CONNECTION_LOST"
        assert await stopping == 0


def damaged(server: ServerProcess, table: str) -> None:
    with sqlite3.connect(server.data_dir / DATABASE_FILE) as database:
        database.execute(f"ALTER TABLE {table} RENAME TO gone")


async def test_a_failure_of_the_database_is_told_as_one(start_server: Start) -> None:
    server = start_server()
    async with typed(server, somebody(server)) as client:
        assert (await client.ask(task("t")))["type"] == "task_started"
        damaged(server, "tasks")
        assert (await client.ask(type="list_tasks"))["code"] == "DATABASE_ERROR"


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (OSError(5, "Input/output error"), "FILESYSTEM_ERROR"),
        (sqlite3.OperationalError("disk I/O error"), "DATABASE_ERROR"),
        (ValueError("a defect"), "INTERNAL_ERROR"),
    ],
)
def test_a_defect_is_told_by_its_cause(cause: Exception, code: str) -> None:
    failure = InternalError()
    failure.__cause__ = cause
    assert refused(failure)["code"] == code
