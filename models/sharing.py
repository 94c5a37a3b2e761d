"""Sharing: what people may do in sessions that are not their own. Source: docs/sharing.md."""

from __future__ import annotations

import datetime
import enum
from collections.abc import Mapping
from dataclasses import field
from typing import Final

from roocode_server.models.event import Event, LogLine, event
from roocode_server.models.identifier import SessionId, UserId
from roocode_server.models.shape import Shape, described, limited, value
from roocode_server.models.user import Permission


class Access(enum.StrEnum):
    """What a caller may do in a session; administrators have the access of an owner to every one."""

    OWNER = "owner"
    COLLABORATOR = "collaborator"
    WATCHER = "watcher"


class SharedAccess(enum.StrEnum):
    """The access that a share gives."""

    COLLABORATOR = "collaborator"
    WATCHER = "watcher"


# Each permission is named, as for the roles, so that a new one is nobody's but the owner's by accident.
_WATCHING: Final = frozenset(
    {
        Permission.SESSION_READ,
        Permission.SESSION_LEAVE,
        Permission.TASK_READ,
        Permission.FILE_READ,
        Permission.TOOL_READ,
        Permission.APPROVAL_READ,
        Permission.EVENT_READ,
    }
)
_COLLABORATING: Final = _WATCHING | {
    Permission.TASK_WRITE,
    Permission.TASK_STEER,
    Permission.FILE_WRITE,
    Permission.TOOL_EXECUTE,
    Permission.APPROVAL_RESPOND,
}

PERMITTED: Final[Mapping[Access, frozenset[Permission]]] = {
    Access.OWNER: frozenset(Permission),
    Access.COLLABORATOR: _COLLABORATING,
    Access.WATCHER: _WATCHING,
}
"""What each access permits in its session, to those whose role and credential grant it as well."""


def least_access(permission: Permission) -> Access:
    """Return the lowest access that permits this in a session."""
    return next(access for access in reversed(Access) if permission in PERMITTED[access])


@value
class StoredShare(Shape):
    """One person's share of a session."""

    session_id: SessionId
    user_id: UserId
    access: SharedAccess
    created_at: datetime.datetime


@value
class Share(Shape):
    """Somebody with whom a session is shared."""

    user_id: UserId
    email: str
    name: str
    access: SharedAccess
    created_at: datetime.datetime


@value
class SessionShare(Shape):
    """Share a session with somebody, or give them another access."""

    session_id: SessionId
    user: str = field(
        metadata=described("Their e-mail address or their id", **limited(shortest=1, longest=320))
    )
    access: SharedAccess


@value
class SessionUnshare(Shape):
    """Share a session no longer with somebody."""

    session_id: SessionId
    user_id: UserId


@value
class ShareAnswer(Shape):
    """An answer with one share."""

    share: Share


@value
class SessionOwner(Shape):
    """Whose session it is."""

    user_id: UserId
    email: str
    name: str


@value
class Shares(Shape):
    """Whose session it is, and with whom it is shared, in the order in which they came."""

    owner: SessionOwner
    shares: list[Share]


@value
class ShareRemoved(Shape):
    """The session is not shared with this user any more."""

    session_id: SessionId
    user_id: UserId
    removed: bool


@event("session.shared", log=LogLine(fields=("userId", "access")))
@value
class SessionShared(Event):
    """The session is shared with this user from now on, or with another access than before."""

    user_id: UserId
    access: SharedAccess
    shared_by: UserId


@event("session.unshared", log=LogLine(fields=("userId",)))
@value
class SessionUnshared(Event):
    """The session is not shared with this user any more."""

    user_id: UserId
