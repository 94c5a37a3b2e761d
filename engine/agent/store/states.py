"""A task's state. Every change is one transaction with its events, and is made here only."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import structlog

from roocode_server.engine.agent.store.dependencies import Dependencies
from roocode_server.engine.agent.store.turns import TaskTurns
from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.pending_ends import PendingEndRepository
from roocode_server.engine.storage.tasks import TaskRepository
from roocode_server.models.clock import now
from roocode_server.models.error import Conflict, NotFound
from roocode_server.models.event import Event
from roocode_server.models.identifier import MessageId, TaskId
from roocode_server.models.task import (
    FINAL,
    RETRIABLE,
    TRANSITIONS,
    Activity,
    CallFailure,
    CommandContinued,
    CommandEnded,
    Task,
    TaskCancelled,
    TaskCompleted,
    TaskConfig,
    TaskFailed,
    TaskFocused,
    TaskReopened,
    TaskResumable,
    TaskResumed,
    TaskRetried,
    TaskStatus,
    TaskUnfocused,
    ToolFailed,
    ToolStarted,
)
from roocode_server.models.tool import ToolCompleted

Alongside = Callable[[Transaction], Awaitable[None]]
BeforeReopening = Callable[[Transaction, Task], Awaitable[None]]
"""Called with a task that has ended and is to be taken up again; raises what forbids that."""
WhenEnded = Callable[[Task], None]
WhenFailed = Callable[[Sequence[TaskId]], None]

ENDED_PER_UNIT: Final = 250
"""For how many tasks that have ended badly one statement looks for those that wait."""

CALL_ENDS: Final = {
    TaskStatus.PENDING: (CallFailure.INTERRUPTED, "The task was interrupted while this call ran."),
    TaskStatus.CANCELLED: (CallFailure.CANCELLED, "The task was cancelled while this call ran."),
    TaskStatus.FAILED: (CallFailure.ABANDONED, "The task failed while this call ran."),
    TaskStatus.COMPLETED: (CallFailure.ABANDONED, "The task was completed while this call ran."),
}
"""Error code and message for calls in progress when a task leaves `running`, by its new status."""

STOPPED_BY_SERVER: Final = "server"
"""What has stopped a command in the background whose end nobody saw."""

log = structlog.get_logger("tasks")


class TaskStates:
    """Changes the state of tasks. Calls in progress are ended when their task stops running, and those that
    wait for a task fail with it.
    """

    def __init__(
        self,
        database: Database,
        tasks: TaskRepository,
        pending_ends: PendingEndRepository,
        dependencies: Dependencies,
        turns: TaskTurns,
    ) -> None:
        self._database = database
        self._tasks = tasks
        self._pending_ends = pending_ends
        self._dependencies = dependencies
        self._turns = turns
        self._when_ended: list[WhenEnded] = []
        self._when_failed: list[WhenFailed] = []
        self._settling: dict[TaskId, asyncio.Event] = {}
        """Tasks that have ended, and with which others are failing: set when all have."""
        self._is_behind = False
        """Whether there are tasks that should have failed with one for which they waited."""
        self._committed: dict[TaskId, Task] = {}
        """Unfinished tasks as committed: a cache, because each step changes its task several times."""
        self._changing: dict[TaskId, Transaction] = {}
        """The unit of work that last changed a task and is not yet known to be committed."""

    def when_ended(self, heard: WhenEnded) -> None:
        """Call `heard` for each task that ends, after that is committed."""
        self._when_ended.append(heard)

    def when_failed_with_others(self, heard: WhenFailed) -> None:
        """Call `heard` with tasks that failed with one for which they waited, after that is committed."""
        self._when_failed.append(heard)

    async def find(self, task: Task) -> Task | None:
        """Return the task as it is stored, or None if it is deleted."""
        return await self._tasks.find(task.session_id, task.id)

    async def move(
        self,
        task_id: TaskId,
        to: TaskStatus,
        *events: Event,
        in_same_transaction: Alongside | None = None,
        **changes: Any,
    ) -> Task:
        """Change a task's status, in one transaction with its events and with `in_same_transaction`.

        When it returns, all that waited for a task which failed or was cancelled have failed with it.

        Raises: NotFound; Conflict, if the present status may not be followed by `to`.
        """
        moving = self._move(task_id, to, events, in_same_transaction, changes)
        if to not in RETRIABLE:
            return await moving
        settled = asyncio.Event()
        is_first = self._settling.setdefault(task_id, settled) is settled
        try:
            # Whoever is cancelled meanwhile must not leave some of those that wait behind.
            return await run_to_completion(moving)
        finally:
            if is_first:
                del self._settling[task_id]
                settled.set()

    async def _move(
        self,
        task_id: TaskId,
        to: TaskStatus,
        events: tuple[Event, ...],
        in_same_transaction: Alongside | None,
        changes: dict[str, Any],
    ) -> Task:
        async with self._database.transaction() as unit:
            task = await self._current(unit, task_id)
            if to not in TRANSITIONS[task.status]:
                raise Conflict(f"The task is {task.status} and cannot become {to}", status=task.status)
            if to in FINAL:
                changes |= {"completed_at": now(), "activity": Activity.IDLE, "interrupted_by": None}
            moved = dataclasses.replace(task, status=to, **changes)
            told = tuple(_of_turn(happened, task.turn) for happened in events)
            await self._store(unit, task, moved, told, in_same_transaction)
            failed, left = await self._follow(unit, moved)
        self._keep(unit, moved)
        await self._settle_after(moved, failed, left)
        return moved

    async def _follow(self, unit: Transaction, task: Task) -> tuple[Sequence[TaskId], list[TaskId]]:
        """Change those that wait for a task, if it has ended; return the ids of some that failed with it, and
        of those whose turn is later.
        """
        if task.status is TaskStatus.COMPLETED:
            await self._release(unit, task)
        elif task.status in RETRIABLE:
            return await self._fail_some(unit, [task.id])
        return (), []

    async def _settle_after(self, task: Task, failed: Sequence[TaskId], left: list[TaskId]) -> None:
        for heard in self._when_ended if task.status in FINAL else ():
            heard(task)
        self._tell_failed(failed)
        try:
            await self._settle(left)
            if self._is_behind and task.status in FINAL:
                await self.settle_all()
        except Exception:
            # The task itself has changed: that is what callers are told.
            log.exception("those that wait for a task fail when the next one has ended", task_id=task.id)
            self._is_behind = True

    async def settle_all(self) -> None:
        """Fail those that wait for tasks which failed or were cancelled, and did not fail with them: because
        the server stopped just then, or the database did not answer.
        """
        async with self._database.transaction() as unit:
            ended = await self._dependencies.awaited_in_vain(unit)
        await self._settle(list(ended))
        self._is_behind = False

    async def retry(
        self, task_id: TaskId, *, mode: str, config: TaskConfig, in_same_transaction: Alongside
    ) -> Task:
        """Queue a task that failed or was cancelled once more, as if it were new.

        Raises: NotFound; Conflict, if it did neither, or depends on a task that did.
        """
        await self._settled(task_id)
        async with self._database.transaction() as unit:
            task = await self._current(unit, task_id)
            if task.status not in RETRIABLE:
                raise Conflict(
                    f"The task is {task.status}; only one that failed or was cancelled can be retried",
                    status=task.status,
                )
            await self._turns.keep(unit, task)
            again = dataclasses.replace(
                _queued(task),
                iterations=0,
                started_at=None,
                todos=None,
                mode=mode,
                config=config,
                usage=dataclasses.replace(task.usage, context_tokens=0),
                retry_count=task.retry_count + 1,
                turn=1,
                waiting_for=await self._dependencies.of_retried(unit, task),
            )
            told = (TaskRetried(retry_count=again.retry_count),)
            await self._store(unit, task, again, told, in_same_transaction)
        self._keep(unit, again)
        return again

    async def put_back(
        self, task_id: TaskId, *events: Event, in_same_transaction: Alongside, **changes: Any
    ) -> Task:
        """Change a task that is not at work to what it was at some earlier moment, whatever its status is.

        Raises: NotFound; Conflict, if it is at work.
        """
        async with self._database.transaction() as unit:
            task = await self._current(unit, task_id)
            if task.status is TaskStatus.RUNNING:
                raise Conflict("The task is running", status=task.status)
            put = dataclasses.replace(task, **changes)
            await self._store(unit, task, put, events, in_same_transaction)
            failed, left = await self._follow(unit, put)
        self._keep(unit, put)
        await self._settle_after(put, failed, left)
        return put

    async def suspend(self, unit: Transaction, task: Task, suspended: TaskResumable) -> None:
        """Store in a unit of work that an unfinished task of a copied session is not at work there.

        Nothing runs of it, so it is as after a stop of the server: `suspended` is told unless it waited to be
        resumed already, and calls in progress are told as interrupted. One that was queued waits, too.
        """
        if task.activity is Activity.RESUMABLE:
            return
        changes: dict[str, Any] = {"status": TaskStatus.PENDING, "activity": Activity.RESUMABLE}
        stopped = dataclasses.replace(task, interrupted_by=suspended.interrupted_by, **changes)
        await self._store(unit, task, stopped, (suspended,), None)
        self.forget(task.id)

    async def hear(
        self,
        task_id: TaskId,
        message_id: MessageId,
        *,
        before_reopening: BeforeReopening,
        in_same_transaction: Alongside,
    ) -> tuple[Task, bool]:
        """Store what a person says to a task, by `in_same_transaction`.

        One that has ended is queued again, for its next turn. Returns the task, and whether that is so.

        Raises: NotFound; Conflict, if it depends on a task that failed; what `before_reopening` raises.
        """
        await self._settled(task_id)
        async with self._database.transaction() as unit:
            task = await self._current(unit, task_id)
            is_reopened = task.status in FINAL
            heard = task
            told: tuple[Event, ...] = ()
            if is_reopened:
                await before_reopening(unit, task)
                heard = await self._reopened(unit, task, message_id)
                told = (TaskReopened(turn=heard.turn, message_id=message_id),)
            await self._store(unit, task, heard, told, in_same_transaction)
        self._keep(unit, heard)
        return heard, is_reopened

    async def _settled(self, task_id: TaskId) -> None:
        """Wait until all that wait for a task which ended badly have failed with it."""
        settling = self._settling.get(task_id)
        if settling is not None:
            await settling.wait()

    async def _reopened(self, unit: Transaction, ended: Task, message_id: MessageId) -> Task:
        await self._turns.keep(unit, ended)
        has_begun = ended.started_at is not None  # then everything that it depends on had completed
        return dataclasses.replace(
            _queued(ended),
            turn=ended.turn + 1,
            turn_message_id=message_id,
            waiting_for=[] if has_begun else await self._dependencies.of_retried(unit, ended),
        )

    async def note(
        self, task_id: TaskId, *events: Event, in_same_transaction: Alongside | None = None, **changes: Any
    ) -> Task:
        """Change fields of a task within its status. Raises: NotFound; Conflict, if it has ended."""
        async with self._database.transaction() as unit:
            task = await self._current(unit, task_id)
            if task.status in FINAL:
                raise Conflict(f"The task is already {task.status}", status=task.status)
            noted = dataclasses.replace(task, **changes)
            await self._store(unit, task, noted, events, in_same_transaction)
        self._keep(unit, noted)
        return noted

    def forget(self, task_id: TaskId) -> None:
        """Drop what is cached of a task that was deleted, or changed by others."""
        self._committed.pop(task_id, None)
        self._changing.pop(task_id, None)

    async def _current(self, unit: Transaction, task_id: TaskId) -> Task:
        task = self._committed.get(task_id) or await self._tasks.find_on(unit, task_id)
        if task is None:
            raise NotFound("task", task_id)
        return task

    async def _store(
        self,
        unit: Transaction,
        before: Task,
        after: Task,
        events: tuple[Event, ...],
        in_same_transaction: Alongside | None,
    ) -> None:
        self._committed.pop(after.id, None)
        self._changing[after.id] = unit
        await self._tasks.save(unit, after, before)
        if in_same_transaction is not None:
            await in_same_transaction(unit)
        await self._note_calls(unit, after, events)
        cut_off = [] if after.status is TaskStatus.RUNNING else await self._cut_off(unit, after)
        for happened in (*cut_off, *_with_focus(before, after, events)):
            unit.append(after.session_id, happened, task_id=after.id)

    async def _release(self, unit: Transaction, completed: Task) -> None:
        """Let those that wait for a task which has completed wait for one fewer."""
        for task_id in await self._dependencies.release(unit, completed.id):
            self.forget(task_id)

    async def _settle(self, left: list[TaskId]) -> None:
        """Fail those that wait for tasks that failed or were cancelled, at any depth, the nearest first.

        They may be thousands, so it takes as many transactions as it needs, and others write in between.
        Nothing has to be noted for a server that stops meanwhile: a pending task whose dependency failed
        is one that has to fail yet (`settle_all`).
        """
        while left:
            async with self._database.transaction() as unit:
                failed, left = await self._fail_some(unit, left)
            self._tell_failed(failed)

    async def _fail_some(
        self, unit: Transaction, ended: list[TaskId]
    ) -> tuple[Sequence[TaskId], list[TaskId]]:
        """Fail the next of those that wait for some tasks; return them, and the tasks that may be waited
        for in vain afterwards.
        """
        some = ended[:ENDED_PER_UNIT]
        failed, is_more = await self._dependencies.fail_some(unit, some)
        for task_id in failed:
            self.forget(task_id)
        return failed, [*(some if is_more else ()), *ended[len(some) :], *failed]

    def _tell_failed(self, failed: Sequence[TaskId]) -> None:
        for heard in self._when_failed if failed else ():
            heard(failed)

    async def _note_calls(self, unit: Transaction, task: Task, events: tuple[Event, ...]) -> None:
        """Record which calls and commands have a begin event and no end event yet."""
        for happened in events:
            if isinstance(happened, ToolStarted):
                code, reason = CALL_ENDS[TaskStatus.PENDING]
                pending_end = ToolFailed(
                    call_id=happened.call_id, tool_name=happened.tool_name, error=reason, code=code
                )
                key = _key(task, happened.call_id)
                await self._pending_ends.add(unit, task.session_id, key, pending_end, task_id=task.id)
            elif isinstance(happened, (ToolCompleted, ToolFailed)):
                await self._pending_ends.remove(unit, task.session_id, _key(task, happened.call_id))
            elif isinstance(happened, CommandContinued):
                cut_off = CommandEnded(call_id=happened.call_id, stopped_by=STOPPED_BY_SERVER)
                key = _command_key(task, happened.call_id)
                await self._pending_ends.add(unit, task.session_id, key, cut_off, task_id=task.id)
            elif isinstance(happened, CommandEnded):
                await self._pending_ends.remove(unit, task.session_id, _command_key(task, happened.call_id))

    async def _cut_off(self, unit: Transaction, task: Task) -> list[Event]:
        """Return end events for the task's calls in progress, and its commands in the background."""
        code, reason = CALL_ENDS[task.status]
        return [
            CommandEnded.load(fields)
            if kind == CommandEnded.name
            else ToolFailed(call_id=fields["callId"], tool_name=fields["toolName"], error=reason, code=code)
            for kind, fields in await self._pending_ends.claim(unit, task.session_id, task.id)
        ]

    def _keep(self, unit: Transaction, task: Task) -> None:
        """Cache the task after the commit, unless another unit of work is already changing it."""
        if self._changing.get(task.id) is not unit:
            return
        del self._changing[task.id]
        if task.status not in FINAL:
            self._committed[task.id] = task


def _queued(ended: Task) -> Task:
    """Return a task that has ended as it is when it waits for its place again."""
    return dataclasses.replace(
        ended,
        status=TaskStatus.PENDING,
        activity=Activity.QUEUED,
        progress=0,
        step=None,
        result=None,
        error=None,
        completed_at=None,
        turn_started_at=None,
        turn_message_id=None,
        queued_at=now(),
    )


def _of_turn(happened: Event, turn: int) -> Event:
    """Return an event of a task's end or continuation with the number of its turn."""
    if isinstance(happened, (TaskCompleted, TaskFailed, TaskCancelled, TaskResumed)):
        return dataclasses.replace(happened, turn=turn)
    return happened


def _key(task: Task, call_id: str) -> str:
    return f"call/{task.id}/{call_id}"


def _command_key(task: Task, call_id: str) -> str:
    return f"command/{task.id}/{call_id}"


def _with_focus(before: Task, after: Task, events: tuple[Event, ...]) -> tuple[Event, ...]:
    """Return the events of a change with those of its focus; an event that ends the task comes last.

    Source: S2, `taskFocused`.
    """
    if _has_focus(before) == _has_focus(after):
        return events
    if after.status in FINAL:
        return (TaskUnfocused(), *events)
    return (*events, TaskFocused() if _has_focus(after) else TaskUnfocused())


def _has_focus(task: Task) -> bool:
    return task.status is TaskStatus.RUNNING and task.activity is not Activity.PAUSED
