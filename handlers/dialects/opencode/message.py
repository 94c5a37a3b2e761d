"""A type of message, declared once: its request, and the operations that it uses. Source: S4."""

from __future__ import annotations

import typing
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from roocode_server.handlers.dialects.opencode.exchange import Exchange
from roocode_server.handlers.dialects.opencode.typed_answer import Content, TypedAnswer
from roocode_server.handlers.dialects.opencode.wire import MessageShape, read

Run = Callable[[Exchange, Any], Awaitable[TypedAnswer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedMessage:
    """`name` is its type on the wire, `request` what it holds beside it, `response` what answers it."""

    name: str
    operations: tuple[str, ...]
    request: type[MessageShape]
    response: type[TypedAnswer]
    documentation: str
    run: Run

    async def answer(self, exchange: Exchange, said: Mapping[str, Any]) -> Content:
        """The message that answers. Raises: MessageRefused, AppError."""
        return (await self.run(exchange, read(self.request, said))).said()


def message(name: str, *operations: str) -> Callable[[Run], TypedMessage]:
    """Declare a function as the answer to a type of message. Its signature gives request and answer."""

    def declare(function: Run) -> TypedMessage:
        hints = typing.get_type_hints(function)
        return TypedMessage(
            name=name,
            operations=operations,
            request=hints["request"],
            response=hints["return"],
            documentation=function.__doc__ or "",
            run=function,
        )

    return declare
