"""Operations on the audit log, for administrators. Source: docs/audit.md."""

from __future__ import annotations

from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.audit import AuditList, AuditPage, AuditVerification, AuditVerify
from roocode_server.models.page import pagination
from roocode_server.models.user import Caller, Permission


class AuditHandlers(Handlers, namespace="/audit"):
    """`audit.*`: read and verify the audit log."""

    @operation("audit.list", rest="GET /api/v1/audit", permission=Permission.AUDIT_READ)
    async def list(self, caller: Caller, request: AuditList) -> AuditPage:
        """List the audit log's entries that match all given fields, newest first. `until` is exclusive."""
        entries, total = await self.engine.audit.page(request)
        return AuditPage(
            data=entries, pagination=pagination(total=total, limit=request.limit, offset=request.offset)
        )

    @operation(
        "audit.verify",
        rest="GET /api/v1/audit/verification",
        permission=Permission.AUDIT_READ,
        ends_with_caller=True,
    )
    async def verify(self, caller: Caller, request: AuditVerify) -> AuditVerification:
        """Check the chain of the audit log's entries.

        With `head`, the `head` of an earlier answer, this hash must still be in the chain.
        """
        return await self.engine.audit.verify(head=request.head)
