"""Operations on tasks.

Source: S0, "Task Management"; `message`, `messages`, `turns`, `interrupt` and `resume` are ours.
"""

from __future__ import annotations

from typing import Final

from roocode_server.engine.agent.task_forks import CopiedTask
from roocode_server.engine.checkpoints.git import CheckpointsUnavailable
from roocode_server.engine.idempotency.receipts import Receipt
from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.approval import ApprovalRequired, ApprovalResolved
from roocode_server.models.check import TaskChecked
from roocode_server.models.checkpoint import CheckpointRestoredEvent, CheckpointSaved
from roocode_server.models.error import (
    Conflict,
    NotFound,
    PermissionDenied,
    ServerOverload,
    WorkspaceLimitExceeded,
)
from roocode_server.models.file import BY_COMMANDS
from roocode_server.models.fork import SessionForked, TaskFork, TaskForked
from roocode_server.models.message import Message
from roocode_server.models.mode import ModeCatalogue, ModeList, ModeSwitched, StandingModeList, StandingModes
from roocode_server.models.page import pagination
from roocode_server.models.quota import Limit
from roocode_server.models.rewind import RewindAnswer, TaskReinstated, TaskRewind, TaskRewound
from roocode_server.models.session import (
    CallersSession,
    Session,
    SessionCreatedEvent,
    SessionUpdatedEvent,
    WorkspaceLocation,
)
from roocode_server.models.sharing import PERMITTED, Access
from roocode_server.models.task import (
    CallWritten,
    CommandContinued,
    CommandEnded,
    MessageAnswer,
    MessageCreated,
    MessageDelta,
    MessageDiscarded,
    MessageList,
    MessagePage,
    Task,
    TaskActive,
    TaskAnswer,
    TaskAnswered,
    TaskCancelled,
    TaskCommand,
    TaskCompare,
    TaskCompleted,
    TaskCondensed,
    TaskCreate,
    TaskCreated,
    TaskCreatedEvent,
    TaskDifference,
    TaskFailed,
    TaskFocused,
    TaskGet,
    TaskIdle,
    TaskInteractive,
    TaskList,
    TaskPage,
    TaskPaused,
    TaskProgress,
    TaskRef,
    TaskReopened,
    TaskResumable,
    TaskResumed,
    TaskRetried,
    TaskRetry,
    TaskRetrying,
    TaskSay,
    TaskSpawned,
    TaskStack,
    TaskStackRef,
    TaskStarted,
    TaskTurnList,
    TaskTurnPage,
    TaskUnfocused,
    TaskUnpaused,
    TaskUpdate,
    TodosUpdated,
    ToolFailed,
    ToolOutput,
    ToolStarted,
)
from roocode_server.models.tool import ToolCompleted
from roocode_server.models.usage import UsageUpdated
from roocode_server.models.user import Caller, Permission

WORK = (
    TaskStarted,
    TaskFocused,
    TaskUnfocused,
    TaskProgress,
    TaskChecked,
    TaskInteractive,
    TaskIdle,
    TaskAnswered,
    TaskActive,
    TaskSpawned,
    TaskPaused,
    TaskUnpaused,
    TaskRetrying,
    TaskCondensed,
    TaskResumable,
    TaskCompleted,
    TaskFailed,
    ModeSwitched,
    TodosUpdated,
    UsageUpdated,
    MessageDiscarded,
    CallWritten,
    ToolFailed,
    CheckpointSaved,
    MessageCreated,
    MessageDelta,
    ToolStarted,
    ToolOutput,
    ToolCompleted,
    CommandContinued,
    CommandEnded,
    ApprovalRequired,
    ApprovalResolved,
    *BY_COMMANDS,
)
"""The events of a running task."""


_CONFIGURING: Final = Permission.SESSION_WRITE
_RUNNING: Final = Permission.TOOL_EXECUTE


class TaskHandlers(Handlers, namespace="/tasks"):
    """`task.*` and `mode.*`: start and steer tasks, read their messages, list the modes."""

    @operation(
        "task.create",
        rest="POST /api/v1/sessions/{sessionId}/tasks",
        status=201,
        made="/api/v1/sessions/{sessionId}/tasks/{task.id}",
        permission=Permission.TASK_WRITE,
        on="session_id",
        limit=Limit.TASK_CREATION,
        errors=(NotFound, Conflict, ServerOverload, WorkspaceLimitExceeded),
        emits=(TaskCreatedEvent, SessionUpdatedEvent, *WORK),
    )
    async def create(
        self, caller: Caller, request: TaskCreate, session: Session, access: Access, receipt: Receipt
    ) -> TaskCreated:
        """Create a task in a session and start it.

        Answers as soon as the task is stored; its events report its progress. It begins when its
        `dependencies` have completed and there is a place for it: as a rule, the tasks of a session run one
        after the other. If a dependency has failed, was cancelled or does not exist, the task has failed with
        `DEPENDENCY_FAILED`. If `clientId` is taken, the answer is 409. With `continueFrom` it begins with the
        conversation of a task that has ended; one that has not is a 409. With `continueLatest` it is the task
        that has worked last when this one begins, so that tasks can be asked for one after the other.
        `sessionConfig` also changes the session's configuration, which requires `session:write`. Commands in
        `config.checks` require `tool:execute`.
        """
        may_configure = caller.may(_CONFIGURING) and _CONFIGURING in PERMITTED[access]
        if request.session_config is not None and not may_configure:
            raise PermissionDenied(f"sessionConfig needs the permission {_CONFIGURING.value}")
        checks = request.config.checks
        may_run = caller.may(_RUNNING) and _RUNNING in PERMITTED[access]
        if checks is not None and checks.commands and not may_run:
            raise PermissionDenied(f"Commands in config.checks need the permission {_RUNNING.value}")
        before = await self.engine.log.head(request.session_id)
        scheme, _, host = caller.base_url.partition("://")
        secure = "wss" if scheme == "https" else "ws"

        def answer(task: Task) -> TaskCreated:
            return TaskCreated(
                task=task, websocket=f"{secure}://{host}/ws/{task.session_id}?lastSeq={before}"
            )

        created = await self.engine.tasks.create(request, caller, session, on_created=receipt.of(answer))
        return answer(created)

    @operation(
        "task.list",
        rest="GET /api/v1/sessions/{sessionId}/tasks",
        permission=Permission.TASK_READ,
        on="session_id",
        errors=(NotFound,),
    )
    async def list(self, caller: Caller, request: TaskList) -> TaskPage:
        """List a session's tasks, newest first; those of a status, type or priority."""
        tasks, total = await self.engine.tasks.page(request)
        return TaskPage(
            data=tasks, pagination=pagination(total=total, limit=request.limit, offset=request.offset)
        )

    @operation(
        "task.get",
        rest="GET /api/v1/sessions/{sessionId}/tasks/{taskId}",
        permission=Permission.TASK_READ,
        on="session_id",
        ends_with_caller=True,
        errors=(NotFound,),
    )
    async def get(self, caller: Caller, request: TaskGet) -> TaskAnswer:
        """Get a task: its status, progress, and its result or error once it has ended.

        With `wait`, the answer comes as soon as the task has ended, with `waitFor: attention` also when it,
        or a subtask of it, waits for a person or to be resumed; after `wait` seconds, or
        `server.max_wait_s`, it comes in any case.
        """
        return TaskAnswer(task=await self.engine.task_waits.get(request))

    @operation(
        "task.stack",
        rest="GET /api/v1/sessions/{sessionId}/stack",
        permission=Permission.TASK_READ,
        on="session_id",
        errors=(NotFound,),
    )
    async def stack(self, caller: Caller, request: TaskStackRef) -> TaskStack:
        """List the task under way and the subtasks it waits for; empty if nothing is unfinished."""
        return TaskStack(tasks=await self.engine.tasks.stack(request.session_id))

    @operation(
        "task.update",
        rest="PUT /api/v1/sessions/{sessionId}/tasks/{taskId}",
        permission=Permission.APPROVAL_RESPOND,
        on="session_id",
        errors=(NotFound, Conflict),
        emits=(ApprovalResolved, TaskActive),
    )
    async def update(self, caller: Caller, request: TaskUpdate) -> TaskAnswer:
        """Approve or reject everything a task is waiting for. If it is not waiting, the answer is 409."""
        return TaskAnswer(task=await self.engine.tasks.update(caller, request))

    @operation(
        "task.cancel",
        rest="DELETE /api/v1/sessions/{sessionId}/tasks/{taskId}",
        permission=Permission.TASK_STEER,
        on="session_id",
        exclusive=("session_id",),
        errors=(NotFound, Conflict),
        emits=(TaskCancelled, TaskUnfocused, ApprovalResolved, ToolFailed),
    )
    async def cancel(self, caller: Caller, request: TaskRef) -> TaskAnswer:
        """Stop a task and everything it started. If it has ended already, the answer is 409."""
        return TaskAnswer(task=await self.engine.tasks.cancel(request.session_id, request.task_id))

    @operation(
        "task.interrupt",
        rest="POST /api/v1/sessions/{sessionId}/tasks/{taskId}/interrupt",
        permission=Permission.TASK_STEER,
        on="session_id",
        exclusive=("session_id",),
        errors=(NotFound, Conflict),
        emits=(TaskResumable, TaskUnfocused, ToolFailed, CommandEnded, MessageCreated),
    )
    async def interrupt(self, caller: Caller, request: TaskRef) -> TaskAnswer:
        """Stop what a task is doing at this moment, and leave it resumable.

        The request to the model is dropped, and a running command killed; a subtask is interrupted with the
        task that waits for it. `task.resume` goes on where it was; a message goes on with what it says;
        so does the answer to an approval that was pending. If the task is not running, the answer is 409.
        """
        return TaskAnswer(task=await self.engine.tasks.interrupt(request.session_id, request.task_id))

    @operation(
        "task.retry",
        rest="POST /api/v1/sessions/{sessionId}/tasks/{taskId}/retry",
        permission=Permission.TASK_WRITE,
        on="session_id",
        exclusive=("session_id",),
        limit=Limit.TASK_CREATION,
        errors=(NotFound, Conflict, ServerOverload, WorkspaceLimitExceeded),
        emits=(TaskRetried, *WORK),
    )
    async def retry(self, caller: Caller, request: TaskRetry) -> TaskAnswer:
        """Queue a failed or cancelled task again, under the same id. Source: S4, `retry_task`.

        It begins anew, with `retryCount` one higher; its messages stay. If it did not fail, is a subtask, or
        depends on a task that failed, the answer is 409. What it has used counts on: a task that has used up
        its budget needs another one.
        """
        fields = ("max_cost", "max_tokens", "max_requests")
        budget = {name: given for name in fields if (given := getattr(request, name)) is not None}
        return TaskAnswer(task=await self.engine.tasks.retry(request, caller, budget=budget))

    @operation(
        "task.message",
        rest="POST /api/v1/sessions/{sessionId}/tasks/{taskId}/messages",
        status=201,
        permission=Permission.TASK_STEER,
        on="session_id",
        exclusive=("session_id",),
        errors=(NotFound, Conflict, ServerOverload, WorkspaceLimitExceeded),
        emits=(MessageCreated, ApprovalResolved, TaskActive, TaskReopened, TaskResumed, *WORK),
    )
    async def message(self, caller: Caller, request: TaskSay, receipt: Receipt) -> MessageAnswer:
        """Send a message to the agent of a task: the answer to its question, a remark, or what to do next.

        If an approval is pending, the message rejects it and gives the agent the reason. An interrupted task
        is resumed. A task that has completed, failed or was cancelled is queued again: its next `turn` goes
        on in the same conversation. If such a task is a subtask, the answer is 409.
        """

        def answer(message: Message) -> MessageAnswer:
            return MessageAnswer(message=message)

        return answer(await self.engine.tasks.say(caller, request, on_created=receipt.of(answer)))

    @operation(
        "task.messages",
        rest="GET /api/v1/sessions/{sessionId}/tasks/{taskId}/messages",
        permission=Permission.TASK_READ,
        on="session_id",
        errors=(NotFound,),
    )
    async def messages(self, caller: Caller, request: MessageList) -> MessagePage:
        """List a task's messages, oldest first."""
        messages, total = await self.engine.tasks.messages(request)
        return MessagePage(
            data=messages, pagination=pagination(total=total, limit=request.limit, offset=request.offset)
        )

    @operation(
        "task.turns",
        rest="GET /api/v1/sessions/{sessionId}/tasks/{taskId}/turns",
        permission=Permission.TASK_READ,
        on="session_id",
        errors=(NotFound,),
    )
    async def turns(self, caller: Caller, request: TaskTurnList) -> TaskTurnPage:
        """List a task's turns, the present one first: what a person said, and what came of it."""
        turns, total = await self.engine.tasks.turns(request)
        return TaskTurnPage(
            data=turns, pagination=pagination(total=total, limit=request.limit, offset=request.offset)
        )

    @operation(
        "task.resume",
        rest="POST /api/v1/sessions/{sessionId}/tasks/{taskId}/resume",
        permission=Permission.TASK_STEER,
        on="session_id",
        exclusive=("session_id",),
        errors=(NotFound, Conflict, ServerOverload),
        emits=(TaskResumed, *WORK),
    )
    async def resume(self, caller: Caller, request: TaskRef) -> TaskAnswer:
        """Continue a task that a person or a stop of the server interrupted. Completed steps are not
        repeated.
        """
        return TaskAnswer(task=await self.engine.tasks.resume(request.session_id, request.task_id))

    @operation(
        "task.rewind",
        rest="POST /api/v1/sessions/{sessionId}/tasks/{taskId}/rewind",
        permission=Permission.TASK_STEER,
        on="session_id",
        exclusive=("session_id",),
        errors=(NotFound, Conflict, PermissionDenied, CheckpointsUnavailable),
        emits=(
            TaskRewound,
            TaskResumable,
            TaskCancelled,
            ApprovalResolved,
            CheckpointSaved,
            CheckpointRestoredEvent,
        ),
    )
    async def rewind(self, caller: Caller, request: TaskRewind, access: Access) -> RewindAnswer:
        """Go back to a message of a task: it becomes the last one, and what came after it is taken back.

        Conversation, to-do list, mode and, unless `files` is false, the workspace are as they were then. The
        task waits for `task.message` or `task.resume`. `task.reinstate` undoes it. If the task is at work, or
        no checkpoint of it was saved, the answer is 409. `files` needs the permission `file:write`.
        """
        may_write = caller.may(Permission.FILE_WRITE) and Permission.FILE_WRITE in PERMITTED[access]
        if request.files and not may_write:
            raise PermissionDenied(f"files needs the permission {Permission.FILE_WRITE.value}")
        task, files = await self.engine.rewinding.rewind(request)
        return RewindAnswer(task=task, files=list(files))

    @operation(
        "task.fork",
        rest="POST /api/v1/sessions/{sessionId}/tasks/{taskId}/fork",
        status=201,
        made="/api/v1/sessions/{session.id}",
        permission=Permission.SESSION_WRITE,
        on="session_id",
        limit=Limit.SESSION_MANAGEMENT,
        errors=(NotFound, Conflict, WorkspaceLimitExceeded, ServerOverload, CheckpointsUnavailable),
        emits=(
            SessionCreatedEvent,
            SessionForked,
            TaskResumable,
            TaskRewound,
            TaskCancelled,
            ApprovalResolved,
            CheckpointSaved,
            CheckpointRestoredEvent,
        ),
    )
    async def fork(self, caller: Caller, request: TaskFork, session: Session, receipt: Receipt) -> TaskForked:
        """Copy a session as by `session.fork`, with one of its tasks gone back to a message, as by
        `task.rewind`.

        The task and its session stay as they are. `taskId` and `messageId` are those in the copy, where the
        task waits for `task.message` or `task.resume`.
        """

        def answer(copied: CopiedTask) -> TaskForked:
            return TaskForked(
                session=CallersSession.seen(copied.session, Access.OWNER),
                workspace=WorkspaceLocation.of(copied.session.id, caller.base_url),
                task_id=copied.task_id,
                message_id=copied.message_id,
            )

        forked = await self.engine.task_forks.fork(caller, request, session, on_created=receipt.of(answer))
        return answer(forked)

    @operation(
        "task.reinstate",
        rest="POST /api/v1/sessions/{sessionId}/tasks/{taskId}/reinstate",
        permission=Permission.FILE_WRITE,
        on="session_id",
        exclusive=("session_id",),
        errors=(NotFound, Conflict, CheckpointsUnavailable),
        emits=(TaskReinstated, CheckpointSaved, CheckpointRestoredEvent),
    )
    async def reinstate(self, caller: Caller, request: TaskRef) -> RewindAnswer:
        """Undo the last `task.rewind` of a task that has not gone on since: messages and files are back."""
        task, files = await self.engine.rewinding.reinstate(request)
        return RewindAnswer(task=task, files=list(files))

    @operation(
        "task.diff",
        rest="GET /api/v1/sessions/{sessionId}/tasks/{taskId}/diff",
        permission=Permission.FILE_READ,
        on="session_id",
        errors=(NotFound, Conflict, CheckpointsUnavailable),
    )
    async def diff(self, caller: Caller, request: TaskCompare) -> TaskDifference:
        """Show what changed in the workspace since a task began, whoever changed it.

        Of a task that has ended, it is what changed before the next task began. If the workspace was not kept
        as the task found it, the answer is 409.
        """
        return await self.engine.history.since_start(request)

    @operation(
        "task.condense",
        rest="POST /api/v1/sessions/{sessionId}/tasks/{taskId}/condense",
        permission=Permission.TASK_STEER,
        on="session_id",
        errors=(NotFound, Conflict),
        emits=(TaskCondensed,),
    )
    async def condense(self, caller: Caller, request: TaskRef) -> TaskAnswer:
        """Replace a running task's conversation with a summary before its next request to the model."""
        return TaskAnswer(task=await self.engine.tasks.condense(request.session_id, request.task_id))

    @operation(
        "task.command",
        rest="POST /api/v1/sessions/{sessionId}/tasks/{taskId}/command",
        permission=Permission.TASK_STEER,
        on="session_id",
        errors=(NotFound, Conflict),
        emits=(ToolCompleted, CommandContinued, CommandEnded, MessageCreated),
    )
    async def command(self, caller: Caller, request: TaskCommand) -> TaskAnswer:
        """Let a command the task asks about (`command_output`) continue in the background, or kill it.

        With `callId`, any running command. If no such command is running, the answer is 409.
        """
        return TaskAnswer(task=await self.engine.tasks.steer_command(request))

    @operation(
        "mode.list",
        rest="GET /api/v1/sessions/{sessionId}/modes",
        permission=Permission.TASK_READ,
        on="session_id",
        errors=(NotFound,),
    )
    async def modes(self, caller: Caller, request: ModeList) -> ModeCatalogue:
        """List the modes available to the session's tasks: built-in, configured, and from its `.roomodes`."""
        return await self.engine.tasks.modes(request.session_id)

    @operation("mode.standing", rest="GET /api/v1/modes", permission=Permission.ACCOUNT_READ)
    async def standing_modes(self, caller: Caller, request: StandingModeList) -> StandingModes:
        """List the modes that every session has, built-in and configured: a new one can begin in any.

        The modes of a workspace's `.roomodes` are told by `mode.list`.
        """
        return self.engine.tasks.standing_modes()
