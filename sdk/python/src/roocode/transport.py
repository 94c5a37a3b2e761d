"""Calls over REST.

REST carries the calls and Socket.IO the events: a call then has a status, a request id and an idempotency key
of its own, can be repeated by itself where that is safe, needs no connection to be open, and files are sent
as raw bytes, which Socket.IO has no call for.
"""

from __future__ import annotations

import asyncio
import enum
import json
import os
import random
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar
from urllib.parse import quote

import aiohttp

from roocode.credentials import Credentials
from roocode.errors import CallTimeout, ConnectionFailed, RooCodeError, UnexpectedAnswer, refusal
from roocode.handler import ConnectionChange, Handler
from roocode.wire import dumped, loaded

T = TypeVar("T")

IDEMPOTENCY_KEY_HEADER: Final = "Idempotency-Key"
FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 8.0
LONGEST_WAIT_S: Final = 90.0
"""How long a call waits at most because the server asks it to."""
OVERLOADED: Final = frozenset({502, 503, 504})
NEVER_SENT: Final = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)


class Unset(enum.Enum):
    """The type of `UNSET`."""

    UNSET = "UNSET"


UNSET: Final = Unset.UNSET
"""An argument that is not sent. `None` is sent, and means what the server's documents say of null."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where an operation lies."""

    method: str
    path: str
    is_keyed: bool = False
    """Whether the server makes it once for each idempotency key."""

    @property
    def is_repeatable(self) -> bool:
        """Whether it may be sent again if nobody knows whether the first one arrived."""
        return self.is_keyed or self.method in ("GET", "HEAD")


class Transport:
    """Calls one server, with one pool of connections; it is made in no event loop and used in one."""

    def __init__(self, base_url: str, *, timeout_s: float, retries: int) -> None:
        self.base_url = base_url.rstrip("/")
        self.credentials: Credentials | None = None
        self.on_connection: Handler[ConnectionChange, object] | None = None
        """Called when a connection for events is lost, and when it is there again."""
        self._timeout_s = timeout_s
        self._retries = retries
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The pool of connections."""
        if self._session is None:
            self._session = aiohttp.ClientSession(trust_env=True)
            # It would repeat every PUT and DELETE by itself, and has no public switch.
            self._session._retry_connection = False
        return self._session

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def call(
        self,
        route: Route,
        request: Mapping[str, Any],
        answer: type[T],
        *,
        timeout_s: float | None = None,
        is_anonymous: bool = False,
    ) -> T:
        """Call an operation and return its answer.

        Raises: RooCodeError, ConnectionFailed, CallTimeout, UnexpectedAnswer.
        """
        given = {name: dumped(content) for name, content in request.items() if content is not UNSET}
        path, rest = _placed(route.path, given)
        has_body = route.method in ("POST", "PUT", "PATCH")
        headers = {IDEMPOTENCY_KEY_HEADER: str(uuid.uuid4())} if route.is_keyed else {}
        options: dict[str, Any] = {"json": rest} if has_body else {"params": _query(rest)}
        deadline = aiohttp.ClientTimeout(total=timeout_s or self._timeout_s)
        for attempt in range(self._retries + 1):
            is_last = attempt == self._retries
            pause = _pause(attempt)
            try:
                token = None if is_anonymous else await self._token()
                async with self._open(
                    route.method, path, token, headers, timeout=deadline, **options
                ) as response:
                    return loaded(answer, await _content(response))
            except RooCodeError as error:
                if headers and error.status == 429 and "most" in error.details:
                    # The day's keys are used up: without one the call works, but cannot be repeated blindly.
                    headers, route = {}, replace(route, is_keyed=False)
                    continue
                if is_last or not await self._may_repeat(error, route, token):
                    raise
                asked = error.details.get("retryAfter")
                pause = max(pause, float(asked)) if isinstance(asked, int | float) else pause
            except NEVER_SENT as failure:
                if is_last:
                    raise ConnectionFailed(
                        f"{self.base_url} cannot be reached: {_why_unreached(failure)}"
                    ) from failure
            except TimeoutError as failure:
                if is_last or not route.is_repeatable:
                    raise CallTimeout(f"{route.method} {path}: no answer in {deadline.total} s") from failure
            except aiohttp.ClientError as failure:
                if is_last or not route.is_repeatable:
                    raise ConnectionFailed(
                        f"{route.method} {path}: the connection broke: {failure}"
                    ) from failure
            await asyncio.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    @asynccontextmanager
    async def transfer(
        self, method: str, path: str, request: Mapping[str, Any], *, content: Any = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send or receive raw bytes, for as long as some come. Raises: RooCodeError, ConnectionFailed."""
        place, rest = _placed(path, request)
        waits = aiohttp.ClientTimeout(total=None, sock_read=self._timeout_s, sock_connect=self._timeout_s)
        headers = {"Content-Type": "application/octet-stream"} if content is not None else {}
        options = {"params": _query(rest), "data": content, "timeout": waits}
        try:
            async with self._open(method, place, await self._token(), headers, **options) as response:
                if response.status >= 400:
                    await _content(response)
                yield response
        except NEVER_SENT as failure:
            raise ConnectionFailed(
                f"{self.base_url} cannot be reached: {_why_unreached(failure)}"
            ) from failure
        except TimeoutError as failure:
            raise CallTimeout(f"{method} {place}: no answer in {self._timeout_s} s") from failure
        except aiohttp.ClientError as failure:
            raise ConnectionFailed(f"{method} {place}: {failure}") from failure

    async def _token(self) -> str | None:
        return await self.credentials.token() if self.credentials is not None else None

    @asynccontextmanager
    async def _open(
        self, method: str, path: str, token: str | None, headers: Mapping[str, str], **options: Any
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        sent = {**headers, **({"Authorization": f"Bearer {token}"} if token else {})}
        url = self.base_url + path
        async with self.session.request(
            method, url, headers=sent, allow_redirects=False, **options
        ) as response:
            yield response

    async def _may_repeat(self, error: RooCodeError, route: Route, token: str | None) -> bool:
        """Whether a refused call may be sent again: nothing of it was done, or doing it again does no
        harm.
        """
        if error.code == "TOKEN_EXPIRED" and token is not None and self.credentials is not None:
            return await self.credentials.renewed(token) is not None
        if error.status == 429:
            asked = error.details.get("retryAfter", 0)
            return isinstance(asked, int | float) and asked <= LONGEST_WAIT_S
        if error.code == "IDEMPOTENCY_KEY_IN_USE":
            return True
        return error.status in OVERLOADED and route.is_repeatable


class Operations:
    """The operations of an area."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.call = transport.call


async def _content(response: aiohttp.ClientResponse) -> Any:
    """Return the JSON of an answer. Raises: RooCodeError, for a refusal; UnexpectedAnswer."""
    text = await response.text(errors="replace")
    try:
        content = json.loads(text)
    except ValueError:
        content = None
    if response.status < 300 and content is not None:
        return content
    error = refusal(content, response.status)
    if error is None and response.status in OVERLOADED:
        error = RooCodeError(
            "SERVER_OVERLOAD", f"{response.status} {response.reason}", status=response.status
        )
    if error is None:
        raise UnexpectedAnswer(f"{response.method} {response.url}: {response.status} {text[:200]}")
    raise error


def _placed(path: str, request: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Put into a path what belongs there; return it and the rest. A workspace path keeps its slashes."""
    rest = dict(request)
    for name in request:
        if f"{{{name}}}" in path:
            text = str(rest.pop(name))
            written = quote(text.lstrip("/"), safe="/") if name == "path" else quote(text, safe="")
            path = path.replace(f"{{{name}}}", written)
    return path, rest


def _query(request: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Write arguments as a query, in which a list is its items, one after the other under the same name."""
    items = (
        (name, item)
        for name, content in request.items()
        for item in (content if isinstance(content, list) else [content])
        if item is not None
    )
    return [(name, str(item).lower() if isinstance(item, bool) else str(item)) for name, item in items]


def _why_unreached(failure: aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError) -> str:
    """Return the system's reason, without what the library adds about addresses and TLS."""
    if isinstance(failure, aiohttp.ClientConnectorDNSError):
        return f"no address is known for {failure.host}"
    if isinstance(failure, aiohttp.ConnectionTimeoutError):
        return "no answer"
    if isinstance(failure, aiohttp.ClientConnectorCertificateError):
        return f"its certificate is refused: {failure.certificate_error}"
    if isinstance(failure, aiohttp.ClientSSLError):
        return f"it does not speak TLS as wanted: {failure.os_error}"
    number = failure.os_error.errno
    return os.strerror(number).lower() if number else str(failure.os_error)


def _pause(attempt: int) -> float:
    """Return how long to wait before the next attempt: ever longer, and by chance, so that clients spread."""
    longest: float = min(FIRST_PAUSE_S * 2**attempt, LONGEST_PAUSE_S)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - nothing secret
