"""Sessions as archives: written by one server, made a session again by another. Available over REST only."""

from __future__ import annotations

from contextlib import aclosing
from typing import Final

from roocode_server.engine.idempotency.receipts import Receipt
from roocode_server.handlers.operation import Handlers, Streams, operation
from roocode_server.handlers.stream import Stream
from roocode_server.models.approval import ApprovalResolved
from roocode_server.models.error import (
    Conflict,
    ExtraNotInstalled,
    NotFound,
    PayloadTooLarge,
    ServerOverload,
    ValidationFailed,
    WorkspaceLimitExceeded,
)
from roocode_server.models.file import Transferred
from roocode_server.models.file_name import file_name_of
from roocode_server.models.fork import SessionExport, SessionImport, SessionImported
from roocode_server.models.quota import Limit
from roocode_server.models.session import (
    CallersSession,
    Session,
    SessionCreated,
    SessionCreatedEvent,
    WorkspaceLocation,
)
from roocode_server.models.sharing import Access
from roocode_server.models.task import CommandEnded, TaskResumable, TaskUnfocused, ToolFailed
from roocode_server.models.user import Caller, Permission

SESSION_ARCHIVE: Final = "application/gzip"


class SessionArchiveHandlers(Handlers, namespace="/sessions"):
    """`session.export` and `session.import`: a session as one archive."""

    @operation(
        "session.export",
        rest="GET /api/v1/sessions/{sessionId}/export",
        permission=Permission.SESSION_READ,
        on="session_id",
        limit=Limit.SESSION_MANAGEMENT,
        streams=Streams(download=(SESSION_ARCHIVE,)),
        errors=(NotFound, Conflict, ValidationFailed, ServerOverload),
    )
    async def export(
        self, caller: Caller, request: SessionExport, stream: Stream, session: Session
    ) -> Transferred:
        """Download a session as an archive: files, conversations, tasks, checkpoints and the log.

        Secrets of its configuration are left out. It is packed while it is being sent; one that broke off is
        refused by `session.import`.
        """
        name = file_name_of(session.name, otherwise=session.id, ending=".session.tar.gz")
        async with aclosing(self.engine.exports.export(session)) as pieces:
            await stream.send_pieces(name, SESSION_ARCHIVE, pieces)
        return Transferred()

    @operation(
        "session.import",
        rest="POST /api/v1/sessions/import",
        status=201,
        made="/api/v1/sessions/{session.id}",
        permission=Permission.SESSION_WRITE,
        limit=Limit.SESSION_MANAGEMENT,
        streams=Streams(upload=(SESSION_ARCHIVE,)),
        errors=(
            ValidationFailed,
            PayloadTooLarge,
            WorkspaceLimitExceeded,
            ExtraNotInstalled,
            Conflict,
            ServerOverload,
        ),
        emits=(
            SessionCreatedEvent,
            SessionImported,
            TaskResumable,
            TaskUnfocused,
            ApprovalResolved,
            ToolFailed,
            CommandEnded,
        ),
    )
    async def take_in(
        self, caller: Caller, request: SessionImport, stream: Stream, receipt: Receipt
    ) -> SessionCreated:
        """Make a session of yours of an archive that `session.export` has written, here or elsewhere.

        Either the whole session is there or nothing. Archives that are damaged, of a newer version, or
        contain what they must not are refused.
        """

        def answer(session: Session) -> SessionCreated:
            seen = CallersSession.seen(session, Access.OWNER)
            return SessionCreated(session=seen, workspace=WorkspaceLocation.of(session.id, caller.base_url))

        made = await self.engine.imports.take_in(
            caller, request, stream.body(), on_created=receipt.of(answer)
        )
        return answer(made)
