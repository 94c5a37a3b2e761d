"""Detects a local Ollama and its models."""

from __future__ import annotations

import asyncio
import http.client
import json
import urllib.parse
from collections.abc import Sequence
from typing import Final

from roocode_server.engine.concurrency.read_through_cache import ReadThroughCache

MODEL_LIST_TIMEOUT_S: Final = 1.0
"""Ollama runs on this machine: if it takes longer than this, it is not there."""
MODEL_LIST_LIFETIME_S: Final = 15.0
LARGEST_MODEL_LIST_BYTES: Final = 1_000_000


class Ollama:
    """Queries Ollama for its models, and caches the answer for a while."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._known: ReadThroughCache[str, Sequence[str]] = ReadThroughCache(
            _models, lifetime_s=MODEL_LIST_LIFETIME_S, caches_misses=True
        )

    async def models(self) -> Sequence[str] | None:
        """Return the names of its models, latest first; None if Ollama does not answer."""
        return await self._known.find(self.base_url)


async def _models(base_url: str) -> Sequence[str] | None:
    return await asyncio.to_thread(_asked, base_url)


def _asked(base_url: str) -> Sequence[str] | None:
    parts = urllib.parse.urlsplit(base_url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=MODEL_LIST_TIMEOUT_S)
    try:
        connection.request("GET", parts.path.rstrip("/") + "/models")
        content = json.loads(connection.getresponse().read(LARGEST_MODEL_LIST_BYTES))
        return [str(model["id"]) for model in content["data"] or ()]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError):
        return None
    finally:
        connection.close()
