"""One message that is being answered, and the calls that it makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from roocode_server.handlers.connection import Connection
from roocode_server.handlers.dialects.dialect import Operations
from roocode_server.handlers.dialects.opencode.known_tasks import KnownTasks
from roocode_server.handlers.dialects.opencode.place import AUTOMATION, Place
from roocode_server.handlers.dialects.opencode.subscriptions import Subscriptions
from roocode_server.handlers.dialects.unattended import unattended
from roocode_server.models.error import AppError, NotFound
from roocode_server.models.identifier import SessionId
from roocode_server.models.quota import Limit
from roocode_server.models.tool import ToolGroup
from roocode_server.models.user import Caller

FINDING: Final = ("session.list",)
OPENING: Final = ("session.list", "session.ensure")
"""What finding the session takes, and what opening it takes if there is none."""
NAME: Final = "Automation"
_LIMITS: Final[Mapping[str, Limit]] = {
    "task.create": Limit.MESSAGE_TASKS,
    "task.retry": Limit.MESSAGE_TASKS,
    "system.kill": Limit.PROCESS_KILLS,
}


def counted_by_messages(operations: Operations) -> Operations:
    """The operations as S4 counts them: messages as such, and for themselves new tasks and ended processes.

    Source: S4, "Rate Limiting".
    """
    counted = {
        name: replace(declared, limit=_LIMITS.get(name)) for name, declared in operations.registry.items()
    }
    return Operations(counted, operations.pipeline)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A message that is being answered. It can use the operations that its type declares, and no others.

    `allowed` are the tool groups that the agent of an automation session may use without approval.
    """

    type: str
    declared: Sequence[str]
    caller: Caller
    connection: Connection
    operations: Operations
    allowed: Sequence[ToolGroup]
    place: Place
    subscriptions: Subscriptions
    known: KnownTasks

    async def ask(self, operation: str, **raw: Any) -> dict[str, Any]:
        """Call an operation; its answer, JSON-ready. Fields that are None are left out. Raises: AppError."""
        if operation not in self.declared:
            raise LookupError(f"{self.type} does not declare {operation}")
        given = {name: content for name, content in raw.items() if content is not None}
        return await self.operations.ask(operation, self.caller, self.connection, given)

    async def shown_task_id(self, session_id: str, task_id: str) -> str:
        """The id by which a task is shown: its client's, if it can be looked up."""
        known = self.known.find(task_id)
        if known is not None:
            return known.shown_id
        try:
            found = await self.ask("task.get", sessionId=session_id, taskId=task_id)
        except AppError:
            return self.known.learn_nothing(task_id)
        return self.known.learn(found["task"])

    async def ask_there(self, operation: str, **raw: Any) -> dict[str, Any] | None:
        """Call an operation in the connection's session; None if it has none yet. Raises: AppError."""
        return await self._ask_there(operation, raw, opens=False)

    async def ask_opened(self, operation: str, **raw: Any) -> dict[str, Any]:
        """As `ask_there`; the automation session is made if there is none. Raises: AppError."""
        answer = await self._ask_there(operation, raw, opens=True)
        assert answer is not None  # noqa: S101 - there is a session
        return answer

    async def _ask_there(self, operation: str, raw: dict[str, Any], *, opens: bool) -> dict[str, Any] | None:
        session_id = await self._session(opens=opens)
        if session_id is None:
            return None
        try:
            return await self.ask(operation, sessionId=session_id, **raw)
        except NotFound as missing:
            if self.place.is_named or missing.details["resource"] != "session":
                raise
        self.place.forget()  # it has been deleted since it was found
        session_id = await self._session(opens=opens)
        return None if session_id is None else await self.ask(operation, sessionId=session_id, **raw)

    async def _session(self, *, opens: bool) -> SessionId | None:
        if self.place.session_id is None:
            self.place.session_id = await self._found() or (await self._opened() if opens else None)
        return self.place.session_id

    async def _found(self) -> SessionId | None:
        found = await self.ask("session.list", purpose=AUTOMATION, scope="mine", limit=1)
        return SessionId(found["sessions"][0]["id"]) if found["sessions"] else None

    async def _opened(self) -> SessionId:
        config = unattended(self.allowed)
        made = await self.ask("session.ensure", purpose=AUTOMATION, name=NAME, config=config)
        return SessionId(made["session"]["id"])
