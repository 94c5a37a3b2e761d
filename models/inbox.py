"""The inbox: everything that waits for one person, over all sessions. Source: docs/approvals.md."""

from __future__ import annotations

import datetime
import enum
from dataclasses import field

from roocode_server.models.approval import Approval, ApprovalStatus
from roocode_server.models.identifier import SessionId, TaskId
from roocode_server.models.page import Pagination
from roocode_server.models.session import SessionScope
from roocode_server.models.shape import Shape, described, limited, value
from roocode_server.models.sharing import Access


class InboxKind(enum.StrEnum):
    """What a task waits for: an approval, the answer to its question, or to be resumed."""

    APPROVAL = "approval"
    QUESTION = "question"
    INTERRUPTED = "interrupted"


@value
class ApprovalSearch(Shape):
    """A request for the approvals of all sessions of a scope."""

    scope: SessionScope = SessionScope.ALL
    status: ApprovalStatus | None = None
    limit: int = field(default=20, metadata=limited(least=1, most=100))
    offset: int = field(default=0, metadata=limited(least=0, most=1_000_000_000))


@value
class InboxList(Shape):
    """A request for what waits for the caller."""

    scope: SessionScope = SessionScope.ALL
    limit: int = field(default=20, metadata=limited(least=1, most=100))
    offset: int = field(default=0, metadata=limited(least=0, most=1_000_000_000))


@value
class InboxEntry(Shape):
    """A task that waits, since when, and for what.

    `approval` is answered by `approval.respond`, a question by `task.message`, an interruption by
    `task.resume`.
    """

    kind: InboxKind
    session_id: SessionId
    session_name: str
    access: Access
    task_id: TaskId
    task_input: str = field(metadata=described("The beginning of what the task is to do"))
    since: datetime.datetime
    approval: Approval | None = None
    question: str | None = None
    suggestions: list[str] = field(default_factory=list)


@value
class InboxPage(Shape):
    """A page of what waits, the newest first."""

    data: list[InboxEntry]
    pagination: Pagination
