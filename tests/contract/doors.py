"""Calls the same operation through every door, and knows what may differ between two answers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp
import socketio

from roocode_server.handlers.operation import Operation

ANY_ID = re.compile(
    r"\b[a-z]+-[0-9a-f]{20}(?:-\d+)?(?:\.\d+)?|\breq-[0-9a-f]+-\d+|\b[0-9a-f]{40}\b|(?<=#invitation=)[\w-]+"
)
"""What `new_id` makes and what is derived from it, requests, checkpoints and invitations."""
FILTERS = {"log.list": "entries", "system.processes": "processes", "usage.report": "data"}
"""Operations that list over all sessions, each with the list in which nothing of a foreign one is found."""

VOLATILE = {
    "accessToken",
    "attemptedAt",
    "createdAt",
    "startedAt",
    "turnStartedAt",
    "disabledAt",
    "durationMs",
    "endedAt",
    "formerSecretUntil",
    "openedAt",
    "queuedAt",
    "timestamp",
    "completedAt",
    "estimatedDuration",
    "executionTime",
    "expiresAt",
    "head",
    "hint",
    "lastLoginAt",
    "modifiedAt",
    "refreshToken",
    "revokedAt",
    "resolvedAt",
    "resourceUsage",
    "secret",
    "ts",
    "updatedAt",
    "uptime",
    "usedAt",
}
"""Times, durations and secrets, which are new in every call."""


@dataclass(frozen=True)
class Answer:
    """An answer through a door; only REST has a `status`."""

    body: Any
    status: int | None = None

    @property
    def code(self) -> str | None:
        return self.body["error"]["code"] if "error" in self.body else None

    @property
    def same(self) -> Any:
        """Return the body without fields that differ from call to call."""
        return without_what_differs(self.body)


def without_what_differs(content: Any) -> Any:
    if isinstance(content, dict):
        return {
            name: "…" if name in VOLATILE else without_what_differs(inner) for name, inner in content.items()
        }
    if isinstance(content, list):
        return [without_what_differs(inner) for inner in content]
    if isinstance(content, str):
        return ANY_ID.sub("ID", content)
    return content


class Doors:
    """A caller that uses both doors."""

    def __init__(self, url: str, key: str | None) -> None:
        self._url = url
        self._key = key

    async def __aenter__(self) -> Doors:
        self._http = aiohttp.ClientSession()
        self._socket = socketio.AsyncClient()
        if self._key is not None:
            await self._socket.connect(self._url, auth={"token": self._key})
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._socket.disconnect()
        await self._http.close()

    def hear(self) -> list[tuple[str, str]]:
        """Every event that comes over Socket.IO from now on, by name and session."""
        heard: list[tuple[str, str]] = []

        async def note(name: str, event: dict[str, Any]) -> None:
            heard.append((name, event["sessionId"]))

        self._socket.on("*", note)
        return heard

    async def socket(self, operation: str, raw: Any) -> Answer:
        return Answer(await self._socket.call(operation, raw, timeout=60))

    async def rest(self, declared: Operation, raw: dict[str, Any]) -> Answer:
        """Return the call as an HTTP request: path from the placeholders, the rest as query or body."""
        assert declared.rest is not None
        left = dict(raw)
        path = declared.rest.path
        for name in declared.rest.placeholders:
            path = path.replace(f"{{{name}}}", quote(str(left.pop(name, "x")), safe="/"))
        has_body = declared.rest.method in ("POST", "PUT")
        query = {} if has_body else {name: _as_query(content) for name, content in left.items()}
        headers = {} if self._key is None else {"Authorization": f"Bearer {self._key}"}
        async with self._http.request(
            declared.rest.method,
            self._url + path,
            params=query,
            json=left if has_body else None,
            headers=headers,
        ) as response:
            assert response.headers["X-API-Version"] == "v1"
            assert response.headers["X-Request-ID"]
            return Answer(await response.json(), response.status)


def _as_query(content: Any) -> str | list[Any]:
    if isinstance(content, list):
        return [_as_query(each) for each in content]
    return str(content).lower() if isinstance(content, bool) else str(content)
