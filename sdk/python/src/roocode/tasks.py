"""Tasks: creating them, following them, and waiting for their end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Coroutine, Sequence
from typing import Final, Literal
from urllib.parse import parse_qs, urlsplit

from roocode.approvals import AsyncApprovals
from roocode.errors import TaskFailed
from roocode.event import Event
from roocode.events import (
    ApprovalRequiredEvent,
    TaskCancelledEvent,
    TaskCompletedEvent,
    TaskFailedEvent,
    TaskProgressEvent,
    TaskRetriedEvent,
    TaskSpawnedEvent,
)
from roocode.handler import Handler, Verdict, handled
from roocode.models import Approval, Message, Task, TaskDifference, TaskResult
from roocode.operations import TasksOperations
from roocode.params import SessionConfigChangeDict, TaskConfigDict
from roocode.streams import SessionStreams
from roocode.transport import UNSET, Transport, Unset

ENDED: Final = frozenset({"completed", "failed", "cancelled"})
END_EVENTS: Final = (TaskCompletedEvent, TaskFailedEvent, TaskCancelledEvent)


class AsyncTasks(TasksOperations):
    """The tasks of sessions."""

    def __init__(self, transport: Transport, streams: SessionStreams, approvals: AsyncApprovals) -> None:
        super().__init__(transport)
        self._streams = streams
        self._approvals = approvals
        self._watched: set[AsyncTaskRun] = set()

    async def create(
        self,
        session_id: str,
        input: str,
        *,
        images: Sequence[str] | Unset = UNSET,
        client_id: str | Unset | None = UNSET,
        type: str | Unset | None = UNSET,
        priority: Literal["low", "medium", "high"] | Unset = UNSET,
        dependencies: Sequence[str] | Unset = UNSET,
        files_pattern: str | Unset | None = UNSET,
        config: TaskConfigDict | Unset = UNSET,
        continue_from: str | Unset | None = UNSET,
        continue_latest: bool | Unset = UNSET,
        session_config: SessionConfigChangeDict | Unset | None = UNSET,
        on_progress: Handler[TaskProgressEvent, object] | None = None,
        on_complete: Handler[TaskResult, object] | None = None,
        on_approval: Handler[Approval, Verdict] | None = None,
        timeout_s: float | None = None,
    ) -> AsyncTaskRun:
        """Create a task in a session and start it; return as soon as it is stored.

        `on_progress` is called with each event of progress, `on_complete` with the result, `on_approval` with
        what the agent, or one of its subtasks, may not do unasked: True approves it, False or a text for the
        agent rejects it, None leaves it to somebody else. `wait` waits for these calls too, and raises what
        they raise. They are called until the task has ended: what a later `retry` or `message` leads to is
        read from `events`.

        Raises: RooCodeError.
        """
        made = await self._create(
            session_id,
            input,
            images=images,
            client_id=client_id,
            type=type,
            priority=priority,
            dependencies=dependencies,
            files_pattern=files_pattern,
            config=config,
            continue_from=continue_from,
            continue_latest=continue_latest,
            session_config=session_config,
            timeout_s=timeout_s,
        )
        [last_seq] = parse_qs(urlsplit(made.websocket).query).get("lastSeq", ["0"])
        run = AsyncTaskRun(self, self._streams, made.task, int(last_seq))
        if on_progress or on_complete or on_approval:
            run._watch(self._watching(run, on_progress, on_complete, on_approval))
            self._watched.add(run)
        return run

    async def attach(self, session_id: str, task_id: str) -> AsyncTaskRun:
        """Return a task that exists, with all its events. Raises: NotFound."""
        return AsyncTaskRun(self, self._streams, await self.get(session_id, task_id), 0)

    async def _close(self) -> None:
        for run in list(self._watched):
            await run._unwatch()

    async def _watching(
        self,
        run: AsyncTaskRun,
        on_progress: Handler[TaskProgressEvent, object] | None,
        on_complete: Handler[TaskResult, object] | None,
        on_approval: Handler[Approval, Verdict] | None,
    ) -> None:
        try:
            async for event in run.events():
                match event:
                    case TaskProgressEvent() if on_progress and event.task_id == run.id:
                        await handled(on_progress, event)
                    case TaskCompletedEvent() if on_complete and event.task_id == run.id:
                        await handled(on_complete, event.result)
                    case ApprovalRequiredEvent() if on_approval:
                        approval = await self._approvals.get(run.session_id, event.approval_id)
                        if approval.status == "pending":
                            await self._approvals.answer(approval, await handled(on_approval, approval))
        finally:
            self._watched.discard(run)


class AsyncTaskRun:
    """A task, from its creation to its end."""

    def __init__(self, tasks: AsyncTasks, streams: SessionStreams, task: Task, after: int) -> None:
        self._tasks = tasks
        self._streams = streams
        self._task = task
        self._after = after
        self._watcher: asyncio.Task[None] | None = None

    @property
    def id(self) -> str:
        """The task's id."""
        return self._task.id

    @property
    def session_id(self) -> str:
        """The id of its session."""
        return self._task.session_id

    @property
    def task(self) -> Task:
        """The task as it was when it was last read: by `refresh`, `wait`, `cancel` and the like."""
        return self._task

    @property
    def status(self) -> str:
        """Its status then: pending, running, completed, failed or cancelled."""
        return self._task.status

    async def refresh(self) -> Task:
        """Read the task. Raises: RooCodeError."""
        self._task = await self._tasks.get(self.session_id, self.id)
        return self._task

    async def events(self) -> AsyncGenerator[Event, None]:
        """Yield the events of the task and of its subtasks, from its creation to its end, each once and in
        order.

        Raises: RooCodeError.
        """
        family, retries = {self.id}, 0
        async with contextlib.aclosing(self._streams.follow(self.session_id, self._after)) as events:
            async for event in events:
                if event.task_id not in family:
                    continue
                if isinstance(event, TaskSpawnedEvent):
                    family.add(event.child_task_id)
                if isinstance(event, TaskRetriedEvent) and event.task_id == self.id:
                    retries = event.retry_count
                yield event
                if isinstance(event, END_EVENTS) and event.task_id == self.id:
                    task = await self.refresh()
                    is_latest = task.retry_count <= retries and task.turn <= event.turn
                    if task.status in ENDED and is_latest:  # otherwise it has begun again since
                        return

    async def wait(self, timeout_s: float | None = None) -> Task:
        """Wait for the end of the task, and of the functions it was created with; return it.

        Raises: TimeoutError, after `timeout_s`: the task goes on. RooCodeError, and what those functions
        raise.
        """
        async with asyncio.timeout(timeout_s):
            if self._watcher is not None:
                await asyncio.shield(self._watcher)
            if (await self.refresh()).status not in ENDED:
                async for _ in self.events():
                    pass
        return self._task

    async def result(self, timeout_s: float | None = None) -> TaskResult:
        """Wait for the end of the task and return its result. Raises: TaskFailed, and as `wait`."""
        task = await self.wait(timeout_s)
        if task.result is None or task.status != "completed":
            error = task.error
            code, message = (
                (error.code, error.message) if error else (task.status.upper(), "The task has no result")
            )
            raise TaskFailed(task.id, code, message)
        return task.result

    async def message(self, text: str, *, images: Sequence[str] = ()) -> Message:
        """Say something to the agent: an answer to its question, a remark, or what comes next.

        A task that has ended goes on with it, and `wait` is about its next end. Raises: RooCodeError.
        """
        return await self._tasks.message(self.session_id, self.id, text, images=images)

    async def cancel(self) -> Task:
        """Stop it and everything it has started. Raises: Conflict, if it has ended."""
        self._task = await self._tasks.cancel(self.session_id, self.id)
        return self._task

    async def interrupt(self) -> Task:
        """Stop what it is doing, and leave it to be resumed. Raises: Conflict, if it does not run."""
        self._task = await self._tasks.interrupt(self.session_id, self.id)
        return self._task

    async def retry(
        self,
        *,
        max_cost: float | Unset = UNSET,
        max_tokens: int | Unset = UNSET,
        max_requests: int | Unset = UNSET,
    ) -> Task:
        """Let a failed or cancelled task begin again, with another budget if one is given.

        Raises: Conflict, if it is neither.
        """
        self._task = await self._tasks.retry(
            self.session_id, self.id, max_cost=max_cost, max_tokens=max_tokens, max_requests=max_requests
        )
        return self._task

    async def resume(self) -> Task:
        """Let an interrupted task continue. Raises: Conflict, if it is not interrupted."""
        self._task = await self._tasks.resume(self.session_id, self.id)
        return self._task

    async def diff(self) -> TaskDifference:
        """Return what it has changed. Raises: RooCodeError."""
        return await self._tasks.diff(self.session_id, self.id)

    def _watch(self, watching: Coroutine[object, object, None]) -> None:
        """Have something watch the task; `wait` waits for it."""
        self._watcher = asyncio.create_task(watching)

    async def _unwatch(self) -> None:
        """End what watches it."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
