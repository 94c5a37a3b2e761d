"""Messages of JSON-RPC over the pipes of a program in the sandbox: one JSON object a line.

Source: Agent Client Protocol, "Transports".
"""

from __future__ import annotations

import json
from typing import Any, Final

import orjson
import structlog

from roocode_server.engine.runtimes.runtime import InteractiveProgram
from roocode_server.models.cleaning import TextPieces, cleaned

LONGEST_MESSAGE: Final = 20_000_000

log = structlog.get_logger("external agents")


class ProgramTransport:
    """What the protocol's library sends and receives by."""

    def __init__(self, program: InteractiveProgram) -> None:
        self._program = program
        self._rest = b""
        self._texts: dict[str, TextPieces] = {}
        """The texts that come in pieces, by kind: a character can be cut in two between two of them."""

    async def send(self, message: dict[str, Any]) -> None:
        """Raises: OSError, once the program no longer reads."""
        await self._program.write(orjson.dumps(message) + b"\n")

    async def receive(self) -> dict[str, Any] | None:
        """The next message; None at the end of the program, or where it no longer keeps to the protocol."""
        while True:
            line, separator, rest = self._rest.partition(b"\n")
            if separator:
                self._rest = rest
                message = self._decoded(line)
                if message is not None:
                    return message
                continue
            piece = await self._program.read()
            if not piece or len(self._rest) > LONGEST_MESSAGE:
                return None
            self._rest += piece

    async def close(self) -> None:
        """The program ends with the block that started it."""

    def _decoded(self, line: bytes) -> dict[str, Any] | None:
        """A message, fit to be stored; None for what else a program prints."""
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
