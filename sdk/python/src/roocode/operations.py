"""Every operation of the server that REST has.

Made by scripts/clients from the server's documents.
"""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from roocode.models import (
    ApiKey,
    Approval,
    ApprovalAnswer,
    ApprovalPage,
    AttemptPage,
    AttemptShown,
    AuditEntry,
    AuditPage,
    AuditVerification,
    CallersSession,
    Checkpoint,
    CheckpointCreated,
    CheckpointDifference,
    CheckpointPage,
    CheckpointRestored,
    DeliveryAttempt,
    EventPage,
    FileAnswer,
    FileContent,
    FileEntry,
    FileListing,
    FileRemoved,
    FilesFound,
    Health,
    Identities,
    IdentityShown,
    InboxEntry,
    InboxPage,
    KeyMade,
    Keys,
    KeyShown,
    KilledProcess,
    LinkedIdentity,
    ListedSession,
    LoggedOut,
    LoginAnswer,
    LoginPage,
    LogPage,
    McpRestarted,
    McpServers,
    McpServerState,
    MeaningFound,
    Message,
    MessageAnswer,
    MessagePage,
    ModeCatalogue,
    ModelCatalogue,
    PasswordChanged,
    Performance,
    Playbooks,
    Process,
    ProcessAnswer,
    Processes,
    ProcessLog,
    Profile,
    ProfileAnswer,
    ProfileRemoved,
    Profiles,
    ProfileShown,
    RefreshAnswer,
    RepositoryCloned,
    RewindAnswer,
    RulePage,
    RuleRemoved,
    Sandbox,
    SandboxAnswer,
    SessionAnswer,
    SessionCreated,
    SessionEnsured,
    SessionPage,
    SessionRemoved,
    Share,
    ShareAnswer,
    ShareRemoved,
    Shares,
    ShellExecuted,
    ShownLogin,
    SignInProvider,
    SignInProviders,
    StandingModes,
    StandingRule,
    SystemAgents,
    SystemProcesses,
    SystemResources,
    Task,
    TaskAnswer,
    TaskCreated,
    TaskDifference,
    TaskForked,
    TaskPage,
    TaskStack,
    TaskTurn,
    TaskTurnPage,
    Terminal,
    TerminalAnswer,
    Terminals,
    TerminalScreen,
    TextFound,
    TimelineSlice,
    Tokens,
    ToolCatalogue,
    ToolDescription,
    ToolExecuted,
    UsagePage,
    UsageRow,
    User,
    UserInvitation,
    UserInvited,
    UserMade,
    UserPage,
    UserShown,
    Webhook,
    WebhookRemoved,
    Webhooks,
    WebhookShown,
    WebhookWithSecret,
)
from roocode.params import (
    PreferencesChangeDict,
    ProfileFieldsDict,
    SessionConfigChangeDict,
    SessionFieldsDict,
    TaskConfigDict,
)
from roocode.transport import UNSET, Operations, Route, Unset


class ApprovalsOperations(Operations):
    """The operations of `approvals`."""

    async def list(
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
        return await self.call(
            Route("GET", "/api/v1/sessions/{sessionId}/approvals", is_keyed=False),
            {"sessionId": session_id, "status": status, "limit": limit, "offset": offset},
            ApprovalPage,
            timeout_s=timeout_s,
        )

    async def each(
        self,
        session_id: str,
        *,
        status: Literal["pending", "approved", "rejected", "expired", "cancelled"] | Unset | None = UNSET,
    ) -> AsyncIterator[Approval]:
        """List a session's approvals, newest first. With `status=pending`, only those still waiting.
        Goes through all pages.
        """
        offset: int | None = 0
        while offset is not None:
            page = await self.list(session_id, status=status, offset=offset)
            for item in page.data:
                yield item
            offset = page.pagination.next_offset

    async def search(
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
        return await self.call(
            Route("GET", "/api/v1/approvals", is_keyed=False),
            {"scope": scope, "status": status, "limit": limit, "offset": offset},
            ApprovalPage,
            timeout_s=timeout_s,
        )

    async def each_search(
        self,
        *,
        scope: Literal["mine", "shared", "all"] | Unset = UNSET,
        status: Literal["pending", "approved", "rejected", "expired", "cancelled"] | Unset | None = UNSET,
    ) -> AsyncIterator[Approval]:
        """List the approvals of all your sessions, newest first, those shared with you included. Goes
        through all pages.
        """
        offset: int | None = 0
        while offset is not None:
            page = await self.search(scope=scope, status=status, offset=offset)
            for item in page.data:
                yield item
            offset = page.pagination.next_offset

    async def get(
        self,
        session_id: str,
        approval_id: str,
        *,
        timeout_s: float | None = None,
    ) -> Approval:
        """Get an approval: the tool call in question, and the answer once there is one.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        answer = await self.call(
            Route("GET", "/api/v1/sessions/{sessionId}/approvals/{approvalId}", is_keyed=False),
            {"sessionId": session_id, "approvalId": approval_id},
            ApprovalAnswer,
            timeout_s=timeout_s,
        )
        return answer.approval

    async def respond(
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
        answer = await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/approvals/{approvalId}", is_keyed=False),
            {
                "sessionId": session_id,
                "approvalId": approval_id,
                "action": action,
                "feedback": feedback,
                "remember": remember,
            },
            ApprovalAnswer,
            timeout_s=timeout_s,
        )
        return answer.approval


class AuditOperations(Operations):
    """The operations of `audit`."""

    async def list(
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
        return await self.call(
            Route("GET", "/api/v1/audit", is_keyed=False),
            {
                "userId": user_id,
                "sessionId": session_id,
                "operation": operation,
                "code": code,
                "since": since,
                "until": until,
                "limit": limit,
                "offset": offset,
            },
            AuditPage,
            timeout_s=timeout_s,
        )

    async def each(
        self,
        *,
        user_id: str | Unset | None = UNSET,
        session_id: str | Unset | None = UNSET,
        operation: str | Unset | None = UNSET,
        code: str | Unset | None = UNSET,
        since: datetime | Unset | None = UNSET,
        until: datetime | Unset | None = UNSET,
    ) -> AsyncIterator[AuditEntry]:
        """List the audit log's entries that match all given fields, newest first. `until` is
        exclusive. Goes through all pages.
        """
        offset: int | None = 0
        while offset is not None:
            page = await self.list(
                user_id=user_id,
                session_id=session_id,
                operation=operation,
                code=code,
                since=since,
                until=until,
                offset=offset,
            )
            for item in page.data:
                yield item
            offset = page.pagination.next_offset

    async def verify(
        self,
        *,
        head: str | Unset | None = UNSET,
        timeout_s: float | None = None,
    ) -> AuditVerification:
        """Check the chain of the audit log's entries.

        With `head`, the `head` of an earlier answer, this hash must still be in the chain.

        Raises: RooCodeError, with among the codes.
        """
        return await self.call(
            Route("GET", "/api/v1/audit/verification", is_keyed=False),
            {"head": head},
            AuditVerification,
            timeout_s=timeout_s,
        )


class AuthOperations(Operations):
    """The operations of `auth`."""

    async def login(
        self,
        email: str,
        password: str,
        *,
        timeout_s: float | None = None,
    ) -> LoginAnswer:
        """Log in with an e-mail address and a password. Needs no credentials.

        After several wrong passwords for an address, even the right one is refused for a growing time.

        Raises: RooCodeError, with `AUTHENTICATION_FAILED`, `SERVER_OVERLOAD`, `VALIDATION_ERROR`,
        `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return await self.call(
            Route("POST", "/api/v1/auth/login", is_keyed=False),
            {"email": email, "password": password},
            LoginAnswer,
            timeout_s=timeout_s,
        )

    async def oauth(
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
        return await self.call(
            Route("POST", "/api/v1/auth/oauth/{provider}", is_keyed=False),
            {"provider": provider, "code": code, "redirectUri": redirect_uri, "codeVerifier": code_verifier},
            LoginAnswer,
            timeout_s=timeout_s,
        )

    async def providers(
        self,
        *,
        timeout_s: float | None = None,
    ) -> builtins.list[SignInProvider]:
        """List the OpenID Connect providers that people can sign in with. Needs no credentials.

        Raises: RooCodeError, with among the codes.
        """
        answer = await self.call(
            Route("GET", "/api/v1/auth/providers", is_keyed=False),
            {},
            SignInProviders,
            timeout_s=timeout_s,
        )
        return answer.providers

    async def oidc(
        self,
        provider: str,
        code: str,
        code_verifier: str,
        *,
        timeout_s: float | None = None,
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
        return await self.call(
            Route("POST", "/api/v1/auth/oidc/{provider}", is_keyed=False),
            {"provider": provider, "code": code, "codeVerifier": code_verifier},
            LoginAnswer,
            timeout_s=timeout_s,
        )

    async def refresh(
        self,
        refresh_token: str,
        *,
        timeout_s: float | None = None,
    ) -> Tokens:
        """Exchange a refresh token for new tokens. Needs no credentials.

        A refresh token works once. If it is used again, all tokens that came from the same login are
        revoked.

        Raises: RooCodeError, with `AUTHENTICATION_FAILED`, `TOKEN_EXPIRED`, `VALIDATION_ERROR`,
        `RATE_LIMIT_EXCEEDED` among the codes.
        """
        answer = await self.call(
            Route("POST", "/api/v1/auth/refresh", is_keyed=False),
            {"refreshToken": refresh_token},
            RefreshAnswer,
            timeout_s=timeout_s,
        )
        return answer.tokens

    async def profile(
        self,
        *,
        timeout_s: float | None = None,
    ) -> ProfileAnswer:
        """Get your own profile, and what your credential lets you do.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return await self.call(
            Route("GET", "/api/v1/auth/profile", is_keyed=False),
            {},
            ProfileAnswer,
            timeout_s=timeout_s,
        )

    async def update(
        self,
        *,
        name: str | Unset | None = UNSET,
        preferences: PreferencesChangeDict | Unset | None = UNSET,
        timeout_s: float | None = None,
    ) -> ProfileAnswer:
        """Change your own name or preferences. Fields that are left out stay as they are.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return await self.call(
            Route("PUT", "/api/v1/auth/profile", is_keyed=False),
            {"name": name, "preferences": preferences},
            ProfileAnswer,
            timeout_s=timeout_s,
        )

    async def password(
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
        answer = await self.call(
            Route("PUT", "/api/v1/auth/password", is_keyed=False),
            {
                "currentPassword": current_password,
                "newPassword": new_password,
                "endOtherLogins": end_other_logins,
            },
            PasswordChanged,
            timeout_s=timeout_s,
        )
        return answer.changed

    async def logout(
        self,
        *,
        all: bool | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> bool:
        """End your login, with its tokens and the connections they have opened; with `all`, end all
        your

        logins.

        `all`: End all logins of the account; False unless given.

        Raises: RooCodeError, with `RESOURCE_CONFLICT` among the codes.
        """
        answer = await self.call(
            Route("POST", "/api/v1/auth/logout", is_keyed=False),
            {"all": all},
            LoggedOut,
            timeout_s=timeout_s,
        )
        return answer.logged_out

    async def accept(
        self,
        invitation: str,
        password: str,
        *,
        timeout_s: float | None = None,
    ) -> LoginAnswer:
        """Choose a password with an invitation, and log in. Needs no credentials.

        An invitation works once. The user's other logins end.

        Raises: RooCodeError, with `AUTHENTICATION_FAILED`, `TOKEN_EXPIRED`, `VALIDATION_ERROR`,
        `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return await self.call(
            Route("POST", "/api/v1/auth/invitation", is_keyed=False),
            {"invitation": invitation, "password": password},
            LoginAnswer,
            timeout_s=timeout_s,
        )


class CheckpointsOperations(Operations):
    """The operations of `checkpoints`."""

    async def list(
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
        return await self.call(
            Route("GET", "/api/v1/sessions/{sessionId}/checkpoints", is_keyed=False),
            {"sessionId": session_id, "limit": limit, "offset": offset},
            CheckpointPage,
            timeout_s=timeout_s,
        )

    async def each(
        self,
        session_id: str,
    ) -> AsyncIterator[Checkpoint]:
        """List a session's checkpoints, newest first. Goes through all pages."""
        offset: int | None = 0
        while offset is not None:
            page = await self.list(session_id, offset=offset)
            for item in page.data:
                yield item
            offset = page.pagination.next_offset

    async def create(
        self,
        session_id: str,
        *,
        reason: str | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> Checkpoint | None:
        """Save the workspace as it is now.

        `reason`: 'on request' unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `TOOL_EXECUTION_FAILED`
        among the codes.
        """
        answer = await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/checkpoints", is_keyed=False),
            {"sessionId": session_id, "reason": reason},
            CheckpointCreated,
            timeout_s=timeout_s,
        )
        return answer.checkpoint

    async def compare(
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
        return await self.call(
            Route("GET", "/api/v1/sessions/{sessionId}/checkpoints/{checkpointId}/diff", is_keyed=False),
            {"sessionId": session_id, "checkpointId": checkpoint_id, "to": to},
            CheckpointDifference,
            timeout_s=timeout_s,
        )

    async def restore(
        self,
        session_id: str,
        checkpoint_id: str,
        *,
        timeout_s: float | None = None,
    ) -> CheckpointRestored:
        """Restore the workspace to a checkpoint. Its present state is saved first.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `TOOL_EXECUTION_FAILED`
        among the codes.
        """
        return await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/checkpoints/{checkpointId}/restore", is_keyed=False),
            {"sessionId": session_id, "checkpointId": checkpoint_id},
            CheckpointRestored,
            timeout_s=timeout_s,
        )


class EventsOperations(Operations):
    """The operations of `events`."""

    async def list(
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
        return await self.call(
            Route("GET", "/api/v1/sessions/{sessionId}/events", is_keyed=False),
            {"sessionId": session_id, "after": after, "lastEventId": last_event_id, "limit": limit},
            EventPage,
            timeout_s=timeout_s,
        )

    async def read(
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
        return await self.call(
            Route("GET", "/api/v1/events", is_keyed=False),
            {"scope": scope, "after": after, "limit": limit},
            TimelineSlice,
            timeout_s=timeout_s,
        )


class FilesOperations(Operations):
    """The operations of `files`."""

    async def list(
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
        return await self.call(
            Route("GET", "/api/v1/sessions/{sessionId}/files", is_keyed=False),
            {
                "sessionId": session_id,
                "path": path,
                "recursive": recursive,
                "includeHidden": include_hidden,
                "limit": limit,
                "offset": offset,
            },
            FileListing,
            timeout_s=timeout_s,
        )

    async def read(
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
        return await self.call(
            Route("GET", "/api/v1/sessions/{sessionId}/files/{path}", is_keyed=False),
            {"sessionId": session_id, "path": path, "encoding": encoding},
            FileContent,
            timeout_s=timeout_s,
        )

    async def create(
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
        answer = await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/files/{path}", is_keyed=False),
            {"sessionId": session_id, "path": path, "content": content, "encoding": encoding},
            FileAnswer,
            timeout_s=timeout_s,
        )
        return answer.file

    async def update(
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
        answer = await self.call(
            Route("PUT", "/api/v1/sessions/{sessionId}/files/{path}", is_keyed=False),
            {
                "sessionId": session_id,
                "path": path,
                "content": content,
                "encoding": encoding,
                "ifMatch": if_match,
                "etag": etag,
                "size": size,
                "modifiedAt": modified_at,
            },
            FileAnswer,
            timeout_s=timeout_s,
        )
        return answer.file

    async def delete(
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
        return await self.call(
            Route("DELETE", "/api/v1/sessions/{sessionId}/files/{path}", is_keyed=False),
            {"sessionId": session_id, "path": path, "recursive": recursive, "ifMatch": if_match},
            FileRemoved,
            timeout_s=timeout_s,
        )

    async def rename(
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
        answer = await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/file/rename", is_keyed=False),
            {"sessionId": session_id, "path": path, "to": to, "overwrite": overwrite, "ifMatch": if_match},
            FileAnswer,
            timeout_s=timeout_s,
        )
        return answer.file

    async def copy(
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
        answer = await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/file/copy", is_keyed=False),
            {"sessionId": session_id, "path": path, "to": to, "overwrite": overwrite},
            FileAnswer,
            timeout_s=timeout_s,
        )
        return answer.file

    async def mkdir(
        self,
        session_id: str,
        path: str,
        *,
        timeout_s: float | None = None,
    ) -> FileEntry:
        """Create a directory and its parents. If it exists already, the answer is 409.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `VALIDATION_ERROR`,
        `WORKSPACE_LIMIT_EXCEEDED`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        answer = await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/file/mkdir", is_keyed=False),
            {"sessionId": session_id, "path": path},
            FileAnswer,
            timeout_s=timeout_s,
        )
        return answer.file


class IdentitiesOperations(Operations):
    """The operations of `identities`."""

    async def list(
        self,
        *,
        timeout_s: float | None = None,
    ) -> builtins.list[LinkedIdentity]:
        """List the providers' sign-ins that are linked to your account, oldest first.

        Raises: RooCodeError, with among the codes.
        """
        answer = await self.call(
            Route("GET", "/api/v1/identities", is_keyed=False),
            {},
            Identities,
            timeout_s=timeout_s,
        )
        return answer.identities

    async def link(
        self,
        provider: str,
        code: str,
        code_verifier: str,
        *,
        timeout_s: float | None = None,
    ) -> LinkedIdentity:
        """Link a sign-in that has just ended to your account: from now on it logs in to it.

        You have to be logged in; an API key is not enough.

        `provider`: The provider's name in `auth.oidc.providers`. `code`: What the sign-in has put behind
        `#sign-in=`; it works once. `code_verifier`: The verifier whose challenge the sign-in was started
        with (RFC 7636, 4.1).

        Raises: RooCodeError, with `AUTHENTICATION_FAILED`, `PERMISSION_DENIED`, `RESOURCE_CONFLICT` among
        the codes.
        """
        answer = await self.call(
            Route("POST", "/api/v1/identities/{provider}", is_keyed=False),
            {"provider": provider, "code": code, "codeVerifier": code_verifier},
            IdentityShown,
            timeout_s=timeout_s,
        )
        return answer.identity

    async def unlink(
        self,
        identity_id: str,
        *,
        timeout_s: float | None = None,
    ) -> LinkedIdentity:
        """Let a sign-in log in to your account no more; logins that came of it go on.

        Your only way to log in stays.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT` among the codes.
        """
        answer = await self.call(
            Route("DELETE", "/api/v1/identities/{identityId}", is_keyed=False),
            {"identityId": identity_id},
            IdentityShown,
            timeout_s=timeout_s,
        )
        return answer.identity


class InboxOperations(Operations):
    """The operations of `inbox`."""

    async def list(
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
        return await self.call(
            Route("GET", "/api/v1/inbox", is_keyed=False),
            {"scope": scope, "limit": limit, "offset": offset},
            InboxPage,
            timeout_s=timeout_s,
        )

    async def each(
        self,
        *,
        scope: Literal["mine", "shared", "all"] | Unset = UNSET,
    ) -> AsyncIterator[InboxEntry]:
        """List what waits for you, newest first: approvals, questions, and interrupted tasks. Goes
        through all pages.
        """
        offset: int | None = 0
        while offset is not None:
            page = await self.list(scope=scope, offset=offset)
            for item in page.data:
                yield item
            offset = page.pagination.next_offset


class KeysOperations(Operations):
    """The operations of `keys`."""

    async def list(
        self,
        *,
        timeout_s: float | None = None,
    ) -> builtins.list[ApiKey]:
        """List your own API keys, oldest first, without revoked ones. No key is shown in full.

        Raises: RooCodeError, with among the codes.
        """
        answer = await self.call(
            Route("GET", "/api/v1/keys", is_keyed=False),
            {},
            Keys,
            timeout_s=timeout_s,
        )
        return answer.keys

    async def create(
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
        return await self.call(
            Route("POST", "/api/v1/keys", is_keyed=True),
            {"name": name, "scopes": scopes, "expiresAt": expires_at, "limits": limits},
            KeyMade,
            timeout_s=timeout_s,
        )

    async def revoke(
        self,
        key_id: str,
        *,
        timeout_s: float | None = None,
    ) -> ApiKey:
        """Revoke one of your own API keys. Connections that it has opened end.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        answer = await self.call(
            Route("DELETE", "/api/v1/keys/{keyId}", is_keyed=False),
            {"keyId": key_id},
            KeyShown,
            timeout_s=timeout_s,
        )
        return answer.key


class LoginsOperations(Operations):
    """The operations of `logins`."""

    async def list(
        self,
        *,
        limit: int | Unset = UNSET,
        offset: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> LoginPage:
        """List your own logins that still work, the one that was used last first.

        `isCurrent` is true for the one that your access token came from.

        `limit`: 20 unless given. `offset`: 0 unless given.

        Raises: RooCodeError, with among the codes.
        """
        return await self.call(
            Route("GET", "/api/v1/logins", is_keyed=False),
            {"limit": limit, "offset": offset},
            LoginPage,
            timeout_s=timeout_s,
        )

    async def each(
        self,
    ) -> AsyncIterator[ShownLogin]:
        """List your own logins that still work, the one that was used last first. Goes through all
        pages.
        """
        offset: int | None = 0
        while offset is not None:
            page = await self.list(offset=offset)
            for item in page.data:
                yield item
            offset = page.pagination.next_offset

    async def end(
        self,
        login_id: str,
        *,
        timeout_s: float | None = None,
    ) -> bool:
        """End one of your own logins, with its tokens and the connections that they have opened.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        answer = await self.call(
            Route("DELETE", "/api/v1/logins/{loginId}", is_keyed=False),
            {"loginId": login_id},
            LoggedOut,
            timeout_s=timeout_s,
        )
        return answer.logged_out


class LogsOperations(Operations):
    """The operations of `logs`."""

    async def list(
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
        return await self.call(
            Route("GET", "/api/v1/system/logs", is_keyed=False),
            {
                "levels": levels,
                "minLevel": min_level,
                "sessionId": session_id,
                "taskId": task_id,
                "text": text,
                "since": since,
                "until": until,
                "cursor": cursor,
                "limit": limit,
            },
            LogPage,
            timeout_s=timeout_s,
        )


class McpOperations(Operations):
    """The operations of `mcp`."""

    async def list(
        self,
        session_id: str,
        *,
        timeout_s: float | None = None,
    ) -> McpServers:
        """List a session's MCP servers, with their state and what they offer. Starts none of them.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return await self.call(
            Route("GET", "/api/v1/sessions/{sessionId}/mcp", is_keyed=False),
            {"sessionId": session_id},
            McpServers,
            timeout_s=timeout_s,
        )

    async def restart(
        self,
        session_id: str,
        server_name: str,
        *,
        timeout_s: float | None = None,
    ) -> McpServerState:
        """Restart an MCP server. Its `status` and `error` say whether that succeeded.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `RATE_LIMIT_EXCEEDED` among
        the codes.
        """
        answer = await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/mcp/{serverName}/restart", is_keyed=False),
            {"sessionId": session_id, "serverName": server_name},
            McpRestarted,
            timeout_s=timeout_s,
        )
        return answer.server


class ModelsOperations(Operations):
    """The operations of `models`."""

    async def list(
        self,
        *,
        timeout_s: float | None = None,
    ) -> ModelCatalogue:
        """List the providers and models that your sessions can name, and what new ones use by default.

        Keys are never shown, only whether there is one. A provider that cannot be used now has a
        `problem`: the code with which tasks would fail, and what to do. A session that is shared with you
        uses the active profile of its owner, not yours.

        Raises: RooCodeError, with among the codes.
        """
        return await self.call(
            Route("GET", "/api/v1/models", is_keyed=False),
            {},
            ModelCatalogue,
            timeout_s=timeout_s,
        )


class ModesOperations(Operations):
    """The operations of `modes`."""

    async def list(
        self,
        session_id: str,
        *,
        timeout_s: float | None = None,
    ) -> ModeCatalogue:
        """List the modes available to the session's tasks: built-in, configured, and from its
        `.roomodes`.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return await self.call(
            Route("GET", "/api/v1/sessions/{sessionId}/modes", is_keyed=False),
            {"sessionId": session_id},
            ModeCatalogue,
            timeout_s=timeout_s,
        )

    async def standing(
        self,
        *,
        timeout_s: float | None = None,
    ) -> StandingModes:
        """List the modes that every session has, built-in and configured: a new one can begin in any.

        The modes of a workspace's `.roomodes` are told by `mode.list`.

        Raises: RooCodeError, with among the codes.
        """
        return await self.call(
            Route("GET", "/api/v1/modes", is_keyed=False),
            {},
            StandingModes,
            timeout_s=timeout_s,
        )


class MonitoringOperations(Operations):
    """The operations of `monitoring`."""

    async def health(
        self,
        *,
        timeout_s: float | None = None,
    ) -> Health:
        """Report whether the server works and where commands run. Needs no credentials.

        The check includes a write to the database. If that fails, the answer is SERVER_OVERLOAD (503).

        Raises: RooCodeError, with `SERVER_OVERLOAD` among the codes.
        """
        return await self.call(
            Route("GET", "/api/v1/health", is_keyed=False),
            {},
            Health,
            timeout_s=timeout_s,
        )

    async def resources(
        self,
        *,
        timeout_s: float | None = None,
    ) -> SystemResources:
        """Return the machine's processor, memory, disk and network usage and its processes.

        The sample is at most `monitoring.sample_interval_s` old.

        Raises: RooCodeError, with among the codes.
        """
        return await self.call(
            Route("GET", "/api/v1/system/resources", is_keyed=False),
            {},
            SystemResources,
            timeout_s=timeout_s,
        )

    async def processes(
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
        return await self.call(
            Route("GET", "/api/v1/system/processes", is_keyed=False),
            {"type": type, "status": status, "sessionId": session_id, "limit": limit},
            SystemProcesses,
            timeout_s=timeout_s,
        )

    async def agents(
        self,
        *,
        timeout_s: float | None = None,
    ) -> SystemAgents:
        """List the running tasks and agent programs of the caller's sessions; administrators see all.

        A task of this server has the type `roocode` and the server's own pid; its memory and processor
        are those of what it has started.

        Raises: RooCodeError, with among the codes.
        """
        return await self.call(
            Route("GET", "/api/v1/system/agents", is_keyed=False),
            {},
            SystemAgents,
            timeout_s=timeout_s,
        )

    async def kill(
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
        return await self.call(
            Route("POST", "/api/v1/system/processes/{pid}/kill", is_keyed=False),
            {"pid": pid, "signal": signal},
            KilledProcess,
            timeout_s=timeout_s,
        )

    async def performance(
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
        return await self.call(
            Route("GET", "/api/v1/system/performance", is_keyed=False),
            {"timeRange": time_range},
            Performance,
            timeout_s=timeout_s,
        )


class PlaybooksOperations(Operations):
    """The operations of `playbooks`."""

    async def list(
        self,
        *,
        timeout_s: float | None = None,
    ) -> Playbooks:
        """List the playbooks that a session with the provider `scripted` can name as its model.

        Raises: RooCodeError, with among the codes.
        """
        return await self.call(
            Route("GET", "/api/v1/playbooks", is_keyed=False),
            {},
            Playbooks,
            timeout_s=timeout_s,
        )


class ProcessesOperations(Operations):
    """The operations of `processes`."""

    async def start(
        self,
        session_id: str,
        command: str,
        *,
        cwd: str | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> Process:
        """Start a process that runs independently of tasks until it ends, is stopped, or the session
        ends.

        Its output is sent as `process.output` and kept in a file of the workspace.

        `command`: A command line for `sh -c`.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `PERMISSION_DENIED`,
        `TOOL_EXECUTION_FAILED`, `RATE_LIMIT_EXCEEDED`, `IDEMPOTENCY_KEY_IN_USE`,
        `IDEMPOTENCY_KEY_REUSED`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        answer = await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/processes", is_keyed=True),
            {"sessionId": session_id, "command": command, "cwd": cwd},
            ProcessAnswer,
            timeout_s=timeout_s,
        )
        return answer.process

    async def list(
        self,
        session_id: str,
        *,
        timeout_s: float | None = None,
    ) -> builtins.list[Process]:
        """List the last hundred processes of a session, including those that have ended, oldest first.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        answer = await self.call(
            Route("GET", "/api/v1/sessions/{sessionId}/processes", is_keyed=False),
            {"sessionId": session_id},
            Processes,
            timeout_s=timeout_s,
        )
        return answer.processes

    async def get(
        self,
        session_id: str,
        pid: int,
        *,
        timeout_s: float | None = None,
    ) -> Process:
        """Get a process: whether it is running, and the ports it listens on.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        answer = await self.call(
            Route("GET", "/api/v1/sessions/{sessionId}/processes/{pid}", is_keyed=False),
            {"sessionId": session_id, "pid": pid},
            ProcessAnswer,
            timeout_s=timeout_s,
        )
        return answer.process

    async def logs(
        self,
        session_id: str,
        pid: int,
        *,
        lines: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> ProcessLog:
        """Get the last lines of a process's output, both streams interleaved.

        `lines`: 50 unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return await self.call(
            Route("GET", "/api/v1/sessions/{sessionId}/processes/{pid}/logs", is_keyed=False),
            {"sessionId": session_id, "pid": pid, "lines": lines},
            ProcessLog,
            timeout_s=timeout_s,
        )

    async def stop(
        self,
        session_id: str,
        pid: int,
        *,
        force: bool | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> Process:
        """Stop a process and everything it started: SIGTERM, then SIGKILL after five seconds.

        If it has ended already, the answer is 409.

        `force`: False unless given.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `RATE_LIMIT_EXCEEDED` among
        the codes.
        """
        answer = await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/processes/{pid}/stop", is_keyed=False),
            {"sessionId": session_id, "pid": pid, "force": force},
            ProcessAnswer,
            timeout_s=timeout_s,
        )
        return answer.process


class ProfilesOperations(Operations):
    """The operations of `profiles`."""

    async def list(
        self,
        *,
        timeout_s: float | None = None,
    ) -> builtins.list[Profile]:
        """List your own provider profiles by name. Keys are never shown, only whether there is one.

        Raises: RooCodeError, with among the codes.
        """
        answer = await self.call(
            Route("GET", "/api/v1/profiles", is_keyed=False),
            {},
            Profiles,
            timeout_s=timeout_s,
        )
        return answer.profiles

    async def create(
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
        answer = await self.call(
            Route("POST", "/api/v1/profiles", is_keyed=True),
            {
                "name": name,
                "provider": provider,
                "model": model,
                "baseUrl": base_url,
                "apiKey": api_key,
                "activate": activate,
            },
            ProfileShown,
            timeout_s=timeout_s,
        )
        return answer.profile

    async def get(
        self,
        profile_id: str,
        *,
        timeout_s: float | None = None,
    ) -> Profile:
        """Get one of your own profiles.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        answer = await self.call(
            Route("GET", "/api/v1/profiles/{profileId}", is_keyed=False),
            {"profileId": profile_id},
            ProfileShown,
            timeout_s=timeout_s,
        )
        return answer.profile

    async def update(
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
        answer = await self.call(
            Route("PUT", "/api/v1/profiles/{profileId}", is_keyed=False),
            {
                "profileId": profile_id,
                "name": name,
                "provider": provider,
                "model": model,
                "baseUrl": base_url,
                "apiKey": api_key,
                "id": id,
                "isActive": is_active,
                "hasKey": has_key,
                "createdAt": created_at,
                "updatedAt": updated_at,
                "profile": profile,
            },
            ProfileShown,
            timeout_s=timeout_s,
        )
        return answer.profile

    async def activate(
        self,
        profile_id: str,
        *,
        timeout_s: float | None = None,
    ) -> Profile:
        """Make this profile the active one.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        answer = await self.call(
            Route("POST", "/api/v1/profiles/{profileId}/activate", is_keyed=False),
            {"profileId": profile_id},
            ProfileShown,
            timeout_s=timeout_s,
        )
        return answer.profile

    async def delete(
        self,
        profile_id: str,
        *,
        timeout_s: float | None = None,
    ) -> ProfileRemoved:
        """Delete a profile and its key. Without an active profile, the server's own choice applies
        again.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return await self.call(
            Route("DELETE", "/api/v1/profiles/{profileId}", is_keyed=False),
            {"profileId": profile_id},
            ProfileRemoved,
            timeout_s=timeout_s,
        )


class RulesOperations(Operations):
    """The operations of `rules`."""

    async def list(
        self,
        *,
        limit: int | Unset = UNSET,
        offset: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> RulePage:
        """List your standing rules, in the order in which they apply: the last that matches decides.

        `limit`: 100 unless given. `offset`: 0 unless given.

        Raises: RooCodeError, with among the codes.
        """
        return await self.call(
            Route("GET", "/api/v1/rules", is_keyed=False),
            {"limit": limit, "offset": offset},
            RulePage,
            timeout_s=timeout_s,
        )

    async def each(
        self,
    ) -> AsyncIterator[StandingRule]:
        """List your standing rules, in the order in which they apply: the last that matches decides.
        Goes through all pages.
        """
        offset: int | None = 0
        while offset is not None:
            page = await self.list(offset=offset)
            for item in page.data:
                yield item
            offset = page.pagination.next_offset

    async def delete(
        self,
        rule_id: str,
        *,
        timeout_s: float | None = None,
    ) -> RuleRemoved:
        """Take one of your standing rules back. What it allowed is asked about again from now on.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return await self.call(
            Route("DELETE", "/api/v1/rules/{ruleId}", is_keyed=False),
            {"ruleId": rule_id},
            RuleRemoved,
            timeout_s=timeout_s,
        )


class SearchOperations(Operations):
    """The operations of `search`."""

    async def files(
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
        return await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/search/files", is_keyed=False),
            {
                "sessionId": session_id,
                "pattern": pattern,
                "path": path,
                "fileTypes": file_types,
                "includeHidden": include_hidden,
                "includeIgnored": include_ignored,
                "limit": limit,
            },
            FilesFound,
            timeout_s=timeout_s,
        )

    async def text(
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
        return await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/search/text", is_keyed=False),
            {
                "sessionId": session_id,
                "pattern": pattern,
                "path": path,
                "fileTypes": file_types,
                "caseSensitive": case_sensitive,
                "includeHidden": include_hidden,
                "includeIgnored": include_ignored,
                "limit": limit,
            },
            TextFound,
            timeout_s=timeout_s,
        )

    async def semantic(
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
        return await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/search/semantic", is_keyed=False),
            {"sessionId": session_id, "query": query, "path": path, "limit": limit},
            MeaningFound,
            timeout_s=timeout_s,
        )


class SessionsOperations(Operations):
    """The operations of `sessions`."""

    async def list(
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
        return await self.call(
            Route("GET", "/api/v1/sessions", is_keyed=False),
            {"status": status, "scope": scope, "purpose": purpose, "limit": limit, "offset": offset},
            SessionPage,
            timeout_s=timeout_s,
        )

    async def each(
        self,
        *,
        status: Literal["active", "inactive", "archived"] | Unset | None = UNSET,
        scope: Literal["mine", "shared", "all"] | Unset = UNSET,
        purpose: str | Unset | None = UNSET,
    ) -> AsyncIterator[ListedSession]:
        """List your own sessions and those that are shared with you, newest first. Goes through all
        pages.
        """
        offset: int | None = 0
        while offset is not None:
            page = await self.list(status=status, scope=scope, purpose=purpose, offset=offset)
            for item in page.data:
                yield item
            offset = page.pagination.next_offset

    async def create(
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
        answer = await self.call(
            Route("POST", "/api/v1/sessions", is_keyed=True),
            {"name": name, "config": config, "expiresAt": expires_at},
            SessionCreated,
            timeout_s=timeout_s,
        )
        return answer.session

    async def fork(
        self,
        session_id: str,
        *,
        name: str | Unset | None = UNSET,
        timeout_s: float | None = None,
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
        answer = await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/fork", is_keyed=True),
            {"sessionId": session_id, "name": name},
            SessionCreated,
            timeout_s=timeout_s,
        )
        return answer.session

    async def ensure(
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
        return await self.call(
            Route("PUT", "/api/v1/purposes/{purpose}/session", is_keyed=False),
            {"purpose": purpose, "name": name, "config": config, "expiresAt": expires_at},
            SessionEnsured,
            timeout_s=timeout_s,
        )

    async def get(
        self,
        session_id: str,
        *,
        timeout_s: float | None = None,
    ) -> CallersSession:
        """Get a session. `access` says what you may do there.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        answer = await self.call(
            Route("GET", "/api/v1/sessions/{sessionId}", is_keyed=False),
            {"sessionId": session_id},
            SessionAnswer,
            timeout_s=timeout_s,
        )
        return answer.session

    async def sandbox(
        self,
        session_id: str,
        *,
        timeout_s: float | None = None,
    ) -> Sandbox:
        """Report where a session's commands run and how each of its limits is enforced.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        answer = await self.call(
            Route("GET", "/api/v1/sessions/{sessionId}/sandbox", is_keyed=False),
            {"sessionId": session_id},
            SandboxAnswer,
            timeout_s=timeout_s,
        )
        return answer.sandbox

    async def update(
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
        answer = await self.call(
            Route("PUT", "/api/v1/sessions/{sessionId}", is_keyed=False),
            {
                "sessionId": session_id,
                "name": name,
                "config": config,
                "status": status,
                "expiresAt": expires_at,
                "id": id,
                "userId": user_id,
                "workspaceId": workspace_id,
                "createdAt": created_at,
                "updatedAt": updated_at,
                "access": access,
                "purpose": purpose,
                "session": session,
            },
            SessionAnswer,
            timeout_s=timeout_s,
        )
        return answer.session

    async def delete(
        self,
        session_id: str,
        *,
        timeout_s: float | None = None,
    ) -> SessionRemoved:
        """Delete a session: end everything that runs in it and remove its workspace, tasks and events.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return await self.call(
            Route("DELETE", "/api/v1/sessions/{sessionId}", is_keyed=False),
            {"sessionId": session_id},
            SessionRemoved,
            timeout_s=timeout_s,
        )

    async def share(
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
        answer = await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/shares", is_keyed=False),
            {"sessionId": session_id, "user": user, "access": access},
            ShareAnswer,
            timeout_s=timeout_s,
        )
        return answer.share

    async def shares(
        self,
        session_id: str,
        *,
        timeout_s: float | None = None,
    ) -> Shares:
        """List whose session it is, and with whom it is shared.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return await self.call(
            Route("GET", "/api/v1/sessions/{sessionId}/shares", is_keyed=False),
            {"sessionId": session_id},
            Shares,
            timeout_s=timeout_s,
        )

    async def unshare(
        self,
        session_id: str,
        user_id: str,
        *,
        timeout_s: float | None = None,
    ) -> ShareRemoved:
        """Take somebody's share back: what they have open in the session ends at once.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return await self.call(
            Route("DELETE", "/api/v1/sessions/{sessionId}/shares/{userId}", is_keyed=False),
            {"sessionId": session_id, "userId": user_id},
            ShareRemoved,
            timeout_s=timeout_s,
        )

    async def leave(
        self,
        session_id: str,
        *,
        timeout_s: float | None = None,
    ) -> ShareRemoved:
        """Give back your own share of somebody's session.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/leave", is_keyed=False),
            {"sessionId": session_id},
            ShareRemoved,
            timeout_s=timeout_s,
        )


class ShellOperations(Operations):
    """The operations of `shell`."""

    async def exec(
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
        return await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/shell", is_keyed=False),
            {"sessionId": session_id, "cmd": cmd, "tty": tty, "cwd": cwd, "timeout": timeout},
            ShellExecuted,
            timeout_s=timeout_s,
        )


class TasksOperations(Operations):
    """The operations of `tasks`."""

    async def _create(
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
        timeout_s: float | None = None,
    ) -> TaskCreated:
        """Create a task in a session and start it.

        Answers as soon as the task is stored; its events report its progress. It begins when its
        `dependencies` have completed and there is a place for it: as a rule, the tasks of a session run
        one after the other. If a dependency has failed, was cancelled or does not exist, the task has
        failed with `DEPENDENCY_FAILED`. If `clientId` is taken, the answer is 409. With `continueFrom` it
        begins with the conversation of a task that has ended; one that has not is a 409. With
        `continueLatest` it is the task that has worked last when this one begins, so that tasks can be
        asked for one after the other. `sessionConfig` also changes the session's configuration, which
        requires `session:write`. Commands in `config.checks` require `tool:execute`.

        `images`: `data:` URLs of images. `client_id`: An id of the client's own, unique in the session;
        it can be used wherever a `taskId` can. `type`: What kind of work it is, in a word. `priority`:
        'medium' unless given. `dependencies`: Ids of tasks of this session that must complete before it
        begins. `files_pattern`: Patterns as in `.gitignore`, one a line: the agent is told the files that
        match when it begins. `continue_from`: A task of this session that has ended, by its id or its
        client's: this one begins with its conversation, mode and to-do list. `continue_latest`: Begin
        with the conversation, mode and to-do list of the task of this session that has worked last when
        this one begins, if there is one; not together with `continueFrom`; False unless given.
        `session_config`: A change of the session's configuration, made together with the task or not at
        all.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `SERVER_OVERLOAD`,
        `WORKSPACE_LIMIT_EXCEEDED`, `RATE_LIMIT_EXCEEDED`, `IDEMPOTENCY_KEY_IN_USE`,
        `IDEMPOTENCY_KEY_REUSED`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        return await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/tasks", is_keyed=True),
            {
                "sessionId": session_id,
                "input": input,
                "images": images,
                "clientId": client_id,
                "type": type,
                "priority": priority,
                "dependencies": dependencies,
                "filesPattern": files_pattern,
                "config": config,
                "continueFrom": continue_from,
                "continueLatest": continue_latest,
                "sessionConfig": session_config,
            },
            TaskCreated,
            timeout_s=timeout_s,
        )

    async def list(
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
        return await self.call(
            Route("GET", "/api/v1/sessions/{sessionId}/tasks", is_keyed=False),
            {
                "sessionId": session_id,
                "status": status,
                "type": type,
                "priority": priority,
                "limit": limit,
                "offset": offset,
            },
            TaskPage,
            timeout_s=timeout_s,
        )

    async def each(
        self,
        session_id: str,
        *,
        status: Literal["pending", "running", "completed", "failed", "cancelled"] | Unset | None = UNSET,
        type: str | Unset | None = UNSET,
        priority: Literal["low", "medium", "high"] | Unset | None = UNSET,
    ) -> AsyncIterator[Task]:
        """List a session's tasks, newest first; those of a status, type or priority. Goes through all
        pages.
        """
        offset: int | None = 0
        while offset is not None:
            page = await self.list(session_id, status=status, type=type, priority=priority, offset=offset)
            for item in page.data:
                yield item
            offset = page.pagination.next_offset

    async def get(
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
        answer = await self.call(
            Route("GET", "/api/v1/sessions/{sessionId}/tasks/{taskId}", is_keyed=False),
            {"sessionId": session_id, "taskId": task_id, "wait": wait, "waitFor": wait_for},
            TaskAnswer,
            timeout_s=timeout_s,
        )
        return answer.task

    async def stack(
        self,
        session_id: str,
        *,
        timeout_s: float | None = None,
    ) -> builtins.list[Task]:
        """List the task under way and the subtasks it waits for; empty if nothing is unfinished.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        answer = await self.call(
            Route("GET", "/api/v1/sessions/{sessionId}/stack", is_keyed=False),
            {"sessionId": session_id},
            TaskStack,
            timeout_s=timeout_s,
        )
        return answer.tasks

    async def update(
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
        answer = await self.call(
            Route("PUT", "/api/v1/sessions/{sessionId}/tasks/{taskId}", is_keyed=False),
            {"sessionId": session_id, "taskId": task_id, "action": action, "feedback": feedback},
            TaskAnswer,
            timeout_s=timeout_s,
        )
        return answer.task

    async def cancel(
        self,
        session_id: str,
        task_id: str,
        *,
        timeout_s: float | None = None,
    ) -> Task:
        """Stop a task and everything it started. If it has ended already, the answer is 409.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT` among the codes.
        """
        answer = await self.call(
            Route("DELETE", "/api/v1/sessions/{sessionId}/tasks/{taskId}", is_keyed=False),
            {"sessionId": session_id, "taskId": task_id},
            TaskAnswer,
            timeout_s=timeout_s,
        )
        return answer.task

    async def interrupt(
        self,
        session_id: str,
        task_id: str,
        *,
        timeout_s: float | None = None,
    ) -> Task:
        """Stop what a task is doing at this moment, and leave it resumable.

        The request to the model is dropped, and a running command killed; a subtask is interrupted with
        the task that waits for it. `task.resume` goes on where it was; a message goes on with what it
        says; so does the answer to an approval that was pending. If the task is not running, the answer
        is 409.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT` among the codes.
        """
        answer = await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/tasks/{taskId}/interrupt", is_keyed=False),
            {"sessionId": session_id, "taskId": task_id},
            TaskAnswer,
            timeout_s=timeout_s,
        )
        return answer.task

    async def retry(
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
        answer = await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/tasks/{taskId}/retry", is_keyed=False),
            {
                "sessionId": session_id,
                "taskId": task_id,
                "maxCost": max_cost,
                "maxTokens": max_tokens,
                "maxRequests": max_requests,
            },
            TaskAnswer,
            timeout_s=timeout_s,
        )
        return answer.task

    async def message(
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
        answer = await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/tasks/{taskId}/messages", is_keyed=True),
            {"sessionId": session_id, "taskId": task_id, "text": text, "images": images},
            MessageAnswer,
            timeout_s=timeout_s,
        )
        return answer.message

    async def messages(
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
        return await self.call(
            Route("GET", "/api/v1/sessions/{sessionId}/tasks/{taskId}/messages", is_keyed=False),
            {"sessionId": session_id, "taskId": task_id, "limit": limit, "offset": offset},
            MessagePage,
            timeout_s=timeout_s,
        )

    async def each_message(
        self,
        session_id: str,
        task_id: str,
    ) -> AsyncIterator[Message]:
        """List a task's messages, oldest first. Goes through all pages."""
        offset: int | None = 0
        while offset is not None:
            page = await self.messages(session_id, task_id, offset=offset)
            for item in page.data:
                yield item
            offset = page.pagination.next_offset

    async def turns(
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
        return await self.call(
            Route("GET", "/api/v1/sessions/{sessionId}/tasks/{taskId}/turns", is_keyed=False),
            {"sessionId": session_id, "taskId": task_id, "limit": limit, "offset": offset},
            TaskTurnPage,
            timeout_s=timeout_s,
        )

    async def each_turn(
        self,
        session_id: str,
        task_id: str,
    ) -> AsyncIterator[TaskTurn]:
        """List a task's turns, the present one first: what a person said, and what came of it. Goes
        through all pages.
        """
        offset: int | None = 0
        while offset is not None:
            page = await self.turns(session_id, task_id, offset=offset)
            for item in page.data:
                yield item
            offset = page.pagination.next_offset

    async def resume(
        self,
        session_id: str,
        task_id: str,
        *,
        timeout_s: float | None = None,
    ) -> Task:
        """Continue a task that a person or a stop of the server interrupted. Completed steps are not

        repeated.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `SERVER_OVERLOAD` among the
        codes.
        """
        answer = await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/tasks/{taskId}/resume", is_keyed=False),
            {"sessionId": session_id, "taskId": task_id},
            TaskAnswer,
            timeout_s=timeout_s,
        )
        return answer.task

    async def rewind(
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
        return await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/tasks/{taskId}/rewind", is_keyed=False),
            {"sessionId": session_id, "taskId": task_id, "messageId": message_id, "files": files},
            RewindAnswer,
            timeout_s=timeout_s,
        )

    async def fork(
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
        return await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/tasks/{taskId}/fork", is_keyed=True),
            {
                "sessionId": session_id,
                "taskId": task_id,
                "messageId": message_id,
                "files": files,
                "name": name,
            },
            TaskForked,
            timeout_s=timeout_s,
        )

    async def reinstate(
        self,
        session_id: str,
        task_id: str,
        *,
        timeout_s: float | None = None,
    ) -> RewindAnswer:
        """Undo the last `task.rewind` of a task that has not gone on since: messages and files are
        back.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT`, `TOOL_EXECUTION_FAILED`
        among the codes.
        """
        return await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/tasks/{taskId}/reinstate", is_keyed=False),
            {"sessionId": session_id, "taskId": task_id},
            RewindAnswer,
            timeout_s=timeout_s,
        )

    async def diff(
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
        return await self.call(
            Route("GET", "/api/v1/sessions/{sessionId}/tasks/{taskId}/diff", is_keyed=False),
            {"sessionId": session_id, "taskId": task_id, "path": path, "context": context},
            TaskDifference,
            timeout_s=timeout_s,
        )

    async def condense(
        self,
        session_id: str,
        task_id: str,
        *,
        timeout_s: float | None = None,
    ) -> Task:
        """Replace a running task's conversation with a summary before its next request to the model.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT` among the codes.
        """
        answer = await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/tasks/{taskId}/condense", is_keyed=False),
            {"sessionId": session_id, "taskId": task_id},
            TaskAnswer,
            timeout_s=timeout_s,
        )
        return answer.task

    async def command(
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
        answer = await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/tasks/{taskId}/command", is_keyed=False),
            {"sessionId": session_id, "taskId": task_id, "action": action, "callId": call_id},
            TaskAnswer,
            timeout_s=timeout_s,
        )
        return answer.task


class TerminalsOperations(Operations):
    """The operations of `terminals`."""

    async def open(
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
        answer = await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/terminals", is_keyed=True),
            {"sessionId": session_id, "command": command, "cwd": cwd, "columns": columns, "rows": rows},
            TerminalAnswer,
            timeout_s=timeout_s,
        )
        return answer.terminal

    async def list(
        self,
        session_id: str,
        *,
        timeout_s: float | None = None,
    ) -> builtins.list[Terminal]:
        """List a session's open terminals, oldest first.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        answer = await self.call(
            Route("GET", "/api/v1/sessions/{sessionId}/terminals", is_keyed=False),
            {"sessionId": session_id},
            Terminals,
            timeout_s=timeout_s,
        )
        return answer.terminals

    async def get(
        self,
        session_id: str,
        terminal_id: str,
        *,
        timeout_s: float | None = None,
    ) -> TerminalScreen:
        """Get the most recent output of a terminal, to continue from there after a disconnect.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return await self.call(
            Route("GET", "/api/v1/sessions/{sessionId}/terminals/{terminalId}", is_keyed=False),
            {"sessionId": session_id, "terminalId": terminal_id},
            TerminalScreen,
            timeout_s=timeout_s,
        )

    async def input(
        self,
        session_id: str,
        terminal_id: str,
        data: str,
        *,
        timeout_s: float | None = None,
    ) -> Terminal:
        """Send input to a terminal. The order of inputs is kept.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT` among the codes.
        """
        answer = await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/terminals/{terminalId}/input", is_keyed=False),
            {"sessionId": session_id, "terminalId": terminal_id, "data": data},
            TerminalAnswer,
            timeout_s=timeout_s,
        )
        return answer.terminal

    async def resize(
        self,
        session_id: str,
        terminal_id: str,
        columns: int,
        rows: int,
        *,
        timeout_s: float | None = None,
    ) -> Terminal:
        """Set the size of a terminal's window.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        answer = await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/terminals/{terminalId}/resize", is_keyed=False),
            {"sessionId": session_id, "terminalId": terminal_id, "columns": columns, "rows": rows},
            TerminalAnswer,
            timeout_s=timeout_s,
        )
        return answer.terminal

    async def close(
        self,
        session_id: str,
        terminal_id: str,
        *,
        timeout_s: float | None = None,
    ) -> Terminal:
        """Close a terminal and end whatever runs in it.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        answer = await self.call(
            Route("DELETE", "/api/v1/sessions/{sessionId}/terminals/{terminalId}", is_keyed=False),
            {"sessionId": session_id, "terminalId": terminal_id},
            TerminalAnswer,
            timeout_s=timeout_s,
        )
        return answer.terminal


class ToolsOperations(Operations):
    """The operations of `tools`."""

    async def list(
        self,
        *,
        timeout_s: float | None = None,
    ) -> builtins.list[ToolDescription]:
        """List the tools that agents and callers can use, with their parameters.

        Raises: RooCodeError, with among the codes.
        """
        answer = await self.call(
            Route("GET", "/api/v1/tools", is_keyed=False),
            {},
            ToolCatalogue,
            timeout_s=timeout_s,
        )
        return answer.tools

    async def execute(
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
        return await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/tools/{toolName}", is_keyed=False),
            {"sessionId": session_id, "toolName": tool_name, "parameters": parameters},
            ToolExecuted,
            timeout_s=timeout_s,
        )


class UsageOperations(Operations):
    """The operations of `usage`."""

    async def report(
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
        return await self.call(
            Route("GET", "/api/v1/usage", is_keyed=False),
            {
                "groupBy": group_by,
                "since": since,
                "until": until,
                "userId": user_id,
                "sessionId": session_id,
                "provider": provider,
                "model": model,
                "limit": limit,
                "offset": offset,
            },
            UsagePage,
            timeout_s=timeout_s,
        )

    async def each_report(
        self,
        *,
        group_by: Sequence[Literal["day", "user", "session", "model"]] | Unset = UNSET,
        since: str | Unset | None = UNSET,
        until: str | Unset | None = UNSET,
        user_id: str | Unset | None = UNSET,
        session_id: str | Unset | None = UNSET,
        provider: str | Unset | None = UNSET,
        model: str | Unset | None = UNSET,
    ) -> AsyncIterator[UsageRow]:
        """Sum up requests, tokens and cost of your sessions by day, session and model. Goes through
        all pages.
        """
        offset: int | None = 0
        while offset is not None:
            page = await self.report(
                group_by=group_by,
                since=since,
                until=until,
                user_id=user_id,
                session_id=session_id,
                provider=provider,
                model=model,
                offset=offset,
            )
            for item in page.data:
                yield item
            offset = page.pagination.next_offset


class UsersOperations(Operations):
    """The operations of `users`."""

    async def list(
        self,
        *,
        limit: int | Unset = UNSET,
        offset: int | Unset = UNSET,
        timeout_s: float | None = None,
    ) -> UserPage:
        """List the users, sorted by e-mail address. `disabledAt` is present for disabled users.

        `limit`: 20 unless given. `offset`: 0 unless given.

        Raises: RooCodeError, with among the codes.
        """
        return await self.call(
            Route("GET", "/api/v1/users", is_keyed=False),
            {"limit": limit, "offset": offset},
            UserPage,
            timeout_s=timeout_s,
        )

    async def each(
        self,
    ) -> AsyncIterator[User]:
        """List the users, sorted by e-mail address. `disabledAt` is present for disabled users. Goes
        through all pages.
        """
        offset: int | None = 0
        while offset is not None:
            page = await self.list(offset=offset)
            for item in page.data:
                yield item
            offset = page.pagination.next_offset

    async def get(
        self,
        user_id: str,
        *,
        timeout_s: float | None = None,
    ) -> User:
        """Get a user.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        answer = await self.call(
            Route("GET", "/api/v1/users/{userId}", is_keyed=False),
            {"userId": user_id},
            UserShown,
            timeout_s=timeout_s,
        )
        return answer.user

    async def create(
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
        return await self.call(
            Route("POST", "/api/v1/users", is_keyed=True),
            {"email": email, "name": name, "roles": roles, "password": password},
            UserMade,
            timeout_s=timeout_s,
        )

    async def update(
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
        answer = await self.call(
            Route("PUT", "/api/v1/users/{userId}", is_keyed=False),
            {"userId": user_id, "name": name, "roles": roles, "disabled": disabled},
            UserShown,
            timeout_s=timeout_s,
        )
        return answer.user

    async def invite(
        self,
        user_id: str,
        *,
        timeout_s: float | None = None,
    ) -> UserInvitation:
        """Create a link with which a user chooses a first or new password.

        It works once and is not shown again; an earlier one no longer works.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RESOURCE_CONFLICT` among the codes.
        """
        answer = await self.call(
            Route("POST", "/api/v1/users/{userId}/invitation", is_keyed=False),
            {"userId": user_id},
            UserInvited,
            timeout_s=timeout_s,
        )
        return answer.invitation

    async def logout(
        self,
        user_id: str,
        *,
        timeout_s: float | None = None,
    ) -> bool:
        """End all logins of a user; API keys remain valid.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        answer = await self.call(
            Route("POST", "/api/v1/users/{userId}/logout", is_keyed=False),
            {"userId": user_id},
            LoggedOut,
            timeout_s=timeout_s,
        )
        return answer.logged_out


class WebhooksOperations(Operations):
    """The operations of `webhooks`."""

    async def list(
        self,
        *,
        timeout_s: float | None = None,
    ) -> builtins.list[Webhook]:
        """List your own webhooks, oldest first. Secrets are never shown.

        Raises: RooCodeError, with among the codes.
        """
        answer = await self.call(
            Route("GET", "/api/v1/webhooks", is_keyed=False),
            {},
            Webhooks,
            timeout_s=timeout_s,
        )
        return answer.webhooks

    async def create(
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
        return await self.call(
            Route("POST", "/api/v1/webhooks", is_keyed=True),
            {"url": url, "events": events, "secret": secret},
            WebhookWithSecret,
            timeout_s=timeout_s,
        )

    async def get(
        self,
        webhook_id: str,
        *,
        timeout_s: float | None = None,
    ) -> Webhook:
        """Get one of your own webhooks, and the state of its deliveries.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        answer = await self.call(
            Route("GET", "/api/v1/webhooks/{webhookId}", is_keyed=False),
            {"webhookId": webhook_id},
            WebhookShown,
            timeout_s=timeout_s,
        )
        return answer.webhook

    async def update(
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
        answer = await self.call(
            Route("PUT", "/api/v1/webhooks/{webhookId}", is_keyed=False),
            {
                "webhookId": webhook_id,
                "url": url,
                "events": events,
                "secret": secret,
                "enabled": enabled,
                "skipPending": skip_pending,
            },
            WebhookShown,
            timeout_s=timeout_s,
        )
        return answer.webhook

    async def rotate(
        self,
        webhook_id: str,
        *,
        secret: str | Unset | None = UNSET,
        timeout_s: float | None = None,
    ) -> WebhookWithSecret:
        """Replace the secret. Until `formerSecretUntil`, messages are signed with the former one as
        well.

        Without a `secret` the server generates one and returns it in this answer only.

        `secret`: Signs the requests: `whsec_` and base64 of 24 to 64 bytes, or 12 to 256 printable ASCII
        characters.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return await self.call(
            Route("POST", "/api/v1/webhooks/{webhookId}/rotate", is_keyed=False),
            {"webhookId": webhook_id, "secret": secret},
            WebhookWithSecret,
            timeout_s=timeout_s,
        )

    async def delete(
        self,
        webhook_id: str,
        *,
        timeout_s: float | None = None,
    ) -> WebhookRemoved:
        """Delete a webhook with its secret and attempts. Nothing more is sent.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND` among the codes.
        """
        return await self.call(
            Route("DELETE", "/api/v1/webhooks/{webhookId}", is_keyed=False),
            {"webhookId": webhook_id},
            WebhookRemoved,
            timeout_s=timeout_s,
        )

    async def test(
        self,
        webhook_id: str,
        *,
        timeout_s: float | None = None,
    ) -> DeliveryAttempt:
        """Send a `webhook.test` now; the answer has its result.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        answer = await self.call(
            Route("POST", "/api/v1/webhooks/{webhookId}/test", is_keyed=False),
            {"webhookId": webhook_id},
            AttemptShown,
            timeout_s=timeout_s,
        )
        return answer.attempt

    async def redeliver(
        self,
        webhook_id: str,
        event_id: str,
        *,
        timeout_s: float | None = None,
    ) -> DeliveryAttempt:
        """Send an event of your sessions again, now and out of order; the answer has its result.

        Raises: RooCodeError, with `RESOURCE_NOT_FOUND`, `RATE_LIMIT_EXCEEDED` among the codes.
        """
        answer = await self.call(
            Route("POST", "/api/v1/webhooks/{webhookId}/redeliver", is_keyed=False),
            {"webhookId": webhook_id, "eventId": event_id},
            AttemptShown,
            timeout_s=timeout_s,
        )
        return answer.attempt

    async def attempts(
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
        return await self.call(
            Route("GET", "/api/v1/webhooks/{webhookId}/attempts", is_keyed=False),
            {"webhookId": webhook_id, "limit": limit, "offset": offset},
            AttemptPage,
            timeout_s=timeout_s,
        )

    async def each_attempt(
        self,
        webhook_id: str,
    ) -> AsyncIterator[DeliveryAttempt]:
        """List the last requests to a webhook's receiver, newest first: status, duration and error.
        Goes through all pages.
        """
        offset: int | None = 0
        while offset is not None:
            page = await self.attempts(webhook_id, offset=offset)
            for item in page.data:
                yield item
            offset = page.pagination.next_offset


class WorkspaceOperations(Operations):
    """The operations of `workspace`."""

    async def clone(
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
        return await self.call(
            Route("POST", "/api/v1/sessions/{sessionId}/clone", is_keyed=False),
            {
                "sessionId": session_id,
                "url": url,
                "ref": ref,
                "depth": depth,
                "token": token,
                "replace": replace,
            },
            RepositoryCloned,
            timeout_s=timeout_s,
        )
