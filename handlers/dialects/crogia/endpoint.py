"""An endpoint of S3, declared once: its path, its request, and the operations behind it. Source: S3."""

from __future__ import annotations

import typing
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from handlers.dialects.dialect import Operations
from models.error import AppError
from models.shape import Shape
from models.user import Caller

Answer = dict[str, Any] | list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One request; it can ask for the operations that its endpoint declares, and for no others."""

    caller: Caller
    operations: Operations
    endpoint: Endpoint

    async def ask(self, operation: str, **raw: Any) -> dict[str, Any]:
        """An operation's answer, JSON-ready. Raises: AppError."""
        if operation not in self.endpoint.operations:
            raise LookupError(f"{self.endpoint.name} does not declare {operation}")
        return await self.operations.ask(operation, self.caller, None, raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """`is_open`: anybody may ask, without credentials."""

    verb: str
    path: str
    operations: tuple[str, ...]
    request: type[Shape]
    documentation: str
    is_open: bool
    run: Callable[[Asking, Any], Awaitable[Answer]]

    @property
    def name(self) -> str:
        return f"{self.verb} {self.path}"


def endpoint(
    where: str, *operations: str, is_open: bool = False
) -> Callable[[Callable[[Asking, Any], Awaitable[Answer]]], Endpoint]:
    """Declare a function an endpoint; its request is read from its signature."""

    def declare(function: Callable[[Asking, Any], Awaitable[Answer]]) -> Endpoint:
        verb, path = where.split(" ", 1)
        return Endpoint(
            verb=verb,
            path=path,
            operations=operations,
            request=typing.get_type_hints(function)["request"],
            documentation=function.__doc__ or "",
            is_open=is_open,
            run=function,
        )

    return declare


def refuse(failure: AppError) -> dict[str, str]:
    """An error in S3's form. Source: S3, "Error Responses"."""
    return {"detail": failure.message}
