"""Operations on approvals. Source: S0, "Approval Events"; the operations are ours."""

from __future__ import annotations

from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.approval import (
    ApprovalAnswer,
    ApprovalList,
    ApprovalPage,
    ApprovalRef,
    ApprovalResolved,
    ApprovalRespond,
    Remember,
)
from roocode_server.models.error import Conflict, NotFound, PermissionDenied, WorkspaceLimitExceeded
from roocode_server.models.inbox import ApprovalSearch
from roocode_server.models.page import pagination
from roocode_server.models.session import Session, SessionUpdatedEvent
from roocode_server.models.sharing import PERMITTED, Access
from roocode_server.models.task import TaskActive
from roocode_server.models.user import Caller, Permission


class ApprovalHandlers(Handlers, namespace="/approvals"):
    """`approval.*`: list approvals, read one, answer one."""

    @operation(
        "approval.list",
        rest="GET /api/v1/sessions/{sessionId}/approvals",
        permission=Permission.APPROVAL_READ,
        on="session_id",
        errors=(NotFound,),
    )
    async def list(self, caller: Caller, request: ApprovalList) -> ApprovalPage:
        """List a session's approvals, newest first. With `status=pending`, only those still waiting."""
        approvals, total = await self.engine.approvals.page(request)
        return ApprovalPage(
            data=approvals, pagination=pagination(total=total, limit=request.limit, offset=request.offset)
        )

    @operation("approval.search", rest="GET /api/v1/approvals", permission=Permission.APPROVAL_READ)
    async def search(self, caller: Caller, request: ApprovalSearch) -> ApprovalPage:
        """List the approvals of all your sessions, newest first, those shared with you included.

        What you may answer is in `inbox.list`, with the questions and interrupted tasks.
        """
        approvals, total = await self.engine.approvals.search(caller, request)
        return ApprovalPage(
            data=approvals, pagination=pagination(total=total, limit=request.limit, offset=request.offset)
        )

    @operation(
        "approval.get",
        rest="GET /api/v1/sessions/{sessionId}/approvals/{approvalId}",
        permission=Permission.APPROVAL_READ,
        on="session_id",
        errors=(NotFound,),
    )
    async def get(self, caller: Caller, request: ApprovalRef) -> ApprovalAnswer:
        """Get an approval: the tool call in question, and the answer once there is one."""
        return ApprovalAnswer(
            approval=await self.engine.approvals.find(request.session_id, request.approval_id)
        )

    @operation(
        "approval.respond",
        rest="POST /api/v1/sessions/{sessionId}/approvals/{approvalId}",
        permission=Permission.APPROVAL_RESPOND,
        on="session_id",
        errors=(NotFound, Conflict, PermissionDenied, WorkspaceLimitExceeded),
        emits=(ApprovalResolved, SessionUpdatedEvent, TaskActive),
    )
    async def respond(
        self, caller: Caller, request: ApprovalRespond, session: Session, access: Access
    ) -> ApprovalAnswer:
        """Approve or reject a tool call. The first answer wins; a later one answers 409.

        With `remember`, the approval's `rules` become rules of the session, which needs the permission
        `session:write`, or of all sessions that you own, if this one is yours; what they allow or forbid is
        not asked about again.
        """
        writes = Permission.SESSION_WRITE
        may_write = caller.may(writes) and writes in PERMITTED[access]
        if request.remember is Remember.SESSION and not may_write:
            raise PermissionDenied(f"remember: session needs the permission {writes.value}")
        if request.remember is Remember.ALWAYS and caller.user_id != session.user_id:
            raise PermissionDenied("remember: always is for the session's owner")
        return ApprovalAnswer(approval=await self.engine.tasks.respond(caller, request))
