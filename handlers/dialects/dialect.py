"""What a dialect gives to a door: a namespace with its own names for calls and events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from roocode_server.handlers.connection import Connection
from roocode_server.handlers.operation import Operation
from roocode_server.handlers.pipeline import OperationResponse, Pipeline
from roocode_server.models.event import StoredEvent
from roocode_server.models.identifier import SessionId
from roocode_server.models.user import Caller


class DialectAdapter(Protocol):
    """Translates between one client and the declared operations: calls one way, events the other."""

    def enter(self, session_id: SessionId, last_seq: int) -> None:
        """The client has connected for this session, where it is sent what comes after `last_seq`."""
        ...

    async def answer(
        self, name: str, arguments: Sequence[object], caller: Caller, connection: Connection
    ) -> dict[str, Any]:
        """The body of a call's acknowledgement. Raises: AppError."""
        ...

    def render(self, stored: StoredEvent) -> Sequence[bytes]:
        """The event in the form for this client: any number of JSON lists, each a name and its arguments.

        Called once for each event that is sent.
        """
        ...


class Dialect(Protocol):
    """Makes an adapter for each client of its namespace."""

    @property
    def namespace(self) -> str:
        """The Socket.IO namespace, such as `/extension`."""
        ...

    def adapter(self) -> DialectAdapter:
        """A new adapter, for one client."""
        ...


class Operations:
    """The declared operations as dialects call them: by name, through the pipeline."""

    def __init__(self, registry: Mapping[str, Operation], pipeline: Pipeline) -> None:
        self.registry = registry
        self.pipeline = pipeline

    async def ask(
        self, name: str, caller: Caller, connection: Connection | None, raw: dict[str, Any]
    ) -> dict[str, Any]:
        """Call an operation; its answer, JSON-ready. Raises: AppError."""
        return (await self.answer(name, caller, connection, raw)).body

    async def answer(
        self, name: str, caller: Caller, connection: Connection | None, raw: dict[str, Any]
    ) -> OperationResponse:
        """As `ask`, with the response's additional facts for the door. Raises: AppError."""
        declared = self.registry[name]
        answer = await self.pipeline.answer(declared, caller, raw, connection)
        if answer.failure is not None:
            raise answer.failure
        return answer
