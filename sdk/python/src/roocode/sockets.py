"""A Socket.IO connection that comes back by itself, and calls over it."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import socketio
from socketio.exceptions import ConnectionError as NotConnected
from socketio.exceptions import SocketIOError

from roocode.errors import ConnectionFailed, RooCodeError, refusal
from roocode.handler import ConnectionChange, handled
from roocode.transport import Transport

T = TypeVar("T")

FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 10.0
ACK_TIMEOUT_S: Final = 30.0
FINAL_CODES: Final = frozenset(
    {"AUTHENTICATION_FAILED", "PERMISSION_DENIED", "RESOURCE_NOT_FOUND", "VALIDATION_ERROR"}
)
"""Refusals that coming back does not mend."""

OnEvent = Callable[[Mapping[str, Any]], None]


class Socket:
    """A connection of this moment."""

    def __init__(self, transport: Transport, on_event: OnEvent) -> None:
        self._transport = transport
        self._on_event = on_event
        self._client = socketio.AsyncClient(
            reconnection=False,
            handle_sigint=False,  # Ctrl-C is the program's: this would cancel all its tasks
            http_session=transport.session,
        )
        self._client.on("*", self._happened)
        self._client.on("error", self._complained)
        self._client.on("connect", self._accepted)
        self._client.on("connect_error", self._refused)
        self._client.on("disconnect", self._left)
        self._settled = asyncio.Event()
        self._is_accepted = False
        self._refusal: object = None
        self._gone = asyncio.Event()
        self._end: asyncio.Task[None] | None = None
        self._renewal: asyncio.Task[None] | None = None
        self._token: str | None = None
        self.final: RooCodeError | None = None
        """Why there is no use in coming back."""

    async def open(self) -> None:
        """Connect. Raises: RooCodeError, ConnectionFailed."""
        credentials = self._transport.credentials
        self._token = await credentials.token() if credentials is not None else None
        parts = urlsplit(self._transport.base_url)
        try:
            await self._client.connect(
                f"{parts.scheme}://{parts.netloc}",
                auth={"token": self._token} if self._token else None,
                socketio_path=f"{parts.path}/socket.io",
                transports=["websocket"],
                wait=False,
            )
            async with asyncio.timeout(ACK_TIMEOUT_S):
                await self._unless_left(self._settled.wait())
        except (NotConnected, TimeoutError) as failure:
            raise ConnectionFailed(f"{self._transport.base_url} cannot be reached: {failure}") from failure
        if self._is_accepted:
            return
        error = refusal(self._refusal)
        has_expired = error is not None and error.code == "TOKEN_EXPIRED"
        if has_expired and credentials is not None and self._token and await credentials.renewed(self._token):
            raise ConnectionFailed("the token had expired; there is another one now")
        raise error or ConnectionFailed(f"{self._transport.base_url} refuses: {self._refusal}")

    async def close(self) -> None:
        """Disconnect."""
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.gather(self._renewal, return_exceptions=True)
        await self._client.disconnect()
        if self._end is not None:
            await asyncio.gather(self._end, return_exceptions=True)

    async def left(self) -> None:
        """Wait until the connection is gone."""
        with contextlib.suppress(ConnectionFailed):
            await self._unless_left(self._gone.wait())

    async def call(self, name: str, request: Mapping[str, Any]) -> Any:
        """Call an operation and return its answer. Raises: RooCodeError, ConnectionFailed."""
        try:
            answer = await self._unless_left(self._client.call(name, dict(request), timeout=ACK_TIMEOUT_S))
        except SocketIOError as failure:
            raise ConnectionFailed(f"{name}: no answer: {failure or type(failure).__name__}") from failure
        error = refusal(answer)
        if error is not None:
            raise error
        return answer

    async def _unless_left(self, waiting: Coroutine[Any, Any, T]) -> T:
        """Return what is waited for. Raises: ConnectionFailed, as soon as the connection is gone."""
        if self._end is None:  # to cancel this would end the connection
            self._end = asyncio.create_task(self._client.eio.wait())
        wanted = asyncio.create_task(waiting)
        try:
            await asyncio.wait({wanted, self._end}, return_when=asyncio.FIRST_COMPLETED)
            if wanted.done():
                return wanted.result()
            raise ConnectionFailed("the connection broke")
        finally:
            wanted.cancel()
            await asyncio.gather(wanted, return_exceptions=True)

    def _happened(self, _name: str, content: Any = None, *_: Any) -> None:
        if isinstance(content, dict) and "type" in content:
            self._on_event(content)

    def _complained(self, content: Any = None, *_: Any) -> None:
        """The server says why it is about to close the connection, or that it wants another token."""
        error = refusal(content)
        if error is None:
            return
        if error.code == "TOKEN_EXPIRED":
            if self._renewal is None or self._renewal.done():
                self._renewal = asyncio.create_task(self._renew())
        elif error.code in FINAL_CODES:
            self.final = error

    async def _renew(self) -> None:
        credentials = self._transport.credentials
        try:
            token = await credentials.renewed(self._token or "") if credentials is not None else None
            if token is None:
                self.final = RooCodeError(
                    "TOKEN_EXPIRED", "The credentials have expired; log in again", status=401
                )
                self._gone.set()
            else:
                self._token = token
                await self.call("auth.renew", {"token": token})
        except RooCodeError as error:
            self.final = error if error.code in FINAL_CODES else None
            self._gone.set()
        except ConnectionFailed:
            self._gone.set()

    def _accepted(self) -> None:
        self._is_accepted = True
        self._settled.set()

    def _refused(self, content: Any = None, *_: Any) -> None:
        self._refusal = content.get("data", content) if isinstance(content, dict) else content
        self._settled.set()

    def _left(self, *_: Any) -> None:
        self._gone.set()


class LastingSocket:
    """Keeps a connection open, for as long as `run` runs; `on_open` is called after each connect."""

    def __init__(
        self, transport: Transport, on_event: OnEvent, on_open: Callable[[Socket], Awaitable[None]]
    ) -> None:
        self._transport = transport
        self._on_event = on_event
        self._on_open = on_open

    async def run(self) -> None:
        """Stay connected, until cancelled. Raises: RooCodeError, once the server refuses for good."""
        failures, is_away = 0, False
        while True:
            socket = Socket(self._transport, self._on_event)
            try:
                await socket.open()
                await self._on_open(socket)
                failures = 0
                if is_away:
                    is_away = False
                    await self._tell("back")
                await socket.left()
            except ConnectionFailed:
                failures += 1
            except RooCodeError as error:
                if error.code in FINAL_CODES:
                    raise
                failures += 1
            finally:
                await socket.close()
            if socket.final is not None:
                raise socket.final
            if failures == 0:
                is_away = True
                await self._tell("away")
            longest = min(FIRST_PAUSE_S * 2 ** min(failures, 10), LONGEST_PAUSE_S)
            await asyncio.sleep(longest * random.uniform(0.5, 1))  # noqa: S311 - nothing secret

    async def _tell(self, change: ConnectionChange) -> None:
        if self._transport.on_connection is not None:
            await handled(self._transport.on_connection, change)
