"""The audit log's entries: who did what, when, from where, through which door, with which result."""

from __future__ import annotations

import datetime
from dataclasses import field

from roocode_server.models.identifier import SessionId, UserId
from roocode_server.models.page import Pagination
from roocode_server.models.shape import Shape, limited, value
from roocode_server.models.user import Credential, Door

FIRST_PREVIOUS = "0" * 64
"""The `previous` of the first entry."""


@value
class AuditEntry(Shape):
    """A call that may have changed something, or was refused to an authenticated caller.

    `number` counts from 1 without gaps. `subject` has the ids, paths and names in the call, by their wire
    names, and as `made` where the resource it created can be read; never contents, commands or secrets.
    `status` is the HTTP status of the answer, `code` that of its error. `hash` is the hexadecimal SHA-256 of
    the entry without `hash`; `previous` is the hash of the entry before.
    """

    number: int
    at: datetime.datetime
    user_id: UserId
    credential: Credential
    credential_id: str
    address: str
    door: Door
    operation: str
    subject: dict[str, str]
    status: int
    code: str | None
    request_id: str
    previous: str
    hash: str


@value
class AuditList(Shape):
    """A request for the entries that match all given fields."""

    user_id: UserId | None = None
    session_id: SessionId | None = None
    operation: str | None = field(default=None, metadata=limited(longest=64))
    code: str | None = field(default=None, metadata=limited(longest=64))
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None
    limit: int = field(default=50, metadata=limited(least=1, most=100))
    offset: int = field(default=0, metadata=limited(least=0, most=1_000_000_000))


@value
class AuditVerify(Shape):
    """A request to check the chain; `head` is the hash of an entry that must still be in it."""

    head: str | None = field(default=None, metadata=limited(shortest=64, longest=64))


@value
class AuditPage(Shape):
    """A page of the audit log, newest first."""

    data: list[AuditEntry]
    pagination: Pagination


@value
class AuditVerification(Shape):
    """The result of checking the chain: `brokenAt` is the number of the first invalid entry, `reason` says
    why.

    `head` is the last hash that was reached. Kept elsewhere, it shows later whether anything before it has
    changed.
    """

    entries: int
    head: str
    broken_at: int | None
    reason: str | None
