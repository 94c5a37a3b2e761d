"""The turns of tasks: each begins with what a person said, and ends with a result or an error."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from roocode_server.engine.storage.database import Transaction
from roocode_server.engine.storage.task_turns import TaskTurnRepository
from roocode_server.models.task import Task, TaskTurn
from roocode_server.models.usage import TokenUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedBefore:
    """What a task has used before its present turn; `iterations` only of the present run."""

    usage: TokenUsage
    iterations: int

    @classmethod
    def of(cls, task: Task, former: Iterable[TaskTurn]) -> UsedBefore:
        """Sum up the former turns of a task."""
        usage, iterations = TokenUsage(), 0
        for turn in former:
            usage = _combined(usage, turn.usage, sign=1)
            iterations += turn.iterations if turn.retry_count == task.retry_count else 0
        return cls(usage=usage, iterations=iterations)


class TaskTurns:
    """Keeps the turns of tasks. The latest one is the task itself."""

    def __init__(self, repository: TaskTurnRepository) -> None:
        self._repository = repository

    async def keep(self, unit: Transaction, ended: Task) -> None:
        """Keep the turn of a task that has ended, in the unit of work that begins another one."""
        message_id = ended.turn_message_id
        said = None if message_id is None else await self._repository.said_on(unit, message_id)
        former = await self._repository.all_on(unit, ended.id)
        await self._repository.insert(unit, ended.id, _turn(ended, said, UsedBefore.of(ended, former)))

    async def used_before(self, task: Task) -> UsedBefore:
        """Return what a task has used before its present turn."""
        return UsedBefore.of(task, await self._former(task))

    async def last(self, task: Task) -> TaskTurn | None:
        """Return the turn before the present one, or None."""
        former = await self._former(task)
        return former[-1] if former else None

    async def page(self, task: Task, *, limit: int, offset: int) -> tuple[list[TaskTurn], int]:
        """Return one page of a task's turns, the present one first, and their total number."""
        former, number = await self._repository.page(
            task.id, limit=limit if offset else max(1, limit - 1), offset=max(0, offset - 1)
        )
        if offset:
            return former, number + 1
        message_id = task.turn_message_id
        said = None if message_id is None else await self._repository.said(message_id)
        return [_turn(task, said, await self.used_before(task)), *former][:limit], number + 1

    async def _former(self, task: Task) -> Sequence[TaskTurn]:
        if task.turn == 1 and not task.retry_count:
            return ()
        return await self._repository.all(task.id)


def _turn(task: Task, said: str | None, before: UsedBefore) -> TaskTurn:
    return TaskTurn(
        turn=task.turn,
        retry_count=task.retry_count,
        input=task.input if said is None else said,
        message_id=task.turn_message_id,
        status=task.status,
        result=task.result,
        error=task.error,
        started_at=task.turn_started_at,
        completed_at=task.completed_at,
        usage=_combined(task.usage, before.usage, sign=-1),
        iterations=max(0, task.iterations - before.iterations),
    )


def _combined(first: TokenUsage, second: TokenUsage, *, sign: int) -> TokenUsage:
    """Add up two usages, or subtract the second; what the context holds is no sum."""
    sums = {
        field.name: getattr(first, field.name) + sign * getattr(second, field.name)
        for field in dataclasses.fields(TokenUsage)
        if field.name != "context_tokens"
    }
    sums["total_cost"] = round(sums["total_cost"], 8)
    return TokenUsage(**sums, context_tokens=first.context_tokens)
