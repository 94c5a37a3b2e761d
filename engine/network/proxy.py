"""A forward proxy that connects only to addresses it has checked, for programs without other network access.

Redirects, frames, images and sockets all pass through it, which no check inside the program could ensure.
Source: RFC 9110, 9.3.6 (CONNECT); RFC 9112, 3.2.2 (absolute form).
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection
from typing import Final
from urllib.parse import SplitResult, urlsplit

import structlog

from roocode_server.engine.network.addresses import Address, AddressRefused, addresses, public_address

MOST_HEAD_BYTES: Final = 65_536
CONNECT_TIMEOUT_S: Final = 15.0
_SOCKET_READ_BYTES: Final = 65_536
_OF_THE_HOP: Final = (b"connection:", b"proxy-connection:", b"proxy-authorization:", b"keep-alive:")

log = structlog.get_logger("proxy")


class RequestRefused(Exception):
    """The request is refused; the message is shown to people."""


class Proxy:
    """A forward proxy on a loopback port of its own."""

    def __init__(self, *, allow_private: bool, private_hosts: Collection[str] = ()) -> None:
        """`private_hosts` may be reached at private addresses even if `allow_private` is false."""
        self._allow_private = allow_private
        self._private_hosts = frozenset(private_hosts)
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        """Start listening and return the proxy's URL."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=MOST_HEAD_BYTES)
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def close(self) -> None:
        """Stop listening and end every connection."""
        if self._server is not None:
            self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def address(self, host: str) -> Address:
        """Resolve a host to an address that may be reached. Raises: AddressRefused."""
        if self._allow_private or host in self._private_hosts:
            return (await addresses(host))[0]
        return await public_address(host)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._answer(reader, writer)
        except (RequestRefused, AddressRefused) as refusal:
            log.info("refused", reason=str(refusal))
            await _refuse(writer, str(refusal))
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as failure:
            log.debug("a request failed", reason=repr(failure))
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *fields = (await reader.readuntil(b"\r\n\r\n")).removesuffix(b"\r\n\r\n").split(b"\r\n")
        method, _, rest = first.decode("latin-1").partition(" ")
        target = urlsplit(f"//{rest.partition(' ')[0]}" if method == "CONNECT" else rest.partition(" ")[0])
        host, port = _place(method, target)
        address = await self.address(host)
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            their_reader, their_writer = await asyncio.open_connection(str(address), port)
        try:
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            else:
                their_writer.write(_request(method, target, fields))
            await _carry(reader, writer, their_reader, their_writer)
        finally:
            their_writer.close()


def _place(method: str, target: SplitResult) -> tuple[str, int]:
    """Return host and port of the request's target. Raises: RequestRefused."""
    try:
        port = target.port
    except ValueError:
        raise RequestRefused("The port is invalid.") from None
    if not target.hostname or (method != "CONNECT" and target.scheme != "http"):
        raise RequestRefused("Only http and https are supported.")
    return target.hostname, port or (443 if method == "CONNECT" else 80)


def _request(method: str, target: SplitResult, fields: list[bytes]) -> bytes:
    """Rewrite the request to origin form, for a connection that serves only this request."""
    path = f"{target.path or '/'}{'?' + target.query if target.query else ''}"
    kept = [field for field in fields if not field.lower().startswith(_OF_THE_HOP)]
    lines = [f"{method} {path} HTTP/1.1".encode("latin-1"), *kept, b"Connection: close"]
    return b"\r\n".join(lines) + b"\r\n\r\n"


async def _carry(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    their_reader: asyncio.StreamReader,
    their_writer: asyncio.StreamWriter,
) -> None:
    """Copy bytes both ways until the server closes its side."""
    async with asyncio.TaskGroup() as tasks:
        there = tasks.create_task(_pipe(reader, their_writer))
        await _pipe(their_reader, writer)
        there.cancel()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while chunk := await reader.read(_SOCKET_READ_BYTES):
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


async def _refuse(writer: asyncio.StreamWriter, reason: str) -> None:
    body = f"{reason}\n".encode()
    head = f"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
    with contextlib.suppress(ConnectionError):
        writer.write(head.encode() + body)
        await writer.drain()
