"""Whether a container engine answers here. Source: S3, `docker_available`; Docker Engine API, `_ping`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import aiohttp

DEFAULT: Final = "unix:///var/run/docker.sock"
PATIENCE: Final = aiohttp.ClientTimeout(total=1)


async def docker_answers(environment: Mapping[str, str]) -> bool:
    """Whether the engine that `DOCKER_HOST` names, or the one of this machine, says that it is there."""
    address = environment.get("DOCKER_HOST") or DEFAULT
    scheme, _, place = address.partition("://")
    if scheme == "unix":
        connector: aiohttp.BaseConnector = aiohttp.UnixConnector(place)
        url = "http://docker/_ping"
    else:
        connector = aiohttp.TCPConnector()
        url = f"http://{place}/_ping"
    async with aiohttp.ClientSession(connector=connector, timeout=PATIENCE) as client:
        try:
            async with client.get(url) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return False
