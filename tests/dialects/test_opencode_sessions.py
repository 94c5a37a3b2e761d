"""Where connections at `/ws` work, what they are told of it, and S1's broadcast."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.support.server import ServerProcess
from tests.support.typed import somebody, task, typed

Start = Callable[..., ServerProcess]

PLAYBOOKS = Path(__file__).parents[1] / "end_to_end" / "playbooks"
ENDLESS = "54321"
"""What a task is called whose playbook runs until it is cancelled."""


def sessions_of(server: ServerProcess, key: str) -> list[dict[str, Any]]:
    return list(server.request("GET", "/api/v1/sessions?purpose=automation", key=key).body["sessions"])


async def test_a_caller_has_one_automation_session_however_many_ask_for_it_at_once(
    server: ServerProcess,
) -> None:
    key = somebody(server)
    async with typed(server, key) as one, typed(server, key) as two:
        assert sessions_of(server, key) == []
        await asyncio.gather(one.ask(task("from-one")), two.ask(task("from-two")))
        listed = await one.ask(type="list_tasks")
    assert {each["id"] for each in listed["tasks"]} == {"from-one", "from-two"}
    assert [each["purpose"] for each in sessions_of(server, key)] == ["automation"]


async def test_who_only_looks_makes_no_session(server: ServerProcess) -> None:
    key = somebody(server)
    async with typed(server, key) as client:
        for kind in ("request_status", "list_tasks"):
            await client.ask(type=kind)
        await client.ask(type="get_task_status", task_id="none")
    assert sessions_of(server, key) == []


async def test_the_automation_session_survives_a_restart(start_server: Start) -> None:
    server = start_server()
    key = somebody(server)
    async with typed(server, key) as client:
        await client.ask(task("before"))
    server.kill()
    server.start()
    async with typed(server, key) as client:
        told = await client.ask(type="get_task_status", task_id="before")
        await client.ask(task("after"))
        listed = await client.ask(type="list_tasks")
    assert told["type"] == "task_status"
    assert [each["id"] for each in listed["tasks"]] == ["after", "before"]


async def test_an_automation_session_that_was_deleted_is_made_anew(server: ServerProcess) -> None:
    key = somebody(server)
    async with typed(server, key) as client:
        await client.ask(type="subscribe_to_updates", channels=["task_status"])
        await client.ask(task("first"))
        await client.update("task_status_update", task_id="first", new_status="completed")
        former = sessions_of(server, key)[0]["id"]
        assert server.request("DELETE", f"/api/v1/sessions/{former}", key=key).status == 200
        assert (await client.ask(type="list_tasks"))["total_count"] == 0
        assert (await client.ask(task("first")))["type"] == "task_started"
        told = await client.update("task_status_update", task_id="first", new_status="completed")
        assert told["old_status"] == "running"
    assert sessions_of(server, key)[0]["id"] != former


async def test_a_connection_works_in_the_session_that_it_names(server: ServerProcess) -> None:
    key = somebody(server)
    session_id = server.request("POST", "/api/v1/sessions", {"name": "Named"}, key=key).body["session"]["id"]
    async with typed(server, key, sessionId=session_id) as client:
        await client.ask(task("here"))
        tasks = server.request("GET", f"/api/v1/sessions/{session_id}/tasks", key=key).body["data"]
    assert [each["clientId"] for each in tasks] == ["here"]
    assert sessions_of(server, key) == []


async def test_tasks_that_were_started_elsewhere_are_seen_by_the_servers_id(server: ServerProcess) -> None:
    key = somebody(server)
    session_id = server.request("POST", "/api/v1/sessions", {"name": "Both"}, key=key).body["session"]["id"]
    async with typed(server, key, sessionId=session_id) as client:
        await client.ask(type="subscribe_to_updates", channels=["task_status"])
        path = f"/api/v1/sessions/{session_id}/tasks"
        begun = server.request("POST", path, {"input": "survey"}, key=key).body["task"]["id"]
        await client.update("task_status_update", task_id=begun, new_status="completed")
        shown = (await client.ask(type="get_task_status", task_id=begun))["task"]
    assert (shown["id"], shown["type"], shown["priority"]) == (begun, "general", "medium")


async def test_updates_tell_each_status_that_was_left(server: ServerProcess) -> None:
    async with typed(server, somebody(server)) as client:
        await client.ask(type="subscribe_to_updates", channels=["task_status"])
        await client.ask(task("whole"))
        await client.update("task_status_update", new_status="completed")
        await client.ask(task("never", dependencies=["none"]))
        await client.update("task_status_update", new_status="failed")
        await client.ask(type="retry_task", task_id="never")
    changes = [
        (each["task_id"], each["old_status"], each["new_status"]) for each in client.of("task_status_update")
    ]
    assert changes == [
        ("whole", "pending", "running"),
        ("whole", "running", "completed"),
        ("never", "pending", "failed"),
    ]
    assert client.of("task_status_update")[1]["progress"] == 100


async def test_who_subscribes_late_is_told_the_ids_and_statuses_of_tasks_that_run_already(
    start_server: Start,
) -> None:
    server = start_server(providers__scripted__folders=f"[{PLAYBOOKS}]")
    key = somebody(server)
    async with typed(server, key) as client, typed(server, key) as late:
        await client.ask(task("early", ENDLESS))
        await client.status_of("early", "running")
        await late.ask(type="subscribe_to_updates", channels=["task_status"])
        await client.ask(type="cancel_task", task_id="early")
        told = await late.update("task_status_update", task_id="early")
    assert (told["old_status"], told["new_status"]) == ("running", "cancelled")


async def test_updates_are_filtered_by_tasks_and_end_with_their_subscription(server: ServerProcess) -> None:
    async with typed(server, somebody(server)) as client:
        made = await client.ask(
            type="subscribe_to_updates",
            channels=["task_status", "system_resources"],
            filters={"task_status": {"task_ids": ["wanted"]}},
        )
        for identifier in ("other", "wanted"):
            await client.ask(task(identifier))
            await client.status_of(identifier, "completed")
        assert {each["task_id"] for each in client.of("task_status_update")} == {"wanted"}
        await client.update("resource_update")
        told = await client.ask(
            type="unsubscribe_from_updates",
            channels=["system_resources"],
            subscription_id=made["subscription_id"],
        )
        assert told["channels"] == ["system_resources"]
        told = await client.ask(type="unsubscribe_from_updates")
        assert (told["channels"], "subscription_id" in told) == (["task_status"], False)
        seen = len(client.told)
        await client.ask(task("wanted-2"))
        await client.status_of("wanted-2", "completed")
        assert [each["type"] for each in client.told[seen:] if each["type"].endswith("_update")] == []


async def test_a_slow_client_gets_every_update_in_order(start_server: Start) -> None:
    server = start_server(socket__max_buffered_bytes="1024")
    key = somebody(server)
    async with typed(server, key) as slow, typed(server, key) as quick:
        await slow.ask(type="subscribe_to_updates", channels=["task_status", "system_resources"])
        for number in range(20):
            await quick.ask(task(f"n{number}", dependencies=["none"]))
        changes = [(await slow.update("task_status_update"))["task_id"] for _ in range(20)]
    assert changes == [f"n{number}" for number in range(20)]


async def test_the_same_id_cannot_be_given_twice(server: ServerProcess) -> None:
    async with typed(server, somebody(server)) as client:
        await client.ask(task("once"))
        told = await client.ask(task("once"))
    assert (told["code"], told["details"]) == ("TASK_ALREADY_EXISTS", {"task_id": "once"})


async def test_what_has_ended_cannot_be_cancelled_and_what_has_not_failed_not_retried(
    server: ServerProcess,
) -> None:
    async with typed(server, somebody(server)) as client:
        await client.ask(task("done"))
        await client.status_of("done", "completed")
        for kind in ("cancel_task", "retry_task"):
            assert (await client.ask(type=kind, task_id="done"))["code"] == "RESOURCE_CONFLICT"


async def test_a_viewer_reads_and_starts_nothing(server: ServerProcess) -> None:
    key = somebody(server, "viewer")
    async with typed(server, key) as client:
        assert (await client.ask(type="list_tasks"))["type"] == "task_list"
        assert (await client.ask(type="request_system_resources"))["type"] == "system_resources"
        assert (await client.ask(task("t")))["code"] == "PERMISSION_DENIED"


async def test_a_share_that_ends_closes_the_connection_in_that_session(server: ServerProcess) -> None:
    guest = somebody(server)
    user = server.request("GET", "/api/v1/auth/profile", key=guest).body["user"]["id"]
    session_id = server.request("POST", "/api/v1/sessions", {"name": "Shared"}).body["session"]["id"]
    shares = f"/api/v1/sessions/{session_id}/shares"
    shared = server.request("POST", shares, {"user": user, "access": "watcher"})
    assert shared.status < 300, shared.body
    async with typed(server, guest, sessionId=session_id) as client:
        assert (await client.ask(type="list_tasks"))["type"] == "task_list"
        assert server.request("DELETE", f"{shares}/{user}").status == 200
        assert await client.closed() == 4404
    assert client.told[-1]["code"] == "RESOURCE_NOT_FOUND"


@pytest.mark.parametrize("door", ["header", "subprotocol"])
async def test_credentials_come_by_header_and_subprotocol_too(server: ServerProcess, door: str) -> None:
    key = somebody(server)
    headers = {"Authorization": f"Bearer {key}"} if door == "header" else None
    protocols = (f"bearer.{key}",) if door == "subprotocol" else ()
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{server.url}/ws", headers=headers, protocols=protocols) as socket,
    ):
        assert json.loads(await socket.receive_str())["type"] == "connection_established"


async def test_a_new_token_is_taken_over(server: ServerProcess) -> None:
    key = somebody(server)
    async with typed(server, key) as client:
        await client.send({"token": key})
        assert (await client.ask(type="ping"))["type"] == "pong"
        told = await client.ask({"token": somebody(server)})
    assert told["type"] == "error"


async def test_who_says_nothing_is_told_every_event_of_all_their_sessions(server: ServerProcess) -> None:
    key = somebody(server)
    async with typed(server, key) as listener:
        ids = []
        for name in ("One", "Two"):
            made = server.request("POST", "/api/v1/sessions", {"name": name}, key=key).body
            ids.append(made["session"]["id"])
            server.request("POST", f"/api/v1/sessions/{ids[-1]}/tasks", {"input": "survey"}, key=key)
            await listener.until(lambda told: told.get("event") == "task.completed")
    told = [each for each in listener.told if "event" in each]
    assert all(each.keys() == {"event", "data"} for each in told)
    for session_id in ids:
        durable = [each["data"] for each in told if each["data"]["sessionId"] == session_id]
        numbers = [each["seq"] for each in durable if "seq" in each]
        stored = server.request("GET", f"/api/v1/sessions/{session_id}/events?limit=1000", key=key).body[
            "data"
        ]
        assert numbers == [each["seq"] for each in stored][: len(numbers)]
        assert "task.completed" in {each["type"] for each in durable}


async def test_the_first_typed_message_ends_the_broadcast(server: ServerProcess) -> None:
    key = somebody(server)
    async with typed(server, key) as client:
        await client.send("no JSON")
        server.request("POST", "/api/v1/sessions", {"name": "Heard"}, key=key)
        await client.until(lambda told: told.get("event") == "session.created")
        await client.ask(type="ping")
        seen = len(client.told)
        server.request("POST", "/api/v1/sessions", {"name": "Unheard"}, key=key)
        await client.ask(type="list_tasks")
    assert [each for each in client.told[seen:] if "event" in each] == []


async def test_nobody_is_told_of_sessions_of_others(server: ServerProcess) -> None:
    async with typed(server, somebody(server)) as client:
        server.request("POST", "/api/v1/sessions", {"name": "Not theirs"})
        await client.ask(type="ping")
    assert [each for each in client.told if "event" in each] == []
