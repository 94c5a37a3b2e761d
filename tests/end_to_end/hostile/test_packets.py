"""Socket.IO packets that no honest client sends."""

from __future__ import annotations

import json

import pytest

from tests.end_to_end.hostile.talking import code_of, connected, refusal_of, talking
from tests.support.server import ServerProcess

DEEP = 100_000

NO_SOCKETIO_PACKET = {
    "an unknown type": "49",
    "another unknown type": '47["system.health",{}]',
    "a letter": "4x",
    "an empty message": "4",
    "broken JSON": '42["system.health",',
    "deep brackets": "42" + "[" * DEEP + "]" * DEEP,
    "deep objects in a call": '421["session.create",' + '{"a":' * DEEP + "1" + "}" * DEEP + "]",
    "NaN": '421["session.list",{"limit":NaN}]',
    "a lone surrogate": '421["session.create",{"name":"\\ud800"}]',
    "an event without a name": "421[]",
    "an event that is an object": '421{"name":"system.health"}',
    "an event that is a text": '421"system.health"',
    "an event that is null": "421null",
    "an event without anything": "421",
    "a name that is a number": "421[1,{}]",
    "a name that is null": "421[null]",
    "a name that is a list": '421[["system.health"]]',
    "an acknowledgement number of 101 digits": "42" + "1" * 101 + '["system.health",{}]',
    "an acknowledgement number below zero": '42-1["system.health",{}]',
    "an acknowledgement number with a fraction": '421.5["system.health",{}]',
    "a power for an acknowledgement number": '42\u00b2["system.health",{}]',
    "CONNECT for the second time": "40{}",
    "CONNECT_ERROR from a client": '44{"message":"no"}',
    "a foreign namespace": '42/nowhere,1["system.health",{}]',
    "a namespace that was not connected": '42/tasks,1["task.list",{}]',
    "too many attachments": '4599-1["file.create",{"_placeholder":true,"num":0}]',
    "attachments without a number": '45x-1["file.create",{}]',
    "attachments in digits of another script": '45\u00b2-1["file.create",{}]',
    "attachments beyond all": "45" + "9" * 5000 + '-1["file.create",{}]',
    "an attachment that was not announced": b"binary",
}


@pytest.mark.parametrize("packet", NO_SOCKETIO_PACKET.values(), ids=NO_SOCKETIO_PACKET.keys())
async def test_who_sends_no_packet_is_told_so_and_let_go(server: ServerProcess, packet: str | bytes) -> None:
    async with connected(server) as client:
        await client.send(packet)
        assert refusal_of(await client.until_closed()) == "VALIDATION_ERROR"


@pytest.mark.parametrize("attachment", ["4text", '42["system.health",{}]', "40{}"])
async def test_who_sends_text_where_an_attachment_is_due_is_let_go(
    server: ServerProcess, attachment: str
) -> None:
    async with connected(server) as client:
        await client.send('451-1["file.create",{"content":{"_placeholder":true,"num":0}}]', attachment)
        assert refusal_of(await client.until_closed()) == "VALIDATION_ERROR"


@pytest.mark.parametrize("number", ["0", "7", "-5", '"x"', "null", "1.5", "[]", "99999999999999999999"])
async def test_a_call_with_an_attachment_is_a_validation_error(server: ServerProcess, number: str) -> None:
    async with connected(server) as client:
        attached = f'{{"_placeholder":true,"num":{number}}}'
        await client.send(f'451-1["session.create",{{"name":{attached}}}]', b"attached")
        assert code_of(await client.acknowledged(1)) == "VALIDATION_ERROR"
        await client.send(f'451-2["session.create",{attached}]', b"attached")
        assert code_of(await client.acknowledged(2)) == "VALIDATION_ERROR"


async def test_attachments_that_are_announced_and_never_sent_keep_nothing_waiting(
    server: ServerProcess,
) -> None:
    async with connected(server) as client:
        await client.send('458-1["session.create",{"name":{"_placeholder":true,"num":0}}]', b"the only one")


async def test_an_attachment_in_excess_lets_the_client_go_after_its_call(server: ServerProcess) -> None:
    async with connected(server) as client:
        await client.send('451-1["session.list",{"name":{"_placeholder":true,"num":0}}]', b"a", b"b")
        said = await client.until_closed()
        assert refusal_of(said) == "VALIDATION_ERROR"


@pytest.mark.parametrize("call_id", ["0", "00001", "9" * 100, "18446744073709551616"])
async def test_the_largest_acknowledgement_numbers_come_back_as_they_are(
    server: ServerProcess, call_id: str
) -> None:
    async with connected(server) as client:
        await client.send(f'42{call_id}["system.health",{{}}]')
        answer = await client.acknowledged(int(call_id))
        assert answer["status"] == "healthy"


@pytest.mark.parametrize(
    "name",
    [
        "connect",
        "disconnect",
        "connect_error",
        "error",
        "message",
        "__proto__",
        "constructor",
        "toString",
        "",
        "*",
        "newListener",
        "task",
        "task.",
        ".create",
        "__class__",
        "Session.List",
        "x" * 100_000,
        "\u0000",
        "\n",
    ],
)
async def test_a_name_that_is_no_operation_is_unknown(server: ServerProcess, name: str) -> None:
    async with connected(server) as client:
        assert code_of(await client.call(name, {})) == "UNKNOWN_OPERATION"
        assert (await client.call("system.health"))["status"] == "healthy"


async def test_an_unknown_operation_without_acknowledgement_is_told_as_an_event(
    server: ServerProcess,
) -> None:
    async with connected(server) as client:
        await client.send('42["no.such"]')
        name, body = json.loads((await client.receive() or "")[2:])
        assert name == "error"
        assert body["error"]["code"] == "UNKNOWN_OPERATION"


@pytest.mark.parametrize("arguments", [({}, {}), ({}, None), (None,), (1,), ("text",), ([],), (True,)])
async def test_anything_but_one_object_as_argument_is_a_validation_error(
    server: ServerProcess, arguments: tuple[object, ...]
) -> None:
    async with connected(server) as client:
        assert code_of(await client.call("session.list", *arguments)) == "VALIDATION_ERROR"


async def test_an_event_before_its_namespace_is_connected_is_refused(server: ServerProcess) -> None:
    async with talking(server) as client:
        await client.send('421["system.health",{}]')
        assert refusal_of(await client.until_closed()) == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    "namespace", ["/nowhere", "/__proto__", "/tasks/../files", "/TASKS", "//", "/" + "x" * 10_000]
)
async def test_an_unknown_namespace_is_refused_and_the_others_go_on(
    server: ServerProcess, namespace: str
) -> None:
    async with connected(server) as client:
        refusal = await client.connect(server.key, namespace)
        assert code_of(refusal["data"]) == "VALIDATION_ERROR"
        assert (await client.call("system.health"))["status"] == "healthy"


@pytest.mark.parametrize(
    "auth",
    [
        "[]",
        '"token"',
        "1",
        "true",
        '{"token":1}',
        '{"token":["a"]}',
        '{"token":{"a":1}}',
        '{"token":""}',
        "{}",
        "",
        "null",
    ],
)
async def test_credentials_that_are_none_are_refused(server: ServerProcess, auth: str) -> None:
    async with talking(server) as client:
        await client.send(f"40{auth}")
        refusal = json.loads((await client.receive() or "")[2:])
        assert code_of(refusal["data"]) in ("AUTHENTICATION_FAILED", "VALIDATION_ERROR")


@pytest.mark.parametrize(
    "auth",
    [
        {"sessionId": 1},
        {"sessionId": []},
        {"sessionId": None},
        {"sessionId": "\u0000"},
        {"sessionId": "none"},
        {"sessionId": "{session}", "lastSeq": -1},
        {"sessionId": "{session}", "lastSeq": 1.5},
        {"sessionId": "{session}", "lastSeq": "x"},
        {"sessionId": "{session}", "lastSeq": 10**30},
        {"sessionId": "{session}", "lastSeq": {}},
    ],
)
async def test_a_handshake_for_a_session_that_cannot_be_is_refused(
    server: ServerProcess, session_id: str, auth: dict[str, object]
) -> None:
    if auth["sessionId"] == "{session}":
        auth = {**auth, "sessionId": session_id}
    async with talking(server) as client:
        refusal = await client.connect(server.key, **auth)
        assert code_of(refusal["data"]) in ("VALIDATION_ERROR", "RESOURCE_NOT_FOUND")


async def test_leaving_a_namespace_twice_does_no_harm(server: ServerProcess) -> None:
    async with connected(server) as client:
        await client.connect(server.key, "/tasks")
        await client.send("41/tasks,", "41/tasks,", "41/never,")
        assert (await client.call("system.health"))["status"] == "healthy"
        assert "sid" in await client.connect(server.key, "/tasks")


async def test_leaving_and_entering_a_thousand_times_does_no_harm(server: ServerProcess) -> None:
    async with connected(server) as client:
        for _ in range(300):
            await client.send("41/tasks,", f'40/tasks,{{"token":"{server.key}"}}')
        assert (await client.call("system.health"))["status"] == "healthy"


@pytest.mark.parametrize("packet", ['431[{"a":1}]', "431{}", "43[]", '43999["x"]'])
async def test_an_acknowledgement_that_nobody_asked_for_is_left(server: ServerProcess, packet: str) -> None:
    async with connected(server) as client:
        await client.send(packet)
        assert (await client.call("system.health"))["status"] == "healthy"
