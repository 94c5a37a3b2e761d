"""Servers over streamable HTTP. Source: Model Context Protocol, "Transports"."""

from __future__ import annotations

from collections.abc import Mapping

import httpx2

from roocode_server.engine.network.addresses import AddressRefused, public_address


class PublicTransport(httpx2.AsyncHTTPTransport):
    """Connects to public addresses only, and to exactly the address that was checked."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request to the checked address. Raises: httpx2.ConnectError, if it is not public."""
        host = request.url.host
        try:
            address = await public_address(host)
        except AddressRefused as refusal:
            raise httpx2.ConnectError(str(refusal), request=request) from refusal
        pinned = httpx2.Request(
            request.method,
            request.url.copy_with(host=str(address)),
            headers=request.headers,
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )
        return await super().handle_async_request(pinned)


def http_client(headers: Mapping[str, str], *, timeout_s: float, only_public: bool) -> httpx2.AsyncClient:
    """Return a client for a server; `only_public` refuses private addresses, and any proxy."""
    return httpx2.AsyncClient(
        headers=dict(headers), timeout=timeout_s, transport=PublicTransport() if only_public else None
    )
