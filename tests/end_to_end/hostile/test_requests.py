"""Invalid HTTP that is refused before any operation is reached."""

from __future__ import annotations

import json

import pytest

from tests.end_to_end.hostile.talking import code_of, exchange, tcp
from tests.support.server import ServerProcess


def _head(line: str, server: ServerProcess, *headers: str) -> bytes:
    lines = [line, "Host: localhost", f"Authorization: Bearer {server.key}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _read(answer: bytes) -> tuple[int, str | None]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), code_of(json.loads(body))


HUGE = "x" * 100_000


@pytest.mark.parametrize(
    ("line", "header"),
    [
        ("GET /api/v1/sessions HTTP/1.1", f"X-Huge: {HUGE}"),
        ("GET /api/v1/sessions HTTP/1.1", f"{HUGE}: x"),
        (f"GET /api/v1/{HUGE} HTTP/1.1", "X-A: b"),
        (f"GET /api/v1/sessions?name={HUGE} HTTP/1.1", "X-A: b"),
    ],
    ids=["header", "header name", "path", "query"],
)
async def test_a_head_beyond_all_is_too_large(server: ServerProcess, line: str, header: str) -> None:
    assert _read(await exchange(server, _head(line, server, header))) == (413, "PAYLOAD_TOO_LARGE")


async def test_thousands_of_headers_are_no_request(server: ServerProcess) -> None:
    headers = [f"X-{number}: y" for number in range(5000)]
    status, code = _read(await exchange(server, _head("GET /api/v1/health HTTP/1.1", server, *headers)))
    assert (status, code) in ((400, "VALIDATION_ERROR"), (413, "PAYLOAD_TOO_LARGE"))


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
        b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nX-A: b\x00c\r\nConnection: close\r\n\r\n",
        b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n folded: x\r\nConnection: close\r\n\r\n",
        b"GET /api/v1/health HTTP/1.1\r\nHost : localhost\r\nConnection: close\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"\x00" * 500 + b"\r\n\r\n",
    ],
    ids=[
        "TLS",
        "a version of its own",
        "NUL in a header",
        "a folded header",
        "a blank in a name",
        "HTTP/2",
        "zeros",
    ],
)
async def test_what_is_no_http_is_a_validation_error(server: ServerProcess, request_: bytes) -> None:
    assert _read(await exchange(server, request_)) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("PATCH", "/api/v1/sessions", (405, "METHOD_NOT_ALLOWED")),
        ("BREW", "/api/v1/sessions", (501, "METHOD_NOT_IMPLEMENTED")),
        ("TRACE", "/api/v1/health", (405, "METHOD_NOT_ALLOWED")),
        ("DELETE", "/socket.io/?EIO=4&transport=polling", (405, "METHOD_NOT_ALLOWED")),
        ("GET", "/api/v2/sessions", (404, "RESOURCE_NOT_FOUND")),
        ("GET", "/api/v1/sessions/", (404, "RESOURCE_NOT_FOUND")),
        ("GET", "/api/v1//sessions", (404, "RESOURCE_NOT_FOUND")),
        ("GET", "/%00", (404, "RESOURCE_NOT_FOUND")),
        ("GET", "/%ff%fe", (404, "RESOURCE_NOT_FOUND")),
        ("GET", "/docs/../../../../etc/passwd", (404, "RESOURCE_NOT_FOUND")),
        ("GET", "/static/%2e%2e/%2e%2e/etc/passwd", (404, "RESOURCE_NOT_FOUND")),
        ("GET", "/static/..%2f..%2fetc%2fpasswd", (404, "RESOURCE_NOT_FOUND")),
        ("GET", "/api/v1/sessions/%00", (404, "RESOURCE_NOT_FOUND")),
        ("GET", "/api/v1/sessions/%ff", (404, "RESOURCE_NOT_FOUND")),
        ("GET", "/api/v1/sessions/..%2f..%2fusers", (404, "RESOURCE_NOT_FOUND")),
        ("GET", "/api/v1/sessions/%0d%0aSet-Cookie:%20a=b", (404, "RESOURCE_NOT_FOUND")),
    ],
)
def test_what_does_not_exist_is_refused_by_its_code(
    server: ServerProcess, method: str, path: str, expected: tuple[int, str]
) -> None:
    answer = server.request(method, path)
    assert (answer.status, code_of(answer.body)) == expected
    assert "set-cookie" not in answer.headers


async def test_a_head_request_has_no_body(server: ServerProcess) -> None:
    answer = await exchange(server, _head("HEAD /api/v1/health HTTP/1.1", server))
    assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("version", ["v2", "V1 ", "", "1", "v1, v2", "\u00fc" * 100])
def test_another_version_of_the_api_is_a_validation_error(server: ServerProcess, version: str) -> None:
    header = f"X-API-Version: {version}" if version else "X-API-Version;"
    answer = server.curl("GET", "/api/v1/health", None, "-H", header)
    if version.strip() == "v1":
        assert answer.status == 200
    else:
        assert (answer.status, code_of(answer.body)) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("name", ["X-Request-ID", "X-API-Version"])
def test_nothing_that_is_sent_comes_back_in_a_header(server: ServerProcess, name: str) -> None:
    answer = server.curl("GET", "/api/v1/health?name=%0d%0aX-Injected:%20yes", None, "-H", f"{name}: v1")
    assert "x-injected" not in answer.headers
    assert answer.headers["x-request-id"].startswith("req-")


async def test_a_client_that_never_ends_its_head_disturbs_nobody(server: ServerProcess) -> None:
    async with tcp(server) as (_, writer):
        writer.write(b"GET /api/v1/health HTTP/1.1\r\nHost: local")
        await writer.drain()
        assert server.request("GET", "/api/v1/health", key=None).status == 200


async def test_requests_in_a_row_on_one_connection_are_each_answered(server: ServerProcess) -> None:
    one = b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    last = b"GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = await exchange(server, one * 50 + last)
    assert answer.count(b"HTTP/1.1 200 OK") == 51
