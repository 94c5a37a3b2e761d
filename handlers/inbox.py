"""What waits for a person, over all sessions. Source: docs/approvals.md."""

from __future__ import annotations

from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.inbox import InboxList, InboxPage
from roocode_server.models.page import pagination
from roocode_server.models.user import Caller, Permission


class InboxHandlers(Handlers, namespace="/approvals"):
    """`inbox.list`: what waits for the caller."""

    @operation("inbox.list", rest="GET /api/v1/inbox", permission=Permission.APPROVAL_READ)
    async def list(self, caller: Caller, request: InboxList) -> InboxPage:
        """List what waits for you, newest first: approvals, questions, and interrupted tasks.

        The sessions are your own and those in which you are a collaborator; `scope` leaves one of the two
        out. `event.follow` with `types: ["task.*", "approval.*"]` says when to look again.
        """
        entries, total = await self.engine.inbox.page(caller, request)
        return InboxPage(
            data=entries, pagination=pagination(total=total, limit=request.limit, offset=request.offset)
        )
