"""Operations on the shares of a session. Source: docs/sharing.md."""

from __future__ import annotations

from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.error import Conflict, NotFound
from roocode_server.models.quota import Limit
from roocode_server.models.session import SessionRef
from roocode_server.models.sharing import (
    SessionShare,
    SessionShared,
    SessionUnshare,
    SessionUnshared,
    ShareAnswer,
    ShareRemoved,
    Shares,
)
from roocode_server.models.user import Caller, Permission


class SharingHandlers(Handlers, namespace="/sessions"):
    """`session.share` and its kin: let others into a session, and out again."""

    @operation(
        "session.share",
        rest="POST /api/v1/sessions/{sessionId}/shares",
        permission=Permission.SESSION_SHARE,
        on="session_id",
        limit=Limit.SESSION_MANAGEMENT,
        errors=(NotFound, Conflict),
        emits=(SessionShared,),
    )
    async def share(self, caller: Caller, request: SessionShare) -> ShareAnswer:
        """Share a session with somebody: as `watcher` they read, as `collaborator` they work in it too.

        A second call for the same user changes their access. What they have open in the session ends as far
        as the new access does not permit it.
        """
        return ShareAnswer(share=await self.engine.sessions.sharing.share(caller, request))

    @operation(
        "session.shares",
        rest="GET /api/v1/sessions/{sessionId}/shares",
        permission=Permission.SESSION_READ,
        on="session_id",
        limit=Limit.SESSION_MANAGEMENT,
        errors=(NotFound,),
    )
    async def shares(self, caller: Caller, request: SessionRef) -> Shares:
        """List whose session it is, and with whom it is shared."""
        return await self.engine.sessions.sharing.list(request.session_id)

    @operation(
        "session.unshare",
        rest="DELETE /api/v1/sessions/{sessionId}/shares/{userId}",
        permission=Permission.SESSION_SHARE,
        on="session_id",
        limit=Limit.SESSION_MANAGEMENT,
        errors=(NotFound,),
        emits=(SessionUnshared,),
    )
    async def unshare(self, caller: Caller, request: SessionUnshare) -> ShareRemoved:
        """Take somebody's share back: what they have open in the session ends at once."""
        await self.engine.sessions.sharing.unshare(request.session_id, request.user_id)
        return ShareRemoved(session_id=request.session_id, user_id=request.user_id, removed=True)

    @operation(
        "session.leave",
        rest="POST /api/v1/sessions/{sessionId}/leave",
        permission=Permission.SESSION_LEAVE,
        on="session_id",
        limit=Limit.SESSION_MANAGEMENT,
        errors=(NotFound,),
        emits=(SessionUnshared,),
    )
    async def leave(self, caller: Caller, request: SessionRef) -> ShareRemoved:
        """Give back your own share of somebody's session."""
        await self.engine.sessions.sharing.unshare(request.session_id, caller.user_id)
        return ShareRemoved(session_id=request.session_id, user_id=caller.user_id, removed=True)
