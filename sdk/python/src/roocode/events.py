"""The events of the server, each a class.

Made by scripts/clients from the server's documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from roocode.event import Event
from roocode.models import (
    ApprovalPrompt,
    ApprovalRule,
    ChangedFile,
    Changes,
    CheckEvidence,
    Checkpoint,
    LogEntry,
    Message,
    Process,
    Session,
    SystemResources,
    Task,
    TaskError,
    TaskResult,
    Terminal,
    TokenUsage,
    ToolOutcome,
    ToolUse,
    Unanswered,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogResetEvent(Event):
    """The cursor does not belong to this log: discard what is known of the session; the whole log
    follows. Only sent live, without a `seq`.
    """

    head: int
    first: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogCutEvent(Event):
    """The first events of the log have been removed; the first one that follows has the seq `first`.
    Only sent live, without a `seq`.
    """

    head: int
    first: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequiredEvent(Event):
    """The agent waits for a person to approve or reject a tool call."""

    approval_id: str
    call_id: str
    tool_name: str
    action: str
    description: str
    parameters: dict[str, Any]
    expires_at: datetime
    rules: list[ApprovalRule] = field(default_factory=list)
    unanswered: Unanswered | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalResolvedEvent(Event):
    """An approval is resolved: approved, rejected, expired or cancelled. The first answer wins."""

    approval_id: str
    call_id: str
    status: Literal["pending", "approved", "rejected", "expired", "cancelled"]
    feedback: str | None = None
    resolved_by: str | None = None
    remembered: Literal["once", "session", "always"] | None = None
    reviewed_by: str | None = None
    by_rule: ApprovalRule | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class McpStartedEvent(Event):
    """A server has been connected; the numbers are those of its tools, resources and prompts."""

    server_name: str
    tools: int
    resources: int
    prompts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class McpStoppedEvent(Event):
    """A server is no longer connected; `error` is left out if it was stopped deliberately."""

    server_name: str
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeSwitchedEvent(Event):
    """The agent of a task has switched to another mode."""

    mode: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSharedEvent(Event):
    """The session is shared with this user from now on, or with another access than before."""

    user_id: str
    access: Literal["collaborator", "watcher"]
    shared_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionUnsharedEvent(Event):
    """The session is not shared with this user any more."""

    user_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxProgressEvent(Event):
    """The image of the session's container is being pulled; `current` of `total` bytes of a layer.
    Only sent live, without a `seq`.
    """

    image: str
    status: str
    layer: str | None = None
    current: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCreatedEvent(Event):
    """A session has been created and its workspace is ready."""

    session: Session


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionUpdatedEvent(Event):
    """A session's name, status or configuration has changed; `changed` names the fields
    (`config.mode`).
    """

    session: Session
    changed: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionExpiredEvent(Event):
    """The session has reached its `expiresAt`: it is `inactive` now, and what runs in it is stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDeletedEvent(Event):
    """The session is about to be deleted; this is the last event of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCompletedEvent(Event):
    """A tool call has ended, successfully or not."""

    call_id: str
    tool_name: str
    result: ToolOutcome
    execution_time: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCheckedEvent(Event):
    """The agent says that its task is done, and the task's checks were made."""

    evidence: CheckEvidence


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointSavedEvent(Event):
    """The workspace has been saved."""

    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointRestoredEvent(Event):
    """The workspace has been restored to a checkpoint."""

    checkpoint_id: str
    files: list[ChangedFile]


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageUpdatedEvent(Event):
    """A request has been answered or a tool has been used."""

    usage: TokenUsage
    tool_usage: dict[str, ToolUse]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCreatedEvent(Event):
    """A task has been accepted and stored."""

    task: Task


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStartedEvent(Event):
    """The agent has started to work on a task."""

    input: str
    continued_from: str | None = None
    """The task whose conversation it began with"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskProgressEvent(Event):
    """The progress of a task, 0 to 100, and its present step."""

    progress: int
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCompletedEvent(Event):
    """The agent has completed its task."""

    input: str
    result: TaskResult
    usage: TokenUsage | None = None
    tool_usage: dict[str, ToolUse] = field(default_factory=dict)
    is_subtask: bool = False
    turn: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFailedEvent(Event):
    """The task has failed."""

    error: TaskError
    turn: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCancelledEvent(Event):
    """The task was cancelled; nothing of it is running any more."""

    turn: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRetriedEvent(Event):
    """A failed or cancelled task is queued again, with a fresh conversation."""

    retry_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReopenedEvent(Event):
    """A person's message has taken up a task that had ended: it is queued for its next turn, in the
    same
    """

    turn: int
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFocusedEvent(Event):
    """The task is now the one of its session that is running or waits for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskUnfocusedEvent(Event):
    """The task has lost the focus: it has ended, delegates, or was interrupted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskInteractiveEvent(Event):
    """The task waits for a person: for `approval`, or the answer to `question`."""

    question: str | None = None
    suggestions: list[str] = field(default_factory=list)
    approval: ApprovalPrompt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskActiveEvent(Event):
    """The task continues after waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskIdleEvent(Event):
    """The task rests until a person decides, by `approval`, whether it continues."""

    approval: ApprovalPrompt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAnsweredEvent(Event):
    """The task's question has been answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSpawnedEvent(Event):
    """The task has created a subtask."""

    child_task_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPausedEvent(Event):
    """The task waits for its subtask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskUnpausedEvent(Event):
    """The subtask has ended, and the task continues with its result."""

    child_task_id: str
    success: bool
    result: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRetryingEvent(Event):
    """A request to the model failed and will be repeated after `delay` seconds."""

    attempt: int
    delay: float
    error: TaskError


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCondensedEvent(Event):
    """The conversation was too long for the model, which is shown a summary and what follows from now
    on.
    """

    summary: str
    tokens_before: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TodosUpdatedEvent(Event):
    """The agent has changed its to-do list."""

    todos: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResumableEvent(Event):
    """The task was interrupted and can be resumed from its stored conversation."""

    reason: str
    interrupted_by: Literal["person", "server"] = "server"


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResumedEvent(Event):
    """Work on a task goes on: it was interrupted, or has been reopened for another `turn`. `isPaused`
    if it
    """

    is_paused: bool = False
    turn: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageCreatedEvent(Event):
    """A message of the task is complete and stored."""

    message: Message
    author: Literal["agent", "person"] = "agent"


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDeltaEvent(Event):
    """A piece of a message that is being written; the complete message follows as `message.created`.
    Only sent live, without a `seq`.
    """

    message_id: str
    text: str
    ts: int = 0
    say: str = "text"
    position: int = 0
    """Characters of the message before this piece"""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDiscardedEvent(Event):
    """A message that was being written will not be completed: its request broke off, or its call
    failed. Only sent live, without a `seq`.
    """

    message_id: str
    ts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallDeltaEvent(Event):
    """A piece of the arguments (JSON text) of a call that the model is writing, and of the call's
    message. Only sent live, without a `seq`.
    """

    call_id: str
    tool_name: str
    arguments: str
    message_id: str
    ts: int
    position: int
    """Characters of the arguments before this piece"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolFailedEvent(Event):
    """A tool call failed: it could not be made, the tool failed, or it was interrupted."""

    call_id: str
    tool_name: str
    error: str
    code: Literal["TOOL_FAILED", "CALL_NOT_MADE", "CALL_INTERRUPTED", "CALL_CANCELLED", "CALL_ABANDONED"] = (
        "TOOL_FAILED"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolStartedEvent(Event):
    """A tool call begins."""

    call_id: str
    tool_name: str
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolOutputEvent(Event):
    """Output of a running command: a line, part of one, or several that arrived at once. Only sent
    live, without a `seq`.
    """

    call_id: str
    stream: str
    text: str
    message_id: str | None = None
    ts: int | None = None
    position: int | None = None
    """Characters of the message before this piece"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandContinuedEvent(Event):
    """A task's command goes on in the background: its call is answered, and `command.ended` follows."""

    call_id: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandEndedEvent(Event):
    """A command in the background has ended, for whatever reason."""

    call_id: str
    exit_code: int | None = None
    signal: str | None = None
    stopped_by: str | None = None
    error: str | None = None
    execution_time: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCreatedEvent(Event):
    """A file, or a directory with everything in it, has been created."""

    path: str
    kind: str | None = None
    """`directory`; left out for a file"""
    changes: Changes | None = None
    """The lines of a text file that a command made, without a diff"""
    source: str | None = None
    """`command`, if a command that ran in the workspace did it; left out otherwise"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileModifiedEvent(Event):
    """A file's content has changed."""

    path: str
    changes: Changes
    source: str | None = None
    """`command`, if a command that ran in the workspace did it; left out otherwise"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRenamedEvent(Event):
    """A file, or a directory with everything in it, has moved from `path` to `to`."""

    path: str
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceCloningEvent(Event):
    """A repository is being cloned into the workspace; `step` is git's word for what it does. Only
    sent live, without a `seq`.
    """

    repository: str
    step: str
    percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceImportedEvent(Event):
    """The workspace's content has been replaced by that of an archive or repository."""

    files: int
    size: int
    repository: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceChangedEvent(Event):
    """Commands have changed more below `path` than is reported one by one: list it again."""

    path: str
    created: int
    modified: int
    deleted: int
    is_exact: bool
    """False if changes came too fast to be counted: there may be any number more"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDeletedEvent(Event):
    """A file, or a directory with everything in it, has been deleted."""

    path: str
    changes: Changes | None = None
    """The lines of a text file that a command deleted, without a diff"""
    source: str | None = None
    """`command`, if a command that ran in the workspace did it; left out otherwise"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessStartedEvent(Event):
    """A process has started."""

    process: Process


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessOutputEvent(Event):
    """Output of a process: a line, part of one, or several that arrived at once. Only sent live,
    without a `seq`.
    """

    pid: int
    stream: str
    text: str
    position: int
    """Characters that it printed before this"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessEndedEvent(Event):
    """A process has ended, for whatever reason."""

    process: Process


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionImportedEvent(Event):
    """The session was made of an archive: what the log has up to `sourceSeq` is what the archive says."""

    source_session_id: str
    source_seq: int
    exported_at: str
    server_version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionForkedEvent(Event):
    """The session is a copy of another one: what the log has up to `sourceSeq` happened there."""

    source_session_id: str
    source_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRewoundEvent(Event):
    """The message is the last one of the task now: those after it are taken back."""

    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskReinstatedEvent(Event):
    """The last rewind of the task is undone: its messages are back, and its status is what it was."""

    message_id: str
    task: Task


@dataclass(frozen=True, slots=True, kw_only=True)
class LogWrittenEvent(Event):
    """An entry has been added to the server's log. Only sent to sockets that watch `logs`. Only sent
    live, without a `seq`.
    """

    entry: LogEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemSampledEvent(Event):
    """The machine's resources have been measured. Only sent to sockets that watch `resources`. Only
    sent live, without a `seq`.
    """

    resources: SystemResources


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalOpenedEvent(Event):
    """A terminal has been opened."""

    terminal: Terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalOutputEvent(Event):
    """Output of a terminal, including control sequences. Only sent live, without a `seq`."""

    terminal_id: str
    data: str
    position: int
    """Characters that it printed before this"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalClosedEvent(Event):
    """A terminal has been closed, or its program has ended."""

    terminal_id: str
    exit_code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDisabledEvent(Event):
    """The server has disabled a webhook; emitted in the session whose event could not be delivered."""

    webhook_id: str
    reason: Literal["by_owner", "failures", "gone"]
    error: str


EVENTS: Mapping[str, type[Event]] = {
    "log.reset": LogResetEvent,
    "log.cut": LogCutEvent,
    "approval.required": ApprovalRequiredEvent,
    "approval.resolved": ApprovalResolvedEvent,
    "mcp.started": McpStartedEvent,
    "mcp.stopped": McpStoppedEvent,
    "mode.switched": ModeSwitchedEvent,
    "session.shared": SessionSharedEvent,
    "session.unshared": SessionUnsharedEvent,
    "sandbox.progress": SandboxProgressEvent,
    "session.created": SessionCreatedEvent,
    "session.updated": SessionUpdatedEvent,
    "session.expired": SessionExpiredEvent,
    "session.deleted": SessionDeletedEvent,
    "tool.completed": ToolCompletedEvent,
    "task.checked": TaskCheckedEvent,
    "checkpoint.saved": CheckpointSavedEvent,
    "checkpoint.restored": CheckpointRestoredEvent,
    "usage.updated": UsageUpdatedEvent,
    "task.created": TaskCreatedEvent,
    "task.started": TaskStartedEvent,
    "task.progress": TaskProgressEvent,
    "task.completed": TaskCompletedEvent,
    "task.failed": TaskFailedEvent,
    "task.cancelled": TaskCancelledEvent,
    "task.retried": TaskRetriedEvent,
    "task.reopened": TaskReopenedEvent,
    "task.focused": TaskFocusedEvent,
    "task.unfocused": TaskUnfocusedEvent,
    "task.interactive": TaskInteractiveEvent,
    "task.active": TaskActiveEvent,
    "task.idle": TaskIdleEvent,
    "task.answered": TaskAnsweredEvent,
    "task.spawned": TaskSpawnedEvent,
    "task.paused": TaskPausedEvent,
    "task.unpaused": TaskUnpausedEvent,
    "task.retrying": TaskRetryingEvent,
    "task.condensed": TaskCondensedEvent,
    "todos.updated": TodosUpdatedEvent,
    "task.resumable": TaskResumableEvent,
    "task.resumed": TaskResumedEvent,
    "message.created": MessageCreatedEvent,
    "message.delta": MessageDeltaEvent,
    "message.discarded": MessageDiscardedEvent,
    "call.delta": CallDeltaEvent,
    "tool.failed": ToolFailedEvent,
    "tool.started": ToolStartedEvent,
    "tool.output": ToolOutputEvent,
    "command.continued": CommandContinuedEvent,
    "command.ended": CommandEndedEvent,
    "file.created": FileCreatedEvent,
    "file.modified": FileModifiedEvent,
    "file.renamed": FileRenamedEvent,
    "workspace.cloning": WorkspaceCloningEvent,
    "workspace.imported": WorkspaceImportedEvent,
    "workspace.changed": WorkspaceChangedEvent,
    "file.deleted": FileDeletedEvent,
    "process.started": ProcessStartedEvent,
    "process.output": ProcessOutputEvent,
    "process.ended": ProcessEndedEvent,
    "session.imported": SessionImportedEvent,
    "session.forked": SessionForkedEvent,
    "task.rewound": TaskRewoundEvent,
    "task.reinstated": TaskReinstatedEvent,
    "log.written": LogWrittenEvent,
    "system.sampled": SystemSampledEvent,
    "terminal.opened": TerminalOpenedEvent,
    "terminal.output": TerminalOutputEvent,
    "terminal.closed": TerminalClosedEvent,
    "webhook.disabled": WebhookDisabledEvent,
}
"""The class of each type of event."""
