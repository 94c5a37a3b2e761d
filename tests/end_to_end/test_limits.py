"""Limits as clients meet them: curl and the real JavaScript client, people and keys, each door."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from tests.support.server import Answer, ServerProcess

PASSWORD = "long enough for anybody"
Start = Callable[..., ServerProcess]


def person(server: ServerProcess, email: str) -> str:
    """The access token of a new person."""
    server.roocode("user", "add", email, "--password", PASSWORD)
    return str(login(server, email).body["tokens"]["accessToken"])


def login(server: ServerProcess, email: str, password: str = PASSWORD, *options: str) -> Answer:
    return server.curl(
        "POST", "/api/v1/auth/login", {"email": email, "password": password}, *options, key=None
    )


def session_of(server: ServerProcess, key: str) -> str:
    made = server.request("POST", "/api/v1/sessions", {"name": "Limits"}, key=key)
    return str(made.body["session"]["id"])


def files(server: ServerProcess, session_id: str, key: str) -> Answer:
    return server.request("GET", f"/api/v1/sessions/{session_id}/files", key=key)


def test_curl_is_told_what_is_left_and_then_when_to_come_again(start_server: Start) -> None:
    server = start_server(limits__file_operations="2")
    ada, grace = person(server, "ada@example.com"), person(server, "grace@example.com")
    hers, others = session_of(server, ada), session_of(server, grace)
    for remaining in ("1", "0"):
        answer = files(server, hers, ada)
        assert answer.status == 200
        assert answer.headers["x-ratelimit-limit"] == "2"
        assert answer.headers["x-ratelimit-remaining"] == remaining
        assert 0 < int(answer.headers["x-ratelimit-reset"]) - time.time() <= 61
        assert "retry-after" not in answer.headers
    refused = files(server, hers, ada)
    assert (refused.status, refused.code) == (429, "RATE_LIMIT_EXCEEDED")
    wait_s = int(refused.headers["retry-after"])
    assert 1 <= wait_s <= 60
    assert refused.headers["x-ratelimit-remaining"] == "0"
    assert refused.body["error"]["details"] == {
        "limit": "file_operations",
        "most": 2,
        "windowS": 60,
        "retryAfter": wait_s,
    }
    assert files(server, others, grace).status == 200
    assert server.request("GET", "/api/v1/auth/profile", key=ada).status == 200


def test_a_refusal_of_another_kind_says_what_is_left_too(start_server: Start) -> None:
    server = start_server(limits__file_operations="5")
    token = person(server, "ada@example.com")
    session_id = session_of(server, token)
    path = f"/api/v1/sessions/{session_id}/files/none.txt"
    missing = server.request("GET", path, key=token)
    assert (missing.status, missing.headers["x-ratelimit-remaining"]) == (404, "4")
    malformed = server.request("PUT", path, b"{", key=token)
    assert (malformed.status, malformed.headers["x-ratelimit-remaining"]) == (400, "3")
    stranger = server.request("GET", path, key=None)
    assert (stranger.status, "x-ratelimit-remaining" in stranger.headers) == (401, False)


def test_a_transfer_and_s3_are_counted_with_the_rest(start_server: Start) -> None:
    server = start_server(limits__file_operations="3")
    token = person(server, "ada@example.com")
    session_id = session_of(server, token)
    made = server.request(
        "POST", f"/api/v1/sessions/{session_id}/files/a.txt", {"content": "hello"}, key=token
    )
    assert (made.status, made.headers["x-ratelimit-remaining"]) == (201, "2")
    download = f"/api/v1/sessions/{session_id}/files/raw?path=a.txt"
    loaded = server.request("GET", download, key=token)
    assert (loaded.status, loaded.body, loaded.headers["x-ratelimit-remaining"]) == (200, "hello", "1")
    listed = server.request("GET", f"/api/sessions/{session_id}/files", key=token)
    assert (listed.status, listed.headers["x-ratelimit-remaining"]) == (200, "0"), listed.body
    refused = server.request("GET", f"/api/sessions/{session_id}/files", key=token)
    assert refused.status == 429
    assert refused.body == {
        "detail": f"Too many requests; wait {refused.headers['retry-after']} s before trying again"
    }
    assert server.request("GET", download, key=token).status == 429


def test_the_javascript_client_is_refused_alike_in_every_namespace(start_server: Start) -> None:
    server = start_server(limits__file_operations="3", limits__task_creation="2")
    token = person(server, "ada@example.com")
    told = server.node("limits.mjs", token)
    assert [code_of(answer) for answer in told["inRoot"]] == [None, None, None, "RATE_LIMIT_EXCEEDED"]
    assert code_of(told["inArea"]) == "RATE_LIMIT_EXCEEDED"
    assert 1 <= told["inArea"]["error"]["details"]["retryAfter"] <= 60
    assert told["light"]["status"] == "healthy"
    assert [code_of(answer) for answer in told["inDialect"]] == [None, None, "RATE_LIMIT_EXCEEDED"]
    assert files(server, told["sessionId"], token).code == "RATE_LIMIT_EXCEEDED"


def code_of(answer: Any) -> str | None:
    return answer["error"]["code"] if isinstance(answer, dict) and "error" in answer else None


def test_one_address_s_wrong_logins_lock_nobody_else_out(start_server: Start) -> None:
    server = start_server(limits__authentication="5")
    server.roocode("user", "add", "ada@example.com", "--password", PASSWORD)
    here, there = ("--interface", "127.0.0.1"), ("--interface", "127.0.0.2")
    wrong = [login(server, "ada@example.com", "a wrong one", *here).status for _ in range(6)]
    assert wrong == [401] * 5 + [429]
    assert login(server, "ada@example.com", PASSWORD, *here).code == "RATE_LIMIT_EXCEEDED"
    assert login(server, "ada@example.com", PASSWORD, *there).status == 200
    assert server.curl("GET", "/api/v1/sessions", None, *here).status == 200


@pytest.mark.parametrize(
    ("trusted", "statuses"),
    [('["127.0.0.1", "10.0.0.0/8"]', [401, 429, 401, 429]), ("[]", [401, 429, 429, 429])],
)
def test_callers_behind_a_trusted_proxy_are_told_apart_and_cannot_pretend(
    start_server: Start, trusted: str, statuses: list[int]
) -> None:
    server = start_server(limits__authentication="1", server__trusted_proxies=trusted)

    def behind(*hops: str) -> int:
        said = f"X-Forwarded-For: {', '.join(hops)}"
        return login(server, "ada@example.com", "a wrong one", "-H", said).status

    assert [
        behind("192.0.2.1"),
        behind("192.0.2.9", "192.0.2.1"),
        behind("192.0.2.2", "10.0.0.1"),
        behind("nowhere", "192.0.2.2"),
    ] == statuses


def test_a_key_is_counted_by_itself_and_may_have_limits_of_its_own(start_server: Start) -> None:
    server = start_server(limits__file_operations="2")
    server.roocode("user", "add", "bot@example.com", "--password", PASSWORD)

    def key(*options: str) -> str:
        return server.roocode("key", "create", "bot@example.com", *options).strip()

    plain, other = key(), key()
    own, free = key("--limit", "file_operations=4"), key("--limit", "none")
    session_id = session_of(server, plain)

    def statuses(key: str) -> list[int]:
        return [files(server, session_id, key).status for _ in range(5)]

    assert statuses(plain) == [200, 200, 429, 429, 429]
    assert statuses(other) == [200, 200, 429, 429, 429]
    assert statuses(own) == [200, 200, 200, 200, 429]
    assert statuses(free) == [200] * 5
    assert "x-ratelimit-limit" not in files(server, session_id, free).headers


def test_a_key_s_own_limits_are_given_at_every_door(start_server: Start) -> None:
    server = start_server(limits__file_operations="2")
    server.roocode("user", "add", "dev@example.com", "--password", PASSWORD)
    theirs = server.roocode("key", "create", "dev@example.com", "--scope", "admin").strip()

    def made(key: str, **limits: int | None) -> Any:
        return server.request("POST", "/api/v1/keys", {"name": "bot", "limits": limits}, key=key)

    session_id = session_of(server, server.key)
    own = made(server.key, file_operations=3).body["secret"]
    assert [files(server, session_id, own).status for _ in range(4)] == [200, 200, 200, 429]
    refused = made(theirs, file_operations=3)
    assert (refused.status, refused.code) == (403, "PERMISSION_DENIED")
    assert made(theirs, file_operations=1).body["key"]["limits"] == {"file_operations": 1}
    mistaken = made(server.key, files=1)
    assert mistaken.status == 400
    assert mistaken.body["error"]["details"]["field"] == "limits.files"


def test_the_administrator_s_key_meets_no_limit(start_server: Start) -> None:
    server = start_server(**{f"limits__{name}": "1" for name in ("session_management", "file_operations")})
    session_id = session_of(server, server.key)
    assert [files(server, session_id, server.key).status for _ in range(4)] == [200] * 4


def test_whoever_calls_an_open_server_meets_no_limit(start_server: Start) -> None:
    server = start_server(auth__mode="open", limits__session_management="1")
    answers = [server.request("GET", "/api/v1/sessions", key=None).status for _ in range(4)]
    assert answers == [200] * 4


def test_a_person_may_open_so_many_connections_at_both_doors(start_server: Start) -> None:
    server = start_server(limits__connections="3")
    token = person(server, "ada@example.com")
    told = server.node("connections.mjs", token, "3")
    assert code_of(told["refused"]) == "RATE_LIMIT_EXCEEDED"
    assert told["refused"]["error"]["details"] == {"limit": "connections", "most": 3, "retryAfter": 10}
    assert told["again"]
    while "roocode_sockets 0.0" not in server.request("GET", "/metrics").body:
        time.sleep(0.05)  # the server learns that the program has ended
    assert asyncio.run(raw_connections(server, session_of(server, token), token, 4)) == [101, 101, 101, 429]


async def raw_connections(server: ServerProcess, session_id: str, token: str, count: int) -> list[int]:
    """The statuses of so many handshakes at the raw WebSocket, each left open."""
    statuses, left_open = [], []
    async with aiohttp.ClientSession() as client:
        for _ in range(count):
            try:
                left_open.append(await client.ws_connect(f"{server.url}/ws/{session_id}?token={token}"))
                statuses.append(101)
            except aiohttp.WSServerHandshakeError as refused:
                statuses.append(refused.status)
    return statuses


def test_a_server_takes_so_many_connections_in_all(start_server: Start) -> None:
    server = start_server(limits__all_connections="2")
    session_id = session_of(server, server.key)

    async def crowd() -> list[tuple[int, Any]]:
        refused = []
        async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {server.key}"}) as client:
            open_ = [await client.ws_connect(f"{server.url}/ws/{session_id}")]
            open_.append(await client.ws_connect(f"{server.url}/socket.io/?EIO=4&transport=websocket"))
            for path in ("/socket.io/?EIO=4&transport=polling", f"/ws/{session_id}"):
                async with client.get(server.url + path) as answer:
                    refused.append((answer.status, await answer.json()))
            for socket in open_:
                await socket.close()
        return refused

    (at_socket_io, envelope), (at_raw, _) = asyncio.run(crowd())
    assert (at_socket_io, code_of(envelope), at_raw) == (503, "SERVER_OVERLOAD", 503)
    deadline = time.monotonic() + 60
    while server.request("GET", "/socket.io/?EIO=4&transport=polling").status != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("is_s0", [True, False])
def test_a_user_may_have_so_many_sessions_and_an_administrator_more(start_server: Start, is_s0: bool) -> None:
    server = start_server(limits__sessions="2")
    token = person(server, "ada@example.com")
    first = session_of(server, token)
    session_of(server, token)
    path, field = ("/api/v1/sessions", "name") if is_s0 else ("/api/sessions", "task")
    refused = server.request("POST", path, {field: "One too many"}, key=token)
    assert refused.status == 409
    if is_s0:
        assert refused.code == "WORKSPACE_LIMIT_EXCEEDED"
        assert refused.body["error"]["details"] == {"limit": "sessions", "most": 2}
    assert server.request("DELETE", f"/api/v1/sessions/{first}", key=token).status in (200, 204)
    assert session_of(server, token)
    assert len({session_of(server, server.key) for _ in range(3)}) == 3


def test_a_user_may_have_so_many_unfinished_tasks(start_server: Start) -> None:
    server = start_server(limits__tasks="1")
    token = person(server, "ada@example.com")
    config = {"provider": "scripted", "model": "write-and-run"}  # waits for a person

    def create() -> tuple[str, Answer]:
        made = server.request("POST", "/api/v1/sessions", {"name": "Tasks", "config": config}, key=token)
        tasks = f"/api/v1/sessions/{made.body['session']['id']}/tasks"
        return tasks, server.request("POST", tasks, {"input": "Write something"}, key=token)

    tasks, first = create()
    _, refused = create()
    assert (first.status, refused.status, refused.code) == (201, 409, "WORKSPACE_LIMIT_EXCEEDED")
    assert refused.body["error"]["details"] == {"limit": "tasks", "most": 1}
    server.request("DELETE", f"{tasks}/{first.body['task']['id']}", key=token)
    assert create()[1].status == 201


@pytest.mark.parametrize("limit", ["files=1", "file_operations=0", "file_operations=x", "connections"])
def test_a_limit_that_a_key_cannot_have_is_refused(server: ServerProcess, limit: str) -> None:
    with pytest.raises(subprocess.CalledProcessError) as refused:
        server.roocode("key", "create", server.admin["email"], "--limit", limit).strip()
    assert "expected NAME=NUMBER" in " ".join(refused.value.stderr.split())
