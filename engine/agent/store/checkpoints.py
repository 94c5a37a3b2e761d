"""A session's checkpoints for callers and tasks, with their events."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path

import structlog

from roocode_server.engine.checkpoints.checkpoints import Checkpoints
from roocode_server.engine.checkpoints.git import GitFailure
from roocode_server.engine.events.log import EventLog
from roocode_server.engine.sessions.sessions import Sessions
from roocode_server.engine.storage.session_rows import Renaming
from roocode_server.engine.storage.task_turns import TaskTurnRepository, TurnStart
from roocode_server.engine.storage.tasks import SnapshotRepository, TaskRepository
from roocode_server.engine.tools.generated import generated
from roocode_server.engine.workspace.replica import Inodes
from roocode_server.engine.workspace.snapshot import Snapshot
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.checkpoint import (
    ChangedFile,
    Checkpoint,
    CheckpointCompare,
    CheckpointDifference,
    CheckpointList,
    CheckpointRef,
    CheckpointRestored,
    CheckpointRestoredEvent,
    CheckpointSaved,
)
from roocode_server.models.error import AppError, Conflict, NotFound
from roocode_server.models.identifier import SessionId, TaskId
from roocode_server.models.task import Activity, Task, TaskCompare, TaskDifference, TaskStatus

log = structlog.get_logger("checkpoints")

AT_REST = frozenset({Activity.INTERACTIVE, Activity.RESUMABLE, Activity.QUEUED, Activity.IDLE})


class History:
    """Saves, lists, compares and restores the workspaces of sessions."""

    def __init__(
        self,
        checkpoints: Checkpoints,
        sessions: Sessions,
        tasks: TaskRepository,
        turns: TaskTurnRepository,
        snapshots: SnapshotRepository,
        log: EventLog,
    ) -> None:
        self._checkpoints = checkpoints
        self._sessions = sessions
        self._tasks = tasks
        self._turns = turns
        self._snapshots = snapshots
        self._log = log
        sessions.before_deletion(checkpoints.forget)

    async def save(
        self, session_id: SessionId, reason: str, task_id: TaskId | None = None
    ) -> Checkpoint | None:
        """Save a checkpoint; None if nothing has changed since the last one.

        Raises: CheckpointsUnavailable.
        """
        saved = await self.save_unannounced(session_id, reason, task_id)
        if saved is not None:
            await self._log.append(session_id, CheckpointSaved(checkpoint=saved), task_id=task_id)
        return saved

    async def save_unannounced(
        self, session_id: SessionId, reason: str, task_id: TaskId | None = None
    ) -> Checkpoint | None:
        """As `save`, for those who append the event themselves."""
        workspace = self._sessions.workspace(session_id)
        return await self._checkpoints.save(workspace, session_id, reason, task_id)

    async def check_restorable(self, session_id: SessionId, checkpoint_id: str) -> None:
        """Check that a workspace that was just saved can be restored to a checkpoint.

        Raises: NotFound, Conflict, InvalidField.
        """
        workspace = self._sessions.workspace(session_id)
        await self._checkpoints.check_restorable(workspace, session_id, checkpoint_id)

    async def latest(self, session_id: SessionId) -> str | None:
        """Return the id of the session's last checkpoint, or None."""
        return await self._checkpoints.latest(session_id)

    async def page(self, request: CheckpointList) -> tuple[list[Checkpoint], int]:
        """Return one page of a session's checkpoints, newest first, and their total number."""
        return await self._checkpoints.page(request.session_id, limit=request.limit, offset=request.offset)

    async def compare(self, request: CheckpointCompare) -> CheckpointDifference:
        """Return what changed between two checkpoints, or since one of them. Raises: NotFound."""
        workspace = self._sessions.workspace(request.session_id)
        found = await self._checkpoints.compare(
            workspace, request.session_id, request.checkpoint_id, request.to
        )
        return dataclasses.replace(found, files=await _marked(workspace, found.files))

    async def keep_start(self, task: Task) -> None:
        """Keep the workspace as a task's turn finds it; if that cannot be done, the task goes on without."""
        session_id = task.session_id
        try:
            is_kept = await self._checkpoints.keep_start(
                self._sessions.workspace(session_id), session_id, TurnStart.of(task).key
            )
        except (AppError, GitFailure) as failure:
            reason = str(failure)
        else:
            if is_kept:
                return
            reason = "too large"
        log.info("a task's start is not kept", session_id=session_id, task_id=task.id, reason=reason)

    async def since_start(self, request: TaskCompare) -> TaskDifference:
        """Return what changed since a task began: until now or, of a task that ended, the next one's start.

        Raises: NotFound; Conflict, if the task has not begun or its start is not kept; what `compare` raises.
        """
        session_id = request.session_id
        task = await self._tasks.find(session_id, request.task_id)
        if task is None:
            raise NotFound("task", request.task_id)
        if task.started_at is None:
            raise Conflict("The task has not begun")
        workspace = self._sessions.workspace(session_id)
        path = None if request.path is None else workspace.canonical(request.path).lstrip("/")
        start, end = await self._start(task), await self._end(task)
        found = await self._checkpoints.since_start(
            workspace,
            session_id,
            start,
            None if end is None else end.key,
            path=path,
            context=request.context,
        )
        files = await _marked(workspace, found.files)
        return TaskDifference(
            files=files,
            total_files=found.total_files,
            diff=found.diff,
            is_truncated=found.is_truncated,
            until=None if end is None else end.task_id,
        )

    async def _start(self, task: Task) -> TaskId | None:
        """The task if its start is kept, None if it began with an empty workspace. Raises: Conflict."""
        if await self._checkpoints.has_start(task.session_id, task.id):
            return task.id
        kept = await self._snapshots.load(task.id)
        if kept is None or not Snapshot.load(kept).is_empty:
            raise Conflict("The workspace was not kept as the task found it: see docs/checkpoints.md")
        return None

    async def _end(self, task: Task) -> TurnStart | None:
        """The turn that began next after this task had ended; None if there is none whose start is kept."""
        if task.completed_at is None:
            return None
        following = await self._turns.first_after(task.session_id, task.completed_at)
        if following is None or not await self._checkpoints.has_start(task.session_id, following.key):
            return None
        return following

    async def restore(self, request: CheckpointRef) -> CheckpointRestored:
        """Restore the workspace to a checkpoint.

        Raises: NotFound; Conflict, if a task is at work or the session is not active; what the workspace
        raises.
        """
        await self._sessions.get_active(request.session_id)
        return await self._restore(request)

    async def check_at_rest(self, session_id: SessionId) -> None:
        """Raises: Conflict, if a task of the session is at work, so that its files are not to be replaced."""
        for task in await self._tasks.unfinished(session_id):
            if task.status is TaskStatus.RUNNING and task.activity not in AT_REST:
                raise Conflict("A task is running in this session; wait for it to end, or cancel it")

    async def _restore(self, request: CheckpointRef) -> CheckpointRestored:
        await self.check_at_rest(request.session_id)
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

    async def copy(
        self,
        source: SessionId,
        copy: SessionId,
        renaming: Renaming,
        inodes: Inodes,
    ) -> None:
        """Copy all checkpoints of a session for a copy of it; see `Checkpoints.copy`."""
        await self._checkpoints.copy(source, copy, renaming, inodes)

    async def bundle(self, session_id: SessionId, target: Path) -> dict[str, str] | None:
        """Write all checkpoints of a session to a file; see `Checkpoints.bundle`."""
        return await self._checkpoints.bundle(session_id, target)

    async def take_in(
        self,
        session_id: SessionId,
        bundle: Path,
        *,
        names: Mapping[str, str],
        renaming: Renaming,
        most_bytes: int,
    ) -> None:
        """Fill a session's checkpoints from a file that nobody has looked at; see `Checkpoints.take_in`."""
        await self._checkpoints.take_in(
            session_id, bundle, names=names, renaming=renaming, most_bytes=most_bytes
        )

    async def forget(self, session_id: SessionId) -> None:
        """Delete all checkpoints of a session."""
        await self._checkpoints.forget(session_id)

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


async def _marked(workspace: Workspace, files: list[ChangedFile]) -> list[ChangedFile]:
    """Return the files, those that are generated marked as such."""
    if not files:
        return files
    found = await generated(workspace, [file.path.lstrip("/") for file in files])
    return [dataclasses.replace(file, is_generated=file.path.lstrip("/") in found) for file in files]
