"""Reports of what models were used for: a user's own, and for administrators that of all."""

from __future__ import annotations

import dataclasses

from roocode_server.engine.storage.usage import UsageRepository
from roocode_server.models.error import PermissionDenied
from roocode_server.models.page import pagination
from roocode_server.models.usage_report import UsagePage, UsageReport
from roocode_server.models.user import Caller, Permission


class UsageReports:
    """Sums of usage, as far as the caller may see them."""

    def __init__(self, usage: UsageRepository) -> None:
        self._usage = usage

    async def page(self, caller: Caller, request: UsageReport) -> UsagePage:
        """Return one page of a report.

        Raises: PermissionDenied, if it is about somebody else and the caller may not see other users.
        """
        if not caller.may(Permission.USER_READ):
            if request.user_id not in (None, caller.user_id):
                raise PermissionDenied("You may only see your own usage")
            request = dataclasses.replace(request, user_id=caller.user_id)
        rows, total, number = await self._usage.page(request)
        return UsagePage(
            data=rows,
            total=total,
            pagination=pagination(total=number, limit=request.limit, offset=request.offset),
        )
