"""Repairs servers' answers for the protocol's client, so that one invalid item does not cost the others.

The client rejects a whole answer if one tool lacks a schema or one content block is of an unknown kind.
Source: Model Context Protocol, "Tools", "Resources", "Prompts".
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, Final

import anyio
import structlog
from anyio.streams.memory import MemoryObjectSendStream
from mcp.client import Transport
from mcp.shared._stream_protocols import ReadStream, WriteStream
from mcp.shared.message import SessionMessage
from mcp_types import (
    BlobResourceContents,
    ContentBlock,
    JSONRPCResponse,
    Prompt,
    Resource,
    TextResourceContents,
    Tool,
)
from pydantic import TypeAdapter, ValidationError

from roocode_server.models.cleaning import cleaned

ANY_OBJECT: Final = {"type": "object"}

Streams = tuple[ReadStream[SessionMessage | Exception], WriteStream[SessionMessage]]

log = structlog.get_logger("mcp")

_TOOL: Final = TypeAdapter(Tool)
_RESOURCE: Final = TypeAdapter(Resource)
_PROMPT: Final = TypeAdapter(Prompt)
_BLOCK: Final[TypeAdapter[Any]] = TypeAdapter(ContentBlock)
_CONTENTS: Final[TypeAdapter[Any]] = TypeAdapter(TextResourceContents | BlobResourceContents)


@asynccontextmanager
async def fitting(transport: Transport) -> AsyncIterator[Streams]:
    """A transport whose incoming messages are repaired."""
    heard, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    async with transport as (source, outgoing), heard, incoming, anyio.create_task_group() as tasks:
        tasks.start_soon(_pass_on, source, heard)
        try:
            yield incoming, outgoing
        finally:
            tasks.cancel_scope.cancel()


async def _pass_on(
    source: ReadStream[SessionMessage | Exception],
    heard: MemoryObjectSendStream[SessionMessage | Exception],
) -> None:
    try:
        async with heard:
            async for each in source:
                await heard.send(_fit(each))
    except (anyio.BrokenResourceError, anyio.ClosedResourceError):
        log.debug("nobody listens to the mcp server any more")


def _fit(heard: SessionMessage | Exception) -> SessionMessage | Exception:
    if isinstance(heard, Exception) or not isinstance(heard.message, JSONRPCResponse):
        return heard
    message = heard.message
    return replace(heard, message=message.model_copy(update={"result": fitted(message.result)}))


def fitted(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return a result whose lists contain nothing that the client would reject."""
    fit = dict(result)
    for name, mend in _MENDED.items():
        if isinstance(fit.get(name), list):
            fit[name] = [mended for item in fit[name] if (mended := mend(item)) is not None]
    return fit


def _tool(tool: Any) -> Any:
    """Replace a schema that the client cannot parse by "any object"; a tool without a name is left out."""
    if not isinstance(tool, dict) or not isinstance(tool.get("name"), str):
        log.warning("an mcp server listed something unusable", what="tool")
        return None
    schema = tool.get("inputSchema")
    tool = {**tool, "inputSchema": {**ANY_OBJECT, **schema} if isinstance(schema, dict) else ANY_OBJECT}
    if tool["inputSchema"]["type"] == "object" and _is(_TOOL, tool):
        return tool
    description = tool.get("description")
    plain = {"name": tool["name"], "inputSchema": ANY_OBJECT}
    return {**plain, "description": description} if isinstance(description, str) else plain


def _block(block: Any) -> Any:
    return block if _is(_BLOCK, block) else {"type": "text", "text": _told(block)}


def _contents(contents: Any) -> Any:
    if _is(_CONTENTS, contents):
        return contents
    uri = contents.get("uri") if isinstance(contents, dict) else None
    return {"uri": uri if isinstance(uri, str) else "about:blank", "text": _told(contents)}


def _told(piece: Any) -> str:
    """Represent content of an unknown kind by its text, or else as JSON."""
    if isinstance(piece, dict) and isinstance(piece.get("text"), str):
        return str(piece["text"])
    return f"(content of an unknown kind: {json.dumps(cleaned(piece), ensure_ascii=False)})"


def _kept(kind: TypeAdapter[Any], what: str) -> Callable[[Any], Any]:
    def keep(item: Any) -> Any:
        if _is(kind, item):
            return item
        log.warning("an mcp server listed something unusable", what=what)
        return None

    return keep


def _is(kind: TypeAdapter[Any], piece: Any) -> bool:
    try:
        kind.validate_python(piece, by_name=False)
    except ValidationError:
        return False
    return True


_MENDED: Final[Mapping[str, Callable[[Any], Any]]] = {
    "tools": _tool,
    "content": _block,
    "contents": _contents,
    "resources": _kept(_RESOURCE, "resource"),
    "prompts": _kept(_PROMPT, "prompt"),
}
