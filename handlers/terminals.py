"""Operations on the terminals of a session."""

from __future__ import annotations

from roocode_server.engine.idempotency.receipts import Receipt
from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.error import Conflict, NotFound, PermissionDenied, ToolExecutionFailed
from roocode_server.models.file import BY_COMMANDS
from roocode_server.models.quota import Limit
from roocode_server.models.session import Session
from roocode_server.models.terminal import (
    Terminal,
    TerminalAnswer,
    TerminalClosed,
    TerminalInput,
    TerminalList,
    TerminalOpen,
    TerminalOpened,
    TerminalOutput,
    TerminalRef,
    TerminalResize,
    Terminals,
    TerminalScreen,
)
from roocode_server.models.user import Caller, Permission


class TerminalHandlers(Handlers, namespace="/terminals"):
    """`terminal.*`: open, read, type into, resize and close terminals."""

    @operation(
        "terminal.open",
        rest="POST /api/v1/sessions/{sessionId}/terminals",
        status=201,
        made="/api/v1/sessions/{sessionId}/terminals/{terminal.id}",
        permission=Permission.TOOL_EXECUTE,
        on="session_id",
        limit=Limit.TOOL_EXECUTION,
        errors=(NotFound, Conflict, PermissionDenied, ToolExecutionFailed),
        emits=(TerminalOpened, TerminalOutput, TerminalClosed, *BY_COMMANDS),
    )
    async def open(
        self, caller: Caller, request: TerminalOpen, session: Session, receipt: Receipt
    ) -> TerminalAnswer:
        """Open a terminal in the session's sandbox.

        It stays open after the client disconnects, until it is closed. Its output is sent as
        `terminal.output` to everyone who follows the session.
        """

        def answer(terminal: Terminal) -> TerminalAnswer:
            return TerminalAnswer(terminal=terminal)

        return answer(await self.engine.terminals.open(request, session, on_created=receipt.of(answer)))

    @operation(
        "terminal.list",
        rest="GET /api/v1/sessions/{sessionId}/terminals",
        permission=Permission.TOOL_READ,
        on="session_id",
        errors=(NotFound,),
    )
    async def list(self, caller: Caller, request: TerminalList) -> Terminals:
        """List a session's open terminals, oldest first."""
        return Terminals(terminals=self.engine.terminals.list(request.session_id))

    @operation(
        "terminal.get",
        rest="GET /api/v1/sessions/{sessionId}/terminals/{terminalId}",
        permission=Permission.TOOL_READ,
        on="session_id",
        errors=(NotFound,),
    )
    async def get(self, caller: Caller, request: TerminalRef) -> TerminalScreen:
        """Get the most recent output of a terminal, to continue from there after a disconnect."""
        return self.engine.terminals.screen(request.session_id, request.terminal_id)

    @operation(
        "terminal.input",
        audited=False,
        rest="POST /api/v1/sessions/{sessionId}/terminals/{terminalId}/input",
        permission=Permission.TOOL_EXECUTE,
        on="session_id",
        exclusive=("session_id", "terminal_id"),
        errors=(NotFound, Conflict),
        emits=(TerminalOutput,),
    )
    async def type(self, caller: Caller, request: TerminalInput) -> TerminalAnswer:
        """Send input to a terminal. The order of inputs is kept."""
        return TerminalAnswer(terminal=await self.engine.terminals.type(request))

    @operation(
        "terminal.resize",
        audited=False,
        rest="POST /api/v1/sessions/{sessionId}/terminals/{terminalId}/resize",
        permission=Permission.TOOL_EXECUTE,
        on="session_id",
        errors=(NotFound,),
    )
    async def resize(self, caller: Caller, request: TerminalResize) -> TerminalAnswer:
        """Set the size of a terminal's window."""
        return TerminalAnswer(terminal=await self.engine.terminals.resize(request))

    @operation(
        "terminal.close",
        rest="DELETE /api/v1/sessions/{sessionId}/terminals/{terminalId}",
        permission=Permission.TOOL_EXECUTE,
        on="session_id",
        errors=(NotFound,),
        emits=(TerminalClosed,),
    )
    async def close(self, caller: Caller, request: TerminalRef) -> TerminalAnswer:
        """Close a terminal and end whatever runs in it."""
        closed = await self.engine.terminals.close_one(request.session_id, request.terminal_id)
        return TerminalAnswer(terminal=closed)
