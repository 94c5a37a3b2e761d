"""Runs tasks: starts them in order, stops them, and stores how they ended."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from dataclasses import replace
from typing import Any, Protocol

import structlog

from roocode_server.engine.agent.budget import check_countable, with_default_budget
from roocode_server.engine.agent.commands import Commands
from roocode_server.engine.agent.continuing import taken_over
from roocode_server.engine.agent.failure import TaskFailure
from roocode_server.engine.agent.human_input import HumanInput
from roocode_server.engine.agent.run import Run
from roocode_server.engine.agent.scheduler import Scheduler, TaskSlot
from roocode_server.engine.agent.services import AgentServices
from roocode_server.engine.agent.store.subtasks import SubtaskStore
from roocode_server.engine.agent.task_context import TaskContext
from roocode_server.engine.concurrency.imports import imported
from roocode_server.engine.sealing.sealer import SealBroken
from roocode_server.engine.sessions.sessions import Sessions
from roocode_server.engine.storage.database import UNITS_PER_COMMIT, Transaction
from roocode_server.engine.storage.rows import batched
from roocode_server.engine.tools.notices import informed
from roocode_server.engine.tracing.tracer import Span
from roocode_server.models.clock import now
from roocode_server.models.error import AppError, Conflict, NotFound, ServerOverload
from roocode_server.models.event import Event
from roocode_server.models.exhaustion import exhausted
from roocode_server.models.identifier import CallId, SessionId, TaskId, UserId
from roocode_server.models.session import Session, SessionConfig
from roocode_server.models.task import (
    FINAL,
    Activity,
    CommandAction,
    InterruptedBy,
    Task,
    TaskCompleted,
    TaskConfig,
    TaskError,
    TaskFailed,
    TaskPaused,
    TaskResumable,
    TaskResumed,
    TaskSpawned,
    TaskStarted,
    TaskStatus,
    TaskUnpaused,
)

log = structlog.get_logger("runner")


class _Unheard(Exception):
    """People have said something in the moment in which the task would have been completed."""


class TaskRun(Protocol):
    """Work on one task, by the built-in agent or an external one."""

    work: TaskContext
    people: HumanInput
    commands: Commands

    @property
    def is_scripted(self) -> bool:
        """Whether its conversation cannot be condensed: a playbook's or an external agent's."""
        ...

    async def to_the_end(self) -> str:
        """Work on the task and return its summary. Raises: TaskFailure; CancelledError."""
        ...


class TaskRunner:
    """Runs tasks when the scheduler says so."""

    def __init__(
        self, services: AgentServices, sessions: Sessions, subtasks: SubtaskStore, scheduler: Scheduler
    ) -> None:
        self._services = services
        self._subtasks = subtasks
        self._sessions = sessions
        self._scheduler = scheduler
        services.states.when_ended(self._ended)
        services.states.when_failed_with_others(self._failed)
        sessions.when_changed(scheduler.configured)
        self._starts: defaultdict[SessionId, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._driving: dict[TaskId, asyncio.Task[None]] = {}
        self._runs: dict[TaskId, TaskRun] = {}
        self.is_closing = False

    def start(self, task: Task, session: Session) -> None:
        """Schedule a task of a session; it runs when what it waits for has completed, and it has a place.

        Of those that are started without a pause in between, the one that goes first gets the first place.
        """
        slot = self._scheduler.enter(task, session)
        driving = self._keep_driving(task, self._drive(task, slot))
        driving.add_done_callback(lambda _: slot.leave())

    def _keep_driving(self, task: Task, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        driving = asyncio.create_task(work, name=f"task {task.id}")
        self._driving[task.id] = driving
        driving.add_done_callback(lambda _: self._driving.pop(task.id, None))
        return driving

    def rank(self, task: Task) -> float:
        """Return a number that is lower for the task of an owner that goes first."""
        return self._scheduler.rank(task)

    def _ended(self, ended: Task) -> None:
        """Called for each task that has ended."""
        if ended.status is TaskStatus.COMPLETED:
            self._scheduler.completed(ended.id)

    def _failed(self, failed: Sequence[TaskId]) -> None:
        """Called with tasks that waited for others and failed with them."""
        for task_id in failed:
            waiting = self._driving.get(task_id)
            if waiting is not None:
                waiting.cancel()

    async def with_default_budget(
        self, owner: UserId, session: SessionConfig, config: TaskConfig
    ) -> TaskConfig:
        """Return a new task's configuration with the operator's budget where it has none of its own.

        Raises: InvalidField, if its own could not be counted.
        """
        return await with_default_budget(self._services, owner, session, config)

    async def check_budget(self, owner: UserId, session: SessionConfig, config: TaskConfig) -> None:
        """Raises: InvalidField, if a task of the session has a budget that could not be counted."""
        await check_countable(self._services, owner, session, config)

    def condense(self, task_id: TaskId) -> None:
        """Condense a task's conversation before its next request. Raises: Conflict, if it is not running."""
        run = self._runs.get(task_id)
        if run is None:
            raise Conflict(
                "The task is not running; only the conversation of a running task can be condensed"
            )
        if run.is_scripted:
            raise Conflict("A playbook has no context window, so there is nothing to condense")
        run.work.is_condensing_asked = True

    def steer_command(self, task_id: TaskId, action: CommandAction, call_id: CallId | None) -> None:
        """Send a command of a task to the background, or kill it. Raises: Conflict, if none is running."""
        run = self._runs.get(task_id)
        if run is None:
            raise Conflict("The task is not running")
        run.commands.steer(action, call_id)

    @property
    def running(self) -> int:
        """The number of tasks that run, wait for a person, or wait to run."""
        return len(self._driving)

    def under_way(self) -> list[Task]:
        """Return the tasks that are being worked on, as they are now."""
        return [run.work.task for run in self._runs.values()]

    def is_driving(self, task_id: TaskId) -> bool:
        """Whether the task runs, waits for a person, or waits to run."""
        return task_id in self._driving

    def hear(self, task_id: TaskId) -> None:
        """Tell a running task that a message for it has been stored."""
        run = self._runs.get(task_id)
        if run is not None:
            run.people.hear()

    @contextlib.asynccontextmanager
    async def nothing_starts(self, session_id: SessionId) -> AsyncIterator[None]:
        """While the block runs, no task of the session is started; one that is due waits."""
        async with self._starts[session_id]:
            yield

    async def stop(self, task_id: TaskId) -> None:
        """Stop the work on a task and everything that it started; the caller then changes its state."""
        driving = self._driving.get(task_id)
        if driving is not None:
            driving.cancel()
            await asyncio.wait({driving})

    async def wind_up(self, task_id: TaskId) -> None:
        """Wait until nothing is left of the work on a task that has ended."""
        driving = self._driving.get(task_id)
        if driving is not None:
            await asyncio.wait({driving})

    def forget(self, session_id: SessionId) -> None:
        """Drop what is kept for a deleted session."""
        self._starts.pop(session_id, None)

    async def close(self) -> None:
        """Stop all work and mark the tasks that were running as resumable."""
        self.is_closing = True
        driving = dict(self._driving)
        for work in driving.values():
            work.cancel()
        if driving:
            await asyncio.wait(driving.values())
        await self.interrupt_all(driving, "The server was stopped")

    async def interrupt_all(self, task_ids: Iterable[TaskId], reason: str) -> None:
        """Mark tasks that the server has stopped as resumable, many at once so that they share commits."""
        for some in batched(task_ids, UNITS_PER_COMMIT):
            await asyncio.gather(*(self.interrupt(task_id, reason, InterruptedBy.SERVER) for task_id in some))

    async def interrupt(self, task_id: TaskId, reason: str, by: InterruptedBy) -> None:
        """Mark a task that was running as resumable."""
        try:
            await self._services.states.move(
                task_id,
                TaskStatus.PENDING,
                TaskResumable(reason=reason, interrupted_by=by),
                activity=Activity.RESUMABLE,
                interrupted_by=by,
            )
        except AppError as failure:
            # It was waiting to run, or has ended in the meantime: there is nothing to interrupt.
            log.debug("not interrupted", task_id=task_id, reason=failure.message)

    async def delegate(
        self, work: TaskContext, call_id: CallId, *, mode: str, message: str, todos: str | None
    ) -> tuple[bool, str]:
        """Run a subtask while its parent waits; return whether it succeeded, and its result.

        A subtask that was interrupted is resumed when the same call is executed again.
        """
        child = await self._subtasks.of_call(work.task, call_id)
        if child is None:
            refusal = self._bound(work)
            if refusal is not None:
                return False, refusal
            work.ledger.subtasks += 1
            child = await self._subtasks.make(work.task, call_id, mode=mode, message=message, todos=todos)
            await work.note(TaskSpawned(child_task_id=child.id), TaskPaused(), activity=Activity.PAUSED)
        if child.status not in FINAL:
            if work.task.activity is not Activity.PAUSED:
                await work.note(TaskPaused(), activity=Activity.PAUSED)
            with work.patience.paused(), work.deadline.left_to_subtask():
                await self._within(child, work)
            await work.look_at_files()
            success, result = await self._subtasks.outcome(child)
            told = TaskUnpaused(child_task_id=child.id, success=success, result=result)
            await work.note(told, activity=Activity.ACTIVE)
            return success, result
        return await self._subtasks.outcome(child)

    def _bound(self, work: TaskContext) -> str | None:
        """Return why a task may not start another subtask, or None."""
        settings = self._services.settings
        if work.depth >= settings.max_subtask_depth:
            return (
                f"Subtasks are nested {work.depth} deep already, which is the limit. Do this part yourself."
            )
        if work.ledger.subtasks >= settings.max_subtasks:
            return f"The task has used all of its {settings.max_subtasks} subtasks. Do this part yourself."
        return None

    async def _within(self, child: Task, parent: TaskContext) -> None:
        """Run a subtask in its parent's places; it is cancelled with its parent."""
        driving = self._keep_driving(child, self._attempt(child, parent.slot, parent))
        try:
            await asyncio.shield(driving)
        except asyncio.CancelledError:
            if driving.cancelled():  # only the subtask was cancelled: its state says so
                await parent.slot.take()  # it may have been waiting for a person
                return
            driving.cancel()
            await asyncio.wait({driving})
            raise

    async def _drive(self, task: Task, slot: TaskSlot) -> None:
        if task.waiting_for:
            # The task has entered, so this misses nothing: what ends from now on is told.
            stored = await self._services.states.find(task)
            if stored is None or stored.status is not TaskStatus.PENDING:
                return
            slot.wait_for(stored.waiting_for)
        await slot.take()
        async with self._starts[task.session_id]:
            pass  # whoever is stopping the task now stores its end first
        await self._attempt(task, slot)

    async def _attempt(self, task: Task, slot: TaskSlot, parent: TaskContext | None = None) -> None:
        try:
            with self._services.tracer.span("task", within=await self._services.traces.find(task.id)) as span:
                span.set("roocode.session_id", task.session_id)
                span.set("roocode.task_id", task.id)
                await self._work(task, slot, parent, span)
        except Exception as failure:
            if _is_without_session(failure):  # whoever deletes that cancels the task next
                log.debug("the session of a task is being deleted", task_id=task.id)
            else:
                log.exception("task failed with an error", task_id=task.id)
                await self._break_down(task, exhausted(failure))
        finally:
            self._runs.pop(task.id, None)
            self._services.transcripts.forget(task.id)

    async def _break_down(self, task: Task, overload: ServerOverload | None) -> None:
        """Mark a task as failed after an error of the server, unless it has ended already."""
        error = TaskError(code="INTERNAL_ERROR", message="The server failed; its log says why")
        if overload is not None:
            error = TaskError(code=overload.code, message=overload.message)
        try:
            await self._fail(task, error)
        except AppError as failure:
            log.warning("not marked as failed", task_id=task.id, reason=failure.message)

    async def _work(self, task: Task, slot: TaskSlot, parent: TaskContext | None, span: Span) -> None:
        session = await self._sessions.get(task.session_id)
        ledger = await self._subtasks.ledger(task) if parent is None else parent.ledger
        started = await self._begin(task)
        work = TaskContext(
            self._services,
            started,
            session,
            await self._services.transcripts.load(task.id),
            workspace=self._sessions.workspace(session.id),
            sandbox=replace(self._sessions.sandbox(session), task_id=task.id),
            slot=slot,
            subtasks=self,
            ledger=ledger,
            parent=parent,
        )
        try:
            self._runs[task.id] = run = await self._run_of(work)
            while not await self._complete(run, await run.to_the_end()):
                run.people.hear()
        except TaskFailure as failure:
            span.fail(failure.error.code)
            await self._fail(task, failure.error)

    async def _begin(self, task: Task) -> Task:
        is_paused = task.started_at is not None and await self._subtasks.are_under_way(task)
        resumed = TaskResumed(is_paused=is_paused)
        moment = now()
        was_stopped_by_person = task.interrupted_by is InterruptedBy.PERSON
        source = await self._services.continuing.latest(task)
        inherited = {} if source is None else taken_over(source, task)
        started = TaskStarted(
            input=task.input, continued_from=task.continued_from if source is None else source.id
        )
        told: Event = started if task.started_at is None else resumed

        async def inherit(unit: Transaction) -> None:
            if source is not None:
                await self._services.transcripts.copy(unit, source.id, task.id)

        return await self._services.states.move(
            task.id,
            TaskStatus.RUNNING,
            told,
            in_same_transaction=inherit,
            activity=Activity.PAUSED if is_paused else Activity.ACTIVE,
            started_at=task.started_at or moment,
            turn_started_at=task.turn_started_at or moment,
            # A person's stop is settled when the conversation goes on.
            interrupted_by=InterruptedBy.PERSON if was_stopped_by_person else None,
            **inherited,
        )

    async def _complete(self, run: TaskRun, summary: str) -> bool:
        """Store that the task is complete; False if people have said something that its agent has not heard.

        Then the result is a message, and the work goes on.
        """
        work = run.work
        assert work.evidence is not None or work.task.config.checks is None  # noqa: S101 - no way around them
        measured = await self._services.results.measure(work.task, work.workspace, summary)
        result = replace(measured, checks=work.evidence)
        told = work.writing(say="tool", text=informed("finishTask").text, ts=work.next_ts())
        message_id, ts = work.message_of(work.completed_by)
        completes = work.writing(say="completion_result", text=summary, message_id=message_id, ts=ts)

        async def say(unit: Transaction) -> None:
            if await self._services.transcripts.is_any_unheard(unit, work.task.id):
                raise _Unheard
            await told(unit)
            await completes(unit)

        try:
            await self._services.states.move(
                work.task.id,
                TaskStatus.COMPLETED,
                TaskCompleted(
                    input=work.task.input,
                    result=result,
                    usage=work.task.usage,
                    tool_usage=work.task.tool_usage,
                    is_subtask=work.task.parent_id is not None,
                ),
                in_same_transaction=say,
                progress=100,
                step="done",
                result=result,
            )
        except _Unheard:
            work.evidence = None
            write = work.writing(say="text", text=summary, message_id=message_id, ts=ts)
            await work.note(in_same_transaction=write)
            return False
        return True

    async def _fail(self, task: Task, error: TaskError) -> None:
        async def withdraw(unit: Transaction) -> None:
            await self._services.approvals.withdraw(unit, task.id)
            await self._services.transcripts.write(unit, task, say="error", text=error.message)

        await self._services.states.move(
            task.id,
            TaskStatus.FAILED,
            TaskFailed(error=error),
            in_same_transaction=withdraw,
            error=error,
        )

    async def _run_of(self, work: TaskContext) -> TaskRun:
        """Raises: TaskFailure, if the agent program's environment cannot be opened."""
        if work.session.config.agent.acp is None:
            return Run(work)
        try:
            acp = (await self._sessions.revealed(work.session)).agent.acp
        except SealBroken:
            raise TaskFailure(
                "AGENT_UNAVAILABLE",
                "Its environment was sealed by a key that is gone; give `agent.acp.environment` anew",
            ) from None
        external = await imported("roocode_server.engine.agent.external.run")
        run: TaskRun = external.ExternalRun(work, acp)
        return run


def _is_without_session(failure: Exception) -> bool:
    return isinstance(failure, NotFound) and failure.details.get("resource") == "session"
