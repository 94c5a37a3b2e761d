"""Users and their permissions. Source: S0, "User"."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from roocode_server.models.clock import now
from roocode_server.models.identifier import LoginId, UserId
from roocode_server.models.quota import OwnLimits
from roocode_server.models.shape import Shape, limited, one_of, value


class IdentityProvider(enum.StrEnum):
    """Who authenticates a user: this server by a password, or an OAuth provider."""

    LOCAL = "local"
    GOOGLE = "google"
    GITHUB = "github"
    MICROSOFT = "microsoft"


class Role(enum.StrEnum):
    """A role: a set of permissions that users can have."""

    ADMIN = "admin"
    DEVELOPER = "developer"
    VIEWER = "viewer"


class Permission(enum.StrEnum):
    """A permission that an operation may require of its caller."""

    SESSION_READ = "session:read"
    SESSION_WRITE = "session:write"
    SESSION_SHARE = "session:share"
    SESSION_LEAVE = "session:leave"
    TASK_READ = "task:read"
    TASK_WRITE = "task:write"
    TASK_STEER = "task:steer"
    FILE_READ = "file:read"
    FILE_WRITE = "file:write"
    TOOL_READ = "tool:read"
    TOOL_EXECUTE = "tool:execute"
    APPROVAL_READ = "approval:read"
    APPROVAL_RESPOND = "approval:respond"
    EVENT_READ = "event:read"
    WEBHOOK_READ = "webhook:read"
    WEBHOOK_WRITE = "webhook:write"
    MONITORING_READ = "monitoring:read"
    PROFILE_WRITE = "profile:write"
    ACCOUNT_READ = "account:read"
    ACCOUNT_WRITE = "account:write"
    USER_READ = "user:read"
    USER_WRITE = "user:write"
    AUDIT_READ = "audit:read"


# Permissions of administrators only are in none of these sets. Each permission is named, so that a new one
# is granted to nobody by accident.
_READING: Final = frozenset(
    {
        Permission.SESSION_READ,
        Permission.TASK_READ,
        Permission.FILE_READ,
        Permission.TOOL_READ,
        Permission.APPROVAL_READ,
        Permission.EVENT_READ,
        Permission.WEBHOOK_READ,
        Permission.MONITORING_READ,
        Permission.ACCOUNT_READ,
    }
)
_WORKING: Final = frozenset(
    {
        Permission.SESSION_WRITE,
        Permission.SESSION_SHARE,
        Permission.SESSION_LEAVE,
        Permission.TASK_WRITE,
        Permission.TASK_STEER,
        Permission.FILE_WRITE,
        Permission.TOOL_EXECUTE,
        Permission.APPROVAL_RESPOND,
        Permission.WEBHOOK_WRITE,
        Permission.PROFILE_WRITE,
    }
)
_OWN: Final = frozenset({Permission.ACCOUNT_WRITE, Permission.SESSION_LEAVE})
"""Access to the user's own name, password, logins and keys, which everybody has who can log in."""

PERMISSIONS: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.ADMIN: frozenset(Permission),
    Role.DEVELOPER: _READING | _WORKING | _OWN,
    Role.VIEWER: _READING | _OWN,
}


class KeyScope(enum.StrEnum):
    """What a credential may be used for, of all that its user may do."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


EVERY_SCOPE: Final = tuple(KeyScope)

SCOPES: Final[Mapping[KeyScope, frozenset[Permission]]] = {
    KeyScope.READ: _READING,
    KeyScope.WRITE: _READING | _WORKING,
    KeyScope.ADMIN: frozenset(Permission),
}


@value
class NotificationSettings(Shape):
    """What a user wants to be notified of. S0 names the type but not its fields: these are ours."""

    task_completed: bool = True
    task_failed: bool = True
    approval_required: bool = True


@value
class UserPreferences(Shape):
    """A user's preferences. Source: S0, `UserPreferences`."""

    theme: str = field(default="auto", metadata=one_of("light", "dark", "auto"))
    language: str = field(default="en", metadata=limited(shortest=2, longest=35))
    notifications: NotificationSettings = field(default_factory=NotificationSettings)
    default_provider: str = field(default="auto", metadata=limited(shortest=1, longest=64))
    default_model: str = field(default="auto", metadata=limited(shortest=1, longest=256))


@value
class User(Shape):
    """A person, or a program that acts as one. Source: S0, `User`.

    `last_login_at` is the time of creation until the first login, because S0 requires it for every user.
    """

    id: UserId
    email: str
    name: str
    provider: IdentityProvider
    roles: list[Role]
    preferences: UserPreferences = field(default_factory=UserPreferences)
    created_at: datetime.datetime
    last_login_at: datetime.datetime
    disabled_at: datetime.datetime | None = None


class Credential(enum.StrEnum):
    """How a caller is authenticated."""

    TOKEN = "token"  # noqa: S105 - the kind, not a token
    KEY = "key"
    OPEN = "open"
    NONE = "none"


class Door(enum.StrEnum):
    """Where a call comes in."""

    SOCKET_IO = "socket.io"
    REST = "rest"
    S3_REST = "s3-rest"
    WEBSOCKET = "websocket"
    COMMAND_LINE = "command-line"
    IN_PROCESS = "in-process"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A user and their credential; `credential_id` is a token's `jti` or a key's id.

    `login_id` is the login that an access token came from.
    """

    user: User
    credential: Credential
    credential_id: str
    expires_at: datetime.datetime | None
    login_id: LoginId | None = None
    scopes: tuple[KeyScope, ...] = EVERY_SCOPE
    limits: OwnLimits | None = None
    """The limits that override the server's for this credential."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who makes a call, their permissions, and facts about the call.

    `base_url` is the HTTP address under which the caller reached the server, for links in answers; `address`
    is where the connection comes from, for the log.
    """

    user_id: UserId
    email: str
    roles: tuple[Role, ...]
    permissions: frozenset[Permission]
    expires_at: datetime.datetime | None
    credential: Credential
    credential_id: str
    request_id: str
    base_url: str
    address: str = ""
    door: Door = Door.IN_PROCESS
    login_id: LoginId | None = None
    """The login that the access token came from; None for other credentials."""
    scopes: tuple[KeyScope, ...] = EVERY_SCOPE
    limits: OwnLimits | None = None
    """Limits that override the server's for this caller."""
    traceparent: str | None = None
    """The caller's own span, if it traces its calls; not checked. Source: W3C, Trace Context."""

    @classmethod
    def of(
        cls,
        identity: Identity,
        *,
        request_id: str,
        base_url: str,
        address: str = "",
        door: Door = Door.IN_PROCESS,
        traceparent: str | None = None,
    ) -> Caller:
        """Return the caller for an identity."""
        roles = tuple(identity.user.roles)
        return cls(
            user_id=identity.user.id,
            email=identity.user.email,
            roles=roles,
            permissions=permissions_of(roles, identity.scopes),
            expires_at=identity.expires_at,
            credential=identity.credential,
            credential_id=identity.credential_id,
            request_id=request_id,
            base_url=base_url,
            address=address,
            door=door,
            login_id=identity.login_id,
            scopes=identity.scopes,
            limits=identity.limits,
            traceparent=traceparent,
        )

    @classmethod
    def anonymous(
        cls,
        *,
        request_id: str,
        base_url: str,
        address: str = "",
        door: Door = Door.IN_PROCESS,
        traceparent: str | None = None,
    ) -> Caller:
        """Return a caller without credentials, for public operations."""
        return cls(
            user_id=UserId(""),
            email="",
            roles=(),
            permissions=frozenset(),
            expires_at=None,
            credential=Credential.NONE,
            credential_id="",
            request_id=request_id,
            base_url=base_url,
            address=address,
            door=door,
            traceparent=traceparent,
        )

    @property
    def is_anonymous(self) -> bool:
        """Whether the caller has no credentials."""
        return self.credential is Credential.NONE

    @property
    def is_admin(self) -> bool:
        """Whether the caller may access all users' sessions."""
        return Role.ADMIN in self.roles and KeyScope.ADMIN in self.scopes

    @property
    def is_expired(self) -> bool:
        """Whether the credential has expired since it was checked, as may happen on a long-lived socket."""
        return self.expires_at is not None and self.expires_at <= now()

    def may(self, permission: Permission) -> bool:
        """Whether a role of the caller grants the permission and the credential's scopes include it."""
        return permission in self.permissions

    def renewed(self, identity: Identity) -> Caller:
        """Return the caller of the same connection with a new credential."""
        return Caller.of(
            identity,
            request_id="",
            base_url=self.base_url,
            address=self.address,
            door=self.door,
            traceparent=self.traceparent,
        )

    def calling(self, request_id: str) -> Caller:
        """Return the same caller for another call."""
        return dataclasses.replace(self, request_id=request_id)


@functools.lru_cache(maxsize=256)
def permissions_of(
    roles: tuple[Role, ...], scopes: tuple[KeyScope, ...] = EVERY_SCOPE
) -> frozenset[Permission]:
    """Return all that the roles grant together, limited to the credential's scopes."""
    granted = frozenset[Permission]().union(*(PERMISSIONS[role] for role in roles))
    return granted & frozenset[Permission]().union(*(SCOPES[scope] for scope in scopes))
