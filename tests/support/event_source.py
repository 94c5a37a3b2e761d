"""A client of Server-Sent Events that sees each line. Source: WHATWG HTML, 9.2.6."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp


@dataclass
class Message:
    """A dispatched event: its name, its data, and the cursor at that moment."""

    name: str
    data: Any
    cursor: str


class EventSource:
    """A stream at a URL, which continues after the last cursor when it is opened again."""

    def __init__(self, url: str, key: str, cursor: str = "") -> None:
        self.url = url
        self.cursor = cursor
        self.comments = 0
        self._key = key

    async def messages(self) -> AsyncIterator[Message]:
        """Open the stream and yield its messages until it ends; leaving the loop closes the connection."""
        headers = {"Authorization": f"Bearer {self._key}"}
        if self.cursor:
            headers["Last-Event-ID"] = self.cursor
        timeout = aiohttp.ClientTimeout(total=None, sock_read=60)
        async with (
            aiohttp.ClientSession(timeout=timeout, read_bufsize=2**20) as client,
            client.get(self.url, headers=headers) as answer,
        ):
            assert answer.status == 200, await answer.text()
            assert answer.content_type == "text/event-stream"
            name, data = "", ""
            async for line in answer.content:
                field, _, text = line.decode().rstrip("\n").partition(": ")
                if field == "id":
                    self.cursor = text
                elif field == "event":
                    name = text
                elif field == "data":
                    data = text
                elif field == ":":
                    self.comments += 1
                elif not field and data:
                    yield Message(name, json.loads(data), self.cursor)
                    name, data = "", ""
