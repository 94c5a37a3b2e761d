"""An endpoint of S3, declared once: its path, its request, and the operations it uses. Source: S3."""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from roocode_server.handlers.dialects.dialect import Operations
from roocode_server.models.error import AppError, NotFound, ValidationFailed
from roocode_server.models.quota import Quota
from roocode_server.models.shape import PlainShape, Shape
from roocode_server.models.tool import ToolGroup
from roocode_server.models.user import Caller

Answer = PlainShape | list[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One request. It can use the operations that its endpoint declares, and no others.

    `allowed` are the tool groups that the agent of a session opened here may use without approval.
    """

    caller: Caller
    operations: Operations
    endpoint: CrogiaEndpoint
    allowed: Sequence[ToolGroup]
    quotas: list[Quota] = field(default_factory=list)

    async def ask(self, operation: str, **raw: Any) -> dict[str, Any]:
        """Call an operation; its answer, JSON-ready. Raises: AppError."""
        if operation not in self.endpoint.operations:
            raise LookupError(f"{self.endpoint.name} does not declare {operation}")
        answer = await self.operations.answer(operation, self.caller, None, raw)
        if answer.quota is not None:
            self.quotas.append(answer.quota)
        return answer.body


@dataclass(frozen=True, slots=True, kw_only=True)
class CrogiaEndpoint:
    """`is_open`: needs no credentials. `is_list`: the answer is a list of `response`."""

    verb: str
    path: str
    operations: tuple[str, ...]
    request: type[Shape]
    response: type[PlainShape]
    is_list: bool
    documentation: str
    is_open: bool
    run: Callable[[Asking, Any], Awaitable[Answer]]

    @property
    def name(self) -> str:
        """The name of the declared function."""
        return f"{self.verb} {self.path}"

    async def answer(self, asking: Asking, request: Any) -> dict[str, Any] | list[dict[str, Any]]:
        """The body of the answer, JSON-ready. S3 writes null fields out. Raises: AppError."""
        answer: Any = await self.run(asking, request)
        return [dataclasses.asdict(each) for each in answer] if self.is_list else dataclasses.asdict(answer)


def endpoint(
    where: str, *operations: str, is_open: bool = False
) -> Callable[[Callable[[Asking, Any], Awaitable[Answer]]], CrogiaEndpoint]:
    """Declare a function as an endpoint. Its signature gives the request and the answer."""

    def declare(function: Callable[[Asking, Any], Awaitable[Answer]]) -> CrogiaEndpoint:
        verb, path = where.split(" ", 1)
        hints = typing.get_type_hints(function)
        answered = hints["return"]
        is_list = typing.get_origin(answered) is list
        return CrogiaEndpoint(
            verb=verb,
            path=path,
            operations=operations,
            request=hints["request"],
            response=typing.get_args(answered)[0] if is_list else answered,
            is_list=is_list,
            documentation=function.__doc__ or "",
            is_open=is_open,
            run=function,
        )

    return declare


def refuse(failure: AppError) -> dict[str, str]:
    """An error in S3's form: a single text with all the details. Source: S3, "Error Responses"."""
    match failure:
        case NotFound():
            return {"detail": f"{str(failure.details['resource']).capitalize()} not found"}
        case ValidationFailed():
            return {"detail": f"{failure.message}: {'; '.join(_mistakes(failure))}"}
        case _:
            return {"detail": failure.message}


def _mistakes(failure: ValidationFailed) -> list[str]:
    """Each mistake as its field and reason, without full stops; one about the whole body as its reason."""
    told = failure.details.get("fields", [failure.details])
    stated = (": ".join(part for part in (each["field"], each["reason"]) if part) for each in told)
    return [each.removesuffix(".") for each in stated]
