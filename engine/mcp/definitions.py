"""The MCP servers of a session, and who defined each. Source: docs/mcp.md; S2's `.roo/mcp.json`."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.error import AppError, NotFound, ValidationFailed
from roocode_server.models.mcp import MOST_SERVERS, McpOrigin, McpServer
from roocode_server.models.session import SessionConfig
from roocode_server.models.shape import camel_case

MCP_FILE: Final = ".roo/mcp.json"
LARGEST_MCP_FILE_BYTES: Final = 1_000_000
_KNOWN: Final = frozenset(camel_case(field.name) for field in fields(McpServer))
"""Fields that are read; editors store others of their own in the file."""


class InvalidDefinitions(Exception):
    """The workspace's file cannot be used; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerDefinition:
    """The definition of a server, with its name."""

    name: str
    origin: McpOrigin
    server: McpServer


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerDefinitions:
    """A session's servers, sorted by name; `problem` says what is wrong with the workspace's file."""

    by_name: Mapping[str, ServerDefinition]
    problem: str | None = None


async def definitions(
    standing: Mapping[str, McpServer], config: SessionConfig, workspace: Workspace | None
) -> ServerDefinitions:
    """Return the servers of the operator, the session and the workspace.

    If a name is defined more than once, the operator's definition wins, then the session's. Without a
    `workspace`, its file is not read.
    """
    found = _named(McpOrigin.SERVER, standing)
    found = _named(McpOrigin.SESSION, config.mcp_servers) | found
    problem = None
    if workspace is not None:
        try:
            found = _named(McpOrigin.WORKSPACE, await _of_workspace(workspace)) | found
        except InvalidDefinitions as mistake:
            problem = f"{MCP_FILE}: {mistake}"
    return ServerDefinitions(by_name=dict(sorted(found.items())), problem=problem)


def _named(origin: McpOrigin, servers: Mapping[str, McpServer]) -> dict[str, ServerDefinition]:
    return {
        name: ServerDefinition(name=name, origin=origin, server=server) for name, server in servers.items()
    }


async def _of_workspace(workspace: Workspace) -> Mapping[str, McpServer]:
    try:
        content = await workspace.read_cached(MCP_FILE)
    except NotFound:
        return {}
    except AppError as failure:
        raise InvalidDefinitions(failure.message) from failure
    return parse(content)


@functools.lru_cache(maxsize=64)
def parse(content: bytes) -> Mapping[str, McpServer]:
    """Parse a file, which is needed at every step. Raises: InvalidDefinitions."""
    if len(content) > LARGEST_MCP_FILE_BYTES:
        raise InvalidDefinitions(f"larger than {LARGEST_MCP_FILE_BYTES} bytes")
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError) as mistake:
        raise InvalidDefinitions("not JSON") from mistake
    servers = raw.get("mcpServers", {}) if isinstance(raw, dict) else None
    if not isinstance(servers, dict):
        raise InvalidDefinitions('expected {"mcpServers": {name: server}}')
    if len(servers) > MOST_SERVERS:
        raise InvalidDefinitions(f"more than {MOST_SERVERS} servers")
    return {name: _server(name, server) for name, server in servers.items()}


def _server(name: str, raw: object) -> McpServer:
    if not isinstance(raw, dict):
        raise InvalidDefinitions(f"{name[:100]!r} is not an object")
    try:
        return McpServer.load({key: content for key, content in raw.items() if key in _KNOWN})
    except ValidationFailed as mistake:
        field, reason = mistake.details["field"], mistake.details["reason"]
        raise InvalidDefinitions(f"{name[:100]!r}, {field}: {reason}") from mistake
