"""What S3's endpoints answer, field by field as the document shows it. Source: S3, "API Endpoints"."""

from __future__ import annotations

from roocode_server.models.shape import PlainShape, value


@value
class CrogiaHealth(PlainShape):
    """Whether the server is up and a container engine answers."""

    status: str
    timestamp: str
    active_sessions: int
    docker_available: bool


@value
class CrogiaSession(PlainShape):
    """A session. `container_status` is `unavailable` while the runtime does not answer."""

    session_id: str
    container_id: str
    workdir: str
    created: str
    last_task: str | None
    status: str
    container_status: str


@value
class CrogiaDone(PlainShape):
    """A message that says what was done."""

    message: str


@value
class CrogiaTaskBegun(PlainShape):
    """The task has been accepted; follow it at `/ws/{session_id}`."""

    message: str
    task: str


@value
class CrogiaProcess(PlainShape):
    """A process of a session; `log` is the path of its output in the workspace."""

    pid: int
    cmd: str
    status: str
    log: str
    started: str


@value
class CrogiaProcessLogs(PlainShape):
    """The last lines that a process printed."""

    logs: str
    pid: int


@value
class CrogiaItem(PlainShape):
    """A file, or a directory, whose size is null."""

    name: str
    type: str
    size: int | None
    modified: str


@value
class CrogiaListing(PlainShape):
    """A directory's entries, directories first."""

    path: str
    items: list[CrogiaItem]


@value
class CrogiaContent(PlainShape):
    """A text file."""

    path: str
    content: str


@value
class CrogiaFilesFound(PlainShape):
    """Paths, relative to the workspace."""

    pattern: str
    path: str
    matches: list[str]


@value
class CrogiaLine(PlainShape):
    """A matching line; `line` counts from 1."""

    file: str
    line: int
    content: str


@value
class CrogiaTextFound(PlainShape):
    """Matching lines, by file."""

    pattern: str
    path: str
    matches: list[CrogiaLine]


@value
class CrogiaOutput(PlainShape):
    """What a command printed."""

    command: str
    output: str
    timestamp: str
