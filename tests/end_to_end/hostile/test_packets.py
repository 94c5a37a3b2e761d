"""Socket.IO packets that no honest client sends."""

from __future__ import annotations

import json

import pytest

from tests.end_to_end.hostile.talking import code_of, connected, refusal_of, talking
from tests.support.server import ServerProcess

DEEP = 100_000

UNREADABLE_CALLS = {
    "broken JSON": '["system.health",',
    "deep objects": '["session.create",' + '{"a":' * DEEP + "1" + "}" * DEEP + "]",
    "deep brackets": "[" * DEEP + "]" * DEEP,
    "NaN": '["session.list",{"limit":NaN}]',
    "a number of 5,000 digits": '["session.list",{"limit":' + "9" * 5000 + "}]",
    "a number without bounds": '["session.list",{"limit":1e999}]',
    "a lone surrogate": '["session.create",{"name":"\\ud83d"}]',
    "a lone surrogate in a field's name": '["session.create",{"\\ud83d":1}]',
    "a million lists": '["session.create",{"name":[' + "[]," * 1_000_000 + "[]]}]",
    "no name": "[]",
    "an object": '{"name":"system.health"}',
    "a text": '"system.health"',
    "null": "null",
    "nothing": "",
    "a name that is a number": "[1,{}]",
    "a name that is null": "[null]",
    "a name that is a list": '[["system.health"]]',
}


@pytest.mark.parametrize("event", UNREADABLE_CALLS.values(), ids=UNREADABLE_CALLS.keys())
async def test_a_call_that_cannot_be_read_is_answered_and_the_connection_goes_on(
    server: ServerProcess, event: str
) -> None:
    async with connected(server) as client:
        await client.connect(server.key, "/tasks")
        await client.send('427["session.list",{}]', f"421{event}", f"42/tasks,2{event}")
        assert code_of(await client.acknowledged(1)) == "VALIDATION_ERROR"
        assert code_of(await client.acknowledged(2, "/tasks,")) == "VALIDATION_ERROR"
        assert (await client.call("system.health"))["status"] == "healthy"


async def test_a_refusal_names_the_field_that_holds_half_a_character(server: ServerProcess) -> None:
    async with connected(server) as client:
        answer = await client.call_raw('["session.create",{"config":{"mode":"\\ud83d"}}]')
        assert answer["error"]["details"]["field"].endswith("config.mode")
        assert "surrogate" in answer["error"]["details"]["reason"]


@pytest.mark.parametrize("namespace", ["/nowhere", "/tasks"])
async def test_a_call_in_a_namespace_that_was_not_connected_is_answered(
    server: ServerProcess, namespace: str
) -> None:
    async with connected(server) as client:
        await client.send(f'42{namespace},1["task.list",{{}}]', f'42{namespace},["task.list",{{}}]')
        assert code_of(await client.acknowledged(1, f"{namespace},")) == "VALIDATION_ERROR"
        assert (await client.call("system.health"))["status"] == "healthy"


NO_SOCKETIO_PACKET = {
    "an unknown type": "49",
    "another unknown type": '47["system.health",{}]',
    "a letter": "4x",
    "an empty message": "4",
    "an acknowledgement number of 101 digits": "42" + "1" * 101 + '["system.health",{}]',
    "a power for an acknowledgement number": '42\u00b2["system.health",{}]',
    "CONNECT for the second time": "40{}",
    "CONNECT_ERROR from a client": '44{"message":"no"}',
    "attachments beyond all": "45" + "9" * 5000 + '-1["file.create",{}]',
}


@pytest.mark.parametrize("packet", NO_SOCKETIO_PACKET.values(), ids=NO_SOCKETIO_PACKET.keys())
async def test_who_sends_no_packet_is_told_so_and_let_go_so_that_it_comes_back(
    server: ServerProcess, packet: str
) -> None:
    async with connected(server) as client:
        await client.send(packet)
        told, *farewell = await client.until_closed()
        name, body = json.loads(told.removeprefix("42"))
        assert (name, code_of(body)) == ("error", "VALIDATION_ERROR")
        assert farewell == ["1"]


@pytest.mark.parametrize(
    "then", ["text", '42["system.health",{}]', b"one", None], ids=["text", "a call", "one of two", "nothing"]
)
async def test_attachments_that_do_not_come_keep_nothing_waiting(
    server: ServerProcess, then: str | bytes | None
) -> None:
    async with connected(server) as client:
        await client.send('452-1["file.create",{"content":{"_placeholder":true,"num":0}}]')
        if then is not None and then != "text":
            await client.send(then)
        assert code_of(await client.acknowledged(1)) == "VALIDATION_ERROR"
        assert (await client.call("system.health"))["status"] == "healthy"


async def test_attachments_that_nobody_announced_are_passed_over(server: ServerProcess) -> None:
    async with connected(server) as client:
        await client.send(
            b"binary", '451-1["session.list",{"name":{"_placeholder":true,"num":0}}]', b"a", b"b"
        )
        assert code_of(await client.acknowledged(1)) == "VALIDATION_ERROR"
        assert (await client.call("system.health"))["status"] == "healthy"


@pytest.mark.parametrize("number", ["0", "7", "-5", '"x"', "null", "1.5", "[]", "99999999999999999999"])
async def test_a_call_with_an_attachment_is_a_validation_error(server: ServerProcess, number: str) -> None:
    async with connected(server) as client:
        attached = f'{{"_placeholder":true,"num":{number}}}'
        await client.send(f'451-1["session.create",{{"name":{attached}}}]', b"attached")
        assert code_of(await client.acknowledged(1)) == "VALIDATION_ERROR"
        await client.send(f'451-2["session.create",{attached}]', b"attached")
        assert code_of(await client.acknowledged(2)) == "VALIDATION_ERROR"


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
