"""A type of message, declared once: its request, and the operations that it uses. Source: S4."""

from __future__ import annotations

import typing
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from roocode_server.handlers.dialects.opencode.exchange import Exchange
from roocode_server.handlers.dialects.opencode.refusals import Content
from roocode_server.handlers.dialects.opencode.wire import MessageShape, read

Run = Callable[[Exchange, Any], Awaitable[Content]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedMessage:
    """`name` is its type on the wire, `request` what it holds beside it."""

    name: str
    operations: tuple[str, ...]
    request: type[MessageShape]
    documentation: str
    run: Run

    async def answer(self, exchange: Exchange, said: Mapping[str, Any]) -> Content:
        """The message that answers. Raises: MessageRefused, AppError."""
        return await self.run(exchange, read(self.request, said))


def message(name: str, *operations: str) -> Callable[[Run], TypedMessage]:
    """Declare a function as the answer to a type of message. Its signature gives the request."""

    def declare(function: Run) -> TypedMessage:
        return TypedMessage(
            name=name,
            operations=operations,
            request=typing.get_type_hints(function)["request"],
            documentation=function.__doc__ or "",
            run=function,
        )

    return declare
