"""MCP servers that a session can use. Source: S2's tools; docs/mcp.md."""

from __future__ import annotations

import enum
from dataclasses import field
from typing import Any

from roocode_server.models.event import Event, LogLine, event
from roocode_server.models.identifier import SessionId
from roocode_server.models.shape import LONGEST_PATH, Shape, compact, described, limited, one_of, value

MOST_SERVERS = 32
MOST_BYTES_OF_SERVERS = 262_144
"""The most bytes of all definitions of a session, as JSON."""


@value
class McpServer(Shape):
    """How to reach a server: a `command` to start and talk to, or the `url` of one with streamable HTTP."""

    type: str | None = field(default=None, metadata=one_of("stdio", "streamable-http"))
    command: str | None = field(default=None, metadata=limited(shortest=1, longest=4096))
    args: list[str] = field(default_factory=list, metadata=compact(1000, 65_536))
    env: dict[str, str] = field(default_factory=dict, metadata=compact(1000, 65_536))
    cwd: str | None = field(
        default=None,
        metadata=described("The folder to start it in", **limited(shortest=1, longest=LONGEST_PATH)),
    )
    url: str | None = field(default=None, metadata=limited(shortest=1, longest=4096))
    headers: dict[str, str] = field(default_factory=dict, metadata=compact(100, 65_536))
    disabled: bool = False
    always_allow: list[str] = field(
        default_factory=list,
        metadata=described("Tools that need no approval", **compact(1000, 65_536)),
    )
    timeout: int = field(
        default=60, metadata=described("Seconds that one call may take", **limited(least=1, most=3600))
    )

    @property
    def problem(self) -> str | None:
        """What is wrong with the definition, or None."""
        if (self.command is None) == (self.url is None):
            return "Give it either a `command` or a `url`."
        if self.type is not None and (self.type == "stdio") != (self.command is not None):
            return "`stdio` takes a `command`, `streamable-http` takes a `url`."
        if self.url is not None and not self.url.lower().startswith(("http://", "https://")):
            return "The `url` begins with http:// or https://."
        return None


class McpOrigin(enum.StrEnum):
    """Who defined a server: the configuration of this server, the session's, or `.roo/mcp.json`."""

    SERVER = "server"
    SESSION = "session"
    WORKSPACE = "workspace"


class McpStatus(enum.StrEnum):
    """The state of an MCP server; `stopped` ones are started when needed."""

    STOPPED = "stopped"
    CONNECTED = "connected"
    FAILED = "failed"
    DISABLED = "disabled"


@value
class McpTool(Shape):
    """A tool of an MCP server."""

    name: str
    description: str
    input_schema: dict[str, Any]


@value
class McpResource(Shape):
    """A resource of an MCP server."""

    uri: str
    name: str
    description: str
    mime_type: str | None = None


@value
class McpPrompt(Shape):
    """A prompt of an MCP server."""

    name: str
    description: str


@value
class McpServerState(Shape):
    """The state of a server; what it offers is only known while it is connected."""

    name: str
    origin: McpOrigin
    status: McpStatus
    error: str | None = None
    tools: list[McpTool] = field(default_factory=list)
    resources: list[McpResource] = field(default_factory=list)
    prompts: list[McpPrompt] = field(default_factory=list)


@value
class McpList(Shape):
    """A request for a session's MCP servers."""

    session_id: SessionId


@value
class McpServers(Shape):
    """A session's MCP servers; `error` says what is wrong with `.roo/mcp.json`, if anything is."""

    servers: list[McpServerState]
    error: str | None = None


@value
class McpRestart(Shape):
    """A request to restart an MCP server."""

    session_id: SessionId
    server_name: str = field(metadata=limited(shortest=1, longest=256))


@value
class McpRestarted(Shape):
    """An answer with the restarted server."""

    server: McpServerState


@event("mcp.started", namespace="/mcp", log=LogLine(fields=("serverName", "tools")))
@value
class McpStarted(Event):
    """A server has been connected; the numbers are those of its tools, resources and prompts."""

    server_name: str
    tools: int
    resources: int
    prompts: int


@event("mcp.stopped", namespace="/mcp", log=LogLine(fields=("serverName", "error")))
@value
class McpStopped(Event):
    """A server is no longer connected; `error` is left out if it was stopped deliberately."""

    server_name: str
    error: str | None = None
