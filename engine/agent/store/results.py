"""A task's result: the changes in the workspace and the calls that were executed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson

from roocode_server.engine.storage.database import Transaction
from roocode_server.engine.storage.task_turns import TurnSnapshotRepository
from roocode_server.engine.storage.tasks import (
    CheckBaselineRepository,
    SnapshotRepository,
    ToolCallRepository,
)
from roocode_server.engine.workspace.snapshot import Snapshot
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.identifier import TaskId
from roocode_server.models.task import Task, TaskResult


class TaskResults:
    """Compares the workspace with its state when the task's turn began."""

    def __init__(
        self,
        snapshots: SnapshotRepository,
        turn_snapshots: TurnSnapshotRepository,
        tool_calls: ToolCallRepository,
        baselines: CheckBaselineRepository,
    ) -> None:
        self._snapshots = snapshots
        self._turn_snapshots = turn_snapshots
        self._baselines = baselines
        self._tool_calls = tool_calls

    async def look(self, workspace: Workspace) -> Snapshot:
        """Take a snapshot of the workspace."""
        return await Snapshot.take(workspace.folder)

    async def remember(self, unit: Transaction, task_id: TaskId, snapshot: Snapshot) -> None:
        """Store the snapshot taken at the task's beginning."""
        await self._snapshots.insert(unit, task_id, snapshot.dump())

    async def digests(self, task_id: TaskId) -> list[dict[str, str]] | None:
        """Return the digests of files at the task's first start, by pattern of its checks, or None."""
        kept = await self._baselines.load(task_id)
        return None if kept is None else orjson.loads(kept)

    async def remember_digests(
        self, unit: Transaction, task_id: TaskId, digests: Sequence[Mapping[str, str]]
    ) -> None:
        """Store the digests of files at the task's first start; they stay when it begins anew."""
        await self._baselines.insert(unit, task_id, orjson.dumps(digests))

    async def remember_turn(self, unit: Transaction, task_id: TaskId, snapshot: Snapshot) -> None:
        """Store the snapshot taken at the beginning of a later turn."""
        await self._turn_snapshots.replace(unit, task_id, snapshot.dump())

    async def relocate(self, unit: Transaction, task_id: TaskId, inodes: Mapping[int, int]) -> None:
        """Have the snapshots of a copied task name the files of the copy; see `Snapshot.relocated`."""
        first, latest = await self._snapshots.load(task_id), await self._turn_snapshots.load(task_id)
        if first is not None:
            await self._snapshots.clear(unit, task_id)
            await self._snapshots.insert(unit, task_id, Snapshot.load(first).relocated(inodes).dump())
        if latest is not None:
            await self.remember_turn(unit, task_id, Snapshot.load(latest).relocated(inodes))

    async def forget(self, unit: Transaction, task_id: TaskId) -> None:
        """Delete the snapshot and the calls of a task that begins anew."""
        await self._snapshots.clear(unit, task_id)
        await self._turn_snapshots.clear(unit, task_id)
        await self._tool_calls.clear(unit, task_id)

    async def measure(self, task: Task, workspace: Workspace, summary: str) -> TaskResult:
        """Return the result of a task's turn that has just ended."""
        kept = await self._turn_snapshots.load(task.id) or await self._snapshots.load(task.id)
        before = Snapshot.load(kept) if kept is not None else Snapshot({})
        changed = before.compare(await self.look(workspace))
        since = task.turn_started_at
        calls = [
            each for each in await self._tool_calls.all(task.id) if since is None or each.started_at >= since
        ]
        return TaskResult(
            summary=summary,
            files_created=changed.created,
            files_modified=changed.modified,
            files_deleted=changed.deleted,
            commands_executed=[call.command for call in calls if call.command and call.completed_at],
            tools_used=list(dict.fromkeys(call.tool_name for call in calls)),
        )
