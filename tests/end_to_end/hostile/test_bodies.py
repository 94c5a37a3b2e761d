"""Bodies that are no request: each is refused with its code, never with a 500."""

from __future__ import annotations

import gzip
import json

import aiohttp
import pytest

from tests.end_to_end.hostile.talking import code_of, exchange, tcp
from tests.support.server import ServerProcess

SESSIONS = "/api/v1/sessions"
DEEP = 100_000
LIMIT = 8_388_608

NOT_A_REQUEST = {
    "broken": b'{"name": ',
    "deep lists": b"[" * DEEP + b"]" * DEEP,
    "deep objects": b'{"name":' * DEEP + b"1" + b"}" * DEEP,
    "deep metadata": b'{"name":"x","metadata":{"a":' + b"[" * DEEP + b"]" * DEEP + b"}}",
    "NaN": b'{"name": NaN}',
    "Infinity": b'{"name": "x", "config": {"temperature": Infinity}}',
    "a float beyond all": b'{"name": "x", "config": {"maxIterations": 1e999}}',
    "an integer beyond all": b'{"name": "x", "config": {"maxIterations": ' + b"9" * 5000 + b"}}",
    "lone surrogate": b'{"name": "\\ud800"}',
    "invalid UTF-8": b'{"name": "\xff\xfe"}',
    "overlong UTF-8": b'{"name": "\xc0\xaf"}',
    "UTF-16": '{"name": "x"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"name": "x"}',
    "a list": b"[]",
    "a text": b'"x"',
    "a number": b"1",
    "null": b"null",
    "two values": b'{"name": "x"}{"name": "y"}',
    "a trailing comma": b'{"name": "x",}',
    "a comment": b'{"name": "x"} // no',
    "a time before all time": b'{"name": "x", "expiresAt": "0001-01-01T00:00:00+23:59"}',
    "a NUL byte": b'{"name": "x"}\0',
    "nothing where a name is needed": b'{"config": 7}',
    "an unknown field": b'{"name": "x", "__proto__": {"admin": true}}',
}


@pytest.mark.parametrize("body", NOT_A_REQUEST.values(), ids=NOT_A_REQUEST.keys())
def test_a_body_that_is_no_request_is_a_validation_error(server: ServerProcess, body: bytes) -> None:
    answer = server.request("POST", SESSIONS, body)
    assert (answer.status, code_of(answer.body)) == (400, "VALIDATION_ERROR")


def test_of_a_name_that_stands_twice_the_last_one_counts(server: ServerProcess) -> None:
    answer = server.request("POST", SESSIONS, b'{"name": "first", "name": "second"}')
    assert answer.status == 201
    assert answer.body["session"]["name"] == "second"


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "nonsense"]
)
def test_a_body_that_is_not_declared_as_json_is_a_validation_error(
    server: ServerProcess, content_type: str
) -> None:
    answer = server.curl(
        "POST", SESSIONS, None, "-H", f"Content-Type: {content_type}", "--data-binary", '{"name": "x"}'
    )
    assert (answer.status, code_of(answer.body)) == (400, "VALIDATION_ERROR")


def test_a_body_that_is_not_declared_at_all_is_taken_for_json(server: ServerProcess) -> None:
    answer = server.curl("POST", SESSIONS, None, "-H", "Content-Type:", "--data-binary", '{"name": "x"}')
    assert answer.status == 201


def test_a_chunked_body_is_read_as_any_other(server: ServerProcess) -> None:
    answer = server.curl("POST", SESSIONS, b'{"name": "chunked"}', "-H", "Transfer-Encoding: chunked")
    assert answer.status == 201


@pytest.mark.parametrize("encoding", [None, "Transfer-Encoding: chunked"])
def test_one_byte_too_many_is_too_large(server: ServerProcess, encoding: str | None) -> None:
    body = b'{"name": "' + b"x" * (LIMIT - 11) + b'"}'
    options = ["-H", encoding] if encoding else []
    assert len(body) == LIMIT + 1
    answer = server.curl("POST", SESSIONS, body, *options)
    assert (answer.status, code_of(answer.body)) == (413, "PAYLOAD_TOO_LARGE")
    assert answer.body["error"]["details"] == {"limitBytes": LIMIT}


def test_a_body_of_exactly_the_limit_is_read(server: ServerProcess) -> None:
    body = b'{"name": "' + b"x" * (LIMIT - 12) + b'"}'
    answer = server.request("POST", SESSIONS, body)
    assert (answer.status, code_of(answer.body)) == (400, "VALIDATION_ERROR")
    assert answer.body["error"]["details"]["field"] == "name"


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd", "gzip, gzip", "nonsense"])
async def test_what_unpacks_to_more_than_the_limit_is_refused(server: ServerProcess, encoding: str) -> None:
    bomb = gzip.compress(b'{"name": "' + b"0" * (LIMIT * 8) + b'"}')
    headers = {"Authorization": f"Bearer {server.key}", "Content-Encoding": encoding}
    headers["Content-Type"] = "application/json"
    async with (
        aiohttp.ClientSession() as client,
        client.post(server.url + SESSIONS, data=bomb, headers=headers) as answer,
    ):
        body = json.loads(await answer.read())
        expected = (413, "PAYLOAD_TOO_LARGE") if encoding == "gzip" else (400, "VALIDATION_ERROR")
        assert (answer.status, code_of(body)) == expected


async def test_a_body_shorter_than_it_says_ends_with_its_connection(server: ServerProcess) -> None:
    head = f"POST {SESSIONS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.key}\r\n"
    async with tcp(server) as (_, writer):
        writer.write(f'{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{"name":'.encode())
        await writer.drain()


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: -1\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Content-Length: 0x10\r\n",
        "Content-Length: 999999999999999999999999\r\n",
    ],
)
async def test_a_body_whose_length_is_a_riddle_is_no_request(server: ServerProcess, framing: str) -> None:
    head = f"POST {SESSIONS} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {server.key}\r\n"
    answer = await exchange(server, f"{head}Connection: close\r\n{framing}\r\n".encode() + b"hello")
    head_of_answer, _, body = answer.partition(b"\r\n\r\n")
    assert head_of_answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 "))
    assert code_of(json.loads(body)) == "VALIDATION_ERROR"
