"""What models have been used for. Source: docs/usage.md."""

from __future__ import annotations

from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.error import PermissionDenied
from roocode_server.models.usage_report import UsagePage, UsageReport
from roocode_server.models.user import Caller, Permission


class UsageHandlers(Handlers, namespace="/usage"):
    """`usage.report`: what models have been used for."""

    @operation(
        "usage.report",
        rest="GET /api/v1/usage",
        permission=Permission.ACCOUNT_READ,
        errors=(PermissionDenied,),
    )
    async def report(self, caller: Caller, request: UsageReport) -> UsagePage:
        """Sum up requests, tokens and cost of your sessions by day, session and model.

        Administrators see all users, and may group by `user`. Deleted sessions stay counted.
        """
        return await self.engine.usage.page(caller, request)
