"""The dialect: S2's methods and events, with one adapter for each client. Source: S2."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from roocode_server.handlers.connection import Connection
from roocode_server.handlers.dialects.dialect import Operations
from roocode_server.handlers.dialects.extension.buttons import BUTTON_METHODS
from roocode_server.handlers.dialects.extension.configuration import CONFIGURATION_METHODS
from roocode_server.handlers.dialects.extension.events import ExtensionEventStream
from roocode_server.handlers.dialects.extension.method import Call, Desk
from roocode_server.handlers.dialects.extension.profiles import PROFILE_METHODS
from roocode_server.handlers.dialects.extension.tasks import TASK_METHODS
from roocode_server.models.error import UnknownOperation
from roocode_server.models.event import StoredEvent
from roocode_server.models.identifier import SessionId
from roocode_server.models.user import Caller

METHODS: Final = {
    method.name: method
    for method in (*TASK_METHODS, *BUTTON_METHODS, *CONFIGURATION_METHODS, *PROFILE_METHODS)
}


class ExtensionAdapter:
    """One client in `/extension`."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._desk = Desk()
        self._stream = ExtensionEventStream()
        self._turn = asyncio.Lock()

    def enter(self, session_id: SessionId, last_seq: int) -> None:
        """Let the client work in this session, which it knows up to `last_seq`."""
        self._desk.session_id = session_id
        self._desk.sent[session_id] = last_seq

    async def answer(
        self, name: str, arguments: Sequence[object], caller: Caller, connection: Connection
    ) -> dict[str, Any]:
        """`{result}`, with `ignored` if some of the given settings have no effect here.

        The calls of one client are processed one after the other. Raises: AppError.
        """
        method = METHODS.get(name)
        if method is None:
            raise UnknownOperation(name)
        read = method.read(arguments)
        async with self._turn:
            call = Call(
                desk=self._desk,
                caller=caller,
                connection=connection,
                operations=self._operations,
                method=method,
            )
            result = await method.run(call, read)
            return {"result": result, "ignored": call.ignored} if call.ignored else {"result": result}

    def render(self, stored: StoredEvent) -> Sequence[bytes]:
        """The event in S2's words, each a JSON list of a name and its arguments."""
        if stored.seq:
            self._desk.sent[stored.session_id] = stored.seq
        return self._stream.render(stored)


class Extension:
    """S2's dialect."""

    namespace: Final = "/extension"

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    def adapter(self) -> ExtensionAdapter:
        """A new adapter, for one client."""
        return ExtensionAdapter(self._operations)
