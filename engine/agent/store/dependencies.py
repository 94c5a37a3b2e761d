"""What tasks wait for. It stands in their rows, and changes in the transaction in which a task ends."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Final

from roocode_server.engine.storage.database import Transaction
from roocode_server.engine.storage.dependencies import Dependency, DependencyRepository
from roocode_server.models.clock import now
from roocode_server.models.error import Conflict, InvalidField
from roocode_server.models.identifier import TaskId
from roocode_server.models.task import (
    FINAL,
    RETRIABLE,
    Activity,
    Task,
    TaskError,
    TaskFailed,
    TaskStatus,
)

DEPENDENTS_PER_UNIT: Final = 100
"""How many tasks fail with others in one transaction, for which all other writers wait."""
_HOW: Final[Mapping[TaskStatus | None, str]] = {
    None: "does not exist",
    TaskStatus.FAILED: "has failed",
    TaskStatus.CANCELLED: "was cancelled",
}


class Dependencies:
    """Decides what a task waits for, and what becomes of it when that ends."""

    def __init__(self, repository: DependencyRepository) -> None:
        self._repository = repository

    async def of_new(self, unit: Transaction, task: Task) -> Sequence[Dependency]:
        """Return what a new task depends on, as the unit of work sees it.

        Raises: Conflict, if its client's id is taken; InvalidField, if it would wait for itself.
        """
        if task.client_id is not None:
            [taken] = await self._repository.named(unit, task.session_id, [task.client_id])
            if taken.task_id is not None:
                raise Conflict(
                    "The session has a task with this clientId already; choose another one",
                    clientId=task.client_id,
                    taskId=taken.task_id,
                )
        named = await self._repository.named(unit, task.session_id, list(dict.fromkeys(task.dependencies)))
        await self._check_circle(unit, task, named)
        return named

    async def _check_circle(self, unit: Transaction, task: Task, named: Sequence[Dependency]) -> None:
        """Dependencies that exist are older than the task, so only a name that it takes now closes a circle.

        Raises: InvalidField.
        """
        if task.client_id is None:
            return
        existing = [each.task_id for each in named if each.task_id is not None]
        waiting = await self._repository.depends_on_name(unit, existing, task.client_id)
        if waiting is not None or task.client_id in task.dependencies:
            raise InvalidField(
                "dependencies",
                "The task would wait for itself.",
                clientId=task.client_id,
                **({} if waiting is None else {"taskId": waiting}),
            )

    async def keep(self, unit: Transaction, task: Task, named: Sequence[Dependency]) -> None:
        """Store what a new task depends on. Its row must be stored already."""
        await self._repository.insert(unit, task, named)

    async def of_retried(self, unit: Transaction, task: Task) -> list[TaskId]:
        """Return what a task that never began, or is to begin anew, has to wait for if it is queued again.

        Raises: Conflict, if it would never begin.
        """
        dependencies = await self._repository.of(unit, task.id)
        hopeless = next(filter(_is_hopeless, dependencies), None)
        if hopeless is not None:
            first = "create" if hopeless.status is None else "retry"
            raise Conflict(f"{_error(hopeless).message}; {first} that one first", dependency=hopeless.name)
        return unfinished(dependencies)

    async def release(self, unit: Transaction, completed: TaskId) -> Sequence[TaskId]:
        """Let those that wait for a completed task wait for one fewer; return their ids."""
        waiting = await self._repository.waiting_for(unit, completed)
        left = {task_id: [each for each in names if each != completed] for task_id, names in waiting.items()}
        await self._repository.wait(unit, left)
        return list(left)

    async def fail_some(self, unit: Transaction, ended: Sequence[TaskId]) -> tuple[Sequence[TaskId], bool]:
        """Fail the next of those that wait for tasks that failed or were cancelled.

        Returns their ids, at most `DEPENDENTS_PER_UNIT`, and whether more may wait for the same tasks.
        """
        doomed = await self._repository.doomed(unit, ended, DEPENDENTS_PER_UNIT)
        errors: dict[TaskId, TaskError] = {}
        for each in doomed:
            errors.setdefault(each.task_id, _error(each.depends_on))
        await self._repository.fail(unit, errors, now())
        for each in {each.task_id: each for each in doomed}.values():
            told = TaskFailed(error=errors[each.task_id], turn=each.turn)
            unit.append(each.session_id, told, task_id=each.task_id)
        return list(errors), len(doomed) == DEPENDENTS_PER_UNIT

    async def awaited_in_vain(self, unit: Transaction) -> Sequence[TaskId]:
        """Return the tasks that failed or were cancelled, and for which others still wait."""
        return await self._repository.awaited_in_vain(unit)


def unfinished(dependencies: Sequence[Dependency]) -> list[TaskId]:
    """Return the tasks among them that have to complete yet."""
    return list(
        dict.fromkeys(
            each.task_id for each in dependencies if each.task_id is not None and each.status not in FINAL
        )
    )


def failing(dependencies: Sequence[Dependency]) -> TaskError | None:
    """Return why a task with these dependencies can never begin; None if it can."""
    return next((_error(each) for each in dependencies if _is_hopeless(each)), None)


def failed_with(task: Task, error: TaskError) -> Task:
    """Return the task as it is when it failed before it began."""
    return dataclasses.replace(
        task,
        status=TaskStatus.FAILED,
        activity=Activity.IDLE,
        error=error,
        completed_at=now(),
        waiting_for=[],
    )


def _is_hopeless(dependency: Dependency) -> bool:
    return dependency.status is None or dependency.status in RETRIABLE


def _error(dependency: Dependency) -> TaskError:
    why = f"It depends on the task `{dependency.name}`, which {_HOW[dependency.status]}"
    return TaskError(code="DEPENDENCY_FAILED", message=why)
