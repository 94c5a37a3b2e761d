"""The proxy that is the browser's only way to the network."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from roocode_server.engine.network.addresses import is_public
from roocode_server.engine.network.proxy import Proxy


@pytest.fixture
async def site() -> AsyncIterator[str]:
    async def page(request: web.Request) -> web.Response:
        return web.Response(text=f"{request.method} {request.path_qs} {await request.text()}")

    app = web.Application()
    app.add_routes([web.route("*", "/{any:.*}", page)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize(("allow", "status"), [(True, 200), (False, 403)])
async def test_private_addresses_are_reached_only_where_they_are_allowed(
    site: str, *, allow: bool, status: int
) -> None:
    proxy = Proxy(allow_private=allow)
    address = await proxy.start()
    try:
        async with aiohttp.ClientSession() as client:
            async with client.post(f"{site}/a?b=c", data="text", proxy=address) as answer:
                text = await answer.text()
                assert answer.status == status
            assert text == "POST /a?b=c text" if allow else "not public" in text
    finally:
        await proxy.close()


@pytest.mark.parametrize("allow", [True, False])
async def test_a_tunnel_goes_only_where_it_may(site: str, *, allow: bool) -> None:
    proxy = Proxy(allow_private=allow)
    port = int((await proxy.start()).rpartition(":")[2])
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"CONNECT {site.removeprefix('http://')} HTTP/1.1\r\n\r\n".encode())
        status = await reader.readline()
        assert status.split()[1] == (b"200" if allow else b"403")
        writer.close()
    finally:
        await proxy.close()


@pytest.mark.parametrize(
    "head", [b"GET ftp://x/ HTTP/1.1", b"GET / HTTP/1.1", b"CONNECT x:port HTTP/1.1", b"x"]
)
async def test_what_is_no_request_to_the_web_is_refused(head: bytes) -> None:
    proxy = Proxy(allow_private=True)
    port = int((await proxy.start()).rpartition(":")[2])
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head + b"\r\n\r\n")
        assert (await reader.readline()).split()[1] == b"403"
        writer.close()
    finally:
        await proxy.close()


@given(st.ip_addresses(v=4, network="10.0.0.0/8") | st.ip_addresses(v=4, network="169.254.0.0/16"))
def test_private_addresses_are_not_public_in_any_dress(address: object) -> None:
    inner = ipaddress.IPv4Address(str(address))
    assert not is_public(inner)
    assert not is_public(ipaddress.ip_address(f"::ffff:{inner}"))
    assert not is_public(ipaddress.ip_address(f"64:ff9b::{inner}"))
    assert not is_public(ipaddress.IPv6Address((0x2002 << 112) | (int(inner) << 80)))
