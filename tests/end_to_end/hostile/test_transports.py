"""Engine.IO that no honest client speaks, over WebSocket and long polling."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest

from tests.end_to_end.hostile.conftest import assert_nothing_failed
from tests.end_to_end.hostile.talking import PATIENCE_S, POLLING, SOCKET, code_of, connected, talking, tcp
from tests.support.server import ServerProcess

LIMIT = 8_388_608
CALL = '["session.create",{"name":"%s"}]'


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as client:
        yield client


async def _open(http: aiohttp.ClientSession, server: ServerProcess) -> str:
    """A connection over long polling that is in the main namespace; the path that names it."""
    async with http.get(server.url + POLLING) as answer:
        opened = json.loads((await answer.text())[1:])
    path = f"{server.url}{POLLING}&sid={opened['sid']}"
    await _post(http, path, "40" + json.dumps({"token": server.key}))
    assert (await _get(http, path))[1].startswith("40{")
    return path


async def _post(http: aiohttp.ClientSession, path: str, body: str | bytes) -> tuple[int, str]:
    content = body.encode() if isinstance(body, str) else body
    async with http.post(path, data=io.BytesIO(content)) as answer:
        return answer.status, await answer.text()


async def _answered(http: aiohttp.ClientSession, path: str) -> str:
    """What polls bring until something is acknowledged."""
    while True:
        text = (await _get(http, path))[1]
        if "431" in text:
            return text


async def _get(http: aiohttp.ClientSession, path: str) -> tuple[int, str]:
    async with http.get(path) as answer:
        return answer.status, await answer.text()


OPENS_NOTHING = [
    "",
    "EIO=3&transport=polling",
    "EIO=4&transport=websocket",
    "EIO=5&transport=polling",
    "EIO=x&transport=polling",
    "EIO=4&EIO=3",
    "EIO=4&transport=carrier-pigeon",
    "EIO=4&transport=webtransport",
    "EIO=4&transport=polling&sid=nobody",
    "EIO=4&transport=polling&sid=__proto__",
    "EIO=4&transport=polling&sid=%00",
    "EIO=4&transport=polling&j=x",
    "%ff=%fe",
]


@pytest.mark.parametrize("query", OPENS_NOTHING)
async def test_a_query_that_opens_nothing_is_refused(
    server: ServerProcess, http: aiohttp.ClientSession, query: str
) -> None:
    for method in ("GET", "POST"):
        async with http.request(method, f"{server.url}/socket.io/?{query}") as answer:
            assert answer.status == 400
            assert code_of(await answer.json()) == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    "body",
    [
        "x",
        "9",
        "\x1e",
        "4\x1e\x1e4",
        "b!!!",
        "bAAAA",
        "",
        "2",
        "3probe",
        "0{}",
        "5",
        "6",
        "d=",
        "d=4",
        "\u0664",
    ],
)
async def test_a_payload_that_is_none_lets_the_client_go_at_most(
    server: ServerProcess, http: aiohttp.ClientSession, body: str
) -> None:
    path = await _open(http, server)
    status, _ = await _post(http, path, body)
    assert status in (200, 400)


async def test_a_payload_of_invalid_utf8_is_refused(
    server: ServerProcess, http: aiohttp.ClientSession
) -> None:
    status, text = await _post(http, await _open(http, server), b"4\xff\xfe")
    assert (status, code_of(json.loads(text))) == (400, "VALIDATION_ERROR")


async def test_a_thousand_calls_in_one_post_are_each_answered(
    server: ServerProcess, http: aiohttp.ClientSession
) -> None:
    path = await _open(http, server)
    calls = [f'42{call_id}["session.list",{{"limit":1}}]' for call_id in range(1000)]
    sent = asyncio.create_task(_post(http, path, "\x1e".join(calls)))
    answers: list[str] = []
    while len(answers) < 1000:
        answers += [each for each in (await _get(http, path))[1].split("\x1e") if each.startswith("43")]
    assert (await sent)[0] == 200
    assert not [each for each in answers if "error" in each]


async def test_a_payload_of_more_packets_than_anybody_saves_up_is_refused_and_the_connection_lives(
    server: ServerProcess, http: aiohttp.ClientSession
) -> None:
    path = await _open(http, server)
    status, text = await _post(http, path, "\x1e".join(["3"] * 100_000))
    assert (status, code_of(json.loads(text))) == (400, "VALIDATION_ERROR")
    assert (await _post(http, path, '421["system.health",{}]'))[0] == 200
    assert '431[{"status":"healthy"' in await _answered(http, path)


async def test_a_payload_in_chunks_is_read_as_any_other(
    server: ServerProcess, http: aiohttp.ClientSession
) -> None:
    path = await _open(http, server)

    async def chunks() -> AsyncIterator[bytes]:
        yield b'421["system'
        yield b'.health",{}]'

    async with http.post(path, data=chunks()) as answer:
        assert answer.status == 200
    assert (await _get(http, path))[1].startswith('431[{"status":"healthy"')


@pytest.mark.parametrize("farewell", ["1", "41\x1e1"])
async def test_the_poll_of_a_client_that_says_goodbye_is_answered(
    server: ServerProcess, http: aiohttp.ClientSession, farewell: str
) -> None:
    is_sent = asyncio.Event()

    async def note(*_: object) -> None:
        is_sent.set()

    trace = aiohttp.TraceConfig()
    trace.on_request_headers_sent.append(note)
    async with aiohttp.ClientSession(trace_configs=[trace]) as poller:
        path = await _open(poller, server)
        is_sent.clear()
        polling = asyncio.create_task(_get(poller, path))
        await is_sent.wait()  # on a connection that is there, before the farewell comes over a new one
        await _post(http, path, farewell)
        assert await polling == (200, ""), "not refused when the time for a poll is over"
    assert (await _get(http, path))[0] == 400


async def test_a_call_over_the_limit_is_answered_over_long_polling(
    server: ServerProcess, http: aiohttp.ClientSession
) -> None:
    path = await _open(http, server)
    await _post(http, path, "421" + CALL % ("x" * (LIMIT + 1)))
    _, text = await _get(http, path)
    assert code_of(json.loads(text.removeprefix("431"))[0]) == "PAYLOAD_TOO_LARGE"


async def test_a_call_over_the_limit_is_answered_over_websocket(server: ServerProcess) -> None:
    async with connected(server) as client:
        await client.send("421" + CALL % ("x" * (LIMIT + 1)))
        assert code_of(await client.acknowledged(1)) == "PAYLOAD_TOO_LARGE"
        assert (await client.call("system.health"))["status"] == "healthy"


async def test_a_post_beyond_all_is_too_large(server: ServerProcess, http: aiohttp.ClientSession) -> None:
    status, text = await _post(http, await _open(http, server), "421" + CALL % ("x" * (LIMIT * 2 + 1)))
    assert (status, code_of(json.loads(text))) == (413, "PAYLOAD_TOO_LARGE")


async def test_a_websocket_message_beyond_all_closes_its_connection(server: ServerProcess) -> None:
    async with connected(server) as client:
        with contextlib.suppress(ConnectionError):
            await client.send("421" + CALL % ("x" * (LIMIT * 2 + 1)))
        assert await client.until_closed() == []


@pytest.mark.parametrize("message", ["x", "9", "\u0664", "0{}", "6", "5", "7", "-", "b!", ""])
async def test_a_websocket_message_that_is_no_packet_harms_its_own_connection_at_most(
    server: ServerProcess, message: str
) -> None:
    async with connected(server) as client:
        await client.send(message)
        await client.send("1")
        await client.until_closed()


@pytest.mark.parametrize("first", ["x", "", "2", "2wrong", "4", "40{}", "5", "\u0664", b"binary"])
@pytest.mark.parametrize("probed", [False, True])
async def test_an_upgrade_that_goes_wrong_leaves_long_polling_working(
    server: ServerProcess, http: aiohttp.ClientSession, first: str | bytes, probed: bool
) -> None:
    path = await _open(http, server)
    async with http.ws_connect(path.replace("polling", "websocket")) as socket:
        if probed:
            await socket.send_str("2probe")
            assert (await socket.receive()).data == "3probe"
            await _get(http, path)
        await (socket.send_bytes(first) if isinstance(first, bytes) else socket.send_str(first))
        if (first, probed) != ("5", True):
            assert (await socket.receive()).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
    if (first, probed) != ("5", True):
        await _post(http, path, '421["system.health",{}]')
        assert '431[{"status":"healthy"' in await _answered(http, path)


async def test_an_upgrade_that_breaks_off_leaves_long_polling_working(
    server: ServerProcess, http: aiohttp.ClientSession
) -> None:
    path = await _open(http, server)
    async with http.ws_connect(path.replace("polling", "websocket")) as socket:
        await socket.send_str("2probe")
        await socket.receive()
        await _get(http, path)
    await _post(http, path, '421["system.health",{}]')
    assert '431[{"status":"healthy"' in await _answered(http, path)


async def test_a_second_websocket_for_one_connection_is_refused(
    server: ServerProcess, http: aiohttp.ClientSession
) -> None:
    async with http.ws_connect(server.url + SOCKET) as socket:
        sid = json.loads((await socket.receive()).data[1:])["sid"]
        async with http.get(f"{server.url}{SOCKET}&sid={sid}", headers=_UPGRADE) as answer:
            assert answer.status == 400
            assert code_of(await answer.json()) == "VALIDATION_ERROR"
        async with http.get(f"{server.url}{POLLING}&sid={sid}") as answer:
            assert answer.status == 400


_UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.mark.parametrize("path", [SOCKET, "/ws/{session}"])
@pytest.mark.parametrize(
    "change",
    [
        {"Sec-WebSocket-Version": "99"},
        {"Sec-WebSocket-Key": "short"},
        {"Sec-WebSocket-Key": "\u00fc"},
        {"Upgrade": "h2c"},
    ],
)
async def test_a_handshake_that_is_none_is_refused(
    server: ServerProcess, http: aiohttp.ClientSession, session_id: str, path: str, change: dict[str, str]
) -> None:
    headers = {**_UPGRADE, "Authorization": f"Bearer {server.key}", **change}
    async with http.get(server.url + path.format(session=session_id), headers=headers) as answer:
        assert answer.status in (400, 426)


BROKEN_FRAMES = {
    "a reserved bit": b"\xc1\x80aaaa",
    "a reserved kind": b"\x83\x80aaaa",
    "a ping in pieces": b"\x09\x80aaaa",
    "a ping too long": b"\x89\xfe\xff\xffaaaa",
    "text that is no UTF-8": b"\x81\x82\0\0\0\0\xff\xfe",
    "a length beyond all": b"\x81\xff" + b"\x7f" + b"\xff" * 7 + b"aaaa",
}


@pytest.mark.parametrize("path", [SOCKET, "/ws/{session}"])
@pytest.mark.parametrize("frame", BROKEN_FRAMES.values(), ids=BROKEN_FRAMES.keys())
async def test_a_frame_that_breaks_the_rules_closes_its_connection(
    server: ServerProcess, session_id: str, path: str, frame: bytes
) -> None:
    head = [f"GET {path.format(session=session_id)} HTTP/1.1", "Host: localhost"]
    head += [f"Authorization: Bearer {server.key}"]
    head += [f"{name}: {content}" for name, content in _UPGRADE.items()]
    async with tcp(server) as (reader, writer):
        writer.write("\r\n".join([*head, "", ""]).encode())
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
        writer.write(frame)
        async with asyncio.timeout(PATIENCE_S):
            while b"\x88" not in await reader.read(65_536):
                pass


async def test_a_hundred_half_open_handshakes_keep_nobody_out(
    server: ServerProcess, http: aiohttp.ClientSession
) -> None:
    for _ in range(100):
        async with http.get(server.url + POLLING) as answer:
            assert answer.status == 200
    async with connected(server) as client:
        assert (await client.call("system.health"))["status"] == "healthy"


async def test_thousands_of_calls_at_once_are_each_answered(server: ServerProcess) -> None:
    async with connected(server) as client:
        for call_id in range(3000):
            await client.send(f'42{call_id}["session.list",{{}}]')
        codes = []
        while len(codes) < 3000:
            packet = await client.receive()
            assert packet is not None and packet.startswith("43")
            codes.append(code_of(json.loads(packet[packet.index("[") :])[0]))
        assert set(codes) <= {None, "SERVER_OVERLOAD"}


async def test_more_calls_than_may_be_under_way_are_refused_as_overload(
    start_server: Callable[..., ServerProcess],
) -> None:
    own = start_server(socket__max_pending_calls="2")
    made = own.request("POST", "/api/v1/sessions", {"name": "Busy"}).body["session"]["id"]
    slow = {"sessionId": made, "toolName": "execute_command", "parameters": {"command": "sleep 1"}}
    async with connected(own) as client:
        for call_id in (1, 2, 3):
            await client.send(f"42{call_id}" + json.dumps(["tool.execute", slow]))
        assert code_of(await client.acknowledged(3)) == "SERVER_OVERLOAD"
        assert code_of(await client.acknowledged(1)) is None
    assert_nothing_failed(own.log)


async def test_a_client_that_answers_no_ping_is_let_go(start_server: Callable[..., ServerProcess]) -> None:
    own = start_server(socket__ping_interval_s="1", socket__ping_timeout_s="1")
    async with aiohttp.ClientSession() as http:
        async with http.ws_connect(own.url + SOCKET) as socket:
            await socket.send_str("40" + json.dumps({"token": own.key}))
            async with asyncio.timeout(20):
                while (await socket.receive()).type is aiohttp.WSMsgType.TEXT:
                    pass
        path = await _open(http, own)
        async with asyncio.timeout(20):
            while (await _get(http, path))[0] == 200:
                pass
    assert_nothing_failed(own.log)


async def test_a_client_that_never_reads_keeps_nobody_waiting(server: ServerProcess, session_id: str) -> None:
    async with talking(server) as silent, connected(server) as other:
        await silent.connect(server.key, sessionId=session_id)
        transport = silent.socket._response.connection.transport
        transport.pause_reading()
        for call_id in range(2000):
            await silent.send(f'42{call_id}["tool.list",{{}}]')
            if call_id % 500 == 0:
                assert (await other.call("system.health"))["status"] == "healthy"
        transport.abort()
