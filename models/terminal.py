"""Terminals of a session: shells that people type into."""

from __future__ import annotations

import datetime
from dataclasses import field

from roocode_server.models.event import Event, event
from roocode_server.models.idempotency import IDEMPOTENCY_KEY
from roocode_server.models.identifier import SessionId, TerminalId
from roocode_server.models.shape import LONGEST_PATH, Shape, described, limited, value

_SIZE = limited(least=1, most=1000)


@value
class Terminal(Shape):
    """An open terminal."""

    id: TerminalId
    command: str
    columns: int
    rows: int
    opened_at: datetime.datetime


@value
class TerminalOpen(Shape):
    """A request to open a terminal."""

    session_id: SessionId
    command: str = field(
        default="bash",
        metadata=described("What to run in it, by `sh -c`", **limited(shortest=1, longest=100_000)),
    )
    cwd: str = field(default="", metadata=limited(longest=LONGEST_PATH))
    columns: int = field(default=80, metadata=_SIZE)
    rows: int = field(default=24, metadata=_SIZE)
    idempotency_key: str | None = field(default=None, metadata=IDEMPOTENCY_KEY)


@value
class TerminalRef(Shape):
    """A reference to a terminal."""

    session_id: SessionId
    terminal_id: TerminalId


@value
class TerminalInput(Shape):
    """Terminal input as a terminal sends it: Enter is a carriage return, Ctrl-C the character 3."""

    session_id: SessionId
    terminal_id: TerminalId
    data: str = field(metadata=limited(shortest=1, longest=65_536))


@value
class TerminalResize(Shape):
    """A request to resize a terminal."""

    session_id: SessionId
    terminal_id: TerminalId
    columns: int = field(metadata=_SIZE)
    rows: int = field(metadata=_SIZE)


@value
class TerminalList(Shape):
    """A request for a session's terminals."""

    session_id: SessionId


@value
class TerminalAnswer(Shape):
    """An answer with one terminal."""

    terminal: Terminal


@value
class TerminalScreen(Shape):
    """A terminal with its last output; `position` counts all characters since it was opened.

    A client that reconnects shows `output` and continues with the `terminal.output` of this position.
    """

    terminal: Terminal
    output: str
    position: int


@value
class Terminals(Shape):
    """A session's open terminals, oldest first."""

    terminals: list[Terminal]


@event("terminal.opened", namespace="/terminals")
@value
class TerminalOpened(Event):
    """A terminal has been opened."""

    terminal: Terminal


@event("terminal.output", durable=False, namespace="/terminals")
@value
class TerminalOutput(Event):
    """Output of a terminal, including control sequences."""

    terminal_id: str
    data: str
    position: int = field(metadata=described("Characters that it printed before this"))


@event("terminal.closed", namespace="/terminals")
@value
class TerminalClosed(Event):
    """A terminal has been closed, or its program has ended."""

    terminal_id: str
    exit_code: int
