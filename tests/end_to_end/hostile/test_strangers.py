"""Unauthenticated clients: little is read from them, within a short time, and nothing of them remains."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.end_to_end.hostile.talking import POLLING, SOCKET, code_of, talking, tcp
from tests.support.server import ServerProcess

LOGIN = "/api/v1/auth/login"
SHORT = {"server__request_timeout_s": "1", "server__keep_alive_s": "1", "server__idle_timeout_s": "1"}
PATIENCE_S = 30

HEAD = f"POST {LOGIN} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
SILENT = {
    "nothing": "",
    "half a line": "GET /api/v1/hea",
    "half a head": "GET /api/v1/health HTTP/1.1\r\nHost: localh",
    "half a body": HEAD + 'Content-Length: 100\r\n\r\n{"email":',
    "half a chunk": HEAD + "Transfer-Encoding: chunked\r\n\r\n10\r\nabc",
    "a chunk and no end": HEAD + 'Transfer-Encoding: chunked\r\n\r\n3\r\n{"a\r\n',
    "half a body for what needs credentials": HEAD.replace(LOGIN, "/api/v1/sessions")
    + "Content-Length: 100\r\n\r\n{",
    "half a body for S3": HEAD.replace(LOGIN, "/api/sessions") + "Content-Length: 100\r\n\r\n{",
    "half a body for a page": HEAD.replace(LOGIN, "/docs") + "Content-Length: 100\r\n\r\n{",
    "a request and silence": "GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "a WebSocket and no CONNECT": (
        f"GET {SOCKET} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    ),
}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with short time limits."""
    settings = {f"ROOCODE_{name.upper()}": text for name, text in SHORT.items()}
    running = ServerProcess(tmp_path_factory.mktemp("short") / "data", settings).start()
    yield running
    running.end()


@pytest.mark.parametrize("sent", SILENT.values(), ids=SILENT.keys())
async def test_who_stops_before_saying_who_they_are_is_let_go(own: ServerProcess, sent: str) -> None:
    before = _descriptors(own)
    async with tcp(own) as (reader, writer):
        writer.write(sent.encode())
        async with asyncio.timeout(PATIENCE_S):
            await reader.read()
    async with asyncio.timeout(PATIENCE_S):
        while _descriptors(own) > before:
            await asyncio.sleep(0.05)
    assert "Traceback" not in own.log


async def test_who_polls_and_does_not_connect_is_let_go(own: ServerProcess) -> None:
    async with aiohttp.ClientSession() as http:
        async with http.get(own.url + POLLING) as answer:
            sid = json.loads((await answer.text())[1:])["sid"]
        async with asyncio.timeout(PATIENCE_S):
            while (await http.get(f"{own.url}{POLLING}&sid={sid}")).status == 200:
                pass


async def test_who_leaves_every_namespace_and_stays_is_let_go(own: ServerProcess) -> None:
    async with talking(own) as client, asyncio.timeout(PATIENCE_S):
        assert "sid" in await client.connect(own.key)
        await client.send("41")
        await client.until_closed()


async def test_an_upload_of_somebody_known_may_take_longer_than_a_strangers_request(
    start_server: Callable[..., ServerProcess],
) -> None:
    own = start_server(server__request_timeout_s="0.5", server__idle_timeout_s="5")
    session_id = own.request("POST", "/api/v1/sessions", {"name": "Slow"}).body["session"]["id"]

    async def pieces() -> object:
        for _ in range(10):
            await asyncio.sleep(0.2)
            yield b"x"

    url = f"{own.url}/api/v1/sessions/{session_id}/files/raw?path=slow.txt"
    headers = {"Authorization": f"Bearer {own.key}"}
    async with (
        aiohttp.ClientSession() as http,
        http.put(url, data=pieces(), headers=headers) as answer,
    ):
        assert (answer.status, (await answer.json())["file"]["size"]) == (201, 10)


async def test_an_upload_that_stops_is_told_so(own: ServerProcess) -> None:
    session_id = own.request("POST", "/api/v1/sessions", {"name": "Stalled"}).body["session"]["id"]
    head = f"PUT /api/v1/sessions/{session_id}/files/raw?path=a HTTP/1.1\r\nHost: localhost\r\n"
    head += f"Authorization: Bearer {own.key}\r\nContent-Length: 100\r\n\r\nabc"
    async with tcp(own) as (reader, writer):
        writer.write(head.encode())
        async with asyncio.timeout(PATIENCE_S):
            answer = await reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 408 ")


def test_a_hundred_thousand_unknown_fields_are_answered_with_a_few(server: ServerProcess) -> None:
    body = json.dumps({f"x{number}": 1 for number in range(100_000)}).encode()
    answer = server.request("POST", LOGIN, body, key=None)
    assert (answer.status, answer.code) == (413, "PAYLOAD_TOO_LARGE")
    known = server.request("POST", "/api/v1/sessions", {f"x{number}": 1 for number in range(20_000)})
    assert (known.status, known.code) == (400, "VALIDATION_ERROR")
    assert len(known.body["error"]["details"]["fields"]) == 20


async def test_nothing_is_read_of_a_body_without_the_credentials_it_needs(server: ServerProcess) -> None:
    head = "POST /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    async with tcp(server) as (reader, writer):
        writer.write(f"{head}Content-Length: 8000000\r\n\r\n".encode())
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"{LOGIN}?email=a%40b.example&password=x", None),
        ("POST", f"{LOGIN}?email=a%40b.example", {"email": "a@b.example", "password": "x"}),
        ("PUT", "/api/v1/sessions/{session}?name=Query", {"name": "Body"}),
        ("POST", "/api/sessions?task=x", None),
        ("PUT", "/api/v1/sessions/{session}", {"sessionId": "session-other", "name": "Body"}),
        ("GET", "/api/v1/sessions", {"limit": 1}),
    ],
)
def test_a_field_in_the_wrong_place_of_a_request_is_refused(
    server: ServerProcess, session_id: str, method: str, path: str, body: object
) -> None:
    answer = server.request(method, path.format(session=session_id), body)
    assert answer.status == 400
    assert server.request("GET", f"/api/v1/sessions/{session_id}").body["session"]["name"] == "Attacked"


def test_half_a_character_in_a_body_is_told_with_its_field(server: ServerProcess) -> None:
    for name in (b'"\\ud800"', b'"a\\udc00b"'):
        answer = server.request("POST", "/api/v1/sessions", b'{"name": ' + name + b"}")
        assert (answer.status, code_of(answer.body)) == (400, "VALIDATION_ERROR")
        assert answer.body["error"]["details"]["field"] == "name"
        assert "surrogate" in answer.body["error"]["details"]["reason"]


def _descriptors(server: ServerProcess) -> int:
    assert server.process is not None
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))
