"""Credentials that expire or are revoked while a connection is open, at every door with connections."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest

from tests.end_to_end.hostile.conftest import assert_nothing_failed
from tests.end_to_end.hostile.talking import code_of, talking
from tests.support.server import ServerProcess

CREDENTIALS_ENDED = 4401
PATIENCE_S = 300
PASSWORD = "long enough for anybody"


# Programs of the command line take longer than a client that reads nothing may go without answering a ping.
@pytest.fixture(autouse=True)
def bystander(server: ServerProcess) -> Iterator[None]:
    logged = len(server.log)
    yield
    assert_nothing_failed(server.log[logged:])


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server whose tokens last for a moment."""
    settings = {"ROOCODE_AUTH__ACCESS_TOKEN_S": "4", "ROOCODE_SOCKET__RENEWAL_S": "4"}
    running = ServerProcess(tmp_path_factory.mktemp("short") / "data", settings).start()
    yield running
    running.end()
    assert_nothing_failed(running.log)


@pytest.fixture(scope="module")
def place(own: ServerProcess) -> str:
    return str(own.request("POST", "/api/v1/sessions", {"name": "Short"}).body["session"]["id"])


def _token(server: ServerProcess, email: str = "", password: str = "") -> str:
    entry = {"email": email or server.admin["email"], "password": password or server.admin["password"]}
    answer = server.request("POST", "/api/v1/auth/login", entry, key=None)
    assert answer.status == 200, answer.body
    return str(answer.body["tokens"]["accessToken"])


def test_a_token_that_expires_is_told_can_be_renewed_and_costs_the_client_a_return_at_most(
    own: ServerProcess, place: str
) -> None:
    seen = own.node("renewing.mjs", place, own.admin["email"], own.admin["password"])
    assert seen["renewed"] == {
        "told": "TOKEN_EXPIRED",
        "refused": "TOKEN_EXPIRED",
        "renewed": True,
        "path": "/renewed.txt",
        "connected": True,
    }
    assert seen["returned"]["reason"] in ("transport close", "transport error")
    assert seen["returned"]["health"] == "healthy"


async def test_who_gives_no_new_token_is_let_go_without_a_farewell_that_keeps_it_away(
    own: ServerProcess,
) -> None:
    async with talking(own) as client, asyncio.timeout(PATIENCE_S):
        assert "sid" in await client.connect(_token(own))
        told, *farewell = [packet async for packet in _packets(client)]
        assert told.startswith('42["error"') and "TOKEN_EXPIRED" in told
        assert farewell == ["1"]


async def test_a_raw_websocket_is_told_renewed_and_closed_with_a_code_of_its_own(
    own: ServerProcess, place: str
) -> None:
    async with (
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{own.url}/ws/{place}?token={_token(own)}") as socket,
        asyncio.timeout(PATIENCE_S),
    ):
        assert "TOKEN_EXPIRED" in (await socket.receive()).data
        await socket.send_json({"token": "forged"})
        assert "AUTHENTICATION_FAILED" in (await socket.receive()).data
        await socket.send_json({"token": _token(own)})
        assert "TOKEN_EXPIRED" in (await socket.receive()).data
        closed = await socket.receive()
        assert (closed.type, socket.close_code) == (aiohttp.WSMsgType.CLOSE, CREDENTIALS_ENDED)


async def test_a_token_of_somebody_else_renews_nothing(own: ServerProcess) -> None:
    own.roocode("user", "add", "else@example.com", "--password", PASSWORD)
    async with talking(own) as client:
        await client.connect(own.key)
        answer = await client.call("auth.renew", {"token": _token(own, "else@example.com", PASSWORD)})
        assert code_of(answer) == "PERMISSION_DENIED"


@pytest.mark.parametrize("how", ["revoke", "disable", "password"])
async def test_a_credential_that_is_taken_back_ends_what_it_has_opened(
    server: ServerProcess, how: str
) -> None:
    email = f"{how}@example.com"
    server.roocode("user", "add", email, "--password", PASSWORD)
    if how == "password":
        credential = _token(server, email, PASSWORD)
    else:
        credential = server.roocode("key", "create", email).strip()
    made = server.request("POST", "/api/v1/sessions", {"name": "Taken"}, key=credential)
    place = made.body["session"]["id"]

    async def endless() -> Any:
        while True:
            await asyncio.sleep(0.05)
            yield b"x"

    upload = f"{server.url}/api/v1/sessions/{place}/files/raw?path=endless"
    headers = {"Authorization": f"Bearer {credential}"}
    async with (
        talking(server) as client,
        aiohttp.ClientSession() as http,
        http.ws_connect(f"{server.url}/ws/{place}?token={credential}") as socket,
        asyncio.timeout(PATIENCE_S),
    ):
        await client.connect(credential)
        uploading = asyncio.create_task(http.put(upload, data=endless(), headers=headers).__aenter__())
        match how:
            case "revoke":
                key_id = server.roocode("key", "list", email).split()[0]
                await asyncio.to_thread(server.roocode, "key", "revoke", email, key_id)
            case "disable":
                await asyncio.to_thread(server.roocode, "user", "disable", email)
            case _:
                await asyncio.to_thread(
                    server.roocode, "user", "password", email, "--password", "another long enough one"
                )
        told = [packet async for packet in _packets(client)]
        assert "AUTHENTICATION_FAILED" in told[0] and told[-1] == "1"
        closed = await socket.receive()
        assert (closed.type, closed.data) == (aiohttp.WSMsgType.CLOSE, CREDENTIALS_ENDED)
        with pytest.raises(aiohttp.ClientError):
            await uploading
        while server.request("GET", "/api/v1/auth/profile", key=credential).status != 401:
            await asyncio.sleep(0.2)  # what is remembered of a credential lasts for five seconds


def test_the_javascript_client_lives_on_after_content_that_cannot_be_read(server: ServerProcess) -> None:
    seen = server.node("unreadable.mjs")
    half = seen.pop("half")
    assert (half["code"], half["details"]["field"]) == ("VALIDATION_ERROR", "1.name")
    assert seen == {
        "before": "healthy",
        "binary": "VALIDATION_ERROR",
        "after": "healthy",
        "other": "RESOURCE_NOT_FOUND",
        "connected": True,
    }


async def _packets(client: Any) -> Any:
    while (packet := await client.receive()) is not None:
        yield packet
