"""Pages of other origins in a user's browser, and names that are made to point at this machine."""

from __future__ import annotations

from collections.abc import Callable

import aiohttp
import pytest

from tests.end_to_end.hostile.talking import POLLING, SOCKET, code_of
from tests.support.server import ServerProcess

EVIL = "https://evil.example"
LISTED = "https://dashboard.example"
DOORS = [
    ("GET", "/api/v1/health"),
    ("GET", "/api/v1/sessions"),
    ("POST", "/api/v1/sessions"),
    ("GET", POLLING),
    ("POST", POLLING + "&sid=nobody"),
    ("GET", SOCKET),
    ("GET", "/ws/{session}"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("GET", "/nowhere"),
    ("OPTIONS", "/api/v1/sessions"),
    ("OPTIONS", POLLING),
]
_UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


async def _ask(
    server: ServerProcess, method: str, path: str, session_id: str, **headers: str
) -> tuple[int, str | None]:
    sent = {"Authorization": f"Bearer {server.key}", **headers}
    if path == SOCKET or path.startswith("/ws/"):
        sent.update(_UPGRADE)
    async with (
        aiohttp.ClientSession() as http,
        http.request(method, server.url + path.format(session=session_id), headers=sent) as answer,
    ):
        assert "Access-Control-Allow-Origin" not in answer.headers
        return answer.status, code_of(await answer.json())


@pytest.mark.parametrize(
    "origin", [EVIL, "null", "", "http://localhost:1", "file://", "http://127.0.0.1.evil.example"]
)
@pytest.mark.parametrize(("method", "path"), DOORS)
async def test_a_page_of_another_origin_is_refused_at_every_door(
    server: ServerProcess, session_id: str, method: str, path: str, origin: str
) -> None:
    asked = await _ask(server, method, path, session_id, Origin=origin)
    assert asked == (403, "PERMISSION_DENIED")


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "0.0.0.0",  # noqa: S104
        "[::1",
        "user@evil.example",
        "localhost@evil.example",
    ],
)
@pytest.mark.parametrize(("method", "path"), DOORS)
async def test_a_foreign_name_for_this_machine_is_refused_at_every_door(
    server: ServerProcess, session_id: str, method: str, path: str, host: str
) -> None:
    asked = await _ask(server, method, path, session_id, Host=host, Origin=f"http://{host}")
    assert asked == (403, "PERMISSION_DENIED")


async def test_a_page_of_this_server_is_let_in(server: ServerProcess) -> None:
    answer = server.curl("GET", "/api/v1/health", None, "-H", f"Origin: {server.url}")
    assert answer.status == 200
    assert "access-control-allow-origin" not in answer.headers


async def test_a_listed_origin_is_let_in_and_no_other(start_server: Callable[..., ServerProcess]) -> None:
    own = start_server(server__allowed_origins=f'["{LISTED}"]')
    wanted = ["-H", "Access-Control-Request-Method: POST", "-H", f"Origin: {LISTED}"]
    for path in ("/api/v1/sessions", POLLING):
        preflight = own.curl("OPTIONS", path, None, *wanted, key=None)
        assert (preflight.status, preflight.headers["access-control-allow-origin"]) == (204, LISTED)
    answer = own.curl("GET", "/api/v1/sessions", None, "-H", f"Origin: {LISTED}")
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, LISTED)
    assert answer.headers["vary"].lower() == "origin"
    polled = own.curl("GET", POLLING, None, "-H", f"Origin: {LISTED}")
    assert (polled.status, polled.headers["access-control-allow-origin"]) == (200, LISTED)
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(own.url + SOCKET, origin=LISTED) as socket,
    ):
        assert (await socket.receive()).data.startswith("0{")
    for origin in (EVIL, LISTED + ".evil.example", LISTED + ":444", LISTED.replace("https", "http")):
        refused = own.curl("GET", "/api/v1/sessions", None, "-H", f"Origin: {origin}")
        assert (refused.status, refused.code) == (403, "PERMISSION_DENIED")
        assert "access-control-allow-origin" not in refused.headers


HOSTILE_FILES = {
    "page.html": "<script>fetch('/api/v1/auth/profile')</script>",
    "picture.svg": '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "page.xhtml": '<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>',
    "program.js": "alert(1)",
}


@pytest.mark.parametrize("name", HOSTILE_FILES)
def test_a_file_of_a_workspace_is_never_a_page_of_this_server(
    server: ServerProcess, session_id: str, name: str
) -> None:
    path = f"/api/v1/sessions/{session_id}"
    made = server.request("POST", f"{path}/files/{name}", {"content": HOSTILE_FILES[name]})
    assert made.status in (201, 409), made.body
    for downloaded in (f"{path}/files/raw?path={name}", f"{path}/archive"):
        headers = server.curl("GET", downloaded, None, "-o", "/dev/null").headers
        assert headers["content-disposition"].startswith("attachment;"), downloaded
        assert headers["content-security-policy"] == "sandbox; default-src 'none'"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
    read = server.request("GET", f"{path}/files/{name}")
    assert read.headers["content-type"].startswith("application/json")
    assert read.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
