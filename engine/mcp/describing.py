"""The description of the servers in the system prompt."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from roocode_server.models.mcp import McpServerState, McpStatus

MCP_DESCRIPTION_CHARACTERS: Final = 60_000
"""The most characters in all; further tools and resources are left out."""
ERROR_CHARACTERS: Final = 300

_INTRODUCTION: Final = (
    "Servers of the Model Context Protocol. Call their tools with use_mcp_tool and read their resources with "
    "access_mcp_resource."
)
_UNKNOWN: Final = "Not started yet; the first use_mcp_tool call starts it and says which tools it has."


def described(servers: Sequence[McpServerState]) -> str:
    """Describe the servers with their tools, up to `MCP_DESCRIPTION_CHARACTERS`; empty if there are none."""
    parts = [part for server in servers if server.status is not McpStatus.DISABLED for part in _parts(server)]
    if not parts:
        return ""
    told, length = [_INTRODUCTION], len(_INTRODUCTION)
    for number, part in enumerate(parts):
        length += len(part) + 1
        if length > MCP_DESCRIPTION_CHARACTERS:
            told.append(f"({len(parts) - number} more entries are left out)")
            break
        told.append(part)
    return "\n".join(told)


def _parts(server: McpServerState) -> Iterator[str]:
    yield f"## {server.name}"
    if server.status is McpStatus.FAILED:
        yield f"It cannot be used at the moment. {(server.error or '')[:ERROR_CHARACTERS]}"
    elif server.status is McpStatus.STOPPED:
        yield _UNKNOWN
    for tool in server.tools:
        schema = json.dumps(tool.input_schema, ensure_ascii=False, separators=(",", ":"))
        yield f"- tool {tool.name}: {tool.description}\n  arguments: {schema}"
    for resource in server.resources:
        yield f"- resource {resource.uri}: {resource.description or resource.name}"
