"""Sessions: a sandboxed workspace with its configuration. Source: S0, "Session" and "Session Management"."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from dataclasses import field
from typing import Any, Final

from marshmallow import validate

from roocode_server.models.approval import ApprovalRule
from roocode_server.models.auto_approval import AutoApproval
from roocode_server.models.event import Event, LogLine, event
from roocode_server.models.idempotency import IDEMPOTENCY_KEY
from roocode_server.models.identifier import SessionId, UserId
from roocode_server.models.mcp import MOST_BYTES_OF_SERVERS, MOST_SERVERS, McpServer
from roocode_server.models.page import Pagination
from roocode_server.models.shape import (
    UNCHANGEABLE,
    Shape,
    compact,
    described,
    left_out,
    limited,
    one_of,
    value,
)
from roocode_server.models.sharing import Access
from roocode_server.models.unattended import UnattendedPolicy

UNTITLED: Final = "Untitled session"


class SessionStatus(enum.StrEnum):
    """Whether a session accepts work; only `active` ones do."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    ARCHIVED = "archived"


MEBIBYTE: Final = 2**20
MOST_CONCURRENT_TASKS: Final = 100
"""The most tasks of one session that may run at once."""


@value
class ResourceLimits(Shape):
    """The limits of a session's commands. Source: S0, `resourceLimits`."""

    max_memory_mb: int = field(default=512, metadata=limited(least=16, most=1_048_576))
    max_cpu_percent: int = field(
        default=100, metadata=described("Share of one processor", **limited(least=1, most=10_000))
    )
    max_disk_mb: int = field(default=1024, metadata=limited(least=1, most=10_485_760))
    max_execution_time: int = field(
        default=300, metadata=described("Seconds that one command may take", **limited(least=1, most=86_400))
    )
    max_processes: int = field(default=128, metadata=limited(least=1, most=32_768))
    max_file_size_mb: int = field(default=256, metadata=limited(least=1, most=1_048_576))

    @property
    def max_memory_bytes(self) -> int:
        """The memory limit in bytes."""
        return self.max_memory_mb * MEBIBYTE

    @property
    def max_disk_bytes(self) -> int:
        """The disk limit of the workspace in bytes."""
        return self.max_disk_mb * MEBIBYTE

    @property
    def max_file_bytes(self) -> int:
        """The size limit of a file in bytes."""
        return self.max_file_size_mb * MEBIBYTE


@value
class AcpAgent(Shape):
    """An agent program that speaks the Agent Client Protocol on its standard input and output."""

    command: list[str] = field(
        metadata=described(
            "The program and its arguments, run in the sandbox", **compact(100, 65_536, shortest=1)
        )
    )
    environment: dict[str, str] = field(
        default_factory=dict,
        metadata=described("Environment variables; their values are never shown", **compact(200, 65_536)),
    )


@value
class Agent(Shape):
    """Who works on the session's tasks: the built-in agent, unless another one is configured."""

    acp: AcpAgent | None = None


@value
class SessionConfig(Shape):
    """The configuration of a session's agent. Source: S0, `SessionConfig`; what S0 lacks is ours."""

    provider: str = field(metadata=limited(shortest=1, longest=64))
    model: str = field(metadata=limited(shortest=1, longest=256))
    mode: str = field(metadata=limited(shortest=1, longest=64))
    allowed_commands: list[str] = field(
        metadata=described("Command prefixes that may run; `*` allows all", **compact(1000, 131_072))
    )
    resource_limits: ResourceLimits
    max_tokens: int | None = field(default=None, metadata=limited(least=1, most=10_000_000))
    temperature: float | None = field(default=None, metadata=limited(least=0, most=2))
    network: bool = False
    approvals: list[ApprovalRule] = field(default_factory=list, metadata=compact(1000, 131_072))
    auto_approval: AutoApproval = field(default_factory=AutoApproval)
    custom_instructions: str | None = field(default=None, metadata=limited(longest=100_000))
    agent: Agent = field(default_factory=Agent)
    effort: str | None = field(
        default=None,
        metadata=described("How much a reasoning model should think", **one_of("low", "medium", "high")),
    )
    mcp_servers: dict[str, McpServer] = field(
        default_factory=dict, metadata=compact(MOST_SERVERS, MOST_BYTES_OF_SERVERS)
    )
    fuzzy_match_threshold: float | None = field(
        default=None,
        metadata=described(
            "The similarity, from 0 to 1, that apply_diff requires; 1 unless set",
            **limited(most=1, least=0),
        ),
    )
    unattended: bool = field(
        default=False,
        metadata=described(
            "Nobody is there to answer: what needs approval is refused at once, and the agent continues"
        ),
    )
    unattended_policy: UnattendedPolicy = field(
        default_factory=UnattendedPolicy,
        metadata=described("What happens, for each kind of question, when nobody answers"),
    )
    concurrent_tasks: int = field(
        default=1,
        metadata=described(
            "How many of its tasks may run at once", **limited(least=1, most=MOST_CONCURRENT_TASKS)
        ),
    )


@value
class ResourceLimitsChange(Shape):
    """A change of `ResourceLimits`; fields left out are not changed, null means the server's default."""

    max_memory_mb: int | None = field(default_factory=left_out, metadata=limited(least=16, most=1_048_576))
    max_cpu_percent: int | None = field(default_factory=left_out, metadata=limited(least=1, most=10_000))
    max_disk_mb: int | None = field(default_factory=left_out, metadata=limited(least=1, most=10_485_760))
    max_execution_time: int | None = field(default_factory=left_out, metadata=limited(least=1, most=86_400))
    max_processes: int | None = field(default_factory=left_out, metadata=limited(least=1, most=32_768))
    max_file_size_mb: int | None = field(default_factory=left_out, metadata=limited(least=1, most=1_048_576))


@value
class SessionConfigChange(Shape):
    """A change of `SessionConfig`.

    Fields left out are not changed; null, or a field left out of a new session, means the server's default.
    """

    provider: str | None = field(default_factory=left_out, metadata=limited(shortest=1, longest=64))
    model: str | None = field(default_factory=left_out, metadata=limited(shortest=1, longest=256))
    mode: str | None = field(default_factory=left_out, metadata=limited(shortest=1, longest=64))
    allowed_commands: list[str] | None = field(default_factory=left_out, metadata=compact(1000, 131_072))
    resource_limits: ResourceLimitsChange | None = field(default_factory=left_out)
    max_tokens: int | None = field(default_factory=left_out, metadata=limited(least=1, most=10_000_000))
    temperature: float | None = field(default_factory=left_out, metadata=limited(least=0, most=2))
    network: bool | None = field(default_factory=left_out)
    approvals: list[ApprovalRule] | None = field(default_factory=left_out, metadata=compact(1000, 131_072))
    auto_approval: AutoApproval | None = field(
        default_factory=left_out,
        metadata=described("Replaces the settings for automatic approval as a whole"),
    )
    custom_instructions: str | None = field(default_factory=left_out, metadata=limited(longest=100_000))
    agent: Agent | None = field(default_factory=left_out)
    effort: str | None = field(default_factory=left_out, metadata=one_of("low", "medium", "high"))
    mcp_servers: dict[str, McpServer] | None = field(
        default_factory=left_out, metadata=compact(MOST_SERVERS, MOST_BYTES_OF_SERVERS)
    )
    fuzzy_match_threshold: float | None = field(default_factory=left_out, metadata=limited(least=0, most=1))
    unattended: bool | None = field(default_factory=left_out)
    unattended_policy: UnattendedPolicy | None = field(
        default_factory=left_out,
        metadata=described("Replaces what happens to unanswered questions as a whole"),
    )
    concurrent_tasks: int | None = field(
        default_factory=left_out, metadata=limited(least=1, most=MOST_CONCURRENT_TASKS)
    )


@value
class Session(Shape):
    """A session. Source: S0, `Session`."""

    id: SessionId
    user_id: UserId
    name: str
    workspace_id: str
    config: SessionConfig
    status: SessionStatus
    created_at: datetime.datetime
    updated_at: datetime.datetime
    expires_at: datetime.datetime | None = None
    purpose: str | None = field(
        default=None,
        metadata=described("What a program keeps it for; a user has one session for each purpose"),
    )


@value
class CallersSession(Session):
    """A session as its caller sees it: with what they may do there."""

    access: Access

    @classmethod
    def seen(cls, session: Session, access: Access) -> CallersSession:
        """Return the session as somebody with this access sees it."""
        fields = {each.name: getattr(session, each.name) for each in dataclasses.fields(Session)}
        return cls(**fields, access=access)


class SessionWork(enum.StrEnum):
    """What the tasks of a session are doing: one waits for a person, one is under way or queued, the last one
    has failed, or nothing is to be done.
    """

    WAITING = "waiting"
    RUNNING = "running"
    FAILED = "failed"
    IDLE = "idle"


@value
class ListedSession(CallersSession):
    """A session in a list, with what its tasks are doing."""

    work: SessionWork

    @classmethod
    def at_work(cls, session: Session, access: Access, work: SessionWork) -> ListedSession:
        """Return the session as somebody with this access sees it in a list."""
        fields = {each.name: getattr(session, each.name) for each in dataclasses.fields(Session)}
        return cls(**fields, access=access, work=work)


class SessionScope(enum.StrEnum):
    """Which sessions are listed: the caller's own, those that others share with them, or both."""

    MINE = "mine"
    SHARED = "shared"
    ALL = "all"


@value
class WorkspaceLocation(Shape):
    """Where a session's files are: their path as commands see it, and the URL that lists them."""

    path: str
    url: str

    @classmethod
    def of(cls, session_id: SessionId, base_url: str) -> WorkspaceLocation:
        """Return where those of a session are, for callers of this address."""
        return cls(path=mount_path(session_id), url=f"{base_url}/api/v1/sessions/{session_id}/files")


_PURPOSE: Final[dict[str, Any]] = {
    "validate": validate.Regexp(
        r"\A[a-z][a-z0-9_.-]{0,63}\Z", error="Expected a small letter, then letters, digits, `_`, `.` or `-`."
    )
}


@value
class SessionRequest(Shape):
    """What a session is to be."""

    name: str = field(default=UNTITLED, metadata=limited(shortest=1, longest=200))
    config: SessionConfigChange = field(default_factory=SessionConfigChange)
    expires_at: datetime.datetime | None = field(default=None, metadata=described("A time in the future"))


@value
class SessionCreate(SessionRequest):
    """A request to create a session. Source: S0, POST /api/v1/sessions."""

    idempotency_key: str | None = field(default=None, metadata=IDEMPOTENCY_KEY)


@value
class SessionEnsure(SessionRequest):
    """A request for the caller's session for a purpose; the other fields are those of a new one."""

    purpose: str = field(metadata=_PURPOSE)


@value
class SessionRef(Shape):
    """A reference to a session."""

    session_id: SessionId


@value
class SessionList(Shape):
    """A request for the caller's sessions. Source: S0, GET /api/v1/sessions."""

    status: SessionStatus | None = None
    scope: SessionScope = SessionScope.ALL
    purpose: str | None = field(default=None, metadata=_PURPOSE)
    limit: int = field(default=20, metadata=limited(least=1, most=100))
    offset: int = field(default=0, metadata=limited(least=0, most=1_000_000_000))


@value
class SessionFields(Shape):
    """The new fields of a session; the other fields of `session.get`'s answer may be sent along.

    Fields left out are not changed; null resets a field to its default.
    """

    name: str | None = field(default_factory=left_out, metadata=limited(shortest=1, longest=200))
    config: SessionConfigChange | None = field(default_factory=left_out)
    status: SessionStatus | None = field(default_factory=left_out)
    expires_at: datetime.datetime | None = field(
        default_factory=left_out, metadata=described("A time in the future; null: never")
    )
    id: SessionId | None = field(default=None, metadata=UNCHANGEABLE)
    user_id: UserId | None = field(default=None, metadata=UNCHANGEABLE)
    workspace_id: str | None = field(default=None, metadata=UNCHANGEABLE)
    created_at: datetime.datetime | None = field(default=None, metadata=UNCHANGEABLE)
    updated_at: datetime.datetime | None = field(default=None, metadata=described("Ignored"))
    access: Access | None = field(default=None, metadata=described("Ignored"))
    purpose: str | None = field(default=None, metadata=described("Ignored", **limited(longest=64)))


@value
class SessionUpdate(SessionFields):
    """A change of a session: its fields, or `session` as in the answer of `session.get`.

    Source: S0, PUT /api/v1/sessions/{sessionId}.
    """

    session_id: SessionId
    session: SessionFields | None = None


@value
class SessionCreated(Shape):
    """The new session and its workspace."""

    session: CallersSession
    workspace: WorkspaceLocation


@value
class SessionEnsured(SessionCreated):
    """The session for the purpose; `created` if there was none."""

    created: bool


@value
class SessionAnswer(Shape):
    """An answer with one session."""

    session: CallersSession


@value
class Sandbox(Shape):
    """Where a session's commands run: the runtime, its id for the sandbox, and how each limit is enforced.

    `status` is `running`, `absent` if the first command will create the sandbox, `unavailable` if the runtime
    does not answer (then `id` is empty), or another status of the runtime.
    """

    runtime: str
    id: str
    path: str
    status: str
    limits: dict[str, str]


@event("sandbox.progress", durable=False, namespace="/sessions")
@value
class ImageProgress(Event):
    """The image of the session's container is being pulled; `current` of `total` bytes of a layer."""

    image: str
    status: str
    layer: str | None = None
    current: int | None = None
    total: int | None = None


@value
class SandboxAnswer(Shape):
    """An answer with the session's sandbox."""

    sandbox: Sandbox


@value
class SessionPage(Shape):
    """A page of sessions; `data` and `pagination` repeat it in the form of S0's "Pagination".

    Source: S0, GET /api/v1/sessions.
    """

    sessions: list[ListedSession]
    total: int
    has_more: bool
    data: list[ListedSession]
    pagination: Pagination


@value
class SessionRemoved(Shape):
    """The session has been deleted, with its workspace, tasks and events."""

    session_id: SessionId
    deleted: bool


@event("session.created", log=LogLine(fields=("session.userId",)))
@value
class SessionCreatedEvent(Event):
    """A session has been created and its workspace is ready."""

    session: Session


@event("session.updated")
@value
class SessionUpdatedEvent(Event):
    """A session's name, status or configuration has changed; `changed` names the fields (`config.mode`)."""

    session: Session
    changed: list[str] = field(default_factory=list)


@event("session.expired", log=LogLine())
@value
class SessionExpired(Event):
    """The session has reached its `expiresAt`: it is `inactive` now, and what runs in it is stopped."""


@event("session.deleted", log=LogLine())
@value
class SessionDeletedEvent(Event):
    """The session is about to be deleted; this is the last event of its log."""


def mount_path(session_id: SessionId) -> str:
    """Return the path at which a session's commands see their workspace. Source: S0, `workspace.path`."""
    return f"/workspaces/{session_id}"
