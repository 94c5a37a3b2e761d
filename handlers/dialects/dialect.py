"""What a dialect is to a door: a namespace whose calls and events have words of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from roocode_server.handlers.connection import Connection
from roocode_server.handlers.operation import Registry
from roocode_server.handlers.pipeline import OperationResponse, Pipeline
from roocode_server.models.event import StoredEvent
from roocode_server.models.identifier import SessionId
from roocode_server.models.user import Caller


class DialectAdapter(Protocol):
    """Between one client and the declared operations: takes its calls, and tells it what happens."""

    def enter(self, session_id: SessionId) -> None:
        """The client has connected for this session and may work in it."""
        ...

    async def answer(
        self, name: str, arguments: Sequence[object], caller: Caller, connection: Connection
    ) -> dict[str, Any]:
        """The body of a call's acknowledgement. Raises: AppError."""
        ...

    def render(self, stored: StoredEvent) -> Sequence[bytes]:
        """The event as this client is told of it: none or several JSON lists, each a name and its arguments.

        It is called once for an event that is sent.
        """
        ...


class Dialect(Protocol):
    """Makes an interpreter for every client of its namespace."""

    @property
    def namespace(self) -> str:
        """The Socket.IO namespace, such as `/extension`."""
        ...

    def adapter(self) -> DialectAdapter:
        """Return a new adapter, for one client."""
        ...


class Operations:
    """The declared operations as a dialect asks for them: by name, through the pipeline."""

    def __init__(self, registry: Registry, pipeline: Pipeline) -> None:
        self.registry = registry
        self._pipeline = pipeline

    async def ask(
        self, name: str, caller: Caller, connection: Connection | None, raw: dict[str, Any]
    ) -> dict[str, Any]:
        """The operation's answer, JSON-ready. Raises: AppError."""
        return (await self.answer(name, caller, connection, raw)).body

    async def answer(
        self, name: str, caller: Caller, connection: Connection | None, raw: dict[str, Any]
    ) -> OperationResponse:
        """The same with what the door tells beside it. Raises: AppError."""
        declared = self.registry[name]
        answer = await self._pipeline.answer(declared, caller, raw, connection)
        if answer.failure is not None:
            raise answer.failure
        return answer
