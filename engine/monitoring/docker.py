"""Whether a Docker engine answers. Source: S3, `docker_available`; Docker Engine API, `_ping`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import aiohttp

from roocode_server.engine.runtimes.docker.address import connect, engine_address

ENGINE_TIMEOUT: Final = aiohttp.ClientTimeout(total=1)


async def docker_answers(configured: str | None, environment: Mapping[str, str]) -> bool:
    """Return whether the engine that would run the sessions' containers answers within a second."""
    try:
        connector, url = connect(engine_address(configured, environment), environment)
    except (ValueError, OSError):
        return False
    address = url.replace("unix://", "http://")
    async with aiohttp.ClientSession(connector=connector, timeout=ENGINE_TIMEOUT) as client:
        try:
            async with client.get(f"{address}/_ping") as answer:
                return answer.status == 200
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return False
