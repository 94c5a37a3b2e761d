"""The store of subtasks, each created by a call of its parent and found by it. Source: S2, `new_task`."""

from __future__ import annotations

import dataclasses

from roocode_server.engine.agent.limits import Ledger
from roocode_server.engine.agent.store.turns import TaskTurns
from roocode_server.engine.storage.database import Database
from roocode_server.engine.storage.tasks import TaskRepository
from roocode_server.models.clock import now
from roocode_server.models.identifier import CallId, TaskId, new_id
from roocode_server.models.task import Activity, Task, TaskCreatedEvent, TaskStatus
from roocode_server.models.usage import total


class SubtaskStore:
    """Creates and finds subtasks."""

    def __init__(self, database: Database, repository: TaskRepository, turns: TaskTurns) -> None:
        self._turns = turns
        self._database = database
        self._repository = repository

    async def of_call(self, parent: Task, call_id: CallId) -> Task | None:
        """Return the subtask that a call of this turn has already created, or None."""
        return await self._repository.child_of_call(parent, call_id)

    async def make(
        self, parent: Task, call_id: CallId, *, mode: str, message: str, todos: str | None
    ) -> Task:
        """Create a subtask for a call, with its event."""
        moment = now()
        child = Task(
            id=TaskId(new_id("task")),
            session_id=parent.session_id,
            input=message,
            status=TaskStatus.PENDING,
            activity=Activity.QUEUED,
            progress=0,
            config=dataclasses.replace(parent.config, checks=None),  # those of the whole are made at its end
            created_at=moment,
            queued_at=moment,
            priority=parent.priority,
            mode=mode,
            todos=todos,
            parent_id=parent.id,
            parent_call_id=call_id,
        )
        async with self._database.transaction() as unit:
            await self._repository.insert(unit, child, parent_run=parent.retry_count, parent_turn=parent.turn)
            unit.append(child.session_id, TaskCreatedEvent(task=child), task_id=child.id)
        return child

    async def are_under_way(self, task: Task) -> bool:
        """Return whether a task has unfinished subtasks, for which it waits."""
        return bool(await self._repository.unfinished_children(task.id))

    async def ledger(self, task: Task) -> Ledger:
        """Return what a task and its subtasks have used so far in this turn.

        What came before does not count: somebody has asked for more.
        """
        below = await self._repository.below_in_turn(task) if task.turn_started_at is not None else []
        before = await self._turns.used_before(task)
        ever = [task, *await self._repository.below(task.id)]
        return Ledger(
            # Fewer than before the turn, if the task was rewound.
            requests=max(0, sum(each.iterations for each in (task, *below)) - before.iterations),
            cost=sum(each.usage.total_cost for each in (task, *below)) - before.usage.total_cost,
            subtasks=len(below),
            spent=total(each.usage for each in ever),
        )

    async def outcome(self, child: Task) -> tuple[bool, str]:
        """Return whether a finished subtask succeeded, and its result or error message."""
        ended = await self._repository.find(child.session_id, child.id)
        if ended is not None and ended.status is TaskStatus.COMPLETED and ended.result is not None:
            return True, ended.result.summary
        if ended is not None and ended.error is not None:
            return False, f"The subtask failed: {ended.error.message}"
        return False, "The subtask was cancelled before it was done."
