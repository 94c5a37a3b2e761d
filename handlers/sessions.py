"""Operations on sessions. Source: S0, "Session Management"."""

from __future__ import annotations

from roocode_server.engine.idempotency.receipts import Receipt
from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.approval import ApprovalResolved
from roocode_server.models.error import (
    Conflict,
    ExtraNotInstalled,
    NotFound,
    ServerOverload,
    WorkspaceLimitExceeded,
)
from roocode_server.models.fork import SessionFork, SessionForked
from roocode_server.models.page import pagination
from roocode_server.models.quota import Limit
from roocode_server.models.session import (
    CallersSession,
    SandboxAnswer,
    Session,
    SessionAnswer,
    SessionCreate,
    SessionCreated,
    SessionCreatedEvent,
    SessionDeletedEvent,
    SessionEnsure,
    SessionEnsured,
    SessionList,
    SessionPage,
    SessionRef,
    SessionRemoved,
    SessionUpdate,
    SessionUpdatedEvent,
    WorkspaceLocation,
)
from roocode_server.models.sharing import Access
from roocode_server.models.task import CommandEnded, TaskCancelled, TaskResumable, TaskUnfocused, ToolFailed
from roocode_server.models.user import Caller, Permission


class SessionHandlers(Handlers, namespace="/sessions"):
    """`session.*`: list, create, read, change and delete sessions."""

    @operation(
        "session.list",
        rest="GET /api/v1/sessions",
        permission=Permission.SESSION_READ,
        limit=Limit.SESSION_MANAGEMENT,
    )
    async def list(self, caller: Caller, request: SessionList) -> SessionPage:
        """List your own sessions and those that are shared with you, newest first.

        `scope` leaves one of the two out, `purpose` all but those for it. `access` says what you may do in
        each.
        """
        sessions, total = await self.engine.sessions.list(caller, request)
        page = pagination(total=total, limit=request.limit, offset=request.offset)
        return SessionPage(
            sessions=sessions, total=total, has_more=page.has_more, data=sessions, pagination=page
        )

    @operation(
        "session.create",
        rest="POST /api/v1/sessions",
        status=201,
        made="/api/v1/sessions/{session.id}",
        permission=Permission.SESSION_WRITE,
        limit=Limit.SESSION_MANAGEMENT,
        errors=(ExtraNotInstalled, WorkspaceLimitExceeded),
        emits=(SessionCreatedEvent,),
    )
    async def create(self, caller: Caller, request: SessionCreate, receipt: Receipt) -> SessionCreated:
        """Open a session with an empty workspace.

        Settings that `config` leaves out take the server's defaults. `workspace.path` is where the session's
        commands see its files; `workspace.url` lists them.
        """

        def answer(session: Session) -> SessionCreated:
            seen = CallersSession.seen(session, Access.OWNER)
            return SessionCreated(session=seen, workspace=WorkspaceLocation.of(session.id, caller.base_url))

        return answer(await self.engine.sessions.create(caller, request, on_created=receipt.of(answer)))

    @operation(
        "session.fork",
        rest="POST /api/v1/sessions/{sessionId}/fork",
        status=201,
        made="/api/v1/sessions/{session.id}",
        permission=Permission.SESSION_WRITE,
        on="session_id",
        limit=Limit.SESSION_MANAGEMENT,
        errors=(NotFound, Conflict, WorkspaceLimitExceeded, ServerOverload),
        emits=(
            SessionCreatedEvent,
            SessionForked,
            TaskResumable,
            TaskUnfocused,
            ApprovalResolved,
            ToolFailed,
            CommandEnded,
        ),
    )
    async def fork(
        self, caller: Caller, request: SessionFork, session: Session, receipt: Receipt
    ) -> SessionCreated:
        """Copy a session into a new one of yours: files, conversations, tasks, checkpoints and the log.

        Neither sees what happens in the other afterwards. Nothing is at work in the copy: unfinished tasks
        wait to be resumed, and pending approvals are withdrawn.
        """

        def answer(copy: Session) -> SessionCreated:
            seen = CallersSession.seen(copy, Access.OWNER)
            return SessionCreated(session=seen, workspace=WorkspaceLocation.of(copy.id, caller.base_url))

        forked = await self.engine.forks.fork(caller, request, session, on_created=receipt.of(answer))
        return answer(forked)

    @operation(
        "session.ensure",
        rest="PUT /api/v1/purposes/{purpose}/session",
        permission=Permission.SESSION_WRITE,
        limit=Limit.SESSION_MANAGEMENT,
        errors=(ExtraNotInstalled, WorkspaceLimitExceeded),
        emits=(SessionCreatedEvent,),
    )
    async def ensure(self, caller: Caller, request: SessionEnsure) -> SessionEnsured:
        """Get your session for a purpose; if there is none, it is created as by `session.create`.

        A user has one session for each purpose, however many programs ask for it at once. Programs that keep
        no state find theirs again by it. Once it has been deleted, the next call creates another.
        """
        session, created = await self.engine.sessions.ensure(caller, request)
        seen = CallersSession.seen(session, Access.OWNER)
        return SessionEnsured(
            session=seen, workspace=WorkspaceLocation.of(session.id, caller.base_url), created=created
        )

    @operation(
        "session.get",
        rest="GET /api/v1/sessions/{sessionId}",
        permission=Permission.SESSION_READ,
        on="session_id",
        limit=Limit.SESSION_MANAGEMENT,
        errors=(NotFound,),
    )
    async def get(
        self, caller: Caller, request: SessionRef, session: Session, access: Access
    ) -> SessionAnswer:
        """Get a session. `access` says what you may do there."""
        return SessionAnswer(session=CallersSession.seen(session, access))

    @operation(
        "session.sandbox",
        rest="GET /api/v1/sessions/{sessionId}/sandbox",
        permission=Permission.SESSION_READ,
        on="session_id",
        limit=Limit.SESSION_MANAGEMENT,
        errors=(NotFound,),
    )
    async def sandbox(self, caller: Caller, request: SessionRef, session: Session) -> SandboxAnswer:
        """Report where a session's commands run and how each of its limits is enforced."""
        return SandboxAnswer(sandbox=await self.engine.sessions.sandbox_state(session))

    @operation(
        "session.update",
        rest="PUT /api/v1/sessions/{sessionId}",
        permission=Permission.SESSION_WRITE,
        on="session_id",
        exclusive=("session_id",),
        limit=Limit.SESSION_MANAGEMENT,
        errors=(NotFound, ExtraNotInstalled),
        emits=(SessionUpdatedEvent,),
    )
    async def update(self, caller: Caller, request: SessionUpdate, access: Access) -> SessionAnswer:
        """Change a session's name, status, expiry or configuration.

        Fields that are left out stay as they are. A running task keeps the configuration it began with.
        """
        changed = await self.engine.sessions.update(request)
        return SessionAnswer(session=CallersSession.seen(changed, access))

    @operation(
        "session.delete",
        rest="DELETE /api/v1/sessions/{sessionId}",
        permission=Permission.SESSION_WRITE,
        on="session_id",
        exclusive=("session_id",),
        limit=Limit.SESSION_MANAGEMENT,
        errors=(NotFound,),
        emits=(TaskCancelled, TaskUnfocused, ApprovalResolved, ToolFailed, SessionDeletedEvent),
    )
    async def delete(self, caller: Caller, request: SessionRef) -> SessionRemoved:
        """Delete a session: end everything that runs in it and remove its workspace, tasks and events."""
        await self.engine.sessions.delete(request.session_id)
        return SessionRemoved(session_id=request.session_id, deleted=True)
