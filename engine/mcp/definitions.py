"""Which servers a session has, and who named each. Source: docs/mcp.md; S2's `.roo/mcp.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.error import AppError, NotFound, ValidationFailed
from roocode_server.models.mcp import MOST_SERVERS, McpOrigin, McpServer
from roocode_server.models.session import SessionConfig
from roocode_server.models.shape import camel_case

FILE: Final = ".roo/mcp.json"
LARGEST: Final = 1_000_000
_KNOWN: Final = frozenset(camel_case(field.name) for field in fields(McpServer))
"""Editors write more than this into the file; what they say to themselves is left to them."""


class InvalidDefinitions(Exception):
    """The workspace's file cannot be used; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerDefinition:
    """A server by its name."""

    name: str
    origin: McpOrigin
    server: McpServer


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerDefinitions:
    """A session's servers, the operator's first; `problem` is what is wrong with the workspace's file."""

    by_name: Mapping[str, ServerDefinition]
    problem: str | None = None


async def definitions(
    standing: Mapping[str, McpServer], config: SessionConfig, workspace: Workspace | None
) -> ServerDefinitions:
    """The operator's servers, the session's and the workspace's; a name means the first that bears it.

    Without a `workspace` its file is not asked.
    """
    found = _named(McpOrigin.SERVER, standing)
    found = _named(McpOrigin.SESSION, config.mcp_servers) | found
    problem = None
    if workspace is not None:
        try:
            found = _named(McpOrigin.WORKSPACE, await _of_workspace(workspace)) | found
        except InvalidDefinitions as mistake:
            problem = f"{FILE}: {mistake}"
    return ServerDefinitions(by_name=dict(sorted(found.items())), problem=problem)


def _named(origin: McpOrigin, servers: Mapping[str, McpServer]) -> dict[str, ServerDefinition]:
    return {
        name: ServerDefinition(name=name, origin=origin, server=server) for name, server in servers.items()
    }


async def _of_workspace(workspace: Workspace) -> dict[str, McpServer]:
    try:
        content = (await workspace.read(FILE)).content
    except NotFound:
        return {}
    except AppError as failure:
        raise InvalidDefinitions(failure.message) from failure
    return parse(content)


def parse(content: bytes) -> dict[str, McpServer]:
    """The servers that a file names. Raises: InvalidDefinitions."""
    if len(content) > LARGEST:
        raise InvalidDefinitions(f"larger than {LARGEST} bytes")
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
        raise InvalidDefinitions(f"{name[:100]!r} is no object")
    try:
        return McpServer.load({key: content for key, content in raw.items() if key in _KNOWN})
    except ValidationFailed as mistake:
        field, reason = mistake.details["field"], mistake.details["reason"]
        raise InvalidDefinitions(f"{name[:100]!r}, {field}: {reason}") from mistake
