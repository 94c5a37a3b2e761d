"""Whether the server can do its work, as `/readyz` answers."""

from __future__ import annotations

from collections.abc import Mapping

from roocode_server.models.shape import Shape, value


@value
class CheckResult(Shape):
    """The result of one check; `reason` says why it failed."""

    ok: bool
    reason: str | None = None


@value
class ReadinessReport(Shape):
    """`ready` if all checks succeeded, otherwise `unready`."""

    status: str
    checks: dict[str, CheckResult]

    @classmethod
    def of(cls, checks: Mapping[str, CheckResult]) -> ReadinessReport:
        """Return the report of these results."""
        status = "ready" if all(found.ok for found in checks.values()) else "unready"
        return cls(status=status, checks=dict(checks))

    @property
    def is_ready(self) -> bool:
        """Whether all checks succeeded."""
        return self.status == "ready"
