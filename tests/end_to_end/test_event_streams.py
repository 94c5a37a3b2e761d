"""Events over plain HTTP: to curl, to a browser's EventSource and through nginx, each once and in order."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from tests.support.browser import Page
from tests.support.event_source import EventSource, Message
from tests.support.nginx import behind_nginx
from tests.support.nightly import times
from tests.support.ports import free_port
from tests.support.server import ServerProcess

CUTS = times(60, nightly=200)
PATIENCE_S = 60
QUICK = {"socket__ping_interval_s": "1"}


def stream_of(server: ServerProcess, session_id: str, query: str = "") -> EventSource:
    return EventSource(f"{server.url}/api/v1/sessions/{session_id}/events/stream{query}", server.key)


def rename(server: ServerProcess, session_id: str, name: str, key: str = "") -> None:
    assert server.request("PUT", f"/api/v1/sessions/{session_id}", {"name": name}, key=key).status == 200


async def taken(source: EventSource, number: int) -> list[Message]:
    """The next messages, after which the connection is cut."""
    found: list[Message] = []
    async with asyncio.timeout(PATIENCE_S), aclosing(source.messages()) as messages:
        async for message in messages:
            found.append(message)
            if len(found) == number:
                break
    return found


@contextlib.asynccontextmanager
async def renaming(server: ServerProcess, session_id: str, times: int) -> AsyncIterator[None]:
    """Rename a session this often, meanwhile."""

    async def write() -> None:
        headers = {"Authorization": f"Bearer {server.key}"}
        url = f"{server.url}/api/v1/sessions/{session_id}"
        async with aiohttp.ClientSession(headers=headers) as client:
            for number in range(times):
                async with client.put(url, json={"name": f"name {number}"}) as answer:
                    assert answer.status == 200

    writing = asyncio.create_task(write())
    try:
        yield
        await writing
    finally:
        writing.cancel()


async def test_a_client_that_is_cut_off_often_has_each_event_once_and_in_order(
    server: ServerProcess,
) -> None:
    chance = random.Random(8)  # noqa: S311 - the seed makes a failure repeatable
    session_id, seen, cuts = server.open_session("Cut"), [], 0
    source = stream_of(server, session_id, "?lastSeq=0")
    total = 2 * CUTS
    async with renaming(server, session_id, total - 1):
        while len(seen) < total:
            seen += await taken(source, min(chance.choice((1, 1, 2, 3)), total - len(seen)))
            cuts += 1
    assert cuts >= CUTS
    assert [message.data["seq"] for message in seen] == list(range(1, total + 1))
    assert [message.cursor for message in seen] == [message.data["id"] for message in seen]
    stored = server.request("GET", f"/api/v1/sessions/{session_id}/events?limit=1000").body["data"]
    assert [message.data for message in seen] == stored


async def test_a_client_goes_on_after_the_server_was_killed(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server()
    session_id = server.open_session("Killed")
    source = stream_of(server, session_id, "?lastSeq=0")
    [first] = await taken(source, 1)
    rename(server, session_id, "unseen")
    server.kill()
    server.start()
    source.url = stream_of(server, session_id).url
    rename(server, session_id, "after")
    later = await taken(source, 2)
    assert [first.data["seq"], *(message.data["seq"] for message in later)] == [1, 2, 3]


async def test_without_a_cursor_new_events_come_and_can_be_resumed_from_the_first_moment(
    server: ServerProcess,
) -> None:
    session_id = server.open_session("New")
    source = stream_of(server, session_id)
    messages = source.messages()
    waiting = asyncio.create_task(anext(messages))
    while not source.cursor:
        await asyncio.sleep(0.01)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    rename(server, session_id, "while away")
    [message] = await taken(source, 1)
    assert (message.name, message.data["seq"]) == ("session.updated", 2)


async def test_a_cursor_of_another_log_resets(server: ServerProcess) -> None:
    session_id = server.open_session("Reset")
    source = stream_of(server, session_id)
    source.cursor = f"{session_id}.1.00000000"
    reset, first = await taken(source, 2)
    assert (reset.name, reset.data["sessionId"]) == ("log.reset", session_id)
    assert first.data["seq"] == 1


async def test_types_name_the_events(server: ServerProcess) -> None:
    session_id = server.open_session("Types")
    path = f"/api/v1/sessions/{session_id}/tasks"
    server.request("POST", path, {"input": "Look"})
    source = stream_of(server, session_id, "?lastSeq=0&types=task.created&types=task.completed")
    assert [message.name for message in await taken(source, 2)] == ["task.created", "task.completed"]
    unknown = server.request("GET", f"/api/v1/sessions/{session_id}/events/stream?types=nothing")
    assert unknown.code == "VALIDATION_ERROR"


async def test_a_quiet_stream_shows_that_it_is_alive(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server(**QUICK)
    source = stream_of(server, server.open_session())
    reading = asyncio.create_task(taken(source, 1))
    async with asyncio.timeout(PATIENCE_S):
        while source.comments < 2:
            await asyncio.sleep(0.05)
    reading.cancel()


async def told_at_the_end(source: EventSource) -> str:
    """The code of the last event."""
    last = (await taken(source, -1))[-1]
    assert last.name == "end"
    return str(last.data["error"]["code"])


async def test_the_last_event_says_that_the_session_was_deleted(server: ServerProcess) -> None:
    session_id = server.open_session()
    source = stream_of(server, session_id, "?lastSeq=0")
    ending = asyncio.create_task(taken(source, -1))
    while not source.cursor:
        await asyncio.sleep(0.01)
    server.request("DELETE", f"/api/v1/sessions/{session_id}")
    assert [message.name for message in await ending][-2:] == ["session.deleted", "end"]
    assert server.request("GET", f"/api/v1/sessions/{session_id}/events/stream").status == 404


async def test_the_last_event_says_that_the_server_stops(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server()
    ending = asyncio.create_task(told_at_the_end(source := stream_of(server, server.open_session())))
    while not source.cursor:
        await asyncio.sleep(0.01)
    assert await asyncio.to_thread(server.stop) == 0
    assert await ending == "SERVER_OVERLOAD"


async def test_the_last_event_says_that_the_token_has_expired(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server(auth__access_token_s="3")
    session_id = server.open_session()
    login = {"email": server.admin["email"], "password": server.admin["password"]}
    tokens = server.request("POST", "/api/v1/auth/login", login, key=None).body["tokens"]
    source = EventSource(stream_of(server, session_id).url, tokens["accessToken"])
    assert await told_at_the_end(source) == "TOKEN_EXPIRED"


async def test_the_last_event_says_that_the_key_was_revoked(server: ServerProcess) -> None:
    made = server.request("POST", "/api/v1/keys", {"name": "revoked"}).body
    source = EventSource(stream_of(server, server.open_session()).url, made["secret"])
    ending = asyncio.create_task(told_at_the_end(source))
    while not source.cursor:
        await asyncio.sleep(0.01)
    server.request("DELETE", f"/api/v1/keys/{made['key']['id']}")
    assert await ending == "AUTHENTICATION_FAILED"


async def test_the_last_event_says_that_the_access_was_taken_back(server: ServerProcess) -> None:
    user = {"email": "stream@example.com", "password": "long enough for anybody"}
    made = server.request("POST", "/api/v1/users", user).body["user"]
    token = server.request("POST", "/api/v1/auth/login", user, key=None).body["tokens"]["accessToken"]
    session_id = server.open_session()
    shares = f"/api/v1/sessions/{session_id}/shares"
    assert server.request("POST", shares, {"user": made["email"], "access": "watcher"}).status < 300
    source = EventSource(stream_of(server, session_id).url, token)
    ending = asyncio.create_task(told_at_the_end(source))
    while not source.cursor:
        await asyncio.sleep(0.01)
    assert server.request("DELETE", f"{shares}/{made['id']}").status == 200
    assert await ending == "RESOURCE_NOT_FOUND"


async def test_streams_count_as_connections(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server(limits__connections="1")
    session_id = server.open_session()
    key = server.request("POST", "/api/v1/keys", {"name": "one"}).body["secret"]
    source = EventSource(stream_of(server, session_id).url, key)
    reading = asyncio.create_task(taken(source, 1))
    while not source.cursor:
        await asyncio.sleep(0.01)
    path = f"/api/v1/sessions/{session_id}/events/stream"
    refused = await asyncio.to_thread(server.request, "GET", path, key=key)
    assert (refused.status, refused.code) == (429, "RATE_LIMIT_EXCEEDED")
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    async with asyncio.timeout(PATIENCE_S):
        while (await asyncio.to_thread(head, server, path, key)) == 429:
            await asyncio.sleep(0.05)


def head(server: ServerProcess, path: str, key: str) -> int:
    return server.request("HEAD", path, key=key).status


def test_nobody_and_strangers_get_no_stream(server: ServerProcess) -> None:
    path = f"/api/v1/sessions/{server.open_session()}/events/stream"
    assert server.request("GET", path, key=None).code == "AUTHENTICATION_FAILED"
    user = {"email": "other@example.com", "password": "long enough for anybody"}
    server.request("POST", "/api/v1/users", user)
    token = server.request("POST", "/api/v1/auth/login", user, key=None).body["tokens"]["accessToken"]
    assert server.request("GET", path, key=token).code == "RESOURCE_NOT_FOUND"
    assert server.curl("GET", path, None, "-H", "Origin: https://evil.example").code == "PERMISSION_DENIED"


async def test_a_client_that_reads_slowly_gets_everything_from_the_log(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server(socket__max_buffered_bytes="65536", server__idle_timeout_s="60")
    session_id = server.open_session("Slow")
    path = f"/api/v1/sessions/{session_id}"
    address = urlsplit(server.url)
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)  # as in a network: a segment has room
        slow.connect((address.hostname, address.port))
        slow.sendall(
            f"GET {path}/events/stream?lastSeq=0 HTTP/1.1\r\nHost: {address.netloc}\r\n"
            f"Authorization: Bearer {server.key}\r\n\r\n".encode()
        )
        await rename_long(server, session_id, 40)  # more than its buffers hold: the rest is in the log
        slow.settimeout(30)
        body = b""
        while f"id: {session_id}.41.".encode() not in body or not body.endswith(b"\n\n\r\n"):
            more = slow.recv(65536)
            assert more, "it has ended too early"
            body += more
    seqs = [
        json.loads(line[6:])["seq"]
        for line in dechunked(body.partition(b"\r\n\r\n")[2]).split(b"\n")
        if line.startswith(b'data: {"id"')
    ]
    assert seqs == list(range(1, 42))


async def rename_long(server: ServerProcess, session_id: str, times: int) -> None:
    """Change a session to configurations that take some room."""
    headers = {"Authorization": f"Bearer {server.key}"}
    async with aiohttp.ClientSession(headers=headers) as client:
        for number in range(times):
            config: dict[str, Any] = {
                "allowedCommands": [f"{number} {'x' * 200} {each}" for each in range(90)]
            }
            url = f"{server.url}/api/v1/sessions/{session_id}"
            async with client.put(url, json={"config": config}) as answer:
                assert answer.status == 200, await answer.text()


def dechunked(body: bytes) -> bytes:
    """The content of a chunked body, as far as it has come. Source: RFC 9112, 7.1."""
    content = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size or b"0", 16)
        if not length or len(rest) < length:
            break
        content += rest[:length]
        body = rest[length + 2 :]
    return content


@pytest.mark.parametrize("version", ["--http1.1", "--http1.0"])
def test_curl_follows_a_task_to_its_end(server: ServerProcess, version: str) -> None:
    session_id = server.open_session()
    following = subprocess.Popen(
        [
            *("curl", "-sN", version, "--max-time", "60", "-H", f"Authorization: Bearer {server.key}"),
            f"{server.url}/api/v1/sessions/{session_id}/events/stream?lastSeq=0",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert following.stdout is not None
    try:
        server.request("POST", f"/api/v1/sessions/{session_id}/tasks", {"input": "Look"})
        names = []
        for line in following.stdout:
            if line.startswith("event: "):
                names.append(line.removeprefix("event: ").strip())
            if names and names[-1] == "task.completed":
                break
        assert names[0] == "session.created"
        assert "message.delta" in names
    finally:
        following.kill()
        following.wait()
        following.stdout.close()


async def test_a_stream_comes_through_nginx_at_once(
    start_server: Callable[..., ServerProcess], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where its buffering is not turned off: the answer says so itself."""
    monkeypatch.setattr("tests.support.nginx.documented", _buffering)
    server, port = start_server(), free_port()
    session_id = server.open_session()
    with behind_nginx(server, port, tmp_path / "nginx", is_below=False):
        source = stream_of(server, session_id, "?lastSeq=0")
        source.url = source.url.replace(server.url, f"http://127.0.0.1:{port}")
        async with asyncio.timeout(PATIENCE_S), aclosing(source.messages()) as messages:
            assert (await anext(messages)).data["seq"] == 1
            rename(server, session_id, "seen at once")
            assert (await anext(messages)).data["session"]["name"] == "seen at once"


def _buffering(server: ServerProcess, port: int, **_: object) -> str:
    from tests.support.nginx import DOCUMENT

    site = DOCUMENT.read_text().partition("```nginx\n")[2].partition("```")[0]
    site = "\n".join(line for line in site.splitlines() if "ssl_" not in line)
    site = site.replace("listen 443 ssl", f"listen 127.0.0.1:{port}").replace("proxy_buffering off;", "")
    return site.replace("127.0.0.1:3000", urlsplit(server.url).netloc)


FOLLOWING = """
window.seen = [];
window.source = new EventSource(%s);
source.addEventListener("session.updated", ({ data, lastEventId }) => {
  const { seq, id } = JSON.parse(data);
  seen.push([seq, id === lastEventId]);
});
source.addEventListener("end", () => source.close());
0
"""


async def test_a_browser_follows_with_its_own_event_source(
    start_server: Callable[..., ServerProcess], page: Page
) -> None:
    """With its login's cookie, and with a token in the address."""
    server = start_server()
    session_id = server.open_session()
    path = f"/api/v1/sessions/{session_id}/events/stream"
    await page.open(server.url)
    await page.log_in(server.admin)
    await page.shows("New session")
    for address in (path, f"{path}?token={server.key}"):
        await page.evaluate(FOLLOWING % json.dumps(address))
        await until(page, "source.readyState === 1")
        rename(server, session_id, "one")
        await until(page, "seen.length === 1")
        rename(server, session_id, "two")
        await until(page, "seen.length === 2")
        seen = await page.evaluate("seen")
        assert [is_cursor for _, is_cursor in seen] == [True, True]
        assert seen[1][0] == seen[0][0] + 1
        await page.evaluate("source.close(), 0")


async def until(page: Page, condition: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await page.evaluate(condition):
            await asyncio.sleep(0.05)
