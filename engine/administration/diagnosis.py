"""What `doctor` does: everything that a server would try at its start, tried without starting one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from roocode_server.engine.administration.agent_checks import check_agents
from roocode_server.engine.administration.machine_checks import check_machine
from roocode_server.engine.administration.sandbox_checks import check_sandbox
from roocode_server.engine.administration.storage_checks import check_storage
from roocode_server.models.diagnosis import Finding
from roocode_server.models.settings import Settings

CHECKS_TIMEOUT_S: Final = 60.0
"""How long one group of checks may take; running a command for the first time takes some seconds at most."""

_GROUPS: Final[Mapping[str, Callable[[Settings], Awaitable[Sequence[Finding]]]]] = {
    "data directory": check_storage,
    "sandbox": check_sandbox,
    "models": check_agents,
}


async def examine(settings: Settings) -> Sequence[Finding]:
    """Return what this machine has and lacks for a server with these settings. Nothing is changed."""
    findings = list(await check_machine(settings.limits.all_connections))
    for name, group in _GROUPS.items():
        findings += await _within_time(name, group(settings))
    return findings


async def _within_time(name: str, group: Awaitable[Sequence[Finding]]) -> Sequence[Finding]:
    try:
        async with asyncio.timeout(CHECKS_TIMEOUT_S):
            return await group
    except TimeoutError:
        found, advice = f"no result within {CHECKS_TIMEOUT_S:g} s", "See what keeps this machine busy."
    except OSError as failure:
        found, advice = failure.strerror or str(failure), "Correct what it names, and ask again."
    return [Finding.bad(name, found, advice)]
