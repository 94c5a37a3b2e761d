"""How S2's namespace handles input that no honest client sends."""

from __future__ import annotations

from typing import Any

import pytest

from roocode_server.handlers.dialects.extension.adapter import METHODS
from roocode_server.handlers.dialects.extension.settings import AUTO_APPROVAL, SESSION_SETTINGS, TASK_SETTINGS
from tests.end_to_end.hostile.talking import code_of, talking
from tests.support.server import ServerProcess

EXTENSION = "/extension"
NOWHERE = "session-00000000000000000000"
WILD: tuple[Any, ...] = (7, -1.5, True, "", "x" * 5000, "\u0000", [], [[]], {}, {"a": {"b": []}}, [None])
SETTINGS = sorted({*AUTO_APPROVAL, *SESSION_SETTINGS, *TASK_SETTINGS})


@pytest.mark.parametrize("method", METHODS)
async def test_whatever_the_arguments_are_the_call_is_answered(host: ServerProcess, method: str) -> None:
    async with talking(host) as client:
        await client.connect(host.key, EXTENSION)
        for wild in WILD:
            for arguments in ([wild], [wild, wild], [wild, None, wild], [None, wild], ["p", wild, wild]):
                answer = await client.call(method, *arguments, namespace=EXTENSION)
                assert code_of(answer) != "INTERNAL_ERROR", arguments


@pytest.mark.parametrize("setting", SETTINGS)
async def test_whatever_a_setting_is_the_call_is_answered(host: ServerProcess, setting: str) -> None:
    async with talking(host) as client:
        await client.connect(host.key, EXTENSION)
        for wild in WILD:
            values = {setting: wild}
            answer = await client.call("setConfiguration", values, namespace=EXTENSION)
            assert code_of(answer) != "INTERNAL_ERROR", wild
            options = {"text": "small errand", "configuration": values}
            answer = await client.call("startNewTask", options, namespace=EXTENSION)
            assert code_of(answer) != "INTERNAL_ERROR", wild


async def test_a_session_that_there_is_not_cannot_be_connected_for(host: ServerProcess) -> None:
    async with talking(host) as client:
        refused = await client.connect(host.key, EXTENSION, sessionId=NOWHERE)
    assert code_of(refused["data"]) == "RESOURCE_NOT_FOUND"


async def test_nobody_comes_in_without_credentials(host: ServerProcess) -> None:
    async with talking(host) as client:
        refused = await client.connect(None, EXTENSION)
    assert code_of(refused["data"]) == "AUTHENTICATION_FAILED"


async def test_a_call_with_an_attachment_is_refused(host: ServerProcess) -> None:
    async with talking(host) as client:
        await client.connect(host.key, EXTENSION)
        packet = f'451-{EXTENSION},1["sendMessage",{{"_placeholder":true,"num":0}}]'
        await client.send(packet, b"attached")
        assert code_of(await client.acknowledged(1, f"{EXTENSION},")) == "VALIDATION_ERROR"
