"""Operations on checkpoints. Source: S2's checkpoints; docs/checkpoints.md."""

from __future__ import annotations

from roocode_server.engine.checkpoints.git import CheckpointsUnavailable
from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.checkpoint import (
    CheckpointCompare,
    CheckpointCreate,
    CheckpointCreated,
    CheckpointDifference,
    CheckpointList,
    CheckpointPage,
    CheckpointRef,
    CheckpointRestored,
    CheckpointRestoredEvent,
    CheckpointSaved,
)
from roocode_server.models.error import Conflict, NotFound
from roocode_server.models.page import pagination
from roocode_server.models.user import Caller, Permission


class CheckpointHandlers(Handlers, namespace="/checkpoints"):
    """`checkpoint.*`: list, create, compare and restore checkpoints."""

    @operation(
        "checkpoint.list",
        rest="GET /api/v1/sessions/{sessionId}/checkpoints",
        permission=Permission.FILE_READ,
        on="session_id",
        errors=(NotFound,),
    )
    async def list(self, caller: Caller, request: CheckpointList) -> CheckpointPage:
        """List a session's checkpoints, newest first."""
        checkpoints, total = await self.engine.history.page(request)
        return CheckpointPage(
            data=checkpoints, pagination=pagination(total=total, limit=request.limit, offset=request.offset)
        )

    @operation(
        "checkpoint.create",
        rest="POST /api/v1/sessions/{sessionId}/checkpoints",
        status=201,
        permission=Permission.FILE_WRITE,
        on="session_id",
        errors=(NotFound, Conflict, CheckpointsUnavailable),
        emits=(CheckpointSaved,),
    )
    async def create(self, caller: Caller, request: CheckpointCreate) -> CheckpointCreated:
        """Save the workspace as it is now."""
        saved = await self.engine.history.save(request.session_id, request.reason)
        return CheckpointCreated(checkpoint=saved)

    @operation(
        "checkpoint.compare",
        rest="GET /api/v1/sessions/{sessionId}/checkpoints/{checkpointId}/diff",
        permission=Permission.FILE_READ,
        on="session_id",
        errors=(NotFound, Conflict, CheckpointsUnavailable),
    )
    async def compare(self, caller: Caller, request: CheckpointCompare) -> CheckpointDifference:
        """Show what changed since a checkpoint, or between two."""
        return await self.engine.history.compare(request)

    @operation(
        "checkpoint.restore",
        rest="POST /api/v1/sessions/{sessionId}/checkpoints/{checkpointId}/restore",
        permission=Permission.FILE_WRITE,
        on="session_id",
        exclusive=("session_id",),
        errors=(NotFound, Conflict, CheckpointsUnavailable),
        emits=(CheckpointSaved, CheckpointRestoredEvent),
    )
    async def restore(self, caller: Caller, request: CheckpointRef) -> CheckpointRestored:
        """Restore the workspace to a checkpoint. Its present state is saved first."""
        return await self.engine.history.restore(request)
