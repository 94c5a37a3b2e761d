"""Servers over stdin and stdout: one JSON message per line.

Source: Model Context Protocol, "Transports", stdio.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

import anyio
import structlog
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCMessage, jsonrpc_message_adapter

from roocode_server.engine.runtimes.runtime import InteractiveProgram
from roocode_server.models.cleaning import cleaned

MESSAGE_BYTES: Final = 16_777_216
"""The longest message; after a longer one, the server's output is no longer read."""

Streams = tuple[MemoryObjectReceiveStream[SessionMessage | Exception], MemoryObjectSendStream[SessionMessage]]

log = structlog.get_logger("mcp")


class Trouble:
    """The end of a connection: whether it is over, and the server's last output on stderr."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.complaint = ""


@asynccontextmanager
async def over_pipes(
    starting: AbstractAsyncContextManager[InteractiveProgram], trouble: Trouble
) -> AsyncIterator[Streams]:
    """A transport that starts a program and stops it."""
    heard, incoming = anyio.create_memory_object_stream[SessionMessage | Exception](0)
    outgoing, spoken = anyio.create_memory_object_stream[SessionMessage](0)
    async with starting as program, heard, incoming, outgoing, spoken, anyio.create_task_group() as tasks:
        tasks.start_soon(_hear, program, heard, trouble)
        tasks.start_soon(_speak, program, spoken)
        try:
            yield incoming, outgoing
        finally:
            trouble.complaint = program.complaint()
            tasks.cancel_scope.cancel()


async def _hear(
    program: InteractiveProgram, heard: MemoryObjectSendStream[SessionMessage | Exception], trouble: Trouble
) -> None:
    try:
        async with heard:
            async for line in _lines(program):
                await _understand(line, heard)
    except (anyio.BrokenResourceError, anyio.ClosedResourceError):
        log.debug("nobody listens to the mcp server any more")
    finally:
        trouble.over.set()


async def _understand(line: bytes, heard: MemoryObjectSendStream[SessionMessage | Exception]) -> None:
    """Forward a message. Other output of the program is ignored."""
    try:
        message = _message(line)
    except (ValueError, RecursionError):
        log.debug("an mcp server printed something that is not a message", line=line[:200])
        return
    await heard.send(SessionMessage(message))


def _message(line: bytes) -> JSONRPCMessage:
    """Parse a message, replacing unpaired surrogates, which the client's parser would reject.

    Raises: ValueError, if it is not a message; RecursionError, if it is nested too deeply.
    """
    try:
        return jsonrpc_message_adapter.validate_json(line, by_name=False)
    except ValueError:
        return jsonrpc_message_adapter.validate_python(cleaned(json.loads(line)), by_name=False)


async def _speak(program: InteractiveProgram, spoken: MemoryObjectReceiveStream[SessionMessage]) -> None:
    try:
        async for each in spoken:
            line = each.message.model_dump_json(by_alias=True, exclude_unset=True)
            await program.write(line.encode() + b"\n")
    except OSError:
        log.debug(
            "an mcp server no longer reads its input"
        )  # whoever waits for an answer learns it from the end of the output


async def _lines(program: InteractiveProgram) -> AsyncIterator[bytes]:
    """Yield lines as they arrive; stops at one that is too long."""
    begun = bytearray()
    while chunk := await program.read():
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            yield bytes(begun) + part
            begun.clear()
        begun += rest
        if len(begun) > MESSAGE_BYTES:
            log.warning("an mcp server sent too long a message", limit_bytes=MESSAGE_BYTES)
            return
