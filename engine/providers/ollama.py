"""Whether a local Ollama answers, and with which models."""

from __future__ import annotations

import asyncio
import http.client
import json
import urllib.parse
from collections.abc import Sequence
from typing import Final

from roocode_server.engine.concurrency.read_through_cache import ReadThroughCache

TIMEOUT_S: Final = 1.0
"""It stands on this machine: one that takes longer is not there."""
REMEMBERED_S: Final = 15.0
LONGEST_ANSWER: Final = 1_000_000


class Ollama:
    """Asks which models there are; an answer counts for a while."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._known: ReadThroughCache[str, Sequence[str]] = ReadThroughCache(
            _models, lifetime_s=REMEMBERED_S, caches_misses=True
        )

    async def models(self) -> Sequence[str] | None:
        """The names of its models, latest first; None: nobody answers there, or not as Ollama does."""
        return await self._known.find(self.base_url)


async def _models(base_url: str) -> Sequence[str] | None:
    return await asyncio.to_thread(_asked, base_url)


def _asked(base_url: str) -> Sequence[str] | None:
    parts = urllib.parse.urlsplit(base_url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=TIMEOUT_S)
    try:
        connection.request("GET", parts.path.rstrip("/") + "/models")
        content = json.loads(connection.getresponse().read(LONGEST_ANSWER))
        return [str(model["id"]) for model in content["data"] or ()]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        connection.close()
