"""Calls: what is repeated and what is not, refusals, time limits, tokens."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable

import pytest

from roocode import (
    AsyncRooCodeClient,
    AuthenticationFailed,
    CallTimeout,
    Conflict,
    ConnectionFailed,
    NotFound,
    RooCodeClient,
    UnexpectedAnswer,
    ValidationFailed,
)
from roocode.models import Tokens
from tests.support.cutting import CuttingProxy
from tests.support.server import ServerProcess

Cutting = Callable[[Iterable[int]], CuttingProxy]
BEFORE_THE_ANSWER = [0]


async def names(client: AsyncRooCodeClient) -> list[str]:
    return [session.name async for session in client.sessions.each()]


async def test_what_was_created_before_the_answer_was_lost_is_created_once(
    server: ServerProcess, client: AsyncRooCodeClient, cutting: Cutting
) -> None:
    proxy = cutting(BEFORE_THE_ANSWER * 2)
    async with AsyncRooCodeClient(server.key, base_url=proxy.url) as cut:
        session = await cut.sessions.create(name="Made once")
    assert proxy.cuts == 2
    assert (await names(client)).count("Made once") == 1
    assert (await client.sessions.get(session.id)).name == "Made once"


async def test_what_only_reads_is_repeated(server: ServerProcess, cutting: Cutting) -> None:
    proxy = cutting(BEFORE_THE_ANSWER * 3)
    async with AsyncRooCodeClient(server.key, base_url=proxy.url) as cut:
        assert (await cut.monitoring.health()).status == "healthy"
    assert proxy.cuts == 3


async def test_what_cannot_be_repeated_is_sent_once(
    server: ServerProcess, client: AsyncRooCodeClient, cutting: Cutting
) -> None:
    session = await client.sessions.create(name="Append")
    proxy = cutting(BEFORE_THE_ANSWER)
    async with AsyncRooCodeClient(server.key, base_url=proxy.url) as cut:
        with pytest.raises(ConnectionFailed):
            await cut.shell.exec(session.id, "echo once >> log.txt")
        await cut.shell.exec(session.id, "true")  # after the first one, which was carried out
        assert (await cut.files.read(session.id, "/log.txt")).content == "once\n"
    assert proxy.cuts == 1


async def test_a_connection_that_breaks_each_time_is_told(server: ServerProcess, cutting: Cutting) -> None:
    proxy = cutting(BEFORE_THE_ANSWER * 10)
    async with AsyncRooCodeClient(server.key, base_url=proxy.url, retries=2) as cut:
        with pytest.raises(ConnectionFailed, match="GET /api/v1/sessions"):
            await cut.sessions.list()
    assert proxy.cuts == 3


async def test_a_server_that_is_not_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
    async with AsyncRooCodeClient("roo_none", base_url=url, retries=1) as client:
        with pytest.raises(ConnectionFailed, match=f"^{url} cannot be reached: connection refused$"):
            await client.sessions.create(name="Nowhere")
        with pytest.raises(ConnectionFailed, match=f"^{url} cannot be reached: connection refused$"):
            await client.files.read_bytes("session-none", "/none")


@pytest.mark.parametrize(
    ("scheme", "why"),
    [("https", "does not speak TLS as wanted"), ("http", "no address is known for no.invalid")],
)
async def test_why_a_server_is_not_reached_is_told(server: ServerProcess, scheme: str, why: str) -> None:
    url = server.url.replace("http", scheme) if scheme == "https" else "http://no.invalid"
    async with AsyncRooCodeClient("roo_none", base_url=url, retries=0) as client:
        with pytest.raises(ConnectionFailed, match=f"{url} cannot be reached: .*{why}"):
            await client.sessions.list()


async def test_a_server_that_does_not_answer_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        async with AsyncRooCodeClient("roo_none", base_url=url, timeout_s=0.2, retries=0) as client:
            with pytest.raises(CallTimeout):
                await client.sessions.list()


async def test_an_answer_of_something_else_is_told(server: ServerProcess) -> None:
    async with AsyncRooCodeClient(server.key, base_url=f"{server.url}/docs") as client:
        with pytest.raises((UnexpectedAnswer, NotFound)):
            await client.sessions.list()


async def test_a_refusal_has_the_servers_code_facts_and_request_id(client: AsyncRooCodeClient) -> None:
    with pytest.raises(NotFound) as absent:
        await client.sessions.get("session-none")
    assert (absent.value.code, absent.value.status) == ("RESOURCE_NOT_FOUND", 404)
    assert absent.value.details == {"resource": "session", "id": "session-none"}
    assert (absent.value.request_id or "").startswith("req-")
    with pytest.raises(ValidationFailed) as wrong:
        await client.sessions.create(name="", config={"resourceLimits": {"maxMemoryMB": -1}})
    assert wrong.value.details["fields"]
    assert "; config.resourceLimits.maxMemoryMB: " in str(wrong.value)
    with pytest.raises(ValidationFailed) as unknown:
        await client.sessions.create(name="There", config={"provider": "nobody"})
    assert "config.provider: No such provider. There are: auto, anthropic, " in str(unknown.value)
    assert unknown.value.message == "Invalid request data"
    session = await client.sessions.create(name="There")
    await client.files.create(session.id, "/there.txt", "some")
    with pytest.raises(Conflict):
        await client.files.create(session.id, "/there.txt", "other")


async def test_a_key_that_is_wrong_is_told(server: ServerProcess) -> None:
    async with AsyncRooCodeClient("roo_wrong", base_url=server.url) as client:
        with pytest.raises(AuthenticationFailed):
            await client.sessions.list()
        with pytest.raises(AuthenticationFailed):
            await anext(client.events.follow("session-none", after=0))


def test_the_blocking_client_raises_the_same(blocking: RooCodeClient) -> None:
    with pytest.raises(NotFound, match="RESOURCE_NOT_FOUND"):
        blocking.sessions.get("session-none")


async def test_null_is_sent_and_what_is_left_out_is_not(client: AsyncRooCodeClient) -> None:
    session = await client.sessions.create(name="Kept", config={"temperature": 0.5})
    renamed = await client.sessions.update(session.id, name="Renamed")
    assert (renamed.name, renamed.config.temperature) == ("Renamed", 0.5)
    reset = await client.sessions.update(session.id, config={"temperature": None})
    assert reset.config.temperature is None


async def test_tokens_are_refreshed_before_and_after_they_expire(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server(auth__access_token_s="2", socket__renewal_s="60")
    told: list[Tokens] = []
    async with AsyncRooCodeClient(base_url=server.url) as client:
        user = await client.login(server.admin["email"], server.admin["password"], on_tokens=told.append)
        assert user.email == server.admin["email"]
        session = await client.sessions.create(name="Long")
        events = client.events.follow(session.id, after=0)
        await anext(events)
        while len(told) < 3:
            await client.files.write_bytes(session.id, "/some.txt", str(len(told)).encode())
            await anext(events)
    assert len({tokens.refresh_token for tokens in told}) == len(told)


async def test_many_who_need_a_new_token_share_one_refresh(server: ServerProcess) -> None:
    told: list[Tokens] = []
    async with AsyncRooCodeClient(base_url=server.url) as client:
        await client.login(server.admin["email"], server.admin["password"], on_tokens=told.append)
        expired = Tokens(access_token=told[0].access_token, refresh_token=told[0].refresh_token, expires_in=0)
        await client.use_tokens(expired, on_tokens=told.append)
        await asyncio.gather(*(client.auth.profile() for _ in range(10)))
    assert len(told) == 2
