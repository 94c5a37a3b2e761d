"""Whether the server can do its work now: one check for each thing that it cannot do without."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

import structlog

from roocode_server.engine.concurrency.shared_result import SharedResult
from roocode_server.models.readiness import CheckResult, ReadinessReport

CHECK_TIMEOUT_S: Final = 5.0
REPORT_LIFETIME_S: Final = 1.0
MIB: Final = 1_048_576

ReadinessCheck = Callable[[], Awaitable[str | None]]
"""Returns why something does not work, in words that anybody may read, or None if it does."""

log = structlog.get_logger("monitoring")


class Readiness:
    """Runs all checks at once, at most once a second for everybody who asks."""

    def __init__(self, checks: Mapping[str, ReadinessCheck]) -> None:
        self._checks = checks
        self._latest = SharedResult(self._check, lifetime_s=REPORT_LIFETIME_S)
        self._was_ready = True

    async def report(self) -> ReadinessReport:
        """Return the result of each check, a second old at most."""
        return await self._latest.get()

    async def close(self) -> None:
        """Stop checks in progress."""
        await self._latest.close()

    async def _check(self) -> ReadinessReport:
        results = await asyncio.gather(*map(_result, self._checks.values()))
        report = ReadinessReport.of(dict(zip(self._checks, results, strict=True)))
        if report.is_ready is not self._was_ready:
            self._was_ready = report.is_ready
            reasons = {name: found.reason for name, found in report.checks.items() if not found.ok}
            log.warning("not ready", **reasons) if reasons else log.info("ready again")
        return report


async def _result(check: ReadinessCheck) -> CheckResult:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            reason = await check()
    except TimeoutError:
        reason = f"no result within {CHECK_TIMEOUT_S:g} s"
    except OSError as failure:
        reason = failure.strerror or "it cannot be read"
    return CheckResult(ok=reason is None, reason=reason)


async def disk_room(folder: Path, least_mb: int) -> str | None:
    """Return why there is too little room where a folder is. Raises: OSError."""
    free_mb = (await asyncio.to_thread(shutil.disk_usage, folder)).free // MIB
    return None if free_mb >= least_mb else f"{free_mb} MiB are free, and {least_mb} are needed"
