"""Tasks: what an agent is asked to do. Source: S0, "Task" and "Task Management"; activities from S2."""

from __future__ import annotations

import datetime
import enum
from dataclasses import field
from typing import Any, Final

from marshmallow import validate

from roocode_server.models.approval import ApprovalPrompt, Verdict
from roocode_server.models.budget import COST_BUDGET, DURATION_BUDGET, REQUEST_BUDGET, TOKEN_BUDGET
from roocode_server.models.check import CheckEvidence, TaskChecks
from roocode_server.models.checkpoint import ChangedFile
from roocode_server.models.event import Event, LogLine, event
from roocode_server.models.idempotency import IDEMPOTENCY_KEY
from roocode_server.models.identifier import CallId, MessageId, SessionId, TaskId
from roocode_server.models.message import Author, Message
from roocode_server.models.page import Pagination
from roocode_server.models.session import SessionConfigChange
from roocode_server.models.shape import Shape, compact, described, limited, value
from roocode_server.models.usage import TokenUsage, ToolUse


class TaskStatus(enum.StrEnum):
    """The state of a task; `TRANSITIONS` has the permitted changes."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class TaskPriority(enum.StrEnum):
    """How soon a task runs among those of the same owner. Source: S4, `priority`."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class InterruptedBy(enum.StrEnum):
    """Who or what has stopped the work on a task that can be resumed."""

    PERSON = "person"
    SERVER = "server"


class Activity(enum.StrEnum):
    """What a task does within its status. Source: S2, task lifecycle events."""

    QUEUED = "queued"
    ACTIVE = "active"
    INTERACTIVE = "interactive"
    PAUSED = "paused"
    RESUMABLE = "resumable"
    IDLE = "idle"


TRANSITIONS: Final[dict[TaskStatus, frozenset[TaskStatus]]] = {
    TaskStatus.PENDING: frozenset({TaskStatus.RUNNING, TaskStatus.FAILED, TaskStatus.CANCELLED}),
    TaskStatus.RUNNING: frozenset(
        {TaskStatus.PENDING, TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED}
    ),
    TaskStatus.COMPLETED: frozenset(),
    TaskStatus.FAILED: frozenset(),
    TaskStatus.CANCELLED: frozenset(),
}
"""The changes of a task at work. Only `task.message` and `task.retry` make one that has ended pending
again.
"""
FINAL: Final = frozenset(status for status, following in TRANSITIONS.items() if not following)
RETRIABLE: Final = frozenset({TaskStatus.FAILED, TaskStatus.CANCELLED})


@value
class TaskConfig(Shape):
    """The options of a task.

    Source: S0, `config` of POST …/tasks; `timeout`, `mode`, `askOnFailure` and the budgets are ours.
    """

    enable_diff: bool = field(default=True, metadata=described("Offer the agent `apply_diff`"))
    enable_checkpoints: bool = field(
        default=False, metadata=described("Keep a checkpoint of the workspace before each change")
    )
    max_iterations: int | None = field(default=None, metadata=limited(least=1, most=100_000))
    timeout: float | None = field(
        default=None, metadata=described("Seconds the task may take", **limited(least=0.001, most=2_592_000))
    )
    mode: str | None = field(
        default=None,
        metadata=described(
            "The mode it begins in; the session's if left out", **limited(shortest=1, longest=64)
        ),
    )
    ask_on_failure: bool | None = field(
        default=None,
        metadata=described(
            "If a request to the model fails, ask a person (`api_req_failed`) whether to try again, instead "
            "of failing"
        ),
    )
    max_cost: float | None = field(
        default=None,
        metadata=described("US dollars that it and its subtasks may cost, retries included", **COST_BUDGET),
    )
    max_tokens: int | None = field(
        default=None,
        metadata=described(
            "Tokens, in and out, that it and its subtasks may use, retries included", **TOKEN_BUDGET
        ),
    )
    max_requests: int | None = field(
        default=None,
        metadata=described(
            "Requests to models that it and its subtasks may make, also those that fail or make a summary, "
            "retries included",
            **REQUEST_BUDGET,
        ),
    )
    max_duration: float | None = field(
        default=None,
        metadata=described(
            "Seconds from the start of a turn within which it must have ended, whatever it waits for",
            **DURATION_BUDGET,
        ),
    )
    checks: TaskChecks | None = field(
        default=None,
        metadata=described(
            "What must hold when the agent says that it is done; commands need `tool:execute`, and run "
            "without an approval"
        ),
    )


@value
class TaskResult(Shape):
    """What a task has done, measured from actual changes. Source: S0, `TaskResult`."""

    summary: str
    files_created: list[str] = field(default_factory=list)
    files_modified: list[str] = field(default_factory=list)
    files_deleted: list[str] = field(default_factory=list)
    commands_executed: list[str] = field(default_factory=list)
    tools_used: list[str] = field(default_factory=list)
    checks: CheckEvidence | None = field(
        default=None, metadata=described("The outcome of the task's checks, if it has any: they have passed")
    )


@value
class TaskError(Shape):
    """Why a task failed: a stable code and a message; `details` of some codes say more."""

    code: str
    message: str
    details: dict[str, Any] | None = None


@value
class Task(Shape):
    """A task.

    Source: S0, `Task`; `TokenUsage` and `ToolUse` from S2; `type`, `priority`, `dependencies`,
    `filesPattern` and `retryCount` from S4; the other fields that S0 lacks are ours.
    """

    id: TaskId
    session_id: SessionId
    input: str
    status: TaskStatus
    activity: Activity
    progress: int
    config: TaskConfig
    created_at: datetime.datetime
    queued_at: datetime.datetime = field(
        metadata=described("When it was created, or last taken up again by a message or a retry")
    )
    client_id: str | None = field(default=None, metadata=described("The id that the client has chosen"))
    type: str | None = None
    priority: TaskPriority = TaskPriority.MEDIUM
    dependencies: list[str] = field(
        default_factory=list,
        metadata=described("The tasks that must complete before it begins, as they were named"),
    )
    waiting_for: list[TaskId] = field(
        default_factory=list, metadata=described("Those of them that have not completed yet")
    )
    files_pattern: str | None = None
    retry_count: int = field(default=0, metadata=described("How often it was retried"))
    turn: int = field(
        default=1,
        metadata=described(
            "1, and one more for each message that took it up after it had ended; a retry begins with 1 again"
        ),
    )
    turn_started_at: datetime.datetime | None = field(
        default=None, metadata=described("When work on the present turn began; `startedAt` is the first")
    )
    turn_message_id: MessageId | None = field(
        default=None, metadata=described("The message that began the present turn; none began the first")
    )
    continued_from: TaskId | None = field(
        default=None, metadata=described("The task whose conversation it began with")
    )
    continue_latest: bool | None = field(
        default=None, metadata=described("True if it continues from the latest task when it begins")
    )
    interrupted_by: InterruptedBy | None = field(
        default=None, metadata=described("Who stopped it, while it can be resumed")
    )
    images: list[str] = field(default_factory=list)
    step: str | None = None
    iterations: int = 0
    result: TaskResult | None = None
    error: TaskError | None = None
    started_at: datetime.datetime | None = None
    completed_at: datetime.datetime | None = None
    estimated_duration: int | None = field(
        default=None,
        metadata=described(
            "Seconds: the median of the session's last 20 completed tasks, left out before the first"
        ),
    )
    mode: str = "code"
    todos: str | None = field(default=None, metadata=described("What is to be done, as Markdown"))
    usage: TokenUsage = field(
        default_factory=TokenUsage, metadata=described("What it has used, retries included")
    )
    tool_usage: dict[str, ToolUse] = field(default_factory=dict)
    parent_id: TaskId | None = field(default=None, metadata=described("The task whose subtask this is"))
    parent_call_id: CallId | None = field(
        default=None, metadata=described("The call of the parent that asked for it")
    )


_IMAGES: Final[dict[str, Any]] = compact(20, 67_108_864)
MOST_DEPENDENCIES: Final = 100
LONGEST_CLIENT_ID: Final = 128
_CLIENT_ID: Final[dict[str, Any]] = {
    "validate": [
        validate.Length(min=1, max=LONGEST_CLIENT_ID),
        validate.Regexp(
            r"\A(?!\.{1,2}\Z)(?!task-[0-9a-f]{20}\Z)[^\s/\x00-\x1f\x7f]+\Z",
            error="Not an id: it has blanks or slashes, or is one that this server would make.",
        ),
    ]
}


@value
class TaskCreate(Shape):
    """A request to create a task. Source: S0, POST /api/v1/sessions/{sessionId}/tasks."""

    session_id: SessionId
    input: str = field(metadata=limited(shortest=1, longest=1_000_000))
    images: list[str] = field(default_factory=list, metadata=described("`data:` URLs of images", **_IMAGES))
    client_id: str | None = field(
        default=None,
        metadata=described(
            "An id of the client's own, unique in the session; it can be used wherever a `taskId` can",
            **_CLIENT_ID,
        ),
    )
    type: str | None = field(
        default=None,
        metadata=described("What kind of work it is, in a word", **limited(shortest=1, longest=64)),
    )
    priority: TaskPriority = TaskPriority.MEDIUM
    dependencies: list[str] = field(
        default_factory=list,
        metadata=described(
            "Ids of tasks of this session that must complete before it begins",
            **compact(MOST_DEPENDENCIES, 65_536),
        ),
    )
    files_pattern: str | None = field(
        default=None,
        metadata=described(
            "Patterns as in `.gitignore`, one a line: the agent is told the files that match when it begins",
            **limited(shortest=1, longest=1000),
        ),
    )
    config: TaskConfig = field(default_factory=TaskConfig)
    continue_from: str | None = field(
        default=None,
        metadata=described(
            "A task of this session that has ended, by its id or its client's: this one begins with its "
            "conversation, mode and to-do list",
            **limited(shortest=1, longest=LONGEST_CLIENT_ID),
        ),
    )
    continue_latest: bool = field(
        default=False,
        metadata=described(
            "Begin with the conversation, mode and to-do list of the task of this session that has worked "
            "last when this one begins, if there is one; not together with `continueFrom`"
        ),
    )
    session_config: SessionConfigChange | None = field(
        default=None,
        metadata=described(
            "A change of the session's configuration, made together with the task or not at all"
        ),
    )
    idempotency_key: str | None = field(default=None, metadata=IDEMPOTENCY_KEY)


@value
class TaskRef(Shape):
    """A reference to a task."""

    session_id: SessionId
    task_id: TaskId


@value
class TaskRetry(TaskRef):
    """A request to queue a task again, with another budget if one is given; that of all its runs."""

    max_cost: float | None = field(
        default=None, metadata=described("In place of `config.maxCost`", **COST_BUDGET)
    )
    max_tokens: int | None = field(
        default=None, metadata=described("In place of `config.maxTokens`", **TOKEN_BUDGET)
    )
    max_requests: int | None = field(
        default=None, metadata=described("In place of `config.maxRequests`", **REQUEST_BUDGET)
    )


class WaitFor(enum.StrEnum):
    """What a caller waits for: the end of a task, or also that it or a subtask of it needs a person."""

    END = "end"
    ATTENTION = "attention"


@value
class TaskGet(TaskRef):
    """A request for a task, which is answered at once, or when the task is what the caller waits for."""

    wait: float = field(
        default=0.0,
        metadata=described(
            "Seconds to wait for it at most, up to the server's limit", **limited(least=0, most=3600)
        ),
    )
    wait_for: WaitFor = WaitFor.END


@value
class TaskCompare(Shape):
    """A request for what changed since a task began."""

    session_id: SessionId
    task_id: TaskId
    path: str | None = field(
        default=None,
        metadata=described("Only this file, or what is below this directory", **limited(longest=4096)),
    )
    context: int = field(
        default=3, metadata=described("Unchanged lines around each change", **limited(least=0, most=10_000))
    )


@value
class TaskDifference(Shape):
    """The files that differ, and the unified diff, both truncated if they are long.

    `totalFiles` counts the files that are not named, too.
    """

    files: list[ChangedFile]
    total_files: int
    diff: str
    is_truncated: bool
    until: TaskId | None = field(
        default=None,
        metadata=described("The task before whose start the comparison ends; left out if it ends now"),
    )


@value
class TaskList(Shape):
    """A request for a session's tasks. Source: S0, GET …/tasks with S0's general pagination."""

    session_id: SessionId
    status: TaskStatus | None = None
    type: str | None = field(default=None, metadata=limited(shortest=1, longest=64))
    priority: TaskPriority | None = None
    limit: int = field(default=20, metadata=limited(least=1, most=100))
    offset: int = field(default=0, metadata=limited(least=0, most=1_000_000_000))


@value
class TaskUpdate(Shape):
    """An answer to the approval that the task waits for. Source: S0, PUT …/tasks/{taskId}."""

    session_id: SessionId
    task_id: TaskId
    action: Verdict
    feedback: str | None = field(default=None, metadata=limited(longest=100_000))


@value
class TaskSay(Shape):
    """A person's message to the agent of a task."""

    session_id: SessionId
    task_id: TaskId
    text: str = field(metadata=limited(shortest=1, longest=1_000_000))
    images: list[str] = field(default_factory=list, metadata=_IMAGES)
    idempotency_key: str | None = field(default=None, metadata=IDEMPOTENCY_KEY)


class CommandAction(enum.StrEnum):
    """What should happen to a running command. Source: S2, the buttons of `command_output`."""

    CONTINUE = "continue"
    KILL = "kill"


@value
class TaskCommand(Shape):
    """A decision about a running command of a task: the one with `callId`, or the one that the task asks
    about after two seconds.
    """

    session_id: SessionId
    task_id: TaskId
    action: CommandAction
    call_id: CallId | None = None


@value
class TaskTurn(Shape):
    """One turn of a task: from what a person said to the end of the work on it.

    `result` and `error` are those of this turn, and `usage` is what it has used. `input` is what the person
    said: the task's input, or the text of the message `messageId`. Turns of earlier runs have their
    `retryCount`.
    """

    turn: int
    retry_count: int
    input: str
    message_id: MessageId | None = None
    status: TaskStatus
    result: TaskResult | None = None
    error: TaskError | None = None
    started_at: datetime.datetime | None = None
    completed_at: datetime.datetime | None = None
    usage: TokenUsage = field(default_factory=TokenUsage)
    iterations: int = 0


@value
class TaskTurnList(Shape):
    """A request for a task's turns."""

    session_id: SessionId
    task_id: TaskId
    limit: int = field(default=20, metadata=limited(least=1, most=100))
    offset: int = field(default=0, metadata=limited(least=0, most=1_000_000_000))


@value
class TaskTurnPage(Shape):
    """A page of a task's turns, newest first."""

    data: list[TaskTurn]
    pagination: Pagination


@value
class MessageList(Shape):
    """A request for a task's messages."""

    session_id: SessionId
    task_id: TaskId
    limit: int = field(default=100, metadata=limited(least=1, most=1000))
    offset: int = field(default=0, metadata=limited(least=0, most=1_000_000_000))


@value
class TaskCreated(Shape):
    """The new task, and where to follow its events from the first one.

    Source: S0, the response of POST …/tasks.
    """

    task: Task
    websocket: str


@value
class TaskAnswer(Shape):
    """An answer with one task."""

    task: Task


@value
class MessageAnswer(Shape):
    """An answer with one message."""

    message: Message


@value
class TaskStackRef(Shape):
    """A request for a session's task stack."""

    session_id: SessionId


@value
class TaskStack(Shape):
    """The task that a session works on, then the subtask that it waits for, and so on; the last one is
    current.
    """

    tasks: list[Task]


@value
class TaskPage(Shape):
    """A page of tasks, newest first."""

    data: list[Task]
    pagination: Pagination


@value
class MessagePage(Shape):
    """A page of messages, oldest first."""

    data: list[Message]
    pagination: Pagination


@event("task.created")
@value
class TaskCreatedEvent(Event):
    """A task has been accepted and stored."""

    task: Task


@event("task.started", log=LogLine())
@value
class TaskStarted(Event):
    """The agent has started to work on a task."""

    input: str
    continued_from: TaskId | None = field(
        default=None, metadata=described("The task whose conversation it began with")
    )


@event("task.progress")
@value
class TaskProgress(Event):
    """The progress of a task, 0 to 100, and its present step. Source: S0, `task.progress`."""

    progress: int
    step: str


@event("task.completed", log=LogLine(fields=("usage.totalCost",)))
@value
class TaskCompleted(Event):
    """The agent has completed its task. Source: S0, `task.completed`."""

    input: str
    result: TaskResult
    usage: TokenUsage = field(default_factory=TokenUsage)
    tool_usage: dict[str, ToolUse] = field(default_factory=dict)
    is_subtask: bool = False
    turn: int = 1


@event("task.failed", log=LogLine("warning", fields=("error.code", "error.message")))
@value
class TaskFailed(Event):
    """The task has failed. Source: S0, `task.failed`."""

    error: TaskError
    turn: int = 1


@event("task.cancelled", log=LogLine())
@value
class TaskCancelled(Event):
    """The task was cancelled; nothing of it is running any more."""

    turn: int = 1


@event("task.retried", log=LogLine(fields=("retryCount",)))
@value
class TaskRetried(Event):
    """A failed or cancelled task is queued again, with a fresh conversation. Source: S4, `task_retried`."""

    retry_count: int


@event("task.reopened", log=LogLine(fields=("turn",)))
@value
class TaskReopened(Event):
    """A person's message has taken up a task that had ended: it is queued for its next turn, in the same
    conversation. `task.resumed` follows when it has its place.
    """

    turn: int
    message_id: MessageId


@event("task.focused")
@value
class TaskFocused(Event):
    """The task is now the one of its session that is running or waits for a person.

    Source: S2, `taskFocused`.
    """


@event("task.unfocused")
@value
class TaskUnfocused(Event):
    """The task has lost the focus: it has ended, delegates, or was interrupted. Source: S2."""


@event("task.interactive")
@value
class TaskInteractive(Event):
    """The task waits for a person: for `approval`, or the answer to `question`. Source: S2."""

    question: str | None = None
    suggestions: list[str] = field(default_factory=list)
    approval: ApprovalPrompt | None = None


@event("task.active")
@value
class TaskActive(Event):
    """The task continues after waiting. Source: S2, `taskActive`."""


@event("task.idle")
@value
class TaskIdle(Event):
    """The task rests until a person decides, by `approval`, whether it continues. Source: S2, `taskIdle`."""

    approval: ApprovalPrompt | None = None


@event("task.answered")
@value
class TaskAnswered(Event):
    """The task's question has been answered. Source: S2, `taskAskResponded`."""


@event("task.spawned")
@value
class TaskSpawned(Event):
    """The task has created a subtask. Source: S2, `taskSpawned`."""

    child_task_id: TaskId


@event("task.paused")
@value
class TaskPaused(Event):
    """The task waits for its subtask. Source: S2, `taskPaused`."""


@event("task.unpaused")
@value
class TaskUnpaused(Event):
    """The subtask has ended, and the task continues with its result. Source: S2, `taskUnpaused`."""

    child_task_id: TaskId
    success: bool
    result: str


@event("task.retrying", log=LogLine("warning", fields=("attempt", "delay", "error.code", "error.message")))
@value
class TaskRetrying(Event):
    """A request to the model failed and will be repeated after `delay` seconds."""

    attempt: int
    delay: float
    error: TaskError


@event("task.condensed")
@value
class TaskCondensed(Event):
    """The conversation was too long for the model, which is shown a summary and what follows from now on."""

    summary: str
    tokens_before: int


@event("todos.updated", namespace="/tasks")
@value
class TodosUpdated(Event):
    """The agent has changed its to-do list."""

    todos: str


@event("task.resumable", log=LogLine(fields=("reason",)))
@value
class TaskResumable(Event):
    """The task was interrupted and can be resumed from its stored conversation. Source: S2."""

    reason: str
    interrupted_by: InterruptedBy = InterruptedBy.SERVER


@event("task.resumed", log=LogLine())
@value
class TaskResumed(Event):
    """Work on a task goes on: it was interrupted, or has been reopened for another `turn`. `isPaused` if it
    still waits for its subtask.
    """

    is_paused: bool = False
    turn: int = 1


@event("message.created", namespace="/tasks")
@value
class MessageCreated(Event):
    """A message of the task is complete and stored. Source: S2, `message`.

    The first message of a task is its input, written by a person.
    """

    message: Message
    author: Author = Author.AGENT


@event("message.delta", durable=False, namespace="/tasks")
@value
class MessageDelta(Event):
    """A piece of a message that is being written; the complete message follows as `message.created`."""

    message_id: str
    text: str
    ts: int = 0
    say: str = "text"
    position: int = field(default=0, metadata=described("Characters of the message before this piece"))


@event("message.discarded", durable=False, namespace="/tasks")
@value
class MessageDiscarded(Event):
    """A message that was being written will not be completed: its request broke off, or its call failed."""

    message_id: str
    ts: int


@event("call.delta", durable=False, namespace="/tools")
@value
class CallWritten(Event):
    """A piece of the arguments (JSON text) of a call that the model is writing, and of the call's message."""

    call_id: str
    tool_name: str
    arguments: str
    message_id: str
    ts: int
    position: int = field(metadata=described("Characters of the arguments before this piece"))


class CallFailure(enum.StrEnum):
    """Why a tool call failed.

    `TOOL_FAILED` comes with a `tool.completed`; any other code ends the call itself.
    """

    TOOL_FAILED = "TOOL_FAILED"
    NOT_MADE = "CALL_NOT_MADE"
    INTERRUPTED = "CALL_INTERRUPTED"
    CANCELLED = "CALL_CANCELLED"
    ABANDONED = "CALL_ABANDONED"


@event("tool.failed")
@value
class ToolFailed(Event):
    """A tool call failed: it could not be made, the tool failed, or it was interrupted. Source: S2.

    `code`: `TOOL_FAILED` comes with the `tool.completed` that ends the call; any other code is the end
    itself.
    """

    call_id: str
    tool_name: str
    error: str
    code: CallFailure = CallFailure.TOOL_FAILED


@event("tool.started")
@value
class ToolStarted(Event):
    """A tool call begins. Source: S0, `tool.started`."""

    call_id: str
    tool_name: str
    parameters: dict[str, Any]


@event("tool.output", durable=False)
@value
class ToolOutput(Event):
    """Output of a running command: a line, part of one, or several that arrived at once.

    In a task it is a piece of the message `command_output`.
    """

    call_id: str
    stream: str
    text: str
    message_id: str | None = None
    ts: int | None = None
    position: int | None = field(
        default=None, metadata=described("Characters of the message before this piece")
    )


@event("command.continued", namespace="/tools")
@value
class CommandContinued(Event):
    """A task's command goes on in the background: its call is answered, and `command.ended` follows."""

    call_id: str
    command: str


@event("command.ended", namespace="/tools")
@value
class CommandEnded(Event):
    """A command in the background has ended, for whatever reason.

    `signal` (`SIGTERM`) is what ended it, if one did; then `exitCode` is 128 and its number. `stoppedBy`
    is `person`, `task` (it ended with its task), `server`, or a limit: `time`, `memory`, `output`, `disk`.
    Without `exitCode` it could not be run, which `error` explains, or nobody saw its end. `executionTime` is
    in milliseconds.
    """

    call_id: str
    exit_code: int | None = None
    signal: str | None = None
    stopped_by: str | None = None
    error: str | None = None
    execution_time: float | None = None
