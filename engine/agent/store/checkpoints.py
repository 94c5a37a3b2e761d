"""A session's checkpoints for callers and tasks, with their events."""

from __future__ import annotations

import structlog

from roocode_server.engine.checkpoints.checkpoints import Checkpoints
from roocode_server.engine.events.log import EventLog
from roocode_server.engine.sessions.sessions import Sessions
from roocode_server.engine.storage.tasks import TaskRepository
from roocode_server.models.checkpoint import (
    Checkpoint,
    CheckpointCompare,
    CheckpointDifference,
    CheckpointList,
    CheckpointRef,
    CheckpointRestored,
    CheckpointRestoredEvent,
    CheckpointSaved,
)
from roocode_server.models.error import AppError, Conflict
from roocode_server.models.identifier import SessionId, TaskId
from roocode_server.models.task import Activity, TaskStatus

log = structlog.get_logger("checkpoints")

AT_REST = frozenset({Activity.INTERACTIVE, Activity.RESUMABLE, Activity.QUEUED, Activity.IDLE})


class History:
    """Saves, lists, compares and restores the workspaces of sessions."""

    def __init__(
        self, checkpoints: Checkpoints, sessions: Sessions, tasks: TaskRepository, log: EventLog
    ) -> None:
        self._checkpoints = checkpoints
        self._sessions = sessions
        self._tasks = tasks
        self._log = log
        sessions.before_deletion(checkpoints.forget)

    async def save(
        self, session_id: SessionId, reason: str, task_id: TaskId | None = None
    ) -> Checkpoint | None:
        """Save a checkpoint; None if nothing has changed since the last one.

        Raises: CheckpointsUnavailable.
        """
        workspace = self._sessions.workspace(session_id)
        saved = await self._checkpoints.save(workspace, session_id, reason, task_id)
        if saved is not None:
            await self._log.append(session_id, CheckpointSaved(checkpoint=saved), task_id=task_id)
        return saved

    async def page(self, request: CheckpointList) -> tuple[list[Checkpoint], int]:
        """Return one page of a session's checkpoints, newest first, and their total number."""
        return await self._checkpoints.page(request.session_id, limit=request.limit, offset=request.offset)

    async def compare(self, request: CheckpointCompare) -> CheckpointDifference:
        """Return what changed between two checkpoints, or since one of them. Raises: NotFound."""
        workspace = self._sessions.workspace(request.session_id)
        return await self._checkpoints.compare(
            workspace, request.session_id, request.checkpoint_id, request.to
        )

    async def restore(self, request: CheckpointRef) -> CheckpointRestored:
        """Restore the workspace to a checkpoint.

        Raises: NotFound; Conflict, if a task is at work or the session is not active; what the workspace
        raises.
        """
        await self._sessions.get_active(request.session_id)
        return await self._restore(request)

    async def _restore(self, request: CheckpointRef) -> CheckpointRestored:
        for task in await self._tasks.unfinished(request.session_id):
            if task.status is TaskStatus.RUNNING and task.activity not in AT_REST:
                raise Conflict("A task is running in this session; wait for it to end, or cancel it")
        workspace = self._sessions.workspace(request.session_id)
        newest, _ = await self._checkpoints.page(request.session_id, limit=1, offset=0)
        saved, files = await self._checkpoints.restore(workspace, request.session_id, request.checkpoint_id)
        try:
            if saved is not None:
                await self._log.append(request.session_id, CheckpointSaved(checkpoint=saved))
            told = CheckpointRestoredEvent(checkpoint_id=request.checkpoint_id, files=files)
            await self._log.append(request.session_id, told)
        except Exception:
            for before in [saved] if saved is not None else newest:
                await self._checkpoints.restore(workspace, request.session_id, before.id)
            raise
        return CheckpointRestored(files=files, saved_as=saved)

    async def recover(self) -> None:
        """Finish the restorations that a crash interrupted, and delete the checkpoints of deleted
        sessions.
        """
        for session_id, checkpoint_id in (await self._checkpoints.cut_short()).items():
            if await self._sessions.exists(session_id):
                try:
                    await self._restore(CheckpointRef(session_id=session_id, checkpoint_id=checkpoint_id))
                except AppError as failure:
                    log.warning("restoration not completed", session_id=session_id, reason=failure.message)
        for session_id in await self._checkpoints.sessions():
            if not await self._sessions.is_anything_left(session_id):
                await self._checkpoints.forget(session_id)
