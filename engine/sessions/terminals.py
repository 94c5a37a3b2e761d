"""Terminals of sessions: open, type, resize, read again after a reconnect, close."""

from __future__ import annotations

import asyncio
import codecs
import dataclasses
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

import structlog

from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.events.hub import Hub
from roocode_server.engine.events.lifetimes import Lifetimes
from roocode_server.engine.runtimes.output import Tail
from roocode_server.engine.runtimes.runtime import KILLED_EXIT_CODE, Command, Runtime
from roocode_server.engine.runtimes.runtime import PseudoTerminal as Program
from roocode_server.engine.sessions.sessions import Sessions
from roocode_server.engine.sessions.shell import TERMINAL
from roocode_server.engine.sessions.terminal_input import Typed
from roocode_server.engine.shell_lines.allowlist import ANYTHING
from roocode_server.engine.storage.creation import OnCreated, nothing_more
from roocode_server.models.clock import now
from roocode_server.models.error import AppError, Conflict, NotFound, PermissionDenied
from roocode_server.models.identifier import SessionId, TerminalId, new_id
from roocode_server.models.session import Session
from roocode_server.models.terminal import (
    Terminal,
    TerminalClosed,
    TerminalInput,
    TerminalOpen,
    TerminalOpened,
    TerminalOutput,
    TerminalResize,
    TerminalScreen,
)

MOST_OPEN_TERMINALS: Final = 16
TERMINAL_OUTPUT_CHARACTERS: Final = 200_000
"""How much of a terminal's output is kept for clients that reconnect, in characters."""

log = structlog.get_logger("terminals")


@dataclass(slots=True)
class _Open:
    """A terminal and its resources."""

    terminal: Terminal
    opened: asyncio.Future[Program] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    work: asyncio.Task[None] | None = None
    output: Tail = field(default_factory=lambda: Tail(TERMINAL_OUTPUT_CHARACTERS))
    position: int = 0
    typed: Typed = field(default_factory=Typed)

    def take(self, text: str) -> None:
        self.position += len(text)
        self.output.add(text)


class TerminalTable:
    """The terminals of all sessions."""

    def __init__(self, sessions: Sessions, runtime: Runtime, lasting: Lifetimes, hub: Hub) -> None:
        self._sessions = sessions
        self._runtime = runtime
        self._lasting = lasting
        self._hub = hub
        self._open: defaultdict[SessionId, dict[TerminalId, _Open]] = defaultdict(dict)
        sessions.before_deletion(self.close_session)
        sessions.at_expiry(self.close_session)

    async def open(
        self,
        request: TerminalOpen,
        session: Session | None = None,
        *,
        on_created: OnCreated[Terminal] = nothing_more,
    ) -> Terminal:
        """Open a terminal, and return once its program runs.

        Raises: NotFound; PermissionDenied, if the session restricts commands; Conflict, if the session is not
        active or has too many terminals; ToolExecutionFailed.
        """
        session = await self._sessions.get_active(request.session_id, session)
        if ANYTHING not in session.config.allowed_commands:
            raise PermissionDenied(
                "This session only allows certain commands, which cannot be enforced in a terminal",
                allowedCommands=list(session.config.allowed_commands),
            )
        standing = self._open[session.id]
        if len(standing) >= MOST_OPEN_TERMINALS:
            raise Conflict(
                "This session has too many open terminals; close one first", limit=MOST_OPEN_TERMINALS
            )
        terminal = Terminal(
            id=TerminalId(new_id("terminal")),
            command=request.command,
            columns=request.columns,
            rows=request.rows,
            opened_at=now(),
        )
        one = standing[terminal.id] = _Open(terminal)
        command = Command(
            line=request.command, directory=request.cwd, environment=dict(TERMINAL), is_lasting=True
        )
        one.work = asyncio.create_task(
            self._work(session, one, command, on_created), name=f"terminal {terminal.id}"
        )
        await asyncio.shield(one.opened)
        return terminal

    def list(self, session_id: SessionId) -> list[Terminal]:
        """Return a session's open terminals, oldest first."""
        return [one.terminal for one in self._open.get(session_id, {}).values()]

    def screen(self, session_id: SessionId, terminal_id: TerminalId) -> TerminalScreen:
        """Return the last output of a terminal. Raises: NotFound."""
        one = self._find(session_id, terminal_id)
        return TerminalScreen(terminal=one.terminal, output=one.output.text, position=one.position)

    async def type(self, request: TerminalInput) -> Terminal:
        """Type into a terminal; input that its program does not read at once is queued.

        Raises: NotFound; Conflict, if its program has ended or too much input is waiting.
        """
        one = self._find(request.session_id, request.terminal_id)
        program = await asyncio.shield(one.opened)
        try:
            await one.typed.add(program, request.data.encode())
        except OSError as failure:
            raise Conflict("The program in the terminal has ended") from failure
        return one.terminal

    async def resize(self, request: TerminalResize) -> Terminal:
        """Resize a terminal. Raises: NotFound."""
        one = self._find(request.session_id, request.terminal_id)
        await (await asyncio.shield(one.opened)).resize(request.columns, request.rows)
        one.terminal = dataclasses.replace(one.terminal, columns=request.columns, rows=request.rows)
        return one.terminal

    async def close_one(self, session_id: SessionId, terminal_id: TerminalId) -> Terminal:
        """Close a terminal, killing its program. Raises: NotFound."""
        one = self._find(session_id, terminal_id)
        await _end([one])
        return one.terminal

    async def close_session(self, session_id: SessionId) -> None:
        """Close all terminals of a session."""
        await _end(list(self._open.pop(session_id, {}).values()))

    async def close(self) -> None:
        """Close all terminals."""
        for session_id in list(self._open):
            await self.close_session(session_id)

    async def _work(
        self, session: Session, one: _Open, command: Command, on_created: OnCreated[Terminal]
    ) -> None:
        """Run a terminal to its end."""
        session_id, code = session.id, KILLED_EXIT_CODE
        try:
            size = one.terminal
            opening = self._runtime.open_terminal(
                self._sessions.sandbox(session), command, columns=size.columns, rows=size.rows
            )
            async with opening as program:
                await self._tell_start(session_id, one.terminal, on_created)
                one.opened.set_result(program)
                await self._show(session_id, one, program)
                code = await program.ended()
        except AppError as failure:
            if not one.opened.done():
                one.opened.set_exception(failure)
            log.debug("terminal failed", session_id=session_id, reason=failure.message)
        finally:
            one.typed.close()
            self._open.get(session_id, {}).pop(one.terminal.id, None)
            if one.opened.done() and one.opened.exception() is None:
                await run_to_completion(self._tell_end(session_id, one, code))
            elif not one.opened.done():
                one.opened.set_exception(Conflict("The terminal was closed before it was open"))

    async def _show(self, session_id: SessionId, one: _Open, program: Program) -> None:
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        while chunk := await program.read():
            text = decoder.decode(chunk)
            if not text:
                continue
            printed = TerminalOutput(terminal_id=one.terminal.id, data=text, position=one.position)
            one.take(text)
            self._hub.signal(session_id, printed)

    async def _tell_start(
        self, session_id: SessionId, terminal: Terminal, on_created: OnCreated[Terminal]
    ) -> None:
        await self._lasting.begin(
            session_id,
            _key(terminal),
            TerminalOpened(terminal=terminal),
            pending_end=TerminalClosed(terminal_id=terminal.id, exit_code=KILLED_EXIT_CODE),
            in_same_transaction=lambda unit: on_created(unit, terminal),
        )

    async def _tell_end(self, session_id: SessionId, one: _Open, code: int) -> None:
        closed = TerminalClosed(terminal_id=one.terminal.id, exit_code=code)
        await self._lasting.end(session_id, _key(one.terminal), closed)

    def _find(self, session_id: SessionId, terminal_id: TerminalId) -> _Open:
        one = self._open.get(session_id, {}).get(terminal_id)
        if one is None:
            raise NotFound("terminal", terminal_id)
        return one


def _key(terminal: Terminal) -> str:
    return f"terminal/{terminal.id}"


async def _end(several: list[_Open]) -> None:
    working = [one.work for one in several if one.work is not None]
    for work in working:
        work.cancel()
    if working:
        await asyncio.wait(working)
