"""JSON-RPC messages over the pipes of a program in the sandbox, one JSON object per line.

Source: Agent Client Protocol, "Transports".
"""

from __future__ import annotations

import json
from typing import Any, Final

import orjson
import structlog

from roocode_server.engine.runtimes.runtime import InteractiveProgram
from roocode_server.models.cleaning import TextPieces, cleaned

LONGEST_AGENT_MESSAGE_BYTES: Final = 20_000_000

log = structlog.get_logger("external agents")


class ProgramTransport:
    """The transport that the protocol's library sends and receives through."""

    def __init__(self, program: InteractiveProgram) -> None:
        self._program = program
        self._rest = b""
        self._texts: dict[str, TextPieces] = {}
        """Decoders of streamed texts, by kind of update: a character may be split between two messages."""

    async def send(self, message: dict[str, Any]) -> None:
        """Send a message. Raises: OSError, if the program has closed its input."""
        await self._program.write(orjson.dumps(message) + b"\n")

    async def receive(self) -> dict[str, Any] | None:
        """Return the next message; None when the program has ended or a line is longer than
        `LONGEST_AGENT_MESSAGE_BYTES`.
        """
        while True:
            line, separator, rest = self._rest.partition(b"\n")
            if separator:
                self._rest = rest
                message = self._decoded(line)
                if message is not None:
                    return message
                continue
            piece = await self._program.read()
            if not piece or len(self._rest) > LONGEST_AGENT_MESSAGE_BYTES:
                return None
            self._rest += piece

    async def close(self) -> None:
        """Nothing to do: the program ends with the block that started it."""

    def _decoded(self, line: bytes) -> dict[str, Any] | None:
        """Decode a line to a message that is fit to be stored; None for any other output."""
        if not line.strip():
            return None
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            log.info("not a message", line=line[:200])
            return None
        if not isinstance(message, dict):
            return None
        match message.get("params"):
            case {"update": {"sessionUpdate": str(kind), "content": {"text": str(text)} as content}}:
                content["text"] = self._texts.setdefault(kind, TextPieces()).add(text)
        whole: dict[str, Any] = cleaned(message)
        return whole
