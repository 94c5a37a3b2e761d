"""What the server answers.

Made by scripts/clients from the server's documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSettings:
    """`NotificationSettings` of the server's documents."""

    task_completed: bool = True
    task_failed: bool = True
    approval_required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPreferences:
    """`UserPreferences` of the server's documents."""

    theme: Literal["light", "dark", "auto"] = "auto"
    language: str = "en"
    notifications: NotificationSettings | None = None
    default_provider: str = "auto"
    default_model: str = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """`User` of the server's documents."""

    id: str
    email: str
    name: str
    provider: Literal["local", "google", "github", "microsoft"]
    roles: list[Literal["admin", "developer", "viewer"]]
    created_at: datetime
    last_login_at: datetime
    preferences: UserPreferences | None = None
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """`Tokens` of the server's documents."""

    access_token: str
    refresh_token: str
    expires_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginAnswer:
    """The user who has logged in, and their tokens."""

    user: User
    tokens: Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInProvider:
    """`SignInProvider` of the server's documents."""

    name: str
    label: str
    start_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInProviders:
    """`SignInProviders` of the server's documents."""

    providers: list[SignInProvider]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshAnswer:
    """The new tokens."""

    tokens: Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """The connection continues; `expiresAt` is left out if the credential does not expire."""

    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileAnswer:
    """The caller's own user data, and all that they may: what their roles grant, as far as the
    credential reaches.
    """

    user: User
    permissions: list[
        Literal[
            "session:read",
            "session:write",
            "session:share",
            "session:leave",
            "task:read",
            "task:write",
            "task:steer",
            "file:read",
            "file:write",
            "tool:read",
            "tool:execute",
            "approval:read",
            "approval:respond",
            "event:read",
            "webhook:read",
            "webhook:write",
            "monitoring:read",
            "profile:write",
            "account:read",
            "account:write",
            "user:read",
            "user:write",
            "audit:read",
        ]
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class PasswordChanged:
    """`PasswordChanged` of the server's documents."""

    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedOut:
    """`LoggedOut` of the server's documents."""

    logged_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownLogin:
    """`ShownLogin` of the server's documents."""

    id: str
    source: str
    created_at: datetime
    used_at: datetime
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pagination:
    """`Pagination` of the server's documents."""

    total: int
    limit: int
    offset: int
    has_more: bool
    next_offset: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginPage:
    """`LoginPage` of the server's documents."""

    data: list[ShownLogin]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """`ApiKey` of the server's documents."""

    id: str
    user_id: str
    name: str
    hint: str
    scopes: list[Literal["read", "write", "admin"]]
    created_at: datetime
    limits: dict[str, int | None] | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """`Keys` of the server's documents."""

    keys: list[ApiKey]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMade:
    """The new key; `secret` is not shown again."""

    key: ApiKey
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyShown:
    """`KeyShown` of the server's documents."""

    key: ApiKey


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedIdentity:
    """`LinkedIdentity` of the server's documents."""

    id: str
    user_id: str
    provider: str
    issuer: str
    subject: str
    created_at: datetime
    used_at: datetime
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Identities:
    """`Identities` of the server's documents."""

    identities: list[LinkedIdentity]


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityShown:
    """`IdentityShown` of the server's documents."""

    identity: LinkedIdentity


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPage:
    """`UserPage` of the server's documents."""

    data: list[User]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class UserShown:
    """`UserShown` of the server's documents."""

    user: User


@dataclass(frozen=True, slots=True, kw_only=True)
class UserInvitation:
    """`UserInvitation` of the server's documents."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UserMade:
    """The new user, and their invitation if they have no password yet."""

    user: User
    invitation: UserInvitation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserInvited:
    """`UserInvited` of the server's documents."""

    invitation: UserInvitation


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """`Profile` of the server's documents."""

    id: str
    name: str
    provider: str
    model: str
    has_key: bool
    is_active: bool
    created_at: datetime
    updated_at: datetime
    base_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiles:
    """The caller's profiles, sorted by name."""

    profiles: list[Profile]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileShown:
    """An answer with one profile."""

    profile: Profile


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileRemoved:
    """A deleted profile."""

    profile_id: str
    deleted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderProblem:
    """`ProviderProblem` of the server's documents."""

    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelPrices:
    """`ModelPrices` of the server's documents."""

    input: float
    output: float
    cache_read: float
    cache_write: float


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedModel:
    """`OfferedModel` of the server's documents."""

    id: str
    is_default: bool
    """Whether `auto` means it at this provider"""
    context_window: int | None = None
    max_output: int | None = None
    takes_images: bool | None = None
    prices: ModelPrices | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedProvider:
    """`OfferedProvider` of the server's documents."""

    name: str
    is_default: bool
    """Whether `auto` means it"""
    is_usable: bool
    needs_credential: bool
    has_credential: bool
    models: list[OfferedModel]
    profile: str | None = None
    problem: ProviderProblem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelChoice:
    """`ModelChoice` of the server's documents."""

    provider: str
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCatalogue:
    """All providers by name, and what a new session of the caller uses if it names neither.

    `default` is left out if no provider could be used: tasks would fail.
    """

    providers: list[OfferedProvider]
    default: ModelChoice | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedPlaybook:
    """`OfferedPlaybook` of the server's documents."""

    name: str
    description: str
    match: list[str]
    steps: int
    """How many steps it has"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Playbooks:
    """The playbooks in the order in which their phrases are looked for.

    `default` is the one that is played if no phrase occurs.
    """

    playbooks: list[OfferedPlaybook]
    default: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceLimits:
    """`ResourceLimits` of the server's documents."""

    WIRE_NAMES: ClassVar[Mapping[str, str]] = {
        "max_memory_mb": "maxMemoryMB",
        "max_disk_mb": "maxDiskMB",
        "max_file_size_mb": "maxFileSizeMB",
    }
    max_memory_mb: int = 512
    max_cpu_percent: int = 100
    """Share of one processor"""
    max_disk_mb: int = 1024
    max_execution_time: int = 300
    """Seconds that one command may take"""
    max_processes: int = 128
    max_file_size_mb: int = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRule:
    """`ApprovalRule` of the server's documents."""

    decision: Literal["always", "ask", "never"]
    tool: str | None = None
    """A tool's name"""
    group: str | None = None
    """A tool group: read, edit, command …"""
    path: str | None = None
    """A glob over workspace paths"""
    command: str | None = None
    """A command prefix, as words"""
    server: str | None = None
    """An MCP server's name"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AutoApproval:
    """`AutoApproval` of the server's documents."""

    auto_approval_enabled: bool = False
    always_allow_read_only: bool | None = None
    """`false` asks; if left out, the server's default applies"""
    always_allow_read_only_outside_workspace: bool = False
    always_allow_write: bool = False
    always_allow_write_outside_workspace: bool = False
    always_allow_write_protected: bool = False
    """Also files that configure the agent: .roo, .roomodes, .rooignore …"""
    write_delay_ms: int = 0
    request_delay_seconds: int = 0
    always_allow_browser: bool = False
    always_allow_mcp: bool = False
    always_allow_mode_switch: bool = False
    always_allow_subtasks: bool = False
    always_allow_execute: bool = False
    allowed_commands: list[str] = field(default_factory=list)
    """Prefixes run without asking; `*`: all. The longest match of both lists decides"""
    denied_commands: list[str] = field(default_factory=list)
    """Prefixes that need approval nevertheless"""
    always_allow_followup_questions: bool = False
    followup_auto_approve_timeout_ms: int = 60000
    """After this time the first suggestion is the answer"""
    allowed_max_requests: int | None = None
    """Requests before a person is asked"""
    allowed_max_cost: float | None = None
    """US dollars before a person is asked"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcpAgent:
    """`AcpAgent` of the server's documents."""

    command: list[str]
    """The program and its arguments, run in the sandbox"""
    environment: dict[str, str] = field(default_factory=dict)
    """Environment variables; their values are never shown"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """`Agent` of the server's documents."""

    acp: AcpAgent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class McpServer:
    """`McpServer` of the server's documents."""

    type: Literal["stdio", "streamable-http"] | None = None
    command: str | None = None
    args: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    cwd: str | None = None
    """The folder to start it in"""
    url: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    disabled: bool = False
    always_allow: list[str] = field(default_factory=list)
    """Tools that need no approval"""
    timeout: int = 60
    """Seconds that one call may take"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReview:
    """`ModelReview` of the server's documents."""

    provider: str | None = None
    """The session's, if left out"""
    model: str | None = None
    """The session's, if both are left out; the provider's default, if `provider` is named alone"""
    instructions: str | None = None
    """What it is to decide by"""
    within: float = 60.0
    """Seconds that it may take"""
    otherwise: Literal["refuse", "fail"] = "refuse"
    """What happens if it fails, is too slow, or does not decide"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unanswered:
    """`Unanswered` of the server's documents."""

    after: float
    """Seconds to wait for an answer"""
    then: Literal["refuse", "allow", "answer", "review", "fail"]
    """`refuse` or `allow` it, `answer` a question with `answer`, have a model `review` it, or `fail`
    the task, with `NOBODY_ANSWERED`
    """
    answer: str | None = None
    """The answer to a question or, with `refuse`, what the agent is told"""
    review: ModelReview | None = None
    """Who decides, with `review`; the session's model, if left out"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnattendedPolicy:
    """`UnattendedPolicy` of the server's documents."""

    read: Unanswered | None = None
    """A tool that reads"""
    edit: Unanswered | None = None
    """A tool that changes files"""
    command: Unanswered | None = None
    """A command"""
    browser: Unanswered | None = None
    """The browser"""
    mcp: Unanswered | None = None
    """A tool of an MCP server"""
    modes: Unanswered | None = None
    """Another mode, or a subtask"""
    question: Unanswered | None = None
    """A question of the agent"""
    mistakes: Unanswered | None = None
    """Whether to go on after many steps without success"""
    failed_request: Unanswered | None = None
    """Whether to ask the model again after a request has failed"""
    budget: Unanswered | None = None
    """Whether to go on beyond the limits for automatic approval"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionConfig:
    """`SessionConfig` of the server's documents."""

    provider: str
    model: str
    mode: str
    allowed_commands: list[str]
    """Command prefixes that may run; `*` allows all"""
    resource_limits: ResourceLimits
    max_tokens: int | None = None
    temperature: float | None = None
    network: bool = False
    approvals: list[ApprovalRule] = field(default_factory=list)
    auto_approval: AutoApproval | None = None
    custom_instructions: str | None = None
    agent: Agent | None = None
    effort: Literal["low", "medium", "high"] | None = None
    """How much a reasoning model should think"""
    mcp_servers: dict[str, McpServer] = field(default_factory=dict)
    fuzzy_match_threshold: float | None = None
    """The similarity, from 0 to 1, that apply_diff requires; 1 unless set"""
    unattended: bool = False
    """Nobody is there to answer: what needs approval is refused at once, and the agent continues"""
    unattended_policy: UnattendedPolicy | None = None
    """What happens, for each kind of question, when nobody answers"""
    concurrent_tasks: int = 1
    """How many of its tasks may run at once"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSession:
    """`ListedSession` of the server's documents."""

    id: str
    user_id: str
    name: str
    workspace_id: str
    config: SessionConfig
    status: Literal["active", "inactive", "archived"]
    created_at: datetime
    updated_at: datetime
    access: Literal["owner", "collaborator", "watcher"]
    work: Literal["waiting", "running", "failed", "idle"]
    expires_at: datetime | None = None
    purpose: str | None = None
    """What a program keeps it for; a user has one session for each purpose"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPage:
    """A page of sessions; `data` and `pagination` repeat it in the form of S0's "Pagination"."""

    sessions: list[ListedSession]
    total: int
    has_more: bool
    data: list[ListedSession]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class CallersSession:
    """`CallersSession` of the server's documents."""

    id: str
    user_id: str
    name: str
    workspace_id: str
    config: SessionConfig
    status: Literal["active", "inactive", "archived"]
    created_at: datetime
    updated_at: datetime
    access: Literal["owner", "collaborator", "watcher"]
    expires_at: datetime | None = None
    purpose: str | None = None
    """What a program keeps it for; a user has one session for each purpose"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceLocation:
    """`WorkspaceLocation` of the server's documents."""

    path: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionCreated:
    """The new session and its workspace."""

    session: CallersSession
    workspace: WorkspaceLocation


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEnsured:
    """The session for the purpose; `created` if there was none."""

    session: CallersSession
    workspace: WorkspaceLocation
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAnswer:
    """An answer with one session."""

    session: CallersSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Sandbox:
    """`Sandbox` of the server's documents."""

    runtime: str
    id: str
    path: str
    status: str
    limits: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxAnswer:
    """An answer with the session's sandbox."""

    sandbox: Sandbox


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRemoved:
    """The session has been deleted, with its workspace, tasks and events."""

    session_id: str
    deleted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """`Share` of the server's documents."""

    user_id: str
    email: str
    name: str
    access: Literal["collaborator", "watcher"]
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareAnswer:
    """An answer with one share."""

    share: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOwner:
    """`SessionOwner` of the server's documents."""

    user_id: str
    email: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """Whose session it is, and with whom it is shared, in the order in which they came."""

    owner: SessionOwner
    shares: list[Share]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRemoved:
    """The session is not shared with this user any more."""

    session_id: str
    user_id: str
    removed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandCheck:
    """`CommandCheck` of the server's documents."""

    command: str
    """The command line, run by `sh -c`"""
    exit_code: int = 0
    timeout: float | None = None
    """Seconds it may take, at most the session's `maxExecutionTime`, which is also the default"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskChecks:
    """`TaskChecks` of the server's documents."""

    commands: list[CommandCheck] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    """For each pattern, a file that matches must have changed"""
    protect: list[str] = field(default_factory=list)
    """For each pattern, no file that matches may have changed"""
    max_attempts: int = 3
    """How often the agent may say that it is done"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskConfig:
    """`TaskConfig` of the server's documents."""

    enable_diff: bool = True
    """Offer the agent `apply_diff`"""
    enable_checkpoints: bool = False
    """Keep a checkpoint of the workspace before each change"""
    max_iterations: int | None = None
    timeout: float | None = None
    """Seconds the task may take"""
    mode: str | None = None
    """The mode it begins in; the session's if left out"""
    ask_on_failure: bool | None = None
    """If a request to the model fails, ask a person (`api_req_failed`) whether to try again, instead
    of failing
    """
    max_cost: float | None = None
    """US dollars that it and its subtasks may cost, retries included"""
    max_tokens: int | None = None
    """Tokens, in and out, that it and its subtasks may use, retries included"""
    max_requests: int | None = None
    """Requests to models that it and its subtasks may make, also those that fail or make a summary,
    retries included
    """
    max_duration: float | None = None
    """Seconds from the start of a turn within which it must have ended, whatever it waits for"""
    checks: TaskChecks | None = None
    """What must hold when the agent says that it is done; commands need `tool:execute`, and run
    without an approval
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOutcome:
    """`CheckOutcome` of the server's documents."""

    kind: Literal["command", "changed", "protect"]
    check: str
    passed: bool
    reason: str | None = None
    exit_code: int | None = None
    output_hash: str | None = None
    output: str | None = None
    execution_time: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckEvidence:
    """`CheckEvidence` of the server's documents."""

    attempt: int
    passed: bool
    tree_hash: str
    checked_at: datetime
    results: list[CheckOutcome]


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskResult:
    """`TaskResult` of the server's documents."""

    summary: str
    files_created: list[str] = field(default_factory=list)
    files_modified: list[str] = field(default_factory=list)
    files_deleted: list[str] = field(default_factory=list)
    commands_executed: list[str] = field(default_factory=list)
    tools_used: list[str] = field(default_factory=list)
    checks: CheckEvidence | None = None
    """The outcome of the task's checks, if it has any: they have passed"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskError:
    """`TaskError` of the server's documents."""

    code: str
    message: str
    details: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsage:
    """`TokenUsage` of the server's documents."""

    total_tokens_in: int = 0
    total_tokens_out: int = 0
    total_cache_writes: int = 0
    total_cache_reads: int = 0
    total_cost: float = 0.0
    total_requests: int = 0
    """Requests to models, also those that failed or made a summary"""
    context_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUse:
    """`ToolUse` of the server's documents."""

    attempts: int = 0
    failures: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """`Task` of the server's documents."""

    id: str
    session_id: str
    input: str
    status: Literal["pending", "running", "completed", "failed", "cancelled"]
    activity: Literal["queued", "active", "interactive", "paused", "resumable", "idle"]
    progress: int
    config: TaskConfig
    created_at: datetime
    queued_at: datetime
    """When it was created, or last taken up again by a message or a retry"""
    client_id: str | None = None
    """The id that the client has chosen"""
    type: str | None = None
    priority: Literal["low", "medium", "high"] = "medium"
    dependencies: list[str] = field(default_factory=list)
    """The tasks that must complete before it begins, as they were named"""
    waiting_for: list[str] = field(default_factory=list)
    """Those of them that have not completed yet"""
    files_pattern: str | None = None
    retry_count: int = 0
    """How often it was retried"""
    turn: int = 1
    """1, and one more for each message that took it up after it had ended; a retry begins with 1 again"""
    turn_started_at: datetime | None = None
    """When work on the present turn began; `startedAt` is the first"""
    turn_message_id: str | None = None
    """The message that began the present turn; none began the first"""
    continued_from: str | None = None
    """The task whose conversation it began with"""
    continue_latest: bool | None = None
    """True if it continues from the latest task when it begins"""
    interrupted_by: Literal["person", "server"] | None = None
    """Who stopped it, while it can be resumed"""
    images: list[str] = field(default_factory=list)
    step: str | None = None
    iterations: int = 0
    result: TaskResult | None = None
    error: TaskError | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    estimated_duration: int | None = None
    """Seconds: the median of the session's last 20 completed tasks, left out before the first"""
    mode: str = "code"
    todos: str | None = None
    """What is to be done, as Markdown"""
    usage: TokenUsage | None = None
    """What it has used, retries included"""
    tool_usage: dict[str, ToolUse] = field(default_factory=dict)
    parent_id: str | None = None
    """The task whose subtask this is"""
    parent_call_id: str | None = None
    """The call of the parent that asked for it"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskCreated:
    """The new task, and where to follow its events from the first one."""

    task: Task
    websocket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPage:
    """A page of tasks, newest first."""

    data: list[Task]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskAnswer:
    """An answer with one task."""

    task: Task


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskStack:
    """The task that a session works on, then the subtask that it waits for, and so on; the last one is
    current.
    """

    tasks: list[Task]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """`Message` of the server's documents."""

    id: str
    task_id: str
    ts: int
    type: Literal["ask", "say"]
    created_at: datetime
    ask: str | None = None
    say: str | None = None
    text: str | None = None
    images: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageAnswer:
    """An answer with one message."""

    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagePage:
    """A page of messages, oldest first."""

    data: list[Message]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTurn:
    """`TaskTurn` of the server's documents."""

    turn: int
    retry_count: int
    input: str
    status: Literal["pending", "running", "completed", "failed", "cancelled"]
    message_id: str | None = None
    result: TaskResult | None = None
    error: TaskError | None = None
    started_at: datetime | None = None
    completed_at: datetime | None = None
    usage: TokenUsage | None = None
    iterations: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTurnPage:
    """A page of a task's turns, newest first."""

    data: list[TaskTurn]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFile:
    """`ChangedFile` of the server's documents."""

    path: str
    kind: str
    added: int | None = None
    removed: int | None = None
    is_generated: bool = False
    """In a comparison: whether `.gitignore` files of the workspace exclude it, or it is what tools
    leave behind, as `__pycache__`
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class RewindAnswer:
    """The task as it is now, and the files that changed."""

    task: Task
    files: list[ChangedFile] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskForked:
    """The copied session, and the ids that the task and the message have there."""

    session: CallersSession
    workspace: WorkspaceLocation
    task_id: str
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskDifference:
    """The files that differ, and the unified diff, both truncated if they are long.

    `totalFiles` counts the files that are not named, too.
    """

    files: list[ChangedFile]
    total_files: int
    diff: str
    is_truncated: bool
    until: str | None = None
    """The task before whose start the comparison ends; left out if it ends now"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeGroup:
    """`ModeGroup` of the server's documents."""

    name: str
    file_regex: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """`Mode` of the server's documents."""

    slug: str
    """Letters, digits and dashes"""
    name: str
    role_definition: str
    groups: list[ModeGroup] = field(default_factory=list)
    when_to_use: str | None = None
    description: str | None = None
    custom_instructions: str | None = None
    source: str = "built-in"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeCatalogue:
    """The modes of a session; `problem` says what is wrong with its `.roomodes`, if anything is."""

    modes: list[Mode]
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingModes:
    """The modes of every session; `default` is the one in which those begin that name none."""

    modes: list[Mode]
    default: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolParameter:
    """`ToolParameter` of the server's documents."""

    type: str
    description: str
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDescription:
    """`ToolDescription` of the server's documents."""

    name: str
    description: str
    group: Literal["read", "edit", "command", "browser", "mcp", "modes", "always"]
    parameters: dict[str, ToolParameter]
    input_schema: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCatalogue:
    """All tools."""

    tools: list[ToolDescription]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolOutcome:
    """`ToolOutcome` of the server's documents."""

    success: bool
    output: str
    files_changed: list[str] = field(default_factory=list)
    exit_code: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceUsage:
    """`ResourceUsage` of the server's documents."""

    memory: float
    cpu: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolExecuted:
    """The result of a tool call; `executionTime` is in milliseconds."""

    result: ToolOutcome
    execution_time: float
    resource_usage: ResourceUsage


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """`Approval` of the server's documents."""

    id: str
    session_id: str
    task_id: str
    call_id: str
    tool_name: str
    action: str
    description: str
    parameters: dict[str, Any]
    status: Literal["pending", "approved", "rejected", "expired", "cancelled"]
    created_at: datetime
    expires_at: datetime
    feedback: str | None = None
    resolved_at: datetime | None = None
    resolved_by: str | None = None
    reviewed_by: str | None = None
    """The provider and model that decided in the place of people"""
    rules: list[ApprovalRule] = field(default_factory=list)
    """What an answer that is remembered makes a rule of: allowed if approved, forbidden if rejected.
    Empty if it cannot be remembered
    """
    remembered: Literal["once", "session", "always"] | None = None
    unanswered: Unanswered | None = None
    """What happens at `expiresAt`; it expires if left out"""
    by_rule: ApprovalRule | None = None
    """The rule that answered it, made while it was open"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalPage:
    """A page of approvals, newest first."""

    data: list[Approval]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalAnswer:
    """An answer with one approval."""

    approval: Approval


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingRule:
    """`StandingRule` of the server's documents."""

    id: str
    rule: ApprovalRule
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RulePage:
    """A page of standing rules, in the order in which they apply: the last that matches decides."""

    data: list[StandingRule]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRemoved:
    """A rule that was taken back."""

    rule_id: str
    deleted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEntry:
    """`InboxEntry` of the server's documents."""

    kind: Literal["approval", "question", "interrupted"]
    session_id: str
    session_name: str
    access: Literal["owner", "collaborator", "watcher"]
    task_id: str
    task_input: str
    """The beginning of what the task is to do"""
    since: datetime
    approval: Approval | None = None
    question: str | None = None
    suggestions: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxPage:
    """A page of what waits, the newest first."""

    data: list[InboxEntry]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """`FileEntry` of the server's documents."""

    name: str
    path: str
    type: str
    size: int
    modified_at: datetime
    etag: str | None = None
    """Changes with the content; left out for directories and links, and in lists"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryEntry:
    """`DirectoryEntry` of the server's documents."""

    name: str
    path: str
    type: str
    child_count: int
    modified_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FileListing:
    """A directory's content."""

    files: list[FileEntry]
    directories: list[DirectoryEntry]
    total: int
    has_more: bool
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """A file's content; `size` is in bytes of the file."""

    path: str
    content: str
    encoding: Literal["utf-8", "base64"]
    size: int
    modified_at: datetime
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileAnswer:
    """An answer with one file."""

    file: FileEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRemoved:
    """A file or directory that was deleted."""

    path: str
    deleted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryCloned:
    """A cloned repository.

    `files` counts files and links, without `.git`; `commit` is null if there is none yet.
    """

    url: str
    files: int
    size: int
    commit: str | None = None
    branch: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMatch:
    """`FileMatch` of the server's documents."""

    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesFound:
    """The files found, sorted by path."""

    matches: list[FileMatch]
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMatch:
    """`TextMatch` of the server's documents."""

    path: str
    line: int
    column: int
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFound:
    """The matching lines, sorted by path and line."""

    matches: list[TextMatch]
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MeaningMatch:
    """`MeaningMatch` of the server's documents."""

    path: str
    start_line: int
    end_line: int
    score: float
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MeaningFound:
    """The nearest pieces, the best first.

    `files` is the number of files that were searched, `waiting` of those that are new or have changed and
    are still being read. `truncated` says that there are files beyond what is searched.
    """

    matches: list[MeaningMatch]
    files: int
    waiting: int
    truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """`Checkpoint` of the server's documents."""

    id: str
    reason: str
    created_at: datetime
    task_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointPage:
    """A page of checkpoints, newest first."""

    data: list[Checkpoint]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointCreated:
    """The new checkpoint; `checkpoint` is left out if nothing has changed since the last one."""

    checkpoint: Checkpoint | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointDifference:
    """The files that differ, and the unified diff, both truncated if they are long.

    `totalFiles` counts the files that are not named, too.
    """

    files: list[ChangedFile]
    total_files: int
    diff: str
    is_truncated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointRestored:
    """What a restoration changed; `savedAs` is the checkpoint of the workspace just before it."""

    files: list[ChangedFile]
    saved_as: Checkpoint | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListeningPort:
    """`ListeningPort` of the server's documents."""

    port: int
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """`Process` of the server's documents."""

    pid: int
    command: str
    cwd: str
    status: Literal["running", "exited", "stopped", "failed"]
    log: str
    started_at: datetime
    ports: list[int] = field(default_factory=list)
    listeners: list[ListeningPort] = field(default_factory=list)
    exit_code: int | None = None
    error: str | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessAnswer:
    """An answer with one process."""

    process: Process


@dataclass(frozen=True, slots=True, kw_only=True)
class Processes:
    """A session's processes, oldest first."""

    processes: list[Process]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessLog:
    """The last lines of a process's output, both streams in order.

    `position` counts all characters that it has printed: a client continues with the `process.output` of
    this position.
    """

    pid: int
    logs: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellExecuted:
    """The result of a command line: its output, without the middle if it is long."""

    command: str
    output: str
    exit_code: int
    execution_time: float
    """Milliseconds"""
    timestamp: datetime
    stopped_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """`Terminal` of the server's documents."""

    id: str
    command: str
    columns: int
    rows: int
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalAnswer:
    """An answer with one terminal."""

    terminal: Terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminals:
    """A session's open terminals, oldest first."""

    terminals: list[Terminal]


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalScreen:
    """A terminal with its last output; `position` counts all characters since it was opened.

    A client that reconnects shows `output` and continues with the `terminal.output` of this position.
    """

    terminal: Terminal
    output: str
    position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class McpTool:
    """`McpTool` of the server's documents."""

    name: str
    description: str
    input_schema: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class McpResource:
    """`McpResource` of the server's documents."""

    uri: str
    name: str
    description: str
    mime_type: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class McpPrompt:
    """`McpPrompt` of the server's documents."""

    name: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class McpServerState:
    """`McpServerState` of the server's documents."""

    name: str
    origin: Literal["server", "session", "workspace"]
    status: Literal["stopped", "connected", "failed", "disabled"]
    error: str | None = None
    tools: list[McpTool] = field(default_factory=list)
    resources: list[McpResource] = field(default_factory=list)
    prompts: list[McpPrompt] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class McpServers:
    """A session's MCP servers; `error` says what is wrong with `.roo/mcp.json`, if anything is."""

    servers: list[McpServerState]
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class McpRestarted:
    """An answer with the restarted server."""

    server: McpServerState


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCursor:
    """`EventCursor` of the server's documents."""

    limit: int
    has_more: bool
    next_after: int
    head: int
    first: int
    last_event_id: str | None = None
    reset: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EventPage:
    """A page of events as stored in the log, each with its own fields beside the envelope."""

    data: list[dict[str, Any]]
    pagination: EventCursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """Whether this socket follows the session, and the last seq of its log at this moment, with its
    id.

    `reset` means that the cursor did not belong to this log, or that events after it have been removed,
    and that the whole log follows.
    """

    session_id: str
    following: bool
    head: int
    last_event_id: str | None = None
    reset: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Whether this socket follows the sessions of a scope, which of their events, and after which
    cursor.

    `reset` means that the cursor was none of this server's, and that everything follows.
    """

    following: bool
    scope: Literal["mine", "shared", "all"] | None = None
    types: list[str] = field(default_factory=list)
    cursor: str | None = None
    reset: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineCursor:
    """`TimelineCursor` of the server's documents."""

    limit: int
    has_more: bool
    """Whether to continue now; a page may be empty all the same"""
    next_after: str
    reset: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineSlice:
    """A page of the events of all sessions, each with its `cursor`."""

    data: list[dict[str, Any]]
    pagination: TimelineCursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """`Webhook` of the server's documents."""

    id: str
    url: str
    events: list[str]
    status: Literal["active", "failing", "disabled"]
    created_at: datetime
    updated_at: datetime
    failures: int
    failing_since: datetime | None = None
    next_attempt_at: datetime | None = None
    last_error: str | None = None
    last_delivered_at: datetime | None = None
    disabled_at: datetime | None = None
    disabled_reason: Literal["by_owner", "failures", "gone"] | None = None
    former_secret_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhooks:
    """`Webhooks` of the server's documents."""

    webhooks: list[Webhook]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookWithSecret:
    """A webhook with the secret that the server has generated, shown only once; left out if the caller
    has chosen it.
    """

    webhook: Webhook
    secret: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookShown:
    """`WebhookShown` of the server's documents."""

    webhook: Webhook


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRemoved:
    """`WebhookRemoved` of the server's documents."""

    webhook_id: str
    deleted: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAttempt:
    """`DeliveryAttempt` of the server's documents."""

    webhook_id: str
    number: int
    kind: Literal["delivery", "test", "redelivery"]
    event: str
    event_id: str
    attempted_at: datetime
    duration_ms: int
    succeeded: bool
    status: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptShown:
    """`AttemptShown` of the server's documents."""

    attempt: DeliveryAttempt


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptPage:
    """`AttemptPage` of the server's documents."""

    data: list[DeliveryAttempt]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The state of the server: whether it works, and the runtime of its commands."""

    status: str
    version: str
    runtime: str
    running_tasks: int
    active_sessions: int
    docker_available: bool
    timestamp: datetime
    runtime_problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkStats:
    """`NetworkStats` of the server's documents."""

    bytes_sent: int
    bytes_recv: int
    packets_sent: int
    packets_recv: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemLoad:
    """`SystemLoad` of the server's documents."""

    load1: float
    load5: float
    load15: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemResources:
    """Resources of the whole machine: usage in percent, sizes in bytes.

    `cpuUsage` is the mean since the previous measurement. `claudeProcesses` counts agent programs.
    """

    cpu_usage: float
    memory_usage: float
    memory_used: int
    memory_total: int
    disk_usage: float
    disk_used: int
    disk_total: int
    network_stats: NetworkStats
    system_load: SystemLoad
    active_processes: int
    claude_processes: int
    timestamp: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedChannels:
    """What this socket watches from now on; resources are measured every `sampleInterval` seconds."""

    channels: list[Literal["resources", "logs"]]
    sample_interval: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenProcess:
    """`SeenProcess` of the server's documents."""

    pid: int
    name: str
    cmdline: str
    status: Literal["running", "stopped", "zombie"]
    cpu_percent: float
    memory_percent: float
    memory_rss: int
    create_time: datetime
    type: Literal[
        "opencode",
        "claude",
        "claude-desktop",
        "codex",
        "gemini",
        "roo",
        "roocode",
        "command",
        "sandbox",
        "server",
        "system",
    ]
    session_id: str | None = None
    task_id: str | None = None
    working_dir: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemProcesses:
    """Processes that the caller may see; `totalCount` counts all that the request selects."""

    processes: list[SeenProcess]
    total_count: int
    system_load: SystemLoad
    timestamp: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentProgram:
    """`AgentProgram` of the server's documents."""

    pid: int
    type: Literal[
        "opencode",
        "claude",
        "claude-desktop",
        "codex",
        "gemini",
        "roo",
        "roocode",
        "command",
        "sandbox",
        "server",
        "system",
    ]
    status: Literal["running", "stopped", "zombie"]
    cmdline: str
    name: str
    start_time: datetime
    memory_usage: int
    memory_percent: float
    cpu_percent: float
    is_opencode: bool
    is_claude_desktop: bool
    activity: Literal["executing_task", "waiting_for_person", "working", "idle"]
    discovered_at: datetime
    session_id: str | None = None
    task_id: str | None = None
    working_dir: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemAgents:
    """The agent programs that the caller may see, oldest first."""

    agents: list[AgentProgram]
    timestamp: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class KilledProcess:
    """The signal has been sent; `success` if the process has ended, which it did at `terminationTime`."""

    pid: int
    signal: Literal["SIGTERM", "SIGKILL", "SIGINT", "SIGHUP", "SIGQUIT"]
    success: bool
    termination_time: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """`LogEntry` of the server's documents."""

    time: datetime
    level: Literal["debug", "info", "warning", "error"]
    message: str
    logger: str
    session_id: str | None = None
    task_id: str | None = None
    request_id: str | None = None
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """Entries, newest first. With `nextCursor` there may be older ones, also if `entries` is empty."""

    entries: list[LogEntry]
    timestamp: datetime
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseTimes:
    """`ResponseTimes` of the server's documents."""

    average: float | None = None
    min: float | None = None
    max: float | None = None
    p95: float | None = None
    p99: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput:
    """`Throughput` of the server's documents."""

    total_requests: int
    requests_per_second: float
    bytes_per_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRates:
    """`ErrorRates` of the server's documents."""

    total_errors: int
    error_rate_percent: float
    errors_by_type: dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceTrends:
    """`ResourceTrends` of the server's documents."""

    cpu_trend: list[float]
    memory_trend: list[float]
    timestamps: list[datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationPerformance:
    """`OperationPerformance` of the server's documents."""

    operation: str
    requests: int
    errors: int
    response_times: ResponseTimes


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """All calls of all callers at all doors since `since`, which is the start of a measured period.

    `operations` are those that took most time, the longest first.
    """

    time_range: Literal["1m", "5m", "15m", "30m", "1h", "6h", "12h", "24h"]
    since: datetime
    response_times: ResponseTimes
    throughput: Throughput
    error_rates: ErrorRates
    resource_usage: ResourceTrends
    operations: list[OperationPerformance]
    timestamp: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRow:
    """`UsageRow` of the server's documents."""

    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cache_reads: int = 0
    cache_writes: int = 0
    cost: float = 0.0
    unpriced_requests: int = 0
    """Those of the requests whose model had no known price, and are not in `cost`"""
    day: str | None = None
    user_id: str | None = None
    session_id: str | None = None
    provider: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageSums:
    """`UsageSums` of the server's documents."""

    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cache_reads: int = 0
    cache_writes: int = 0
    cost: float = 0.0
    unpriced_requests: int = 0
    """Those of the requests whose model had no known price, and are not in `cost`"""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsagePage:
    """A page of usage, latest day first, and the sums of all pages."""

    data: list[UsageRow]
    total: UsageSums
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """`AuditEntry` of the server's documents."""

    number: int
    at: datetime
    user_id: str
    credential: Literal["token", "key", "open", "none"]
    credential_id: str
    address: str
    door: Literal["socket.io", "rest", "s3-rest", "websocket", "command-line", "in-process"]
    operation: str
    subject: dict[str, str]
    status: int
    request_id: str
    previous: str
    hash: str
    code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """A page of the audit log, newest first."""

    data: list[AuditEntry]
    pagination: Pagination


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditVerification:
    """The result of checking the chain: `brokenAt` is the number of the first invalid entry, `reason`
    says why.

    `head` is the last hash that was reached. Kept elsewhere, it shows later whether anything before it
    has changed.
    """

    entries: int
    head: str
    broken_at: int | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """`Session` of the server's documents."""

    id: str
    user_id: str
    name: str
    workspace_id: str
    config: SessionConfig
    status: Literal["active", "inactive", "archived"]
    created_at: datetime
    updated_at: datetime
    expires_at: datetime | None = None
    purpose: str | None = None
    """What a program keeps it for; a user has one session for each purpose"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalPrompt:
    """`ApprovalPrompt` of the server's documents."""

    approval_id: str
    call_id: str
    tool_name: str
    action: str
    description: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """`Changes` of the server's documents."""

    added: int
    removed: int
    diff: str | None = None
    is_counted: bool | None = None
    """False if lines could not be counted, because it is not text, is too large, or what was there
    before is not known; left out otherwise
    """
