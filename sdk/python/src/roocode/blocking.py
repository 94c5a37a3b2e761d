"""The blocking client: the twin of the asynchronous one. Made by scripts/clients from it.

Why it is made like this: `roocode.portal`.
"""

from __future__ import annotations

import builtins
import os
import weakref
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Self

from roocode.approvals import AsyncApprovalBot, AsyncApprovals, Scope
from roocode.areas import AsyncEvents, AsyncFiles, AsyncMonitoring, AsyncSessions, AsyncWorkspace
from roocode.client import AsyncRooCodeClient
from roocode.credentials import Credentials
from roocode.event import Event
from roocode.events import TaskProgressEvent
from roocode.handler import ConnectionChange, Verdict
from roocode.models import (
    ApiKey,
    Approval,
    ApprovalPage,
    AttemptPage,
    AuditEntry,
    AuditPage,
    AuditVerification,
    CallersSession,
    Checkpoint,
    CheckpointDifference,
    CheckpointPage,
    CheckpointRestored,
    DeliveryAttempt,
    EventPage,
    FileContent,
    FileEntry,
    FileListing,
    FileRemoved,
    FilesFound,
    Health,
    InboxEntry,
    InboxPage,
    KeyMade,
    KilledProcess,
    LinkedIdentity,
    ListedSession,
    LoginAnswer,
    LoginPage,
    LogPage,
    McpServers,
    McpServerState,
    MeaningFound,
    Message,
    MessagePage,
    ModeCatalogue,
    ModelCatalogue,
    Performance,
    Playbooks,
    Process,
    ProcessLog,
    Profile,
    ProfileAnswer,
    ProfileRemoved,
    RepositoryCloned,
    RewindAnswer,
    RulePage,
    RuleRemoved,
    Sandbox,
    SessionEnsured,
    SessionPage,
    SessionRemoved,
    Share,
    ShareRemoved,
    Shares,
    ShellExecuted,
    ShownLogin,
    SignInProvider,
    StandingModes,
    StandingRule,
    SystemAgents,
    SystemProcesses,
    SystemResources,
    Task,
    TaskDifference,
    TaskForked,
    TaskPage,
    TaskResult,
    TaskTurn,
    TaskTurnPage,
    Terminal,
    TerminalScreen,
    TextFound,
    TimelineSlice,
    Tokens,
    ToolDescription,
    ToolExecuted,
    UsagePage,
    UsageRow,
    User,
    UserInvitation,
    UserMade,
    UserPage,
    Webhook,
    WebhookRemoved,
    WebhookWithSecret,
)
from roocode.operations import (
    AuditOperations,
    AuthOperations,
    CheckpointsOperations,
    IdentitiesOperations,
    InboxOperations,
    KeysOperations,
    LoginsOperations,
    LogsOperations,
    McpOperations,
    ModelsOperations,
    ModesOperations,
    PlaybooksOperations,
    ProcessesOperations,
    ProfilesOperations,
    RulesOperations,
    SearchOperations,
    ShellOperations,
    TerminalsOperations,
    ToolsOperations,
    UsageOperations,
    UsersOperations,
    WebhooksOperations,
)
from roocode.params import (
    PreferencesChangeDict,
    ProfileFieldsDict,
    SessionConfigChangeDict,
    SessionFieldsDict,
    TaskConfigDict,
)
from roocode.portal import Portal
from roocode.tasks import AsyncTaskRun, AsyncTasks
from roocode.transport import UNSET, Unset


class BlockingAudit:
    """The operations of `audit`."""

    def __init__(self, portal: Portal, inner: AuditOperations) -> None:
        self._portal = portal
        self._inner = inner

    def list(
        self,
        *,
        user_id: str | Unset | None = UNSET,
        session_id: str | Unset | None = UNSET,
        operation: str | Unset | None = UNSET,
        code: str | Unset | None = UNSET,
        since: datetime | Unset | None = UNSET,
        until: datetime | Unset | None = UNSET,
        limit: int | Unset = UNSET,
        offset: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> AuditPage:
        """List the audit log's entries that match all given fields, newest first. `until` is
        exclusive.

        `limit`: 50 unless given. `offset`: 0 unless given.

        Raises: RooCodeError, with among the codes.
        """
        return self._portal.call(
            self._inner.list,
            user_id=user_id,
            session_id=session_id,
            operation=operation,
            code=code,
            since=since,
            until=until,
            limit=limit,
            offset=offset,
            timeout_s=timeout_s,
        )

    def each(
        self,
        *,
        user_id: str | Unset | None = UNSET,
        session_id: str | Unset | None = UNSET,
        operation: str | Unset | None = UNSET,
        code: str | Unset | None = UNSET,
        since: datetime | Unset | None = UNSET,
        until: datetime | Unset | None = UNSET,
    ) -> Iterator[AuditEntry]:
        """List the audit log's entries that match all given fields, newest first. `until` is
        exclusive. Goes through all pages.
        """
        return self._portal.iterate(
            self._inner.each,
            user_id=user_id,
            session_id=session_id,
            operation=operation,
            code=code,
            since=since,
            until=until,
        )

    def verify(
        self, *, head: str | Unset | None = UNSET, timeout_s: float | None = None
    ) -> AuditVerification:
        """Check the chain of the audit log's entries.

        With `head`, the `head` of an earlier answer, this hash must still be in the chain.

        Raises: RooCodeError, with among the codes.
        """
        return self._portal.call(self._inner.verify, head=head, timeout_s=timeout_s)


class BlockingAuth:
    """The operations of `auth`."""

    def __init__(self, portal: Portal, inner: AuthOperations) -> None:
        self._portal = portal
        self._inner = inner

    def login(self, email: str, password: str, *, timeout_s: float | None = None) -> LoginAnswer:
        """Log in with an e-mail address and a password. Needs no credentials.

        After several wrong passwords for an address, even the right one is refused for a growing time.

        Raises: RooCodeError, with `AUTHENTICATION_FAILED`, `SERVER_OVERLOAD`, `VALIDATION_ERROR`,
        `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(self._inner.login, email, password, timeout_s=timeout_s)

    def oauth(
        self,
        provider: Literal["google", "github", "microsoft"],
        code: str,
        redirect_uri: str,
        *,
        code_verifier: str | Unset | None = UNSET,
        timeout_s: float | None = None,
    ) -> LoginAnswer:
        """Log in with the authorization code of an OAuth provider. Needs no credentials.

        The first login creates an account.

        `code_verifier`: The verifier, if the code was requested with PKCE (RFC 7636).

        Raises: RooCodeError, with `AUTHENTICATION_FAILED`, `PERMISSION_DENIED`, `RESOURCE_CONFLICT`,
        `SERVER_OVERLOAD`, `VALIDATION_ERROR`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(
            self._inner.oauth, provider, code, redirect_uri, code_verifier=code_verifier, timeout_s=timeout_s
        )

    def providers(self, *, timeout_s: float | None = None) -> builtins.list[SignInProvider]:
        """List the OpenID Connect providers that people can sign in with. Needs no credentials.

        Raises: RooCodeError, with among the codes.
        """
        return self._portal.call(self._inner.providers, timeout_s=timeout_s)

    def oidc(
        self, provider: str, code: str, code_verifier: str, *, timeout_s: float | None = None
    ) -> LoginAnswer:
        """Log in with the code that a sign-in at an OpenID Connect provider has ended with.

        Needs no credentials. The sign-in was counted when it started. It works once, and makes an account
        where the provider's settings say so.

        `provider`: The provider's name in `auth.oidc.providers`. `code`: What the sign-in has put behind
        `#sign-in=`; it works once. `code_verifier`: The verifier whose challenge the sign-in was started
        with (RFC 7636, 4.1).

        Raises: RooCodeError, with `AUTHENTICATION_FAILED`, `PERMISSION_DENIED`, `RESOURCE_CONFLICT`,
        `VALIDATION_ERROR` among the codes.
        """
        return self._portal.call(self._inner.oidc, provider, code, code_verifier, timeout_s=timeout_s)

    def refresh(self, refresh_token: str, *, timeout_s: float | None = None) -> Tokens:
        """Exchange a refresh token for new tokens. Needs no credentials.

        A refresh token works once. If it is used again, all tokens that came from the same login are
        revoked.

        Raises: RooCodeError, with `AUTHENTICATION_FAILED`, `TOKEN_EXPIRED`, `VALIDATION_ERROR`,
        `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(self._inner.refresh, refresh_token, timeout_s=timeout_s)

    def profile(self, *, timeout_s: float | None = None) -> ProfileAnswer:
        """Get your own profile, and what your credential lets you do.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(self._inner.profile, timeout_s=timeout_s)

    def update(
        self,
        *,
        name: str | Unset | None = UNSET,
        preferences: PreferencesChangeDict | Unset | None = UNSET,
        timeout_s: float | None = None,
    ) -> ProfileAnswer:
        """Change your own name or preferences. Fields that are left out stay as they are.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(self._inner.update, name=name, preferences=preferences, timeout_s=timeout_s)

    def password(
        self,
        current_password: str,
        new_password: str,
        *,
        end_other_logins: bool | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> bool:
        """Change your own password.

        Your other logins end, unless `endOtherLogins` is false; API keys remain valid.

        `end_other_logins`: End all other logins of the account; API keys remain valid; True unless given.

        Raises: RooCodeError, with `RESOURCE_CONFLICT`, `SERVER_OVERLOAD`, `RATE_LIMIT_EXCEEDED` among the
        codes.
        """
        return self._portal.call(
            self._inner.password,
            current_password,
            new_password,
            end_other_logins=end_other_logins,
            timeout_s=timeout_s,
        )

    def logout(self, *, all: bool | Unset = UNSET, timeout_s: float | None = None) -> bool:
        """End your login, with its tokens and the connections they have opened; with `all`, end all
        your

        logins.

        `all`: End all logins of the account; False unless given.

        Raises: RooCodeError, with `RESOURCE_CONFLICT` among the codes.
        """
        return self._portal.call(self._inner.logout, all=all, timeout_s=timeout_s)

    def accept(self, invitation: str, password: str, *, timeout_s: float | None = None) -> LoginAnswer:
        """Choose a password with an invitation, and log in. Needs no credentials.

        An invitation works once. The user's other logins end.

        Raises: RooCodeError, with `AUTHENTICATION_FAILED`, `TOKEN_EXPIRED`, `VALIDATION_ERROR`,
        `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(self._inner.accept, invitation, password, timeout_s=timeout_s)


class BlockingCheckpoints:
    """The operations of `checkpoints`."""

    def __init__(self, portal: Portal, inner: CheckpointsOperations) -> None:
        self._portal = portal
        self._inner = inner

    def list(
        self,
        session_id: str,
        *,
        limit: int | Unset = UNSET,
        offset: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> CheckpointPage:
        """List a session's checkpoints, newest first.

        `limit`: 50 unless given. `offset`: 0 unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(
            self._inner.list, session_id, limit=limit, offset=offset, timeout_s=timeout_s
        )

    def each(self, session_id: str) -> Iterator[Checkpoint]:
        """List a session's checkpoints, newest first. Goes through all pages."""
        return self._portal.iterate(self._inner.each, session_id)

    def create(
        self, session_id: str, *, reason: str | Unset = UNSET, timeout_s: float | None = None
    ) -> Checkpoint | None:
        """Save the workspace as it is now.

        `reason`: 'on request' unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `TOOL_EXECUTION_FAILED`
        among the codes.
        """
        return self._portal.call(self._inner.create, session_id, reason=reason, timeout_s=timeout_s)

    def compare(
        self,
        session_id: str,
        checkpoint_id: str,
        *,
        to: str | Unset | None = UNSET,
        timeout_s: float | None = None,
    ) -> CheckpointDifference:
        """Show what changed since a checkpoint, or between two.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `TOOL_EXECUTION_FAILED`
        among the codes.
        """
        return self._portal.call(self._inner.compare, session_id, checkpoint_id, to=to, timeout_s=timeout_s)

    def restore(
        self, session_id: str, checkpoint_id: str, *, timeout_s: float | None = None
    ) -> CheckpointRestored:
        """Restore the workspace to a checkpoint. Its present state is saved first.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `TOOL_EXECUTION_FAILED`
        among the codes.
        """
        return self._portal.call(self._inner.restore, session_id, checkpoint_id, timeout_s=timeout_s)


class BlockingIdentities:
    """The operations of `identities`."""

    def __init__(self, portal: Portal, inner: IdentitiesOperations) -> None:
        self._portal = portal
        self._inner = inner

    def list(self, *, timeout_s: float | None = None) -> builtins.list[LinkedIdentity]:
        """List the providers' sign-ins that are linked to your account, oldest first.

        Raises: RooCodeError, with among the codes.
        """
        return self._portal.call(self._inner.list, timeout_s=timeout_s)

    def link(
        self, provider: str, code: str, code_verifier: str, *, timeout_s: float | None = None
    ) -> LinkedIdentity:
        """Link a sign-in that has just ended to your account: from now on it logs in to it.

        You have to be logged in; an API key is not enough.

        `provider`: The provider's name in `auth.oidc.providers`. `code`: What the sign-in has put behind
        `#sign-in=`; it works once. `code_verifier`: The verifier whose challenge the sign-in was started
        with (RFC 7636, 4.1).

        Raises: RooCodeError, with `AUTHENTICATION_FAILED`, `PERMISSION_DENIED`, `RESOURCE_CONFLICT` among
        the codes.
        """
        return self._portal.call(self._inner.link, provider, code, code_verifier, timeout_s=timeout_s)

    def unlink(self, identity_id: str, *, timeout_s: float | None = None) -> LinkedIdentity:
        """Let a sign-in log in to your account no more; logins that came of it go on.

        Your only way to log in stays.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT` among the codes.
        """
        return self._portal.call(self._inner.unlink, identity_id, timeout_s=timeout_s)


class BlockingInbox:
    """The operations of `inbox`."""

    def __init__(self, portal: Portal, inner: InboxOperations) -> None:
        self._portal = portal
        self._inner = inner

    def list(
        self,
        *,
        scope: Literal["mine", "shared", "all"] | Unset = UNSET,
        limit: int | Unset = UNSET,
        offset: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> InboxPage:
        """List what waits for you, newest first: approvals, questions, and interrupted tasks.

        The sessions are your own and those in which you are a collaborator; `scope` leaves one of the two
        out. `event.follow` with `types: ["task.*", "approval.*"]` says when to look again.

        `scope`: 'all' unless given. `limit`: 20 unless given. `offset`: 0 unless given.

        Raises: RooCodeError, with among the codes.
        """
        return self._portal.call(
            self._inner.list, scope=scope, limit=limit, offset=offset, timeout_s=timeout_s
        )

    def each(self, *, scope: Literal["mine", "shared", "all"] | Unset = UNSET) -> Iterator[InboxEntry]:
        """List what waits for you, newest first: approvals, questions, and interrupted tasks. Goes
        through all pages.
        """
        return self._portal.iterate(self._inner.each, scope=scope)


class BlockingKeys:
    """The operations of `keys`."""

    def __init__(self, portal: Portal, inner: KeysOperations) -> None:
        self._portal = portal
        self._inner = inner

    def list(self, *, timeout_s: float | None = None) -> builtins.list[ApiKey]:
        """List your own API keys, oldest first, without revoked ones. No key is shown in full.

        Raises: RooCodeError, with among the codes.
        """
        return self._portal.call(self._inner.list, timeout_s=timeout_s)

    def create(
        self,
        name: str,
        *,
        scopes: Sequence[Literal["read", "write", "admin"]] | Unset = UNSET,
        expires_at: datetime | Unset | None = UNSET,
        limits: Mapping[str, int | None] | Unset | None = UNSET,
        timeout_s: float | None = None,
    ) -> KeyMade:
        """Create an API key, which acts as you within its scopes. `secret` is not shown again.

        A key that is created with a key has no more than that one.

        `scopes`: What the key may be used for, of all that its user may do. `expires_at`: When it
        expires; never if left out. `limits`: Limits that override the server's, by name; null for none.
        Only administrators give more than they may use themselves.

        Raises: RooCodeError, with `RESOURCE_CONFLICT`, `PERMISSION_DENIED`, `IDEMPOTENCY_KEY_IN_USE`,
        `IDEMPOTENCY_KEY_REUSED`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(
            self._inner.create, name, scopes=scopes, expires_at=expires_at, limits=limits, timeout_s=timeout_s
        )

    def revoke(self, key_id: str, *, timeout_s: float | None = None) -> ApiKey:
        """Revoke one of your own API keys. Connections that it has opened end.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(self._inner.revoke, key_id, timeout_s=timeout_s)


class BlockingLogins:
    """The operations of `logins`."""

    def __init__(self, portal: Portal, inner: LoginsOperations) -> None:
        self._portal = portal
        self._inner = inner

    def list(
        self, *, limit: int | Unset = UNSET, offset: int | Unset = UNSET, timeout_s: float | None = None
    ) -> LoginPage:
        """List your own logins that still work, the one that was used last first.

        `isCurrent` is true for the one that your access token came from.

        `limit`: 20 unless given. `offset`: 0 unless given.

        Raises: RooCodeError, with among the codes.
        """
        return self._portal.call(self._inner.list, limit=limit, offset=offset, timeout_s=timeout_s)

    def each(self) -> Iterator[ShownLogin]:
        """List your own logins that still work, the one that was used last first. Goes through all
        pages.
        """
        return self._portal.iterate(self._inner.each)

    def end(self, login_id: str, *, timeout_s: float | None = None) -> bool:
        """End one of your own logins, with its tokens and the connections that they have opened.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(self._inner.end, login_id, timeout_s=timeout_s)


class BlockingLogs:
    """The operations of `logs`."""

    def __init__(self, portal: Portal, inner: LogsOperations) -> None:
        self._portal = portal
        self._inner = inner

    def list(
        self,
        *,
        levels: Sequence[Literal["debug", "info", "warning", "error"]] | Unset | None = UNSET,
        min_level: Literal["debug", "info", "warning", "error"] | Unset | None = UNSET,
        session_id: str | Unset | None = UNSET,
        task_id: str | Unset | None = UNSET,
        text: str | Unset | None = UNSET,
        since: datetime | Unset | None = UNSET,
        until: datetime | Unset | None = UNSET,
        cursor: str | Unset | None = UNSET,
        limit: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> LogPage:
        """Read entries of the server's log, newest first: those about sessions of the caller's.

        Administrators see all. A call reads a bounded part of the log: follow `nextCursor` for older
        entries, also if there are none in an answer.

        `limit`: 100 unless given.

        Raises: RooCodeError, with among the codes.
        """
        return self._portal.call(
            self._inner.list,
            levels=levels,
            min_level=min_level,
            session_id=session_id,
            task_id=task_id,
            text=text,
            since=since,
            until=until,
            cursor=cursor,
            limit=limit,
            timeout_s=timeout_s,
        )


class BlockingMcp:
    """The operations of `mcp`."""

    def __init__(self, portal: Portal, inner: McpOperations) -> None:
        self._portal = portal
        self._inner = inner

    def list(self, session_id: str, *, timeout_s: float | None = None) -> McpServers:
        """List a session's MCP servers, with their state and what they offer. Starts none of them.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(self._inner.list, session_id, timeout_s=timeout_s)

    def restart(self, session_id: str, server_name: str, *, timeout_s: float | None = None) -> McpServerState:
        """Restart an MCP server. Its `status` and `error` say whether that succeeded.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `RATE_LIMIT_EXCEEDED` among
        the codes.
        """
        return self._portal.call(self._inner.restart, session_id, server_name, timeout_s=timeout_s)


class BlockingModels:
    """The operations of `models`."""

    def __init__(self, portal: Portal, inner: ModelsOperations) -> None:
        self._portal = portal
        self._inner = inner

    def list(self, *, timeout_s: float | None = None) -> ModelCatalogue:
        """List the providers and models that your sessions can name, and what new ones use by default.

        Keys are never shown, only whether there is one. A provider that cannot be used now has a
        `problem`: the code with which tasks would fail, and what to do. A session that is shared with you
        uses the active profile of its owner, not yours.

        Raises: RooCodeError, with among the codes.
        """
        return self._portal.call(self._inner.list, timeout_s=timeout_s)


class BlockingModes:
    """The operations of `modes`."""

    def __init__(self, portal: Portal, inner: ModesOperations) -> None:
        self._portal = portal
        self._inner = inner

    def list(self, session_id: str, *, timeout_s: float | None = None) -> ModeCatalogue:
        """List the modes available to the session's tasks: built-in, configured, and from its
        `.roomodes`.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(self._inner.list, session_id, timeout_s=timeout_s)

    def standing(self, *, timeout_s: float | None = None) -> StandingModes:
        """List the modes that every session has, built-in and configured: a new one can begin in any.

        The modes of a workspace's `.roomodes` are told by `mode.list`.

        Raises: RooCodeError, with among the codes.
        """
        return self._portal.call(self._inner.standing, timeout_s=timeout_s)


class BlockingPlaybooks:
    """The operations of `playbooks`."""

    def __init__(self, portal: Portal, inner: PlaybooksOperations) -> None:
        self._portal = portal
        self._inner = inner

    def list(self, *, timeout_s: float | None = None) -> Playbooks:
        """List the playbooks that a session with the provider `scripted` can name as its model.

        Raises: RooCodeError, with among the codes.
        """
        return self._portal.call(self._inner.list, timeout_s=timeout_s)


class BlockingProcesses:
    """The operations of `processes`."""

    def __init__(self, portal: Portal, inner: ProcessesOperations) -> None:
        self._portal = portal
        self._inner = inner

    def start(
        self, session_id: str, command: str, *, cwd: str | Unset = UNSET, timeout_s: float | None = None
    ) -> Process:
        """Start a process that runs independently of tasks until it ends, is stopped, or the session
        ends.

        Its output is sent as `process.output` and kept in a file of the workspace.

        `command`: A command line for `sh -c`.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `PERMISSION_DENIED`,
        `TOOL_EXECUTION_FAILED`, `RATE_LIMIT_EXCEEDED`, `IDEMPOTENCY_KEY_IN_USE`,
        `IDEMPOTENCY_KEY_REUSED`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(self._inner.start, session_id, command, cwd=cwd, timeout_s=timeout_s)

    def list(self, session_id: str, *, timeout_s: float | None = None) -> builtins.list[Process]:
        """List the last hundred processes of a session, including those that have ended, oldest first.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(self._inner.list, session_id, timeout_s=timeout_s)

    def get(self, session_id: str, pid: int, *, timeout_s: float | None = None) -> Process:
        """Get a process: whether it is running, and the ports it listens on.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(self._inner.get, session_id, pid, timeout_s=timeout_s)

    def logs(
        self, session_id: str, pid: int, *, lines: int | Unset = UNSET, timeout_s: float | None = None
    ) -> ProcessLog:
        """Get the last lines of a process's output, both streams interleaved.

        `lines`: 50 unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(self._inner.logs, session_id, pid, lines=lines, timeout_s=timeout_s)

    def stop(
        self, session_id: str, pid: int, *, force: bool | Unset = UNSET, timeout_s: float | None = None
    ) -> Process:
        """Stop a process and everything it started: SIGTERM, then SIGKILL after five seconds.

        If it has ended already, the answer is 409.

        `force`: False unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `RATE_LIMIT_EXCEEDED` among
        the codes.
        """
        return self._portal.call(self._inner.stop, session_id, pid, force=force, timeout_s=timeout_s)


class BlockingProfiles:
    """The operations of `profiles`."""

    def __init__(self, portal: Portal, inner: ProfilesOperations) -> None:
        self._portal = portal
        self._inner = inner

    def list(self, *, timeout_s: float | None = None) -> builtins.list[Profile]:
        """List your own provider profiles by name. Keys are never shown, only whether there is one.

        Raises: RooCodeError, with among the codes.
        """
        return self._portal.call(self._inner.list, timeout_s=timeout_s)

    def create(
        self,
        name: str,
        provider: Literal["anthropic", "openai", "gemini", "ollama", "scripted"],
        *,
        model: str | Unset = UNSET,
        base_url: str | Unset = UNSET,
        api_key: str | Unset = UNSET,
        activate: bool | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> Profile:
        """Create a profile and make it the active one, unless `activate` is false.

        Your sessions whose provider is `auto` use the active profile's provider, model, address and key.

        `model`: 'auto' unless given. `base_url`: Empty: the provider's own address. `api_key`: Stored
        encrypted, never shown again. `activate`: True unless given.

        Raises: RooCodeError, with `RESOURCE_CONFLICT`, `EXTRA_NOT_INSTALLED`, `IDEMPOTENCY_KEY_IN_USE`,
        `IDEMPOTENCY_KEY_REUSED`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(
            self._inner.create,
            name,
            provider,
            model=model,
            base_url=base_url,
            api_key=api_key,
            activate=activate,
            timeout_s=timeout_s,
        )

    def get(self, profile_id: str, *, timeout_s: float | None = None) -> Profile:
        """Get one of your own profiles.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(self._inner.get, profile_id, timeout_s=timeout_s)

    def update(
        self,
        profile_id: str,
        *,
        name: str | Unset = UNSET,
        provider: Literal["anthropic", "openai", "gemini", "ollama", "scripted"] | Unset = UNSET,
        model: str | Unset | None = UNSET,
        base_url: str | Unset | None = UNSET,
        api_key: str | Unset | None = UNSET,
        id: str | Unset | None = UNSET,
        is_active: bool | Unset | None = UNSET,
        has_key: bool | Unset | None = UNSET,
        created_at: datetime | Unset | None = UNSET,
        updated_at: datetime | Unset | None = UNSET,
        profile: ProfileFieldsDict | Unset | None = UNSET,
        timeout_s: float | None = None,
    ) -> Profile:
        """Change a profile.

        Fields that are left out stay as they are; an empty `baseUrl` or `apiKey` removes it. Running
        tasks use the changed profile from their next request to the model.

        `base_url`: Empty: the provider's own address. `api_key`: Stored encrypted, never shown again.
        `id`: May be sent, but not changed. `is_active`: May be sent, but not changed. `has_key`: Ignored.
        `created_at`: Ignored. `updated_at`: Ignored.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `EXTRA_NOT_INSTALLED` among
        the codes.
        """
        return self._portal.call(
            self._inner.update,
            profile_id,
            name=name,
            provider=provider,
            model=model,
            base_url=base_url,
            api_key=api_key,
            id=id,
            is_active=is_active,
            has_key=has_key,
            created_at=created_at,
            updated_at=updated_at,
            profile=profile,
            timeout_s=timeout_s,
        )

    def activate(self, profile_id: str, *, timeout_s: float | None = None) -> Profile:
        """Make this profile the active one.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(self._inner.activate, profile_id, timeout_s=timeout_s)

    def delete(self, profile_id: str, *, timeout_s: float | None = None) -> ProfileRemoved:
        """Delete a profile and its key. Without an active profile, the server's own choice applies
        again.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(self._inner.delete, profile_id, timeout_s=timeout_s)


class BlockingRules:
    """The operations of `rules`."""

    def __init__(self, portal: Portal, inner: RulesOperations) -> None:
        self._portal = portal
        self._inner = inner

    def list(
        self, *, limit: int | Unset = UNSET, offset: int | Unset = UNSET, timeout_s: float | None = None
    ) -> RulePage:
        """List your standing rules, in the order in which they apply: the last that matches decides.

        `limit`: 100 unless given. `offset`: 0 unless given.

        Raises: RooCodeError, with among the codes.
        """
        return self._portal.call(self._inner.list, limit=limit, offset=offset, timeout_s=timeout_s)

    def each(self) -> Iterator[StandingRule]:
        """List your standing rules, in the order in which they apply: the last that matches decides.
        Goes through all pages.
        """
        return self._portal.iterate(self._inner.each)

    def delete(self, rule_id: str, *, timeout_s: float | None = None) -> RuleRemoved:
        """Take one of your standing rules back. What it allowed is asked about again from now on.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(self._inner.delete, rule_id, timeout_s=timeout_s)


class BlockingSearch:
    """The operations of `search`."""

    def __init__(self, portal: Portal, inner: SearchOperations) -> None:
        self._portal = portal
        self._inner = inner

    def files(
        self,
        session_id: str,
        pattern: str,
        *,
        path: str | Unset = UNSET,
        file_types: Sequence[str] | Unset = UNSET,
        include_hidden: bool | Unset = UNSET,
        include_ignored: bool | Unset = UNSET,
        limit: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> FilesFound:
        """Find files by a glob on their names or paths.

        Hidden files and files ignored by `.gitignore` are left out unless requested; a glob with a slash
        in it also finds ignored files. The search ends when the caller disconnects, and after one minute.

        `pattern`: A glob of file names (`*.py`), or, with a slash, of paths from the workspace's root
        (`src/**/*.py`). `path`: The folder or file to search; '/' unless given. `file_types`: Only files
        that match one of these patterns, such as `*.py`; if empty, all files. `include_hidden`: Whether
        to include names that begin with a dot; `.git` never is; False unless given. `include_ignored`:
        Whether to include what `.gitignore` excludes; False unless given. `limit`: The most matches;
        `truncated` says whether there are more; 200 unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `VALIDATION_ERROR`, `SERVER_OVERLOAD`,
        `TOOL_EXECUTION_FAILED`, `WORKSPACE_LIMIT_EXCEEDED`, `RESOURCE_CONFLICT`, `RATE_LIMIT_EXCEEDED`
        among the codes.
        """
        return self._portal.call(
            self._inner.files,
            session_id,
            pattern,
            path=path,
            file_types=file_types,
            include_hidden=include_hidden,
            include_ignored=include_ignored,
            limit=limit,
            timeout_s=timeout_s,
        )

    def text(
        self,
        session_id: str,
        pattern: str,
        *,
        path: str | Unset = UNSET,
        file_types: Sequence[str] | Unset = UNSET,
        case_sensitive: bool | Unset = UNSET,
        include_hidden: bool | Unset = UNSET,
        include_ignored: bool | Unset = UNSET,
        limit: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> TextFound:
        """Find lines of text files that match a regular expression.

        Hidden files and files ignored by `.gitignore` are left out unless requested; binary files always
        are. The search ends when the caller disconnects, and after one minute.

        `pattern`: A regular expression in ripgrep's syntax: no look-around, no back-references, within
        one line. `path`: The folder or file to search; '/' unless given. `file_types`: Only files that
        match one of these patterns, such as `*.py`; if empty, all files. `case_sensitive`: True unless
        given. `include_hidden`: Whether to include names that begin with a dot; `.git` never is; False
        unless given. `include_ignored`: Whether to include what `.gitignore` excludes; False unless
        given. `limit`: The most matches; `truncated` says whether there are more; 200 unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `VALIDATION_ERROR`, `SERVER_OVERLOAD`,
        `TOOL_EXECUTION_FAILED`, `WORKSPACE_LIMIT_EXCEEDED`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(
            self._inner.text,
            session_id,
            pattern,
            path=path,
            file_types=file_types,
            case_sensitive=case_sensitive,
            include_hidden=include_hidden,
            include_ignored=include_ignored,
            limit=limit,
            timeout_s=timeout_s,
        )

    def semantic(
        self,
        session_id: str,
        query: str,
        *,
        path: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> MeaningFound:
        """Find pieces of text files by meaning, not by words: `where are passwords checked`.

        Files that `.gitignore` or `.rooignore` excludes are left out. The first search of a session reads
        all files; it answers after 20 seconds with what has been read by then, and `waiting` says how
        many are left. Without the extra `semantic` the answer is `EXTRA_NOT_INSTALLED` and says how to
        get it.

        `path`: The folder to search; '/' unless given. `limit`: 10 unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `VALIDATION_ERROR`, `RESOURCE_CONFLICT`,
        `SERVER_OVERLOAD`, `TOOL_EXECUTION_FAILED`, `EXTRA_NOT_INSTALLED`, `RATE_LIMIT_EXCEEDED` among the
        codes.
        """
        return self._portal.call(
            self._inner.semantic, session_id, query, path=path, limit=limit, timeout_s=timeout_s
        )


class BlockingShell:
    """The operations of `shell`."""

    def __init__(self, portal: Portal, inner: ShellOperations) -> None:
        self._portal = portal
        self._inner = inner

    def exec(
        self,
        session_id: str,
        cmd: str,
        *,
        tty: bool | Unset = UNSET,
        cwd: str | Unset = UNSET,
        timeout: float | Unset | None = UNSET,
        timeout_s: float | None = None,
    ) -> ShellExecuted:
        """Run a command line in the session's sandbox and wait for it to end; `tty` gives it a
        terminal.

        It is ended when the connection that requested it closes. For anything longer, start a process.

        `tty`: False unless given. `timeout`: Seconds after which it is stopped.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `PERMISSION_DENIED`,
        `TOOL_EXECUTION_FAILED`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(
            self._inner.exec, session_id, cmd, tty=tty, cwd=cwd, timeout=timeout, timeout_s=timeout_s
        )


class BlockingTerminals:
    """The operations of `terminals`."""

    def __init__(self, portal: Portal, inner: TerminalsOperations) -> None:
        self._portal = portal
        self._inner = inner

    def open(
        self,
        session_id: str,
        *,
        command: str | Unset = UNSET,
        cwd: str | Unset = UNSET,
        columns: int | Unset = UNSET,
        rows: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> Terminal:
        """Open a terminal in the session's sandbox.

        It stays open after the client disconnects, until it is closed. Its output is sent as
        `terminal.output` to everyone who follows the session.

        `command`: What to run in it, by `sh -c`; 'bash' unless given. `columns`: 80 unless given. `rows`:
        24 unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `PERMISSION_DENIED`,
        `TOOL_EXECUTION_FAILED`, `RATE_LIMIT_EXCEEDED`, `IDEMPOTENCY_KEY_IN_USE`,
        `IDEMPOTENCY_KEY_REUSED`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(
            self._inner.open,
            session_id,
            command=command,
            cwd=cwd,
            columns=columns,
            rows=rows,
            timeout_s=timeout_s,
        )

    def list(self, session_id: str, *, timeout_s: float | None = None) -> builtins.list[Terminal]:
        """List a session's open terminals, oldest first.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(self._inner.list, session_id, timeout_s=timeout_s)

    def get(self, session_id: str, terminal_id: str, *, timeout_s: float | None = None) -> TerminalScreen:
        """Get the most recent output of a terminal, to continue from there after a disconnect.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(self._inner.get, session_id, terminal_id, timeout_s=timeout_s)

    def input(
        self, session_id: str, terminal_id: str, data: str, *, timeout_s: float | None = None
    ) -> Terminal:
        """Send input to a terminal. The order of inputs is kept.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT` among the codes.
        """
        return self._portal.call(self._inner.input, session_id, terminal_id, data, timeout_s=timeout_s)

    def resize(
        self, session_id: str, terminal_id: str, columns: int, rows: int, *, timeout_s: float | None = None
    ) -> Terminal:
        """Set the size of a terminal's window.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(
            self._inner.resize, session_id, terminal_id, columns, rows, timeout_s=timeout_s
        )

    def close(self, session_id: str, terminal_id: str, *, timeout_s: float | None = None) -> Terminal:
        """Close a terminal and end whatever runs in it.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(self._inner.close, session_id, terminal_id, timeout_s=timeout_s)


class BlockingTools:
    """The operations of `tools`."""

    def __init__(self, portal: Portal, inner: ToolsOperations) -> None:
        self._portal = portal
        self._inner = inner

    def list(self, *, timeout_s: float | None = None) -> builtins.list[ToolDescription]:
        """List the tools that agents and callers can use, with their parameters.

        Raises: RooCodeError, with among the codes.
        """
        return self._portal.call(self._inner.list, timeout_s=timeout_s)

    def execute(
        self,
        session_id: str,
        tool_name: str,
        *,
        parameters: Mapping[str, Any] | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> ToolExecuted:
        """Run a tool now, without a task.

        If the tool ran and failed, the answer is 200 with `success: false` and the reason in `output`.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `VALIDATION_ERROR`,
        `TOOL_EXECUTION_FAILED`, `EXTRA_NOT_INSTALLED`, `PAYLOAD_TOO_LARGE`, `SERVER_OVERLOAD`,
        `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(
            self._inner.execute, session_id, tool_name, parameters=parameters, timeout_s=timeout_s
        )


class BlockingUsage:
    """The operations of `usage`."""

    def __init__(self, portal: Portal, inner: UsageOperations) -> None:
        self._portal = portal
        self._inner = inner

    def report(
        self,
        *,
        group_by: Sequence[Literal["day", "user", "session", "model"]] | Unset = UNSET,
        since: str | Unset | None = UNSET,
        until: str | Unset | None = UNSET,
        user_id: str | Unset | None = UNSET,
        session_id: str | Unset | None = UNSET,
        provider: str | Unset | None = UNSET,
        model: str | Unset | None = UNSET,
        limit: int | Unset = UNSET,
        offset: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> UsagePage:
        """Sum up requests, tokens and cost of your sessions by day, session and model.

        Administrators see all users, and may group by `user`. Deleted sessions stay counted.

        `group_by`: One row for each combination of these. `since`: The first day, `YYYY-MM-DD` in UTC.
        `until`: The last day, `YYYY-MM-DD` in UTC. `limit`: 100 unless given. `offset`: 0 unless given.

        Raises: RooCodeError, with `PERMISSION_DENIED` among the codes.
        """
        return self._portal.call(
            self._inner.report,
            group_by=group_by,
            since=since,
            until=until,
            user_id=user_id,
            session_id=session_id,
            provider=provider,
            model=model,
            limit=limit,
            offset=offset,
            timeout_s=timeout_s,
        )

    def each_report(
        self,
        *,
        group_by: Sequence[Literal["day", "user", "session", "model"]] | Unset = UNSET,
        since: str | Unset | None = UNSET,
        until: str | Unset | None = UNSET,
        user_id: str | Unset | None = UNSET,
        session_id: str | Unset | None = UNSET,
        provider: str | Unset | None = UNSET,
        model: str | Unset | None = UNSET,
    ) -> Iterator[UsageRow]:
        """Sum up requests, tokens and cost of your sessions by day, session and model. Goes through
        all pages.
        """
        return self._portal.iterate(
            self._inner.each_report,
            group_by=group_by,
            since=since,
            until=until,
            user_id=user_id,
            session_id=session_id,
            provider=provider,
            model=model,
        )


class BlockingUsers:
    """The operations of `users`."""

    def __init__(self, portal: Portal, inner: UsersOperations) -> None:
        self._portal = portal
        self._inner = inner

    def list(
        self, *, limit: int | Unset = UNSET, offset: int | Unset = UNSET, timeout_s: float | None = None
    ) -> UserPage:
        """List the users, sorted by e-mail address. `disabledAt` is present for disabled users.

        `limit`: 20 unless given. `offset`: 0 unless given.

        Raises: RooCodeError, with among the codes.
        """
        return self._portal.call(self._inner.list, limit=limit, offset=offset, timeout_s=timeout_s)

    def each(self) -> Iterator[User]:
        """List the users, sorted by e-mail address. `disabledAt` is present for disabled users. Goes
        through all pages.
        """
        return self._portal.iterate(self._inner.each)

    def get(self, user_id: str, *, timeout_s: float | None = None) -> User:
        """Get a user.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(self._inner.get, user_id, timeout_s=timeout_s)

    def create(
        self,
        email: str,
        *,
        name: str | Unset | None = UNSET,
        roles: Sequence[Literal["admin", "developer", "viewer"]] | Unset = UNSET,
        password: str | Unset | None = UNSET,
        timeout_s: float | None = None,
    ) -> UserMade:
        """Add a user with a password, or with an invitation to choose one, which is not shown again.

        `name`: The e-mail address if left out. `password`: If left out, the user is invited to choose
        one.

        Raises: RooCodeError, with `RESOURCE_CONFLICT`, `IDEMPOTENCY_KEY_IN_USE`,
        `IDEMPOTENCY_KEY_REUSED`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(
            self._inner.create, email, name=name, roles=roles, password=password, timeout_s=timeout_s
        )

    def update(
        self,
        user_id: str,
        *,
        name: str | Unset | None = UNSET,
        roles: Sequence[Literal["admin", "developer", "viewer"]] | Unset | None = UNSET,
        disabled: bool | Unset | None = UNSET,
        timeout_s: float | None = None,
    ) -> User:
        """Change a user's name or roles, disable them, or enable them again.

        Fields that are left out stay as they are. Connections of users who are disabled or lose a role
        end. The last active administrator cannot be disabled or lose that role.

        `disabled`: A disabled user can do nothing, with any credential.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT` among the codes.
        """
        return self._portal.call(
            self._inner.update, user_id, name=name, roles=roles, disabled=disabled, timeout_s=timeout_s
        )

    def invite(self, user_id: str, *, timeout_s: float | None = None) -> UserInvitation:
        """Create a link with which a user chooses a first or new password.

        It works once and is not shown again; an earlier one no longer works.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT` among the codes.
        """
        return self._portal.call(self._inner.invite, user_id, timeout_s=timeout_s)

    def logout(self, user_id: str, *, timeout_s: float | None = None) -> bool:
        """End all logins of a user; API keys remain valid.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(self._inner.logout, user_id, timeout_s=timeout_s)


class BlockingWebhooks:
    """The operations of `webhooks`."""

    def __init__(self, portal: Portal, inner: WebhooksOperations) -> None:
        self._portal = portal
        self._inner = inner

    def list(self, *, timeout_s: float | None = None) -> builtins.list[Webhook]:
        """List your own webhooks, oldest first. Secrets are never shown.

        Raises: RooCodeError, with among the codes.
        """
        return self._portal.call(self._inner.list, timeout_s=timeout_s)

    def create(
        self,
        url: str,
        events: Sequence[str],
        *,
        secret: str | Unset | None = UNSET,
        timeout_s: float | None = None,
    ) -> WebhookWithSecret:
        """Post the events of your sessions, from now on, to a URL. (S0, Webhooks)

        Without a `secret` the server generates one and returns it in this answer only.

        `url`: The URL to which events are posted. `events`: Names of events, groups of them (`task.*`),
        or all (`*`). `secret`: Signs the requests: `whsec_` and base64 of 24 to 64 bytes, or 12 to 256
        printable ASCII characters.

        Raises: RooCodeError, with `RESOURCE_CONFLICT`, `IDEMPOTENCY_KEY_IN_USE`,
        `IDEMPOTENCY_KEY_REUSED`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(self._inner.create, url, events, secret=secret, timeout_s=timeout_s)

    def get(self, webhook_id: str, *, timeout_s: float | None = None) -> Webhook:
        """Get one of your own webhooks, and the state of its deliveries.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(self._inner.get, webhook_id, timeout_s=timeout_s)

    def update(
        self,
        webhook_id: str,
        *,
        url: str | Unset = UNSET,
        events: Sequence[str] | Unset = UNSET,
        secret: str | Unset = UNSET,
        enabled: bool | Unset = UNSET,
        skip_pending: bool | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> Webhook:
        """Change a webhook, disable it, or enable it again.

        Fields that are left out stay as they are. A delivery that waits is tried again at once. New
        `events` also apply to events that have not been delivered yet.

        `url`: The URL to which events are posted. `events`: Names of events, groups of them (`task.*`),
        or all (`*`). `secret`: Signs the requests: `whsec_` and base64 of 24 to 64 bytes, or 12 to 256
        printable ASCII characters. `skip_pending`: False unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(
            self._inner.update,
            webhook_id,
            url=url,
            events=events,
            secret=secret,
            enabled=enabled,
            skip_pending=skip_pending,
            timeout_s=timeout_s,
        )

    def rotate(
        self, webhook_id: str, *, secret: str | Unset | None = UNSET, timeout_s: float | None = None
    ) -> WebhookWithSecret:
        """Replace the secret. Until `formerSecretUntil`, messages are signed with the former one as
        well.

        Without a `secret` the server generates one and returns it in this answer only.

        `secret`: Signs the requests: `whsec_` and base64 of 24 to 64 bytes, or 12 to 256 printable ASCII
        characters.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(self._inner.rotate, webhook_id, secret=secret, timeout_s=timeout_s)

    def delete(self, webhook_id: str, *, timeout_s: float | None = None) -> WebhookRemoved:
        """Delete a webhook with its secret and attempts. Nothing more is sent.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(self._inner.delete, webhook_id, timeout_s=timeout_s)

    def test(self, webhook_id: str, *, timeout_s: float | None = None) -> DeliveryAttempt:
        """Send a `webhook.test` now; the answer has its result.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(self._inner.test, webhook_id, timeout_s=timeout_s)

    def redeliver(self, webhook_id: str, event_id: str, *, timeout_s: float | None = None) -> DeliveryAttempt:
        """Send an event of your sessions again, now and out of order; the answer has its result.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(self._inner.redeliver, webhook_id, event_id, timeout_s=timeout_s)

    def attempts(
        self,
        webhook_id: str,
        *,
        limit: int | Unset = UNSET,
        offset: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> AttemptPage:
        """List the last requests to a webhook's receiver, newest first: status, duration and error.

        `limit`: 20 unless given. `offset`: 0 unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(
            self._inner.attempts, webhook_id, limit=limit, offset=offset, timeout_s=timeout_s
        )

    def each_attempt(self, webhook_id: str) -> Iterator[DeliveryAttempt]:
        """List the last requests to a webhook's receiver, newest first: status, duration and error.
        Goes through all pages.
        """
        return self._portal.iterate(self._inner.each_attempt, webhook_id)


class BlockingApprovals:
    """What agents may do, as people or bots decide."""

    def __init__(self, portal: Portal, inner: AsyncApprovals) -> None:
        self._portal = portal
        self._inner = inner

    def list(
        self,
        session_id: str,
        *,
        status: Literal["pending", "approved", "rejected", "expired", "cancelled"] | Unset | None = UNSET,
        limit: int | Unset = UNSET,
        offset: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> ApprovalPage:
        """List a session's approvals, newest first. With `status=pending`, only those still waiting.

        `limit`: 20 unless given. `offset`: 0 unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(
            self._inner.list, session_id, status=status, limit=limit, offset=offset, timeout_s=timeout_s
        )

    def each(
        self,
        session_id: str,
        *,
        status: Literal["pending", "approved", "rejected", "expired", "cancelled"] | Unset | None = UNSET,
    ) -> Iterator[Approval]:
        """List a session's approvals, newest first. With `status=pending`, only those still waiting.
        Goes through all pages.
        """
        return self._portal.iterate(self._inner.each, session_id, status=status)

    def search(
        self,
        *,
        scope: Literal["mine", "shared", "all"] | Unset = UNSET,
        status: Literal["pending", "approved", "rejected", "expired", "cancelled"] | Unset | None = UNSET,
        limit: int | Unset = UNSET,
        offset: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> ApprovalPage:
        """List the approvals of all your sessions, newest first, those shared with you included.

        What you may answer is in `inbox.list`, with the questions and interrupted tasks.

        `scope`: 'all' unless given. `limit`: 20 unless given. `offset`: 0 unless given.

        Raises: RooCodeError, with among the codes.
        """
        return self._portal.call(
            self._inner.search, scope=scope, status=status, limit=limit, offset=offset, timeout_s=timeout_s
        )

    def each_search(
        self,
        *,
        scope: Literal["mine", "shared", "all"] | Unset = UNSET,
        status: Literal["pending", "approved", "rejected", "expired", "cancelled"] | Unset | None = UNSET,
    ) -> Iterator[Approval]:
        """List the approvals of all your sessions, newest first, those shared with you included. Goes
        through all pages.
        """
        return self._portal.iterate(self._inner.each_search, scope=scope, status=status)

    def get(self, session_id: str, approval_id: str, *, timeout_s: float | None = None) -> Approval:
        """Get an approval: the tool call in question, and the answer once there is one.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(self._inner.get, session_id, approval_id, timeout_s=timeout_s)

    def respond(
        self,
        session_id: str,
        approval_id: str,
        action: Literal["approve", "reject"],
        *,
        feedback: str | Unset | None = UNSET,
        remember: Literal["once", "session", "always"] | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> Approval:
        """Approve or reject a tool call. The first answer wins; a later one answers 409.

        With `remember`, the approval's `rules` become rules of the session, which needs the permission
        `session:write`, or of all sessions that you own, if this one is yours; what they allow or forbid
        is not asked about again.

        `remember`: Make the approval's `rules` rules of the session, or of all sessions that you own;
        'once' unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `PERMISSION_DENIED`,
        `WORKSPACE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(
            self._inner.respond,
            session_id,
            approval_id,
            action,
            feedback=feedback,
            remember=remember,
            timeout_s=timeout_s,
        )

    def approve(self, session_id: str, approval_id: str) -> Approval:
        """Let the agent do it. Raises: Conflict, if it has been answered."""
        return self._portal.call(self._inner.approve, session_id, approval_id)

    def reject(self, session_id: str, approval_id: str, feedback: str | None = None) -> Approval:
        """Refuse it; `feedback` is told to the agent. Raises: Conflict, if it has been answered."""
        return self._portal.call(self._inner.reject, session_id, approval_id, feedback)

    def answer(self, approval: Approval, verdict: Verdict) -> bool:
        """Answer by a verdict; return whether it was this answer that counts."""
        return self._portal.call(self._inner.answer, approval, verdict)

    def bot(self, scope: Scope = "mine") -> ApprovalBot:
        """Make a bot that answers the approvals of your sessions (`mine`), of those shared with you, or of
        all.
        """
        return ApprovalBot(self._portal, self._portal.make(self._inner.bot, scope))


class ApprovalBot:
    """Answers approvals by the functions that are decorated with `on`; what none of them answers waits for
    people.

    It also answers what waited before it came, and what came while its connection was away.
    """

    def __init__(self, portal: Portal, inner: AsyncApprovalBot) -> None:
        self._portal = portal
        self._inner = inner

    def on(self, *tools: str) -> Callable[[Callable[[Approval], Verdict]], Callable[[Approval], Verdict]]:
        """Decorate a function that decides about calls of these tools, or of all. The first verdict
        counts.
        """

        def register(handler: Callable[[Approval], Verdict]) -> Callable[[Approval], Verdict]:
            self.add(handler, *tools)
            return handler

        return register

    def add(self, handler: Callable[[Approval], Verdict], *tools: str) -> None:
        """As `on`, without a decorator."""
        self._portal.make(self._inner.add, self._portal.handler(handler), *tools)

    def run(self) -> None:
        """Answer until `stop` is called. Raises: RooCodeError, and what a function raises."""
        self._portal.call(self._inner.run)

    def stop(self) -> None:
        """End `run`."""
        self._portal.call(self._inner.stop)


class BlockingFiles:
    """The files of workspaces."""

    def __init__(self, portal: Portal, inner: AsyncFiles) -> None:
        self._portal = portal
        self._inner = inner

    def list(
        self,
        session_id: str,
        *,
        path: str | Unset = UNSET,
        recursive: bool | Unset = UNSET,
        include_hidden: bool | Unset = UNSET,
        limit: int | Unset = UNSET,
        offset: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> FileListing:
        """List the files and directories in a directory of the workspace.

        Paths are absolute within the workspace. Hidden entries (such as `.git`) are left out unless
        requested.

        `path`: '/' unless given. `recursive`: False unless given. `include_hidden`: False unless given.
        `limit`: 1000 unless given. `offset`: 0 unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `VALIDATION_ERROR`,
        `WORKSPACE_LIMIT_EXCEEDED`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(
            self._inner.list,
            session_id,
            path=path,
            recursive=recursive,
            include_hidden=include_hidden,
            limit=limit,
            offset=offset,
            timeout_s=timeout_s,
        )

    def read(
        self,
        session_id: str,
        path: str,
        *,
        encoding: Literal["utf-8", "base64"] | Unset | None = UNSET,
        timeout_s: float | None = None,
    ) -> FileContent:
        """Read a file: UTF-8 text as it is, anything else as base64.

        `encoding`: Ask for `base64`; otherwise text is `utf-8` and anything else `base64`.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `VALIDATION_ERROR`,
        `PAYLOAD_TOO_LARGE`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(self._inner.read, session_id, path, encoding=encoding, timeout_s=timeout_s)

    def create(
        self,
        session_id: str,
        path: str,
        content: str,
        *,
        encoding: Literal["utf-8", "base64"] | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> FileEntry:
        """Create a file and its parent directories. If the file exists already, the answer is 409.

        `encoding`: 'utf-8' unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `VALIDATION_ERROR`,
        `PAYLOAD_TOO_LARGE`, `WORKSPACE_LIMIT_EXCEEDED`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(
            self._inner.create, session_id, path, content, encoding=encoding, timeout_s=timeout_s
        )

    def update(
        self,
        session_id: str,
        path: str,
        content: str,
        *,
        encoding: Literal["utf-8", "base64"] | Unset = UNSET,
        if_match: str | Unset | None = UNSET,
        etag: str | Unset | None = UNSET,
        size: int | Unset | None = UNSET,
        modified_at: datetime | Unset | None = UNSET,
        timeout_s: float | None = None,
    ) -> FileEntry:
        """Replace a file's content. If the file does not exist, the answer is 404.

        With `ifMatch` (in REST also the header `If-Match`), a change that the caller has not seen is
        never overwritten: if the file's `etag` differs, the answer is 409 and names the current one.

        `encoding`: 'utf-8' unless given. `if_match`: An `etag`, or `*`: if the file has another one,
        nothing is done and the answer is a conflict. `etag`: As `file.read` gave it; it counts as
        `ifMatch`. `size`: Ignored. `modified_at`: Ignored.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `VALIDATION_ERROR`,
        `PAYLOAD_TOO_LARGE`, `WORKSPACE_LIMIT_EXCEEDED`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(
            self._inner.update,
            session_id,
            path,
            content,
            encoding=encoding,
            if_match=if_match,
            etag=etag,
            size=size,
            modified_at=modified_at,
            timeout_s=timeout_s,
        )

    def delete(
        self,
        session_id: str,
        path: str,
        *,
        recursive: bool | Unset = UNSET,
        if_match: str | Unset | None = UNSET,
        timeout_s: float | None = None,
    ) -> FileRemoved:
        """Delete a file, a link, or a directory. `ifMatch` works as in `file.update`.

        A directory that has content answers 409, unless `recursive` is set: then it vanishes as a whole,
        or not at all. Links are never followed.

        `recursive`: Whether a directory may have content, which is deleted with it; False unless given.
        `if_match`: An `etag`, or `*`: if the file has another one, nothing is done and the answer is a
        conflict.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `VALIDATION_ERROR`,
        `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(
            self._inner.delete, session_id, path, recursive=recursive, if_match=if_match, timeout_s=timeout_s
        )

    def rename(
        self,
        session_id: str,
        path: str,
        to: str,
        *,
        overwrite: bool | Unset = UNSET,
        if_match: str | Unset | None = UNSET,
        timeout_s: float | None = None,
    ) -> FileEntry:
        """Move a file, link or directory to another path. `ifMatch` works as in `file.update`.

        `to`: The new path; directories above it are created. `overwrite`: Whether an existing file may be
        replaced; False unless given. `if_match`: An `etag`, or `*`: if the file has another one, nothing
        is done and the answer is a conflict.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `VALIDATION_ERROR`,
        `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(
            self._inner.rename,
            session_id,
            path,
            to,
            overwrite=overwrite,
            if_match=if_match,
            timeout_s=timeout_s,
        )

    def copy(
        self,
        session_id: str,
        path: str,
        to: str,
        *,
        overwrite: bool | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> FileEntry:
        """Copy a file, or a directory with all its contents. The copy appears once it is complete.

        `to`: The path of the copy; directories above it are created. `overwrite`: Whether an existing
        file may be replaced; False unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `VALIDATION_ERROR`,
        `WORKSPACE_LIMIT_EXCEEDED`, `SERVER_OVERLOAD`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(
            self._inner.copy, session_id, path, to, overwrite=overwrite, timeout_s=timeout_s
        )

    def mkdir(self, session_id: str, path: str, *, timeout_s: float | None = None) -> FileEntry:
        """Create a directory and its parents. If it exists already, the answer is 409.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `VALIDATION_ERROR`,
        `WORKSPACE_LIMIT_EXCEEDED`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(self._inner.mkdir, session_id, path, timeout_s=timeout_s)

    def read_bytes(self, session_id: str, path: str) -> bytes:
        """Return a file's content. Raises: NotFound."""
        return self._portal.call(self._inner.read_bytes, session_id, path)

    def write_bytes(self, session_id: str, path: str, content: bytes) -> FileEntry:
        """Create a file, and the directories it is in, or replace it. Raises: RooCodeError."""
        return self._portal.call(self._inner.write_bytes, session_id, path, content)

    def download(self, session_id: str, path: str, target: str | os.PathLike[str]) -> int:
        """Write a file of any size to a local one, and return its size in bytes. Raises: NotFound,
        OSError.
        """
        return self._portal.call(self._inner.download, session_id, path, target)

    def upload(self, session_id: str, path: str, source: str | os.PathLike[str]) -> FileEntry:
        """Send a local file of any size. Raises: RooCodeError, OSError."""
        return self._portal.call(self._inner.upload, session_id, path, source)


class BlockingWorkspace:
    """Workspaces as a whole."""

    def __init__(self, portal: Portal, inner: AsyncWorkspace) -> None:
        self._portal = portal
        self._inner = inner

    def clone(
        self,
        session_id: str,
        url: str,
        *,
        ref: str | Unset | None = UNSET,
        depth: int | Unset | None = UNSET,
        token: str | Unset | None = UNSET,
        replace: bool | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> RepositoryCloned:
        """Fill a workspace from a git repository: either everything arrives or nothing.

        The session needs network access, or the host must be listed in the server's settings. A `token`
        is sent to the URL's host only and is not stored. If the workspace is not empty, the answer is 409
        unless `replace` is true.

        `url`: `https://…` or `http://…`, without credentials. `ref`: A branch or a tag; the repository's
        own default if left out. `depth`: How many commits to fetch; all if left out. `token`: For a
        private repository; it is not stored. `replace`: Whether the workspace's present content may be
        replaced; False unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `VALIDATION_ERROR`,
        `WORKSPACE_LIMIT_EXCEEDED`, `SERVER_OVERLOAD`, `TOOL_EXECUTION_FAILED`, `RATE_LIMIT_EXCEEDED`
        among the codes.
        """
        return self._portal.call(
            self._inner.clone,
            session_id,
            url,
            ref=ref,
            depth=depth,
            token=token,
            replace=replace,
            timeout_s=timeout_s,
        )

    def download(
        self, session_id: str, target: str | os.PathLike[str], *, format: Literal["tar.gz", "zip"] = "tar.gz"
    ) -> int:
        """Write the workspace to a local archive, and return its size in bytes. Raises: RooCodeError,
        OSError.
        """
        return self._portal.call(self._inner.download, session_id, target, format=format)

    def upload(
        self,
        session_id: str,
        source: str | os.PathLike[str],
        *,
        format: Literal["tar.gz", "zip"] = "tar.gz",
        replace: bool = False,
    ) -> int:
        """Fill the workspace from a local archive, and return the number of files.

        Raises: Conflict, if it is not empty and `replace` is not set. RooCodeError, OSError.
        """
        return self._portal.call(self._inner.upload, session_id, source, format=format, replace=replace)


class BlockingSessions:
    """Sessions, also as archives."""

    def __init__(self, portal: Portal, inner: AsyncSessions) -> None:
        self._portal = portal
        self._inner = inner

    def list(
        self,
        *,
        status: Literal["active", "inactive", "archived"] | Unset | None = UNSET,
        scope: Literal["mine", "shared", "all"] | Unset = UNSET,
        purpose: str | Unset | None = UNSET,
        limit: int | Unset = UNSET,
        offset: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> SessionPage:
        """List your own sessions and those that are shared with you, newest first.

        `scope` leaves one of the two out, `purpose` all but those for it. `access` says what you may do
        in each.

        `scope`: 'all' unless given. `limit`: 20 unless given. `offset`: 0 unless given.

        Raises: RooCodeError, with `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(
            self._inner.list,
            status=status,
            scope=scope,
            purpose=purpose,
            limit=limit,
            offset=offset,
            timeout_s=timeout_s,
        )

    def each(
        self,
        *,
        status: Literal["active", "inactive", "archived"] | Unset | None = UNSET,
        scope: Literal["mine", "shared", "all"] | Unset = UNSET,
        purpose: str | Unset | None = UNSET,
    ) -> Iterator[ListedSession]:
        """List your own sessions and those that are shared with you, newest first. Goes through all
        pages.
        """
        return self._portal.iterate(self._inner.each, status=status, scope=scope, purpose=purpose)

    def create(
        self,
        *,
        name: str | Unset = UNSET,
        config: SessionConfigChangeDict | Unset = UNSET,
        expires_at: datetime | Unset | None = UNSET,
        timeout_s: float | None = None,
    ) -> CallersSession:
        """Open a session with an empty workspace.

        Settings that `config` leaves out take the server's defaults. `workspace.path` is where the
        session's commands see its files; `workspace.url` lists them.

        `name`: 'Untitled session' unless given. `expires_at`: A time in the future.

        Raises: RooCodeError, with `EXTRA_NOT_INSTALLED`, `WORKSPACE_LIMIT_EXCEEDED`,
        `RATE_LIMIT_EXCEEDED`, `IDEMPOTENCY_KEY_IN_USE`, `IDEMPOTENCY_KEY_REUSED`, `RATE_LIMIT_EXCEEDED`
        among the codes.
        """
        return self._portal.call(
            self._inner.create, name=name, config=config, expires_at=expires_at, timeout_s=timeout_s
        )

    def fork(
        self, session_id: str, *, name: str | Unset | None = UNSET, timeout_s: float | None = None
    ) -> CallersSession:
        """Copy a session into a new one of yours: files, conversations, tasks, checkpoints and the
        log.

        Neither sees what happens in the other afterwards. Nothing is at work in the copy: unfinished
        tasks wait to be resumed, and pending approvals are withdrawn.

        `name`: The name of the copy; that of the session unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `WORKSPACE_LIMIT_EXCEEDED`,
        `SERVER_OVERLOAD`, `RATE_LIMIT_EXCEEDED`, `IDEMPOTENCY_KEY_IN_USE`, `IDEMPOTENCY_KEY_REUSED`,
        `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(self._inner.fork, session_id, name=name, timeout_s=timeout_s)

    def ensure(
        self,
        purpose: str,
        *,
        name: str | Unset = UNSET,
        config: SessionConfigChangeDict | Unset = UNSET,
        expires_at: datetime | Unset | None = UNSET,
        timeout_s: float | None = None,
    ) -> SessionEnsured:
        """Get your session for a purpose; if there is none, it is created as by `session.create`.

        A user has one session for each purpose, however many programs ask for it at once. Programs that
        keep no state find theirs again by it. Once it has been deleted, the next call creates another.

        `name`: 'Untitled session' unless given. `expires_at`: A time in the future.

        Raises: RooCodeError, with `EXTRA_NOT_INSTALLED`, `WORKSPACE_LIMIT_EXCEEDED`,
        `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(
            self._inner.ensure, purpose, name=name, config=config, expires_at=expires_at, timeout_s=timeout_s
        )

    def get(self, session_id: str, *, timeout_s: float | None = None) -> CallersSession:
        """Get a session. `access` says what you may do there.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(self._inner.get, session_id, timeout_s=timeout_s)

    def sandbox(self, session_id: str, *, timeout_s: float | None = None) -> Sandbox:
        """Report where a session's commands run and how each of its limits is enforced.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(self._inner.sandbox, session_id, timeout_s=timeout_s)

    def update(
        self,
        session_id: str,
        *,
        name: str | Unset | None = UNSET,
        config: SessionConfigChangeDict | Unset | None = UNSET,
        status: Literal["active", "inactive", "archived"] | Unset | None = UNSET,
        expires_at: datetime | Unset | None = UNSET,
        id: str | Unset | None = UNSET,
        user_id: str | Unset | None = UNSET,
        workspace_id: str | Unset | None = UNSET,
        created_at: datetime | Unset | None = UNSET,
        updated_at: datetime | Unset | None = UNSET,
        access: Literal["owner", "collaborator", "watcher"] | Unset | None = UNSET,
        purpose: str | Unset | None = UNSET,
        session: SessionFieldsDict | Unset | None = UNSET,
        timeout_s: float | None = None,
    ) -> CallersSession:
        """Change a session's name, status, expiry or configuration.

        Fields that are left out stay as they are. A running task keeps the configuration it began with.

        `expires_at`: A time in the future; null: never. `id`: May be sent, but not changed. `user_id`:
        May be sent, but not changed. `workspace_id`: May be sent, but not changed. `created_at`: May be
        sent, but not changed. `updated_at`: Ignored. `access`: Ignored. `purpose`: Ignored.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `EXTRA_NOT_INSTALLED`, `RATE_LIMIT_EXCEEDED`
        among the codes.
        """
        return self._portal.call(
            self._inner.update,
            session_id,
            name=name,
            config=config,
            status=status,
            expires_at=expires_at,
            id=id,
            user_id=user_id,
            workspace_id=workspace_id,
            created_at=created_at,
            updated_at=updated_at,
            access=access,
            purpose=purpose,
            session=session,
            timeout_s=timeout_s,
        )

    def delete(self, session_id: str, *, timeout_s: float | None = None) -> SessionRemoved:
        """Delete a session: end everything that runs in it and remove its workspace, tasks and events.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(self._inner.delete, session_id, timeout_s=timeout_s)

    def share(
        self,
        session_id: str,
        user: str,
        access: Literal["collaborator", "watcher"],
        *,
        timeout_s: float | None = None,
    ) -> Share:
        """Share a session with somebody: as `watcher` they read, as `collaborator` they work in it
        too.

        A second call for the same user changes their access. What they have open in the session ends as
        far as the new access does not permit it.

        `user`: Their e-mail address or their id.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `RATE_LIMIT_EXCEEDED` among
        the codes.
        """
        return self._portal.call(self._inner.share, session_id, user, access, timeout_s=timeout_s)

    def shares(self, session_id: str, *, timeout_s: float | None = None) -> Shares:
        """List whose session it is, and with whom it is shared.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(self._inner.shares, session_id, timeout_s=timeout_s)

    def unshare(self, session_id: str, user_id: str, *, timeout_s: float | None = None) -> ShareRemoved:
        """Take somebody's share back: what they have open in the session ends at once.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(self._inner.unshare, session_id, user_id, timeout_s=timeout_s)

    def leave(self, session_id: str, *, timeout_s: float | None = None) -> ShareRemoved:
        """Give back your own share of somebody's session.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(self._inner.leave, session_id, timeout_s=timeout_s)

    def export(self, session_id: str, target: str | os.PathLike[str]) -> int:
        """Write a session with everything in it to a local archive, and return its size in bytes.

        Secrets of its configuration are left out. Raises: RooCodeError, OSError.
        """
        return self._portal.call(self._inner.export, session_id, target)

    def take_in(self, source: str | os.PathLike[str], *, name: str | None = None) -> CallersSession:
        """Make a session of a local archive that `export` has written, here or elsewhere.

        Raises: RooCodeError, with `VALIDATION_ERROR` if the archive is refused. OSError.
        """
        return self._portal.call(self._inner.take_in, source, name=name)


class BlockingEvents:
    """The events of sessions."""

    def __init__(self, portal: Portal, inner: AsyncEvents) -> None:
        self._portal = portal
        self._inner = inner

    def list(
        self,
        session_id: str,
        *,
        after: int | Unset = UNSET,
        last_event_id: str | Unset | None = UNSET,
        limit: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> EventPage:
        """Read the session's events with a `seq` greater than `after`, in order and without gaps.

        If the cursor does not belong to this log (for example because the log was restored from a
        backup), or events after it have been removed, reading starts at the beginning and
        `pagination.reset` is true. `pagination.first` is the `seq` of the first event that is still
        there.

        `after`: 0 unless given. `limit`: 100 unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(
            self._inner.list,
            session_id,
            after=after,
            last_event_id=last_event_id,
            limit=limit,
            timeout_s=timeout_s,
        )

    def read(
        self,
        *,
        scope: Literal["mine", "shared", "all"] | Unset = UNSET,
        after: str | Unset = UNSET,
        limit: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> TimelineSlice:
        """Read the events of all your sessions after a cursor, in the order in which they were stored.

        Continue with `pagination.nextAfter`. If the cursor is none of this server's, or too old, reading
        starts at the beginning and `pagination.reset` is true.

        `scope`: 'all' unless given. `after`: '0' unless given. `limit`: 100 unless given.

        Raises: RooCodeError, with among the codes.
        """
        return self._portal.call(self._inner.read, scope=scope, after=after, limit=limit, timeout_s=timeout_s)

    def follow(
        self, session_id: str, *, after: int | None = None, last_event_id: str | None = None
    ) -> Generator[Event, None, None]:
        """Yield the events of a session, each once and in order, until it is deleted.

        `after`: the `seq` of the last event that is known; 0 for all; those from now on unless given.
        `last_event_id`: its `id`, which also tells whether the log was restored from a backup. If it was, or
        if events after it have been removed, a `LogResetEvent` comes, and then the whole log. If the log is
        read from its beginning and its first events have been removed, a `LogCutEvent` comes first.

        Raises: RooCodeError, if the session cannot be followed (any more).
        """
        return self._portal.iterate(self._inner.follow, session_id, after=after, last_event_id=last_event_id)

    def follow_all(
        self,
        *,
        scope: Literal["mine", "shared", "all"] = "mine",
        types: Sequence[str] = (),
        cursor: str | None = None,
    ) -> Generator[Event, None, None]:
        """Yield what happens in all your sessions, each event once and in order, over any disconnects.

        `types`: names of events, or groups (`task.*`); all unless given. `cursor`: that of the last event
        that is known, `"0"` for all; those from now on unless given. If the server was restored from a
        backup, or the cursor is too old, a `LogResetEvent` comes, and then all events.

        Raises: RooCodeError.
        """
        return self._portal.iterate(self._inner.follow_all, scope=scope, types=types, cursor=cursor)


class BlockingMonitoring:
    """The state of the server and its machine."""

    def __init__(self, portal: Portal, inner: AsyncMonitoring) -> None:
        self._portal = portal
        self._inner = inner

    def health(self, *, timeout_s: float | None = None) -> Health:
        """Report whether the server works and where commands run. Needs no credentials.

        The check includes a write to the database. If that fails, the answer is SERVER_OVERLOAD (503).

        Raises: RooCodeError, with `SERVER_OVERLOAD` among the codes.
        """
        return self._portal.call(self._inner.health, timeout_s=timeout_s)

    def resources(self, *, timeout_s: float | None = None) -> SystemResources:
        """Return the machine's processor, memory, disk and network usage and its processes.

        The sample is at most `monitoring.sample_interval_s` old.

        Raises: RooCodeError, with among the codes.
        """
        return self._portal.call(self._inner.resources, timeout_s=timeout_s)

    def processes(
        self,
        *,
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
        | Unset
        | None = UNSET,
        status: Literal["running", "stopped", "zombie"] | Unset | None = UNSET,
        session_id: str | Unset | None = UNSET,
        limit: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> SystemProcesses:
        """List the processes that run for sessions of the caller's; administrators see all of the
        machine.

        The most active ones come first.

        `limit`: 100 unless given.

        Raises: RooCodeError, with among the codes.
        """
        return self._portal.call(
            self._inner.processes,
            type=type,
            status=status,
            session_id=session_id,
            limit=limit,
            timeout_s=timeout_s,
        )

    def agents(self, *, timeout_s: float | None = None) -> SystemAgents:
        """List the running tasks and agent programs of the caller's sessions; administrators see all.

        A task of this server has the type `roocode` and the server's own pid; its memory and processor
        are those of what it has started.

        Raises: RooCodeError, with among the codes.
        """
        return self._portal.call(self._inner.agents, timeout_s=timeout_s)

    def kill(
        self,
        pid: int,
        *,
        signal: Literal["SIGTERM", "SIGKILL", "SIGINT", "SIGHUP", "SIGQUIT"] | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> KilledProcess:
        """Send a signal to a process that runs for a session of the caller's, and wait a moment for
        its end.

        Administrators reach every process but this server's own, those above it, and the kernel's.
        `success` is false if the process goes on.

        `signal`: 'SIGTERM' unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `PERMISSION_DENIED`, `PROCESS_KILL_FAILED`,
        `SERVER_OVERLOAD`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(self._inner.kill, pid, signal=signal, timeout_s=timeout_s)

    def performance(
        self,
        *,
        time_range: Literal["1m", "5m", "15m", "30m", "1h", "6h", "12h", "24h"] | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> Performance:
        """Return response times, throughput and errors of all calls over a range of time up to now,
        and how

        the machine was used.

        The answer sums up all callers and names none. Ranges up to an hour begin with a whole minute,
        longer ones with half an hour; none begins before the server's start.

        `time_range`: '1h' unless given.

        Raises: RooCodeError, with among the codes.
        """
        return self._portal.call(self._inner.performance, time_range=time_range, timeout_s=timeout_s)

    def watch(self, *channels: Literal["resources", "logs"]) -> Generator[Event, None, None]:
        """Yield measurements (`SystemSampledEvent`) and entries of the log (`LogWrittenEvent`). Raises:
        RooCodeError.
        """
        return self._portal.iterate(self._inner.watch, *channels)


class BlockingTasks:
    """The tasks of sessions."""

    def __init__(self, portal: Portal, inner: AsyncTasks) -> None:
        self._portal = portal
        self._inner = inner

    def list(
        self,
        session_id: str,
        *,
        status: Literal["pending", "running", "completed", "failed", "cancelled"] | Unset | None = UNSET,
        type: str | Unset | None = UNSET,
        priority: Literal["low", "medium", "high"] | Unset | None = UNSET,
        limit: int | Unset = UNSET,
        offset: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> TaskPage:
        """List a session's tasks, newest first; those of a status, type or priority.

        `limit`: 20 unless given. `offset`: 0 unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(
            self._inner.list,
            session_id,
            status=status,
            type=type,
            priority=priority,
            limit=limit,
            offset=offset,
            timeout_s=timeout_s,
        )

    def each(
        self,
        session_id: str,
        *,
        status: Literal["pending", "running", "completed", "failed", "cancelled"] | Unset | None = UNSET,
        type: str | Unset | None = UNSET,
        priority: Literal["low", "medium", "high"] | Unset | None = UNSET,
    ) -> Iterator[Task]:
        """List a session's tasks, newest first; those of a status, type or priority. Goes through all
        pages.
        """
        return self._portal.iterate(self._inner.each, session_id, status=status, type=type, priority=priority)

    def get(
        self,
        session_id: str,
        task_id: str,
        *,
        wait: float | Unset = UNSET,
        wait_for: Literal["end", "attention"] | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> Task:
        """Get a task: its status, progress, and its result or error once it has ended.

        With `wait`, the answer comes as soon as the task has ended, with `waitFor: attention` also when
        it, or a subtask of it, waits for a person or to be resumed; after `wait` seconds, or
        `server.max_wait_s`, it comes in any case.

        `wait`: Seconds to wait for it at most, up to the server's limit; 0.0 unless given. `wait_for`:
        'end' unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(
            self._inner.get, session_id, task_id, wait=wait, wait_for=wait_for, timeout_s=timeout_s
        )

    def stack(self, session_id: str, *, timeout_s: float | None = None) -> builtins.list[Task]:
        """List the task under way and the subtasks it waits for; empty if nothing is unfinished.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(self._inner.stack, session_id, timeout_s=timeout_s)

    def update(
        self,
        session_id: str,
        task_id: str,
        action: Literal["approve", "reject"],
        *,
        feedback: str | Unset | None = UNSET,
        timeout_s: float | None = None,
    ) -> Task:
        """Approve or reject everything a task is waiting for. If it is not waiting, the answer is 409.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT` among the codes.
        """
        return self._portal.call(
            self._inner.update, session_id, task_id, action, feedback=feedback, timeout_s=timeout_s
        )

    def cancel(self, session_id: str, task_id: str, *, timeout_s: float | None = None) -> Task:
        """Stop a task and everything it started. If it has ended already, the answer is 409.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT` among the codes.
        """
        return self._portal.call(self._inner.cancel, session_id, task_id, timeout_s=timeout_s)

    def interrupt(self, session_id: str, task_id: str, *, timeout_s: float | None = None) -> Task:
        """Stop what a task is doing at this moment, and leave it resumable.

        The request to the model is dropped, and a running command killed; a subtask is interrupted with
        the task that waits for it. `task.resume` goes on where it was; a message goes on with what it
        says; so does the answer to an approval that was pending. If the task is not running, the answer
        is 409.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT` among the codes.
        """
        return self._portal.call(self._inner.interrupt, session_id, task_id, timeout_s=timeout_s)

    def retry(
        self,
        session_id: str,
        task_id: str,
        *,
        max_cost: float | Unset | None = UNSET,
        max_tokens: int | Unset | None = UNSET,
        max_requests: int | Unset | None = UNSET,
        timeout_s: float | None = None,
    ) -> Task:
        """Queue a failed or cancelled task again, under the same id. Source: S4, `retry_task`.

        It begins anew, with `retryCount` one higher; its messages stay. If it did not fail, is a subtask,
        or depends on a task that failed, the answer is 409. What it has used counts on: a task that has
        used up its budget needs another one.

        `max_cost`: In place of `config.maxCost`. `max_tokens`: In place of `config.maxTokens`.
        `max_requests`: In place of `config.maxRequests`.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `SERVER_OVERLOAD`,
        `WORKSPACE_LIMIT_EXCEEDED`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(
            self._inner.retry,
            session_id,
            task_id,
            max_cost=max_cost,
            max_tokens=max_tokens,
            max_requests=max_requests,
            timeout_s=timeout_s,
        )

    def message(
        self,
        session_id: str,
        task_id: str,
        text: str,
        *,
        images: Sequence[str] | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> Message:
        """Send a message to the agent of a task: the answer to its question, a remark, or what to do
        next.

        If an approval is pending, the message rejects it and gives the agent the reason. An interrupted
        task is resumed. A task that has completed, failed or was cancelled is queued again: its next
        `turn` goes on in the same conversation. If such a task is a subtask, the answer is 409.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `SERVER_OVERLOAD`,
        `WORKSPACE_LIMIT_EXCEEDED`, `IDEMPOTENCY_KEY_IN_USE`, `IDEMPOTENCY_KEY_REUSED`,
        `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(
            self._inner.message, session_id, task_id, text, images=images, timeout_s=timeout_s
        )

    def messages(
        self,
        session_id: str,
        task_id: str,
        *,
        limit: int | Unset = UNSET,
        offset: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> MessagePage:
        """List a task's messages, oldest first.

        `limit`: 100 unless given. `offset`: 0 unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(
            self._inner.messages, session_id, task_id, limit=limit, offset=offset, timeout_s=timeout_s
        )

    def each_message(self, session_id: str, task_id: str) -> Iterator[Message]:
        """List a task's messages, oldest first. Goes through all pages."""
        return self._portal.iterate(self._inner.each_message, session_id, task_id)

    def turns(
        self,
        session_id: str,
        task_id: str,
        *,
        limit: int | Unset = UNSET,
        offset: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> TaskTurnPage:
        """List a task's turns, the present one first: what a person said, and what came of it.

        `limit`: 20 unless given. `offset`: 0 unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return self._portal.call(
            self._inner.turns, session_id, task_id, limit=limit, offset=offset, timeout_s=timeout_s
        )

    def each_turn(self, session_id: str, task_id: str) -> Iterator[TaskTurn]:
        """List a task's turns, the present one first: what a person said, and what came of it. Goes
        through all pages.
        """
        return self._portal.iterate(self._inner.each_turn, session_id, task_id)

    def resume(self, session_id: str, task_id: str, *, timeout_s: float | None = None) -> Task:
        """Continue a task that a person or a stop of the server interrupted. Completed steps are not

        repeated.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `SERVER_OVERLOAD` among the
        codes.
        """
        return self._portal.call(self._inner.resume, session_id, task_id, timeout_s=timeout_s)

    def rewind(
        self,
        session_id: str,
        task_id: str,
        message_id: str,
        *,
        files: bool | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> RewindAnswer:
        """Go back to a message of a task: it becomes the last one, and what came after it is taken
        back.

        Conversation, to-do list, mode and, unless `files` is false, the workspace are as they were then.
        The task waits for `task.message` or `task.resume`. `task.reinstate` undoes it. If the task is at
        work, or no checkpoint of it was saved, the answer is 409. `files` needs the permission
        `file:write`.

        `message_id`: The message that becomes the last one of the task. `files`: Restore the workspace,
        too, from the last checkpoint before the message; True unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `PERMISSION_DENIED`,
        `TOOL_EXECUTION_FAILED` among the codes.
        """
        return self._portal.call(
            self._inner.rewind, session_id, task_id, message_id, files=files, timeout_s=timeout_s
        )

    def fork(
        self,
        session_id: str,
        task_id: str,
        message_id: str,
        *,
        files: bool | Unset = UNSET,
        name: str | Unset | None = UNSET,
        timeout_s: float | None = None,
    ) -> TaskForked:
        """Copy a session as by `session.fork`, with one of its tasks gone back to a message, as by

        `task.rewind`.

        The task and its session stay as they are. `taskId` and `messageId` are those in the copy, where
        the task waits for `task.message` or `task.resume`.

        `message_id`: The message that becomes the last one of the task in the copy. `files`: Restore the
        workspace, too, from the last checkpoint before the message; True unless given. `name`: The name
        of the copy; that of the session unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `WORKSPACE_LIMIT_EXCEEDED`,
        `SERVER_OVERLOAD`, `TOOL_EXECUTION_FAILED`, `RATE_LIMIT_EXCEEDED`, `IDEMPOTENCY_KEY_IN_USE`,
        `IDEMPOTENCY_KEY_REUSED`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return self._portal.call(
            self._inner.fork, session_id, task_id, message_id, files=files, name=name, timeout_s=timeout_s
        )

    def reinstate(self, session_id: str, task_id: str, *, timeout_s: float | None = None) -> RewindAnswer:
        """Undo the last `task.rewind` of a task that has not gone on since: messages and files are
        back.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `TOOL_EXECUTION_FAILED`
        among the codes.
        """
        return self._portal.call(self._inner.reinstate, session_id, task_id, timeout_s=timeout_s)

    def diff(
        self,
        session_id: str,
        task_id: str,
        *,
        path: str | Unset | None = UNSET,
        context: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> TaskDifference:
        """Show what changed in the workspace since a task began, whoever changed it.

        Of a task that has ended, it is what changed before the next task began. If the workspace was not
        kept as the task found it, the answer is 409.

        `path`: Only this file, or what is below this directory. `context`: Unchanged lines around each
        change; 3 unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `TOOL_EXECUTION_FAILED`
        among the codes.
        """
        return self._portal.call(
            self._inner.diff, session_id, task_id, path=path, context=context, timeout_s=timeout_s
        )

    def condense(self, session_id: str, task_id: str, *, timeout_s: float | None = None) -> Task:
        """Replace a running task's conversation with a summary before its next request to the model.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT` among the codes.
        """
        return self._portal.call(self._inner.condense, session_id, task_id, timeout_s=timeout_s)

    def command(
        self,
        session_id: str,
        task_id: str,
        action: Literal["continue", "kill"],
        *,
        call_id: str | Unset | None = UNSET,
        timeout_s: float | None = None,
    ) -> Task:
        """Let a command the task asks about (`command_output`) continue in the background, or kill it.

        With `callId`, any running command. If no such command is running, the answer is 409.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT` among the codes.
        """
        return self._portal.call(
            self._inner.command, session_id, task_id, action, call_id=call_id, timeout_s=timeout_s
        )

    def create(
        self,
        session_id: str,
        input: str,
        *,
        images: Sequence[str] | Unset = UNSET,
        client_id: str | Unset | None = UNSET,
        type: str | Unset | None = UNSET,
        priority: Literal["low", "medium", "high"] | Unset = UNSET,
        dependencies: Sequence[str] | Unset = UNSET,
        files_pattern: str | Unset | None = UNSET,
        config: TaskConfigDict | Unset = UNSET,
        continue_from: str | Unset | None = UNSET,
        continue_latest: bool | Unset = UNSET,
        session_config: SessionConfigChangeDict | Unset | None = UNSET,
        on_progress: Callable[[TaskProgressEvent], object] | None = None,
        on_complete: Callable[[TaskResult], object] | None = None,
        on_approval: Callable[[Approval], Verdict] | None = None,
        timeout_s: float | None = None,
    ) -> TaskRun:
        """Create a task in a session and start it; return as soon as it is stored.

        `on_progress` is called with each event of progress, `on_complete` with the result, `on_approval` with
        what the agent, or one of its subtasks, may not do unasked: True approves it, False or a text for the
        agent rejects it, None leaves it to somebody else. `wait` waits for these calls too, and raises what
        they raise. They are called until the task has ended: what a later `retry` or `message` leads to is
        read from `events`.

        Raises: RooCodeError.
        """
        return TaskRun(
            self._portal,
            self._portal.call(
                self._inner.create,
                session_id,
                input,
                images=images,
                client_id=client_id,
                type=type,
                priority=priority,
                dependencies=dependencies,
                files_pattern=files_pattern,
                config=config,
                continue_from=continue_from,
                continue_latest=continue_latest,
                session_config=session_config,
                on_progress=self._portal.handler(on_progress),
                on_complete=self._portal.handler(on_complete),
                on_approval=self._portal.handler(on_approval),
                timeout_s=timeout_s,
            ),
        )

    def attach(self, session_id: str, task_id: str) -> TaskRun:
        """Return a task that exists, with all its events. Raises: NotFound."""
        return TaskRun(self._portal, self._portal.call(self._inner.attach, session_id, task_id))


class TaskRun:
    """A task, from its creation to its end."""

    def __init__(self, portal: Portal, inner: AsyncTaskRun) -> None:
        self._portal = portal
        self._inner = inner

    @property
    def id(self) -> str:
        """The task's id."""
        return self._inner.id

    @property
    def session_id(self) -> str:
        """The id of its session."""
        return self._inner.session_id

    @property
    def task(self) -> Task:
        """The task as it was when it was last read: by `refresh`, `wait`, `cancel` and the like."""
        return self._inner.task

    @property
    def status(self) -> str:
        """Its status then: pending, running, completed, failed or cancelled."""
        return self._inner.status

    def refresh(self) -> Task:
        """Read the task. Raises: RooCodeError."""
        return self._portal.call(self._inner.refresh)

    def events(self) -> Generator[Event, None, None]:
        """Yield the events of the task and of its subtasks, from its creation to its end, each once and in
        order.

        Raises: RooCodeError.
        """
        return self._portal.iterate(self._inner.events)

    def wait(self, timeout_s: float | None = None) -> Task:
        """Wait for the end of the task, and of the functions it was created with; return it.

        Raises: TimeoutError, after `timeout_s`: the task goes on. RooCodeError, and what those functions
        raise.
        """
        return self._portal.call(self._inner.wait, timeout_s)

    def result(self, timeout_s: float | None = None) -> TaskResult:
        """Wait for the end of the task and return its result. Raises: TaskFailed, and as `wait`."""
        return self._portal.call(self._inner.result, timeout_s)

    def message(self, text: str, *, images: Sequence[str] = ()) -> Message:
        """Say something to the agent: an answer to its question, a remark, or what comes next.

        A task that has ended goes on with it, and `wait` is about its next end. Raises: RooCodeError.
        """
        return self._portal.call(self._inner.message, text, images=images)

    def cancel(self) -> Task:
        """Stop it and everything it has started. Raises: Conflict, if it has ended."""
        return self._portal.call(self._inner.cancel)

    def interrupt(self) -> Task:
        """Stop what it is doing, and leave it to be resumed. Raises: Conflict, if it does not run."""
        return self._portal.call(self._inner.interrupt)

    def retry(
        self,
        *,
        max_cost: float | Unset = UNSET,
        max_tokens: int | Unset = UNSET,
        max_requests: int | Unset = UNSET,
    ) -> Task:
        """Let a failed or cancelled task begin again, with another budget if one is given.

        Raises: Conflict, if it is neither.
        """
        return self._portal.call(
            self._inner.retry, max_cost=max_cost, max_tokens=max_tokens, max_requests=max_requests
        )

    def resume(self) -> Task:
        """Let an interrupted task continue. Raises: Conflict, if it is not interrupted."""
        return self._portal.call(self._inner.resume)

    def diff(self) -> TaskDifference:
        """Return what it has changed. Raises: RooCodeError."""
        return self._portal.call(self._inner.diff)


class RooCodeClient:
    """A server, as one caller sees it. Use it within one event loop, and close it (`async with`)."""

    def __init__(
        self,
        api_key: str | None = None,
        *,
        base_url: str | None = None,
        timeout_s: float = 60.0,
        retries: int = 4,
        on_connection: Callable[[ConnectionChange], object] | None = None,
    ) -> None:
        """Nothing is sent yet.

        `api_key`: an API key or access token; `$ROOCODE_KEY` unless given; `login` is another way.
        `base_url`: where the server is, with its path if it has one; `$ROOCODE_URL` unless given, then port
        3000 of this machine. `timeout_s`: how long a call may take. `retries`: how often a call is repeated
        that broke off or was put off by the server, if repeating it does no harm.
        `on_connection`: called with "away" each time a connection for events is lost, and with "back" when it
        is there again; the connection is sought once the function has returned, and what it raises is raised
        to those who read events.
        """
        self._portal = Portal()
        self._inner = self._portal.make(
            AsyncRooCodeClient,
            api_key,
            base_url=base_url,
            timeout_s=timeout_s,
            retries=retries,
            on_connection=self._portal.handler(on_connection),
        )
        self._end = weakref.finalize(self, _ended, self._portal, self._inner)
        self.approvals = BlockingApprovals(self._portal, self._inner.approvals)
        self.rules = BlockingRules(self._portal, self._inner.rules)
        self.usage = BlockingUsage(self._portal, self._inner.usage)
        self.audit = BlockingAudit(self._portal, self._inner.audit)
        self.auth = BlockingAuth(self._portal, self._inner.auth)
        self.checkpoints = BlockingCheckpoints(self._portal, self._inner.checkpoints)
        self.events = BlockingEvents(self._portal, self._inner.events)
        self.files = BlockingFiles(self._portal, self._inner.files)
        self.identities = BlockingIdentities(self._portal, self._inner.identities)
        self.inbox = BlockingInbox(self._portal, self._inner.inbox)
        self.keys = BlockingKeys(self._portal, self._inner.keys)
        self.logins = BlockingLogins(self._portal, self._inner.logins)
        self.logs = BlockingLogs(self._portal, self._inner.logs)
        self.mcp = BlockingMcp(self._portal, self._inner.mcp)
        self.models = BlockingModels(self._portal, self._inner.models)
        self.modes = BlockingModes(self._portal, self._inner.modes)
        self.monitoring = BlockingMonitoring(self._portal, self._inner.monitoring)
        self.playbooks = BlockingPlaybooks(self._portal, self._inner.playbooks)
        self.processes = BlockingProcesses(self._portal, self._inner.processes)
        self.profiles = BlockingProfiles(self._portal, self._inner.profiles)
        self.search = BlockingSearch(self._portal, self._inner.search)
        self.sessions = BlockingSessions(self._portal, self._inner.sessions)
        self.shell = BlockingShell(self._portal, self._inner.shell)
        self.tasks = BlockingTasks(self._portal, self._inner.tasks)
        self.terminals = BlockingTerminals(self._portal, self._inner.terminals)
        self.tools = BlockingTools(self._portal, self._inner.tools)
        self.users = BlockingUsers(self._portal, self._inner.users)
        self.webhooks = BlockingWebhooks(self._portal, self._inner.webhooks)
        self.workspace = BlockingWorkspace(self._portal, self._inner.workspace)

    @property
    def base_url(self) -> str:
        """Where the server is."""
        return self._inner.base_url

    def login(
        self, email: str, password: str, *, on_tokens: Callable[[Tokens], object] | None = None
    ) -> User:
        """Log in with a password, and from now on call as this user; tokens are refreshed by themselves.

        `on_tokens` is called with each new pair of tokens, before it is used, so that `use_tokens` can go on
        from there in another process. It must not wait for the client. Raises: AuthenticationFailed.
        """
        return self._portal.call(self._inner.login, email, password, on_tokens=on_tokens)

    def use_tokens(self, tokens: Tokens, *, on_tokens: Callable[[Tokens], object] | None = None) -> None:
        """Call with the tokens of a login from now on. A refresh token works once: only one client may use
        it.
        """
        self._portal.call(self._inner.use_tokens, tokens, on_tokens=on_tokens)

    def use_credentials(self, credentials: Credentials | None) -> None:
        """Call with credentials of your own making from now on, or with none. They are asked in the client's
        event loop.
        """
        self._portal.call(self._inner.use_credentials, credentials)

    def close(self) -> None:
        """End its connections, and what follows events. It is also done when the program ends."""
        self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        failure: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _ended(portal: Portal, inner: AsyncRooCodeClient) -> None:
    try:
        portal.call(inner.close)
    finally:
        portal.close()
