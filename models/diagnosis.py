"""What this machine has and lacks for a server, as `doctor` reports it."""

from __future__ import annotations

import enum
from collections.abc import Sequence

from roocode_server.models.shape import Shape, value


class CheckStatus(enum.StrEnum):
    """`warning`: the server works, but not all that it offers; `failed`: it does not start, or runs no
    commands.
    """

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@value
class Finding(Shape):
    """What one check has found, in words; `advice` says how to get what is missing."""

    check: str
    status: CheckStatus
    found: str
    advice: str | None = None

    @classmethod
    def good(cls, check: str, found: str) -> Finding:
        """It is as it should be."""
        return cls(check=check, status=CheckStatus.OK, found=found)

    @classmethod
    def lacking(cls, check: str, found: str, advice: str) -> Finding:
        """The server works without it, and something that it offers does not."""
        return cls(check=check, status=CheckStatus.WARNING, found=found, advice=advice)

    @classmethod
    def bad(cls, check: str, found: str, advice: str) -> Finding:
        """The server does not work like this."""
        return cls(check=check, status=CheckStatus.FAILED, found=found, advice=advice)


@value
class Diagnosis(Shape):
    """All findings; the status is that of the worst."""

    status: CheckStatus
    findings: list[Finding]

    @classmethod
    def of(cls, findings: Sequence[Finding]) -> Diagnosis:
        """Sum up findings."""
        there = {finding.status for finding in findings}
        worst = next((status for status in reversed(CheckStatus) if status in there), CheckStatus.OK)
        return cls(status=worst, findings=list(findings))
