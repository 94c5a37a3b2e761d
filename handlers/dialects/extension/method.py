"""A method of S2's API, declared once: its name, its positional arguments, and the operations it uses."""

from __future__ import annotations

import contextlib
import typing
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from roocode_server.handlers.connection import Connection
from roocode_server.handlers.dialects.dialect import Operations
from roocode_server.models.error import Conflict, FieldMistake, InvalidField, ValidationFailed
from roocode_server.models.identifier import SessionId, TaskId
from roocode_server.models.shape import Shape, value
from roocode_server.models.user import Caller


@dataclass(slots=True)
class Desk:
    """The state of one client: its session, and which of the tasks that have ended it has before it."""

    session_id: SessionId | None = None
    sent: dict[SessionId, int] = field(default_factory=dict)
    """Up to which `seq` it has been sent the events of each of its sessions."""
    put_away: TaskId | None = None
    taken_up: TaskId | None = None
    """The ended task of the history that it has taken up again, and to which its next message goes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a method. It can use the operations that the method declares, and no others."""

    desk: Desk
    caller: Caller
    connection: Connection
    operations: Operations
    method: Method
    ignored: list[str] = field(default_factory=list)
    """Settings that were given and have no effect here: the acknowledgement names them."""

    async def ask(self, operation: str, **raw: Any) -> dict[str, Any]:
        """Call an operation; its answer, JSON-ready. Raises: AppError."""
        if operation not in self.method.operations:
            raise LookupError(f"{self.method.name} does not declare {operation}")
        return await self.operations.ask(operation, self.caller, self.connection, raw)

    async def ask_here(self, operation: str, **raw: Any) -> dict[str, Any]:
        """The same in the client's session. Raises: AppError; Conflict, if it has none."""
        if self.desk.session_id is None:
            raise Conflict("Connect with auth.sessionId, or start a task first: that opens a session")
        return await self.ask(operation, sessionId=self.desk.session_id, **raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """`arguments` is a shape whose fields are the positional arguments, in order."""

    name: str
    operations: tuple[str, ...]
    arguments: type[Shape]
    documentation: str
    run: Callable[[Call, Any], Awaitable[object]]

    def read(self, given: Sequence[object]) -> Shape:
        """The arguments of a call. `null` counts as omitted: JavaScript's `undefined` arrives as `null`.

        Raises: ValidationFailed.
        """
        fields = self.arguments.schema().fields
        names = [field.data_key or name for name, field in fields.items()]
        if len(given) > len(names):
            raise InvalidField("", f"Expected at most {len(names)} arguments.", arguments=names)
        raw = {name: one for name, one in zip(names, given, strict=False) if one is not None}
        return self.arguments.load(raw)


@value
class NoArguments(Shape):
    """No arguments."""


def method(name: str, *operations: str) -> Callable[[Callable[[Call, Any], Awaitable[object]]], Method]:
    """Declare a function as a method. Its signature gives the arguments."""

    def declare(function: Callable[[Call, Any], Awaitable[object]]) -> Method:
        arguments = typing.get_type_hints(function)["arguments"]
        return Method(
            name=name,
            operations=operations,
            arguments=arguments,
            documentation=function.__doc__ or "",
            run=function,
        )

    return declare


@contextlib.contextmanager
def fields_named(names: Mapping[str, str]) -> Iterator[None]:
    """Rename the fields in a refusal to the caller's names; the longest matching prefix wins."""
    try:
        yield
    except ValidationFailed as failure:
        told = failure.details.get("fields", [failure.details])
        renamed = [FieldMistake(_renamed(each["field"], names), each["reason"]) for each in told]
        refusal = ValidationFailed(renamed)
        facts = {key: fact for key, fact in failure.details.items() if key not in refusal.details}
        refusal.details.update(facts)
        raise refusal from failure


def _renamed(field: str, names: Mapping[str, str]) -> str:
    for prefix in sorted(names, key=len, reverse=True):
        if field == prefix or field.startswith(f"{prefix}."):
            return names[prefix] + field[len(prefix) :]
    return field
