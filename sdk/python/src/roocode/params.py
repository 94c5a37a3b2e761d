"""What the server takes: dictionaries, with the names of the wire.

Made by scripts/clients from the server's documents.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, NotRequired, TypedDict


class NotificationChangeDict(TypedDict):
    """`NotificationChange` of the server's documents."""

    taskCompleted: NotRequired[bool | None]
    taskFailed: NotRequired[bool | None]
    approvalRequired: NotRequired[bool | None]


class PreferencesChangeDict(TypedDict):
    """`PreferencesChange` of the server's documents."""

    theme: NotRequired[Literal["light", "dark", "auto"] | None]
    language: NotRequired[str | None]
    notifications: NotRequired[NotificationChangeDict | None]
    defaultProvider: NotRequired[str | None]
    defaultModel: NotRequired[str | None]


class ProfileFieldsDict(TypedDict):
    """`ProfileFields` of the server's documents."""

    name: NotRequired[str]
    provider: NotRequired[Literal["anthropic", "openai", "gemini", "ollama", "scripted"]]
    model: NotRequired[str | None]
    baseUrl: NotRequired[str | None]
    """Empty: the provider's own address"""
    apiKey: NotRequired[str | None]
    """Stored encrypted, never shown again"""
    id: NotRequired[str | None]
    """May be sent, but not changed"""
    isActive: NotRequired[bool | None]
    """May be sent, but not changed"""
    hasKey: NotRequired[bool | None]
    """Ignored"""
    createdAt: NotRequired[datetime | None]
    """Ignored"""
    updatedAt: NotRequired[datetime | None]
    """Ignored"""


class ResourceLimitsChangeDict(TypedDict):
    """`ResourceLimitsChange` of the server's documents."""

    maxMemoryMB: NotRequired[int | None]
    maxCpuPercent: NotRequired[int | None]
    maxDiskMB: NotRequired[int | None]
    maxExecutionTime: NotRequired[int | None]
    maxProcesses: NotRequired[int | None]
    maxFileSizeMB: NotRequired[int | None]


class ApprovalRuleDict(TypedDict):
    """`ApprovalRule` of the server's documents."""

    decision: Literal["always", "ask", "never"]
    tool: NotRequired[str | None]
    """A tool's name"""
    group: NotRequired[str | None]
    """A tool group: read, edit, command …"""
    path: NotRequired[str | None]
    """A glob over workspace paths"""
    command: NotRequired[str | None]
    """A command prefix, as words"""
    server: NotRequired[str | None]
    """An MCP server's name"""


class AutoApprovalDict(TypedDict):
    """`AutoApproval` of the server's documents."""

    autoApprovalEnabled: NotRequired[bool]
    alwaysAllowReadOnly: NotRequired[bool | None]
    """`false` asks; if left out, the server's default applies"""
    alwaysAllowReadOnlyOutsideWorkspace: NotRequired[bool]
    alwaysAllowWrite: NotRequired[bool]
    alwaysAllowWriteOutsideWorkspace: NotRequired[bool]
    alwaysAllowWriteProtected: NotRequired[bool]
    """Also files that configure the agent: .roo, .roomodes, .rooignore …"""
    writeDelayMs: NotRequired[int]
    requestDelaySeconds: NotRequired[int]
    alwaysAllowBrowser: NotRequired[bool]
    alwaysAllowMcp: NotRequired[bool]
    alwaysAllowModeSwitch: NotRequired[bool]
    alwaysAllowSubtasks: NotRequired[bool]
    alwaysAllowExecute: NotRequired[bool]
    allowedCommands: NotRequired[Sequence[str]]
    """Prefixes run without asking; `*`: all. The longest match of both lists decides"""
    deniedCommands: NotRequired[Sequence[str]]
    """Prefixes that need approval nevertheless"""
    alwaysAllowFollowupQuestions: NotRequired[bool]
    followupAutoApproveTimeoutMs: NotRequired[int]
    """After this time the first suggestion is the answer"""
    allowedMaxRequests: NotRequired[int | None]
    """Requests before a person is asked"""
    allowedMaxCost: NotRequired[float | None]
    """US dollars before a person is asked"""


class AcpAgentDict(TypedDict):
    """`AcpAgent` of the server's documents."""

    command: Sequence[str]
    """The program and its arguments, run in the sandbox"""
    environment: NotRequired[Mapping[str, str]]
    """Environment variables; their values are never shown"""


class AgentDict(TypedDict):
    """`Agent` of the server's documents."""

    acp: NotRequired[AcpAgentDict | None]


class McpServerDict(TypedDict):
    """`McpServer` of the server's documents."""

    type: NotRequired[Literal["stdio", "streamable-http"] | None]
    command: NotRequired[str | None]
    args: NotRequired[Sequence[str]]
    env: NotRequired[Mapping[str, str]]
    cwd: NotRequired[str | None]
    """The folder to start it in"""
    url: NotRequired[str | None]
    headers: NotRequired[Mapping[str, str]]
    disabled: NotRequired[bool]
    alwaysAllow: NotRequired[Sequence[str]]
    """Tools that need no approval"""
    timeout: NotRequired[int]
    """Seconds that one call may take"""


class ModelReviewDict(TypedDict):
    """`ModelReview` of the server's documents."""

    provider: NotRequired[str | None]
    """The session's, if left out"""
    model: NotRequired[str | None]
    """The session's, if both are left out; the provider's default, if `provider` is named alone"""
    instructions: NotRequired[str | None]
    """What it is to decide by"""
    within: NotRequired[float]
    """Seconds that it may take"""
    otherwise: NotRequired[Literal["refuse", "fail"]]
    """What happens if it fails, is too slow, or does not decide"""


class UnansweredDict(TypedDict):
    """`Unanswered` of the server's documents."""

    after: float
    """Seconds to wait for an answer"""
    then: Literal["refuse", "allow", "answer", "review", "fail"]
    """`refuse` or `allow` it, `answer` a question with `answer`, have a model `review` it, or `fail`
    the task, with `NOBODY_ANSWERED`
    """
    answer: NotRequired[str | None]
    """The answer to a question or, with `refuse`, what the agent is told"""
    review: NotRequired[ModelReviewDict | None]
    """Who decides, with `review`; the session's model, if left out"""


class UnattendedPolicyDict(TypedDict):
    """`UnattendedPolicy` of the server's documents."""

    read: NotRequired[UnansweredDict | None]
    """A tool that reads"""
    edit: NotRequired[UnansweredDict | None]
    """A tool that changes files"""
    command: NotRequired[UnansweredDict | None]
    """A command"""
    browser: NotRequired[UnansweredDict | None]
    """The browser"""
    mcp: NotRequired[UnansweredDict | None]
    """A tool of an MCP server"""
    modes: NotRequired[UnansweredDict | None]
    """Another mode, or a subtask"""
    question: NotRequired[UnansweredDict | None]
    """A question of the agent"""
    mistakes: NotRequired[UnansweredDict | None]
    """Whether to go on after many steps without success"""
    failedRequest: NotRequired[UnansweredDict | None]
    """Whether to ask the model again after a request has failed"""
    budget: NotRequired[UnansweredDict | None]
    """Whether to go on beyond the limits for automatic approval"""


class SessionConfigChangeDict(TypedDict):
    """`SessionConfigChange` of the server's documents."""

    provider: NotRequired[str | None]
    model: NotRequired[str | None]
    mode: NotRequired[str | None]
    allowedCommands: NotRequired[Sequence[str] | None]
    resourceLimits: NotRequired[ResourceLimitsChangeDict | None]
    maxTokens: NotRequired[int | None]
    temperature: NotRequired[float | None]
    network: NotRequired[bool | None]
    approvals: NotRequired[Sequence[ApprovalRuleDict] | None]
    autoApproval: NotRequired[AutoApprovalDict | None]
    """Replaces the settings for automatic approval as a whole"""
    customInstructions: NotRequired[str | None]
    agent: NotRequired[AgentDict | None]
    effort: NotRequired[Literal["low", "medium", "high"] | None]
    mcpServers: NotRequired[Mapping[str, McpServerDict] | None]
    fuzzyMatchThreshold: NotRequired[float | None]
    unattended: NotRequired[bool | None]
    unattendedPolicy: NotRequired[UnattendedPolicyDict | None]
    """Replaces what happens to unanswered questions as a whole"""
    concurrentTasks: NotRequired[int | None]


class SessionFieldsDict(TypedDict):
    """`SessionFields` of the server's documents."""

    name: NotRequired[str | None]
    config: NotRequired[SessionConfigChangeDict | None]
    status: NotRequired[Literal["active", "inactive", "archived"] | None]
    expiresAt: NotRequired[datetime | None]
    """A time in the future; null: never"""
    id: NotRequired[str | None]
    """May be sent, but not changed"""
    userId: NotRequired[str | None]
    """May be sent, but not changed"""
    workspaceId: NotRequired[str | None]
    """May be sent, but not changed"""
    createdAt: NotRequired[datetime | None]
    """May be sent, but not changed"""
    updatedAt: NotRequired[datetime | None]
    """Ignored"""
    access: NotRequired[Literal["owner", "collaborator", "watcher"] | None]
    """Ignored"""
    purpose: NotRequired[str | None]
    """Ignored"""


class CommandCheckDict(TypedDict):
    """`CommandCheck` of the server's documents."""

    command: str
    """The command line, run by `sh -c`"""
    exitCode: NotRequired[int]
    timeout: NotRequired[float | None]
    """Seconds it may take, at most the session's `maxExecutionTime`, which is also the default"""


class TaskChecksDict(TypedDict):
    """`TaskChecks` of the server's documents."""

    commands: NotRequired[Sequence[CommandCheckDict]]
    changed: NotRequired[Sequence[str]]
    """For each pattern, a file that matches must have changed"""
    protect: NotRequired[Sequence[str]]
    """For each pattern, no file that matches may have changed"""
    maxAttempts: NotRequired[int]
    """How often the agent may say that it is done"""


class TaskConfigDict(TypedDict):
    """`TaskConfig` of the server's documents."""

    enableDiff: NotRequired[bool]
    """Offer the agent `apply_diff`"""
    enableCheckpoints: NotRequired[bool]
    """Keep a checkpoint of the workspace before each change"""
    maxIterations: NotRequired[int | None]
    timeout: NotRequired[float | None]
    """Seconds the task may take"""
    mode: NotRequired[str | None]
    """The mode it begins in; the session's if left out"""
    askOnFailure: NotRequired[bool | None]
    """If a request to the model fails, ask a person (`api_req_failed`) whether to try again, instead
    of failing
    """
    maxCost: NotRequired[float | None]
    """US dollars that it and its subtasks may cost, retries included"""
    maxTokens: NotRequired[int | None]
    """Tokens, in and out, that it and its subtasks may use, retries included"""
    maxRequests: NotRequired[int | None]
    """Requests to models that it and its subtasks may make, also those that fail or make a summary,
    retries included
    """
    maxDuration: NotRequired[float | None]
    """Seconds from the start of a turn within which it must have ended, whatever it waits for"""
    checks: NotRequired[TaskChecksDict | None]
    """What must hold when the agent says that it is done; commands need `tool:execute`, and run
    without an approval
    """


class LogFilterDict(TypedDict):
    """`LogFilter` of the server's documents."""

    levels: NotRequired[Sequence[Literal["debug", "info", "warning", "error"]] | None]
    minLevel: NotRequired[Literal["debug", "info", "warning", "error"] | None]
    sessionId: NotRequired[str | None]
    taskId: NotRequired[str | None]
    text: NotRequired[str | None]


class WatchFiltersDict(TypedDict):
    """`WatchFilters` of the server's documents."""

    logs: NotRequired[LogFilterDict | None]
