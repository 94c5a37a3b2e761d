"""Processes of a session that run independently of its tasks. Source: S3, "Process Management"."""

from __future__ import annotations

import datetime
import enum
from dataclasses import field

from roocode_server.models.event import Event, event
from roocode_server.models.idempotency import IDEMPOTENCY_KEY
from roocode_server.models.identifier import SessionId
from roocode_server.models.shape import LONGEST_PATH, Shape, described, limited, value

LONGEST_COMMAND = 100_000


class ProcessStatus(enum.StrEnum):
    """The state of a process. `stopped`: by a caller; `failed`: it could not be run, or exceeded a limit."""

    RUNNING = "running"
    EXITED = "exited"
    STOPPED = "stopped"
    FAILED = "failed"


@value
class ListeningPort(Shape):
    """A TCP port on which a process listens, and the address that it is bound to.

    `127.0.0.1` and `::1` are reached from where the process runs only, `0.0.0.0` and `::` over every network
    that is there.
    """

    port: int
    address: str


@value
class Process(Shape):
    """A process; `pid` is its number in the session, `log` the workspace file with its output.

    `ports` are the numbers of `listeners`, each once.
    """

    pid: int
    command: str
    cwd: str
    status: ProcessStatus
    log: str
    started_at: datetime.datetime
    ports: list[int] = field(default_factory=list)
    listeners: list[ListeningPort] = field(default_factory=list)
    exit_code: int | None = None
    error: str | None = None
    ended_at: datetime.datetime | None = None


@value
class ProcessStart(Shape):
    """A request to start a process."""

    session_id: SessionId
    command: str = field(
        metadata=described("A command line for `sh -c`", **limited(shortest=1, longest=LONGEST_COMMAND))
    )
    cwd: str = field(default="", metadata=limited(longest=LONGEST_PATH))
    idempotency_key: str | None = field(default=None, metadata=IDEMPOTENCY_KEY)


@value
class ProcessRef(Shape):
    """A reference to a process."""

    session_id: SessionId
    pid: int


@value
class ProcessStop(Shape):
    """A request to stop a process: with `force` at once, otherwise after a few seconds' grace."""

    session_id: SessionId
    pid: int
    force: bool = False


@value
class ProcessLogs(Shape):
    """A request for the last output of a process."""

    session_id: SessionId
    pid: int
    lines: int = field(default=50, metadata=limited(least=1, most=10_000))


@value
class ProcessList(Shape):
    """A request for a session's processes."""

    session_id: SessionId


@value
class ProcessAnswer(Shape):
    """An answer with one process."""

    process: Process


@value
class Processes(Shape):
    """A session's processes, oldest first."""

    processes: list[Process]


@value
class ProcessLog(Shape):
    """The last lines of a process's output, both streams in order.

    `position` counts all characters that it has printed: a client continues with the `process.output` of this
    position.
    """

    pid: int
    logs: str
    position: int


@event("process.started", namespace="/processes")
@value
class ProcessStarted(Event):
    """A process has started."""

    process: Process


@event("process.output", durable=False, namespace="/processes")
@value
class ProcessOutput(Event):
    """Output of a process: a line, part of one, or several that arrived at once."""

    pid: int
    stream: str
    text: str
    position: int = field(metadata=described("Characters that it printed before this"))


@event("process.ended", namespace="/processes")
@value
class ProcessEnded(Event):
    """A process has ended, for whatever reason."""

    process: Process


@value
class ShellExec(Shape):
    """A command line to run; with `tty`, in a terminal. Source: S3, POST …/shell."""

    session_id: SessionId
    cmd: str = field(metadata=limited(shortest=1, longest=LONGEST_COMMAND))
    tty: bool = False
    cwd: str = field(default="", metadata=limited(longest=LONGEST_PATH))
    timeout: float | None = field(
        default=None,
        metadata=described("Seconds after which it is stopped", **limited(least=0.1, most=86_400)),
    )


@value
class ShellExecuted(Shape):
    """The result of a command line: its output, without the middle if it is long."""

    command: str
    output: str
    exit_code: int
    stopped_by: str | None
    execution_time: float = field(metadata=described("Milliseconds"))
    timestamp: datetime.datetime
