"""Tasks: create, follow, steer and cancel them. Source: S0, "Task Management"."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import dataclasses
import math
import re
import statistics
from collections.abc import Mapping
from typing import Any, Final

import structlog

from roocode_server.engine.agent.checks import check_usable
from roocode_server.engine.agent.continuing import taken_over
from roocode_server.engine.agent.modes import ModeBook
from roocode_server.engine.agent.runner import TaskRunner
from roocode_server.engine.agent.standing_rules import StandingRules
from roocode_server.engine.agent.store.approvals import Approvals
from roocode_server.engine.agent.store.dependencies import Dependencies, failed_with, failing, unfinished
from roocode_server.engine.agent.store.results import TaskResults
from roocode_server.engine.agent.store.states import TaskStates
from roocode_server.engine.agent.store.traces import TaskTraces
from roocode_server.engine.agent.store.transcript import Transcripts, new_message_id
from roocode_server.engine.agent.store.turns import TaskTurns
from roocode_server.engine.concurrency.keyed_locks import KeyedLocks
from roocode_server.engine.sessions.sessions import Sessions, has_expired
from roocode_server.engine.storage.creation import OnCreated, nothing_more
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.rewinds import RewindRepository
from roocode_server.engine.storage.rows import batched
from roocode_server.engine.storage.tasks import TaskRepository
from roocode_server.engine.tools.path_patterns import is_usable
from roocode_server.models.approval import (
    CONFIRMATIONS,
    Approval,
    ApprovalRespond,
    Decision,
    Remember,
    Verdict,
)
from roocode_server.models.clock import now
from roocode_server.models.error import (
    Conflict,
    InvalidField,
    NotFound,
    ServerOverload,
    WorkspaceLimitExceeded,
)
from roocode_server.models.identifier import SessionId, TaskId, new_id
from roocode_server.models.message import SAID_BY_A_PERSON, Author, Message
from roocode_server.models.mode import ModeCatalogue, StandingModes
from roocode_server.models.session import Session, SessionConfigChange, SessionUpdate
from roocode_server.models.task import (
    FINAL,
    Activity,
    InterruptedBy,
    MessageList,
    Task,
    TaskCancelled,
    TaskCommand,
    TaskConfig,
    TaskCreate,
    TaskCreatedEvent,
    TaskFailed,
    TaskList,
    TaskRef,
    TaskSay,
    TaskStatus,
    TaskTurn,
    TaskTurnList,
    TaskUpdate,
)
from roocode_server.models.user import Caller

_IMAGE: Final = re.compile(r"data:image/[\w.+-]+;base64,", re.ASCII)
ENOUGH_BEFORE: Final = 20
"""How many completed tasks of a session are used to estimate the duration of the next one."""

ENDED_AT_ONCE: Final = 10
"""How many tasks of a session that ends are cancelled at once: other writers wait for no more than these."""

log = structlog.get_logger("tasks")


class Tasks:
    """The tasks of all sessions."""

    def __init__(
        self,
        database: Database,
        repository: TaskRepository,
        states: TaskStates,
        dependencies: Dependencies,
        transcripts: Transcripts,
        results: TaskResults,
        approvals: Approvals,
        runner: TaskRunner,
        sessions: Sessions,
        modes: ModeBook,
        traces: TaskTraces,
        rewinds: RewindRepository,
        standing_rules: StandingRules,
        turns: TaskTurns,
        *,
        most_of_user: int | None,
    ) -> None:
        self._database = database
        self._repository = repository
        self._states = states
        self._dependencies = dependencies
        self._transcripts = transcripts
        self._results = results
        self._approvals = approvals
        self._runner = runner
        self._sessions = sessions
        self._modes = modes
        self._traces = traces
        self._rewinds = rewinds
        self._standing_rules = standing_rules
        self._turns = turns
        self._most_of_user = most_of_user
        self._creating = KeyedLocks()
        sessions.before_deletion(self._abandon)
        sessions.at_expiry(self._cancel_all)

    async def get(self, session_id: SessionId, task_id: TaskId) -> Task:
        """Return a task of the session, by its id or that of its client.

        Raises: NotFound, also for a task of another session.
        """
        task = await self._repository.find(session_id, task_id)
        if task is None:
            raise NotFound("task", task_id)
        return task

    async def below(self, task_id: TaskId) -> list[Task]:
        """Return all subtasks of a task, at any depth, deepest first."""
        return await self._repository.below(task_id)

    async def page(self, request: TaskList) -> tuple[list[Task], int]:
        """Return one page of a session's tasks, newest first, and their total number."""
        return await self._repository.page(request)

    async def stack(self, session_id: SessionId) -> list[Task]:
        """Return the session's current (or next) task, followed by the subtasks that it waits for, outermost
        first.
        """
        unfinished = await self._repository.unfinished(session_id)
        roots = [task for task in unfinished if task.parent_id is None]
        stack = sorted(roots, key=self._precedence)[:1]
        while stack:
            below = [task for task in unfinished if task.parent_id == stack[-1].id]
            if not below:
                break
            stack.append(below[-1])
        return stack

    async def messages(self, request: MessageList) -> tuple[list[Message], int]:
        """Return one page of a task's messages, oldest first, and their total number. Raises: NotFound."""
        task = await self.get(request.session_id, request.task_id)
        return await self._transcripts.page(task.id, limit=request.limit, offset=request.offset)

    async def turns(self, request: TaskTurnList) -> tuple[list[TaskTurn], int]:
        """Return one page of a task's turns, newest first, and their total number. Raises: NotFound."""
        task = await self.get(request.session_id, request.task_id)
        return await self._turns.page(task, limit=request.limit, offset=request.offset)

    async def create(
        self,
        request: TaskCreate,
        caller: Caller | None = None,
        session: Session | None = None,
        *,
        on_created: OnCreated[Task] = nothing_more,
    ) -> Task:
        """Create a task; it starts when what it depends on has completed and there is a place for it.

        It fails at once if it depends on a task that failed, was cancelled or does not exist. `caller` is
        None for a program that embeds the engine; `session` is the request's, if already loaded.

        Raises: NotFound; Conflict, if the session is not active, `clientId` is taken, or the task to continue
        from has not ended; InvalidField; ServerOverload; WorkspaceLimitExceeded, if the user has as many
        unfinished tasks as they may.
        """
        self._check_open()
        if request.continue_latest and request.continue_from is not None:
            raise InvalidField("continueLatest", "A task continues from one task; `continueFrom` names it.")
        _check_images(request.images)
        _check_pattern(request.files_pattern)
        # In the order in which they are asked for, so that one can depend on another that comes before it.
        async with self._creating.holding(request.session_id):
            return await self._create(request, caller, session, on_created)

    async def _create(
        self,
        request: TaskCreate,
        caller: Caller | None,
        session: Session | None,
        on_created: OnCreated[Task],
    ) -> Task:
        session = await self._sessions.get_active(request.session_id, session)
        change = request.session_config
        of_session = session.config if change is None else self._sessions.configured(session.config, change)
        if request.config.checks is not None:
            check_usable(request.config.checks, of_session)
        config = await self._runner.with_default_budget(session.user_id, of_session, request.config)
        source = await self._ended(request.session_id, request.continue_from)
        moment = now()
        task = Task(
            id=TaskId(new_id("task")),
            session_id=request.session_id,
            input=request.input,
            images=request.images,
            status=TaskStatus.PENDING,
            activity=Activity.QUEUED,
            progress=0,
            config=config,
            created_at=moment,
            queued_at=moment,
            client_id=request.client_id,
            type=request.type,
            priority=request.priority,
            dependencies=request.dependencies,
            files_pattern=request.files_pattern,
            continue_latest=request.continue_latest or None,
            mode=await self._mode(request.config, session, request.session_config, source),
            estimated_duration=await self._estimate(request.session_id),
        )
        if source is not None:
            task = dataclasses.replace(task, **taken_over(source, task))
        try:
            async with self._database.transaction() as unit:
                await self._check_number(unit, caller, session)
                if change is not None:
                    session = await self._sessions.change(
                        unit, SessionUpdate(session_id=task.session_id, config=change)
                    )
                task = await self._insert(unit, task)
                await self._traces.keep(unit, task.id)
                await on_created(unit, task)
        finally:
            if change is not None:
                self._sessions.forget(task.session_id)
        if change is not None:
            self._sessions.tell(session)
        if task.status not in FINAL:
            self._runner.start(task, session)
        return task

    async def _insert(self, unit: Transaction, task: Task) -> Task:
        """Store a new task with its events; return it as it is now: it may have failed already.

        Raises: Conflict, if `clientId` is taken; InvalidField, if it would wait for itself.
        """
        named = await self._dependencies.of_new(unit, task)
        task = dataclasses.replace(task, waiting_for=unfinished(named))
        error = failing(named)
        stored = task if error is None else failed_with(task, error)
        await self._repository.insert(unit, stored)
        if task.continued_from is not None:
            source = await self._repository.find_on(unit, task.continued_from)
            if source is not None:
                _check_ended(source)
            await self._transcripts.copy(unit, task.continued_from, task.id)
        await self._dependencies.keep(unit, stored, named)
        unit.append(task.session_id, TaskCreatedEvent(task=task), task_id=task.id)
        if error is not None:
            unit.append(task.session_id, TaskFailed(error=error), task_id=task.id)
        return stored

    async def _ended(self, session_id: SessionId, name: str | None) -> Task | None:
        """Return the task to continue from. Raises: NotFound; Conflict, if it has not ended."""
        if name is None:
            return None
        source = await self.get(session_id, TaskId(name))
        _check_ended(source)
        return source

    async def retry(
        self, request: TaskRef, caller: Caller | None = None, *, budget: Mapping[str, Any] | None = None
    ) -> Task:
        """Queue a task that failed or was cancelled once more: with a fresh conversation, under its id.

        `budget` has fields of its configuration that change.

        Raises: NotFound; Conflict, if it did neither, is a subtask, depends on a task that did either, or the
        session is not active; InvalidField, if its mode is gone; ServerOverload; WorkspaceLimitExceeded.
        """
        self._check_open()
        task = await self.get(request.session_id, request.task_id)
        session = await self._sessions.get_active(task.session_id)
        if task.parent_id is not None:
            raise Conflict("A subtask is not retried by itself; retry the task that asked for it")
        continued = task.continued_from
        source = None if continued is None else await self._repository.find(task.session_id, continued)
        mode = await self._mode(task.config, session, source=source)
        config = dataclasses.replace(task.config, **(budget or {}))
        if budget:
            await self._runner.check_budget(session.user_id, session.config, config)
        if task.status in FINAL:
            await self._runner.wind_up(task.id)

        async def begin_anew(unit: Transaction) -> None:
            await self._check_number(unit, caller, session)
            await self._transcripts.begin_anew(unit, task.id)
            await self._results.forget(unit, task.id)
            await self._rewinds.forget_all(unit, task.id)

        again = await self._states.retry(task.id, mode=mode, config=config, in_same_transaction=begin_anew)
        self._runner.start(again, session)
        return again

    async def _check_number(self, unit: Transaction, caller: Caller | None, session: Session) -> None:
        """Whoever asks for a task, it is one of the session's owner's. Raises: WorkspaceLimitExceeded."""
        most = self._most_of_user
        if most is None or caller is None or caller.is_admin:
            return
        owner = session.user_id
        if await self._repository.count_unfinished_on(unit, owner) >= most:
            whose = "You have" if owner == caller.user_id else "The session's owner has"
            raise WorkspaceLimitExceeded(
                f"{whose} {most} unfinished tasks, and may have no more; wait for one, or cancel it",
                limit="tasks",
                most=most,
            )

    async def cancel(self, session_id: SessionId, task_id: TaskId) -> Task:
        """Cancel a task and its subtasks. Raises: NotFound; Conflict, if it has ended."""
        task = await self.get(session_id, task_id)
        if task.status in FINAL:
            raise Conflict(f"The task is already {task.status}", status=task.status)
        async with self._runner.nothing_starts(session_id):
            await self._runner.stop(task.id)
            for below in await self._repository.below(task.id):
                if below.status not in FINAL:
                    await self._end(below.id)
            return await self._end(task.id)

    async def interrupt(self, session_id: SessionId, task_id: TaskId) -> Task:
        """Stop the work on a task, with everything of which it is a part, so that it can be resumed.

        Pending approvals stay: their answer resumes it. Raises: NotFound; Conflict, if it is not running.
        """
        task = await self.get(session_id, task_id)
        _check_running(task)
        whole = await self._whole(task)
        async with self._runner.nothing_starts(session_id):
            await self._runner.stop(whole.id)
            for each in (*await self._repository.below(whole.id), whole):
                if each.status is TaskStatus.RUNNING:
                    await self._runner.interrupt(each.id, "A person interrupted it", InterruptedBy.PERSON)
        stopped = await self.get(session_id, whole.id)
        if stopped.status in FINAL:  # it has ended in the meantime
            _check_running(stopped)
        return await self.get(session_id, task.id)

    async def _cancel_all(self, session_id: SessionId) -> None:
        """Cancel all tasks of a session that has expired."""
        async with self._runner.nothing_starts(session_id):
            await self._end_all(session_id)

    async def _end_all(self, session_id: SessionId) -> list[TaskId]:
        """Stop and cancel all unfinished tasks of a session; return their ids."""
        unfinished = await self._repository.unfinished_ids(session_id)
        for task_id in unfinished:
            await self._runner.stop(task_id)
        # Subtasks before those that wait for them; some at once, so that they share a commit.
        for some in batched(reversed(unfinished), ENDED_AT_ONCE):
            await asyncio.gather(*(self._end_unless_ended(task_id) for task_id in some))
        return unfinished

    async def _end_unless_ended(self, task_id: TaskId) -> None:
        with contextlib.suppress(Conflict):
            await self._end(task_id)

    async def _end(self, task_id: TaskId) -> Task:
        """Mark a task that is no longer worked on as cancelled. Raises: Conflict, if it has ended."""
        return await self._states.move(
            task_id,
            TaskStatus.CANCELLED,
            TaskCancelled(),
            in_same_transaction=lambda unit: self._approvals.withdraw(unit, task_id),
        )

    async def update(self, caller: Caller, request: TaskUpdate) -> Task:
        """Approve or reject what the task waits for.

        Raises: NotFound; Conflict, if no approval is pending. Source: S0, PUT …/tasks/{taskId}.
        """
        task = await self.get(request.session_id, request.task_id)
        pending = await self._approvals.pending(task.id)
        if not pending:
            raise Conflict("The task is not waiting for an approval")
        for approval in pending:
            await self._respond(caller, approval, request.action, request.feedback)
        return await self.get(request.session_id, task.id)

    async def respond(self, caller: Caller, request: ApprovalRespond) -> Approval:
        """Answer one approval; a task that a restart interrupted is resumed.

        If the answer is remembered, it becomes a rule of the session or of its owner, together with the
        answer or not at all. Raises: NotFound; Conflict; InvalidField, if it cannot be remembered;
        WorkspaceLimitExceeded.
        """
        approval = await self._approvals.find(request.session_id, request.approval_id)
        if request.remember is Remember.ONCE:
            return await self._respond(caller, approval, request.action, request.feedback)
        if not approval.rules:
            raise InvalidField("remember", "No rule can be made of the answer to this question.")
        decision = Decision.ALWAYS if request.action is Verdict.APPROVE else Decision.NEVER
        rules = [dataclasses.replace(rule, decision=decision) for rule in approval.rules]
        session = await self._sessions.get(request.session_id)
        changed: list[Session] = []

        async def keep(unit: Transaction) -> None:
            if request.remember is Remember.ALWAYS:
                await self._standing_rules.add(unit, session.user_id, rules)
                return
            change = SessionConfigChange(approvals=[*session.config.approvals, *rules])
            update = SessionUpdate(session_id=session.id, config=change)
            changed.append(await self._sessions.change(unit, update))

        try:
            resolved = await self._approvals.respond(
                approval,
                request.action,
                feedback=request.feedback,
                by=caller.email,
                remember=request.remember,
                in_same_transaction=keep,
            )
        finally:
            self._sessions.forget(session.id)
            self._standing_rules.forget(session.user_id)
        for each in changed:
            self._sessions.tell(each)
        await self._go_on(approval.session_id, approval.task_id)
        return resolved

    async def say(
        self, caller: Caller, request: TaskSay, *, on_created: OnCreated[Message] = nothing_more
    ) -> Message:
        """Send the agent a message: the answer to its question, or something else it should know.

        If an approval is pending, the message rejects it and is the feedback (S2). An interrupted task is
        resumed; one that has ended is queued again, to go on in the same conversation.

        Raises: NotFound; InvalidField; ServerOverload; WorkspaceLimitExceeded; Conflict, if the task has
        ended and is a subtask, or depends on a task that failed, or the session is not active.
        """
        self._check_open()
        _check_images(request.images)
        task = await self.get(request.session_id, request.task_id)
        session = await self._sessions.get(task.session_id)
        message_id = new_message_id()
        written: list[Message] = []

        async def check(unit: Transaction, ended: Task) -> None:
            if ended.parent_id is not None:
                raise Conflict(
                    f"The subtask is already {ended.status}; send the message to the task that asked for it",
                    status=ended.status,
                    parentId=ended.parent_id,
                )
            await self._sessions.get_active(ended.session_id, session)
            await self._check_number(unit, caller, session)

        async def write(unit: Transaction) -> None:
            written.append(
                await self._transcripts.write(
                    unit,
                    task,
                    say=SAID_BY_A_PERSON,
                    text=request.text,
                    images=request.images,
                    author=Author.PERSON,
                    message_id=message_id,
                )
            )
            await on_created(unit, written[0])

        heard, is_reopened = await self._states.hear(
            task.id, message_id, before_reopening=check, in_same_transaction=write
        )
        if is_reopened:
            await self._runner.wind_up(task.id)
            self._runner.start(heard, session)
            return written[0]
        self._runner.hear(task.id)
        for approval in await self._approvals.pending(task.id):
            is_about_going_on = approval.action in CONFIRMATIONS
            verdict = Verdict.APPROVE if is_about_going_on else Verdict.REJECT
            with contextlib.suppress(Conflict):  # somebody has answered in the meantime, or it has expired
                await self._respond(caller, approval, verdict, None)
        await self._go_on(task.session_id, task.id)
        return written[0]

    async def resume(self, session_id: SessionId, task_id: TaskId) -> Task:
        """Resume an interrupted task from its stored conversation.

        Raises: NotFound; Conflict, if it is not resumable; ServerOverload.
        """
        self._check_open()
        task = await self.get(session_id, task_id)
        await self._sessions.get_active(session_id)
        if task.activity is not Activity.RESUMABLE or self._runner.is_driving(task.id):
            raise Conflict("The task is not resumable", status=task.status, activity=task.activity)
        await self._take_up(task)
        return task

    async def condense(self, session_id: SessionId, task_id: TaskId) -> Task:
        """Condense a task's conversation before its next request.

        Raises: NotFound; Conflict, if it is not running, or if its model is a playbook.
        """
        task = await self.get(session_id, task_id)
        self._runner.condense(task.id)
        return task

    async def steer_command(self, request: TaskCommand) -> Task:
        """Send a command of a task to the background, or kill it.

        Raises: NotFound; Conflict, if no such command is running.
        """
        task = await self.get(request.session_id, request.task_id)
        self._runner.steer_command(task.id, request.action, request.call_id)
        return task

    async def recover(self, *, resume: bool) -> None:
        """Recover the tasks at server start.

        Tasks that were running become resumable, queued ones start, and overdue approvals expire.
        """
        await self._states.settle_all()
        await self._approvals.expire_overdue()
        if not (unfinished := await self._repository.unfinished()):
            return
        for session_id in dict.fromkeys(task.session_id for task in unfinished):
            if has_expired(await self._sessions.get(session_id)):
                await self._cancel_all(session_id)
        unfinished = await self._repository.unfinished()
        running = [task.id for task in unfinished if task.status is TaskStatus.RUNNING]
        reason = "The server stopped during the task"
        await self._runner.interrupt_all(running, reason)
        ready = [
            (task, session)
            for task in await self._repository.unfinished()
            if task.parent_id is None  # a parent resumes it
            and (session := await self._sessions.get(task.session_id))
            and (task.activity is Activity.QUEUED or _goes_on(task, session, resume=resume))
        ]
        for task, session in ready:  # without a pause, so that their order holds
            self._runner.start(task, session)

    async def _respond(
        self, caller: Caller, approval: Approval, verdict: Verdict, feedback: str | None
    ) -> Approval:
        resolved = await self._approvals.respond(approval, verdict, feedback=feedback, by=caller.email)
        await self._go_on(approval.session_id, approval.task_id)
        return resolved

    async def _go_on(self, session_id: SessionId, task_id: TaskId) -> None:
        """Resume an interrupted task that somebody has just answered."""
        task = await self.get(session_id, task_id)
        if task.activity is Activity.RESUMABLE and not self._runner.is_driving(task_id):
            await self._take_up(task)

    async def modes(self, session_id: SessionId) -> ModeCatalogue:
        """Return the modes of a session, read from its workspace as it is now."""
        modes = await self._modes.of(self._sessions.workspace(session_id))
        return ModeCatalogue(modes=list(modes.by_slug.values()), problem=modes.problem)

    def standing_modes(self) -> StandingModes:
        """Return the modes of every session, also of one that does not exist yet."""
        modes = list(self._modes.standing.by_slug.values())
        return StandingModes(modes=modes, default=self._sessions.default_mode)

    async def _take_up(self, task: Task) -> None:
        """Start an interrupted task; a subtask is started through the task that waits for it."""
        task = await self._whole(task)
        session = await self._sessions.get(task.session_id)
        if not self._runner.is_driving(task.id):
            self._runner.start(task, session)

    async def _whole(self, task: Task) -> Task:
        """Return the outermost task that waits for this one, or the task itself."""
        while task.parent_id is not None:
            parent = await self._repository.find(task.session_id, task.parent_id)
            if parent is None or parent.status in FINAL:
                break
            task = parent
        return task

    async def _mode(
        self,
        config: TaskConfig,
        session: Session,
        change: SessionConfigChange | None = None,
        source: Task | None = None,
    ) -> str:
        """Return the mode in which a task starts. Raises: InvalidField, if the session has no such mode."""
        of_session = session.config
        if change is not None:
            of_session = self._sessions.configured(of_session, change)
        wanted = config.mode or (of_session.mode if source is None else source.mode)
        modes = await self._modes.of(self._sessions.workspace(session.id))
        if wanted not in modes.by_slug:
            raise InvalidField("config.mode", "No such mode.", known=list(modes.by_slug))
        return wanted

    async def _estimate(self, session_id: SessionId) -> int | None:
        """Return the median duration of the last completed tasks in seconds, rounded up; None before the
        first.
        """
        took = await self._repository.durations(session_id, limit=ENOUGH_BEFORE)
        return max(1, math.ceil(statistics.median(each.total_seconds() for each in took))) if took else None

    async def _abandon(self, session_id: SessionId) -> None:
        """Cancel the tasks of a session that is about to be deleted."""
        for task_id in await self._end_all(session_id):
            self._states.forget(task_id)
        self._runner.forget(session_id)

    def _precedence(self, task: Task) -> tuple[bool, bool, bool, float]:
        """The sort key for current tasks: running ones first, then started ones, then the next."""
        return (
            task.status is not TaskStatus.RUNNING,
            task.started_at is None,
            bool(task.waiting_for),
            self._runner.rank(task),
        )

    def _check_open(self) -> None:
        if self._runner.is_closing:
            raise ServerOverload("The server is stopping; try again in a moment")


def _goes_on(task: Task, session: Session, *, resume: bool) -> bool:
    """Whether an interrupted task is resumed when the server starts, as where nobody has to be waited for."""
    return (resume or session.config.unattended_policy.is_set) and not _was_stopped(task)


def _was_stopped(task: Task) -> bool:
    return task.interrupted_by is InterruptedBy.PERSON


def _check_running(task: Task) -> None:
    """Raises: Conflict, if the task cannot be interrupted."""
    if task.status is not TaskStatus.RUNNING:
        raise Conflict(
            "The task is not running; only one that runs can be interrupted",
            status=task.status,
            activity=task.activity,
        )


def _check_ended(source: Task) -> None:
    """Raises: Conflict, if no task can continue from this one yet."""
    if source.status not in FINAL:
        raise Conflict(
            "The task to continue from has not ended; wait for it, or send it a message",
            taskId=source.id,
            status=source.status,
        )


def _check_pattern(pattern: str | None) -> None:
    if pattern is not None and not is_usable(pattern):
        raise InvalidField("filesPattern", "No file can match this pattern.")


def _check_images(images: list[str]) -> None:
    for position, image in enumerate(images):
        address = _IMAGE.match(image)
        if address is None:
            raise InvalidField(f"images.{position}", "Expected a data: URL of an image, in base64.")
        try:
            content = base64.b64decode(image[address.end() :], validate=True)
        except binascii.Error:
            content = b""
        if not content:
            raise InvalidField(f"images.{position}", "Not valid base64.")
