"""Approvals: what the agent may do on its own, and what a person must allow.

Source: S0, "Approval Events" and PUT …/tasks/{taskId}; the rules are ours (docs/approvals.md).
"""

from __future__ import annotations

import datetime
import enum
from dataclasses import field
from typing import Any, Final

from roocode_server.models.event import Event, event
from roocode_server.models.identifier import ApprovalId, CallId, SessionId, TaskId
from roocode_server.models.page import Pagination
from roocode_server.models.shape import Shape, described, limited, value
from roocode_server.models.unattended import Unanswered


class Decision(enum.StrEnum):
    """What a rule decides about a tool call."""

    ALWAYS = "always"
    ASK = "ask"
    NEVER = "never"


class ApprovalStatus(enum.StrEnum):
    """The state of an approval; all but `pending` are final."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Verdict(enum.StrEnum):
    """A person's answer. Source: S0, `action`."""

    APPROVE = "approve"
    REJECT = "reject"


class Remember(enum.StrEnum):
    """For how long an answer counts: for this call, in this session, or in all sessions of the person."""

    ONCE = "once"
    SESSION = "session"
    ALWAYS = "always"


CONFIRMATIONS: Final = frozenset({"mistake_limit_reached", "auto_approval_max_req_reached"})
"""Actions that are not tool calls but ask whether to go on at all; a message to the task also confirms them.

Source: S2.
"""


@value
class ApprovalRule(Shape):
    """A rule of a session.

    It matches a call if everything it names matches; the last matching rule decides.
    """

    decision: Decision
    tool: str | None = field(
        default=None, metadata=described("A tool's name", **limited(shortest=1, longest=64))
    )
    group: str | None = field(
        default=None, metadata=described("A tool group: read, edit, command …", **limited(longest=64))
    )
    path: str | None = field(
        default=None, metadata=described("A glob over workspace paths", **limited(shortest=1, longest=1000))
    )
    command: str | None = field(
        default=None, metadata=described("A command prefix, as words", **limited(shortest=1, longest=1000))
    )
    server: str | None = field(
        default=None, metadata=described("An MCP server's name", **limited(shortest=1, longest=256))
    )


@value
class Approval(Shape):
    """A tool call that waits, or waited, for a person."""

    id: ApprovalId
    session_id: SessionId
    task_id: TaskId
    call_id: CallId
    tool_name: str
    action: str
    description: str
    parameters: dict[str, Any]
    status: ApprovalStatus
    created_at: datetime.datetime
    expires_at: datetime.datetime
    feedback: str | None = None
    resolved_at: datetime.datetime | None = None
    resolved_by: str | None = None
    reviewed_by: str | None = field(
        default=None, metadata=described("The provider and model that decided in the place of people")
    )
    rules: list[ApprovalRule] = field(
        default_factory=list,
        metadata=described(
            "What an answer that is remembered makes a rule of: allowed if approved, forbidden if rejected. "
            "Empty if it cannot be remembered"
        ),
    )
    remembered: Remember | None = None
    unanswered: Unanswered | None = field(
        default=None, metadata=described("What happens at `expiresAt`; it expires if left out")
    )
    by_rule: ApprovalRule | None = field(
        default=None, metadata=described("The rule that answered it, made while it was open")
    )


@value
class ApprovalPrompt(Shape):
    """What a task asks of a person: to allow a tool call, or whether to go on at all.

    `action` is the tool, or one of the confirmations (`mistake_limit_reached` …).
    """

    approval_id: ApprovalId
    call_id: CallId
    tool_name: str
    action: str
    description: str
    expires_at: datetime.datetime

    @classmethod
    def of(cls, approval: Approval) -> ApprovalPrompt:
        """Return what a person is asked by this approval."""
        return cls(
            approval_id=approval.id,
            call_id=approval.call_id,
            tool_name=approval.tool_name,
            action=approval.action,
            description=approval.description,
            expires_at=approval.expires_at,
        )


@value
class ApprovalList(Shape):
    """A request for a session's approvals."""

    session_id: SessionId
    status: ApprovalStatus | None = None
    limit: int = field(default=20, metadata=limited(least=1, most=100))
    offset: int = field(default=0, metadata=limited(least=0, most=1_000_000_000))


@value
class ApprovalRef(Shape):
    """A reference to an approval."""

    session_id: SessionId
    approval_id: ApprovalId


@value
class ApprovalRespond(Shape):
    """A person's answer to an approval."""

    session_id: SessionId
    approval_id: ApprovalId
    action: Verdict
    feedback: str | None = field(default=None, metadata=limited(longest=100_000))
    remember: Remember = field(
        default=Remember.ONCE,
        metadata=described(
            "Make the approval's `rules` rules of the session, or of all sessions that you own"
        ),
    )


@value
class ApprovalAnswer(Shape):
    """An answer with one approval."""

    approval: Approval


@event("approval.required")
@value
class ApprovalRequired(Event):
    """The agent waits for a person to approve or reject a tool call. Source: S0, `approval.required`."""

    approval_id: ApprovalId
    call_id: CallId
    tool_name: str
    action: str
    description: str
    parameters: dict[str, Any]
    expires_at: datetime.datetime
    rules: list[ApprovalRule] = field(default_factory=list)
    unanswered: Unanswered | None = None


@event("approval.resolved")
@value
class ApprovalResolved(Event):
    """An approval is resolved: approved, rejected, expired or cancelled. The first answer wins."""

    approval_id: ApprovalId
    call_id: CallId
    status: ApprovalStatus
    feedback: str | None = None
    resolved_by: str | None = None
    remembered: Remember | None = None
    reviewed_by: str | None = None
    by_rule: ApprovalRule | None = None


@value
class ApprovalPage(Shape):
    """A page of approvals, newest first."""

    data: list[Approval]
    pagination: Pagination
