"""Processes of a session that run beside its tasks. Source: S3, "Process Management"."""

from __future__ import annotations

import datetime
import enum
from dataclasses import field

from roocode_server.models.event import Event, event
from roocode_server.models.identifier import SessionId
from roocode_server.models.shape import Shape, described, limited, value

MOST_CHARACTERS = 100_000


class ProcessStatus(enum.StrEnum):
    """`stopped` is ended by a caller, `failed` could not be run, or was ended by a limit of the session."""

    RUNNING = "running"
    EXITED = "exited"
    STOPPED = "stopped"
    FAILED = "failed"


@value
class Process(Shape):
    """A process; `pid` is its number in the session, `log` the file of the workspace with what it prints."""

    pid: int
    command: str
    cwd: str
    status: ProcessStatus
    log: str
    started_at: datetime.datetime
    ports: list[int] = field(default_factory=list)
    exit_code: int | None = None
    error: str | None = None
    ended_at: datetime.datetime | None = None


@value
class ProcessStart(Shape):
    session_id: SessionId
    command: str = field(
        metadata=described("A command line for `sh -c`", **limited(shortest=1, longest=MOST_CHARACTERS))
    )
    cwd: str = field(default="", metadata=limited(longest=4096))


@value
class ProcessRef(Shape):
    session_id: SessionId
    pid: int


@value
class ProcessStop(Shape):
    """`force` ends it at once; without it has a few seconds to end by itself."""

    session_id: SessionId
    pid: int
    force: bool = False


@value
class ProcessLogs(Shape):
    session_id: SessionId
    pid: int
    lines: int = field(default=50, metadata=limited(least=1, most=10_000))


@value
class ProcessList(Shape):
    session_id: SessionId


@value
class ProcessAnswer(Shape):
    process: Process


@value
class Processes(Shape):
    processes: list[Process]


@value
class ProcessLog(Shape):
    """The last lines that a process has printed, on both streams in order."""

    pid: int
    logs: str


@event("process.started", namespace="/processes")
@value
class ProcessStarted(Event):
    """A process runs."""

    process: Process


@event("process.output", durable=False, namespace="/processes")
@value
class ProcessOutput(Event):
    """What a process printed: a line, a part of one, or several that came at once."""

    pid: int
    stream: str
    text: str


@event("process.ended", namespace="/processes")
@value
class ProcessEnded(Event):
    """A process has ended, by itself or not."""

    process: Process


@value
class ShellExec(Shape):
    """Source: S3, POST …/shell. `tty` runs the command behind a terminal."""

    session_id: SessionId
    cmd: str = field(metadata=limited(shortest=1, longest=MOST_CHARACTERS))
    tty: bool = False
    cwd: str = field(default="", metadata=limited(longest=4096))
    timeout: float | None = field(
        default=None,
        metadata=described("Seconds after which it is stopped", **limited(least=0.1, most=86_400)),
    )


@value
class ShellExecuted(Shape):
    """What came of a command line: all that it printed, with the middle left out where it is long."""

    command: str
    output: str
    exit_code: int
    stopped_by: str | None
    execution_time: float = field(metadata=described("Milliseconds"))
    timestamp: datetime.datetime
