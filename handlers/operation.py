"""The declaration of an operation: its name, who may call it, what it takes and what it returns.

Doors derive everything they need from it: socket events, routes, validation and API documents.
"""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final, TypeVar
from urllib.parse import quote

from roocode_server.engine.engine import Engine
from roocode_server.engine.idempotency.receipts import Receipt
from roocode_server.engine.sessions.sessions import SessionAccess
from roocode_server.handlers.stream import Carrier
from roocode_server.models.error import AppError, IdempotencyKeyInUse, IdempotencyKeyReused, RateLimitExceeded
from roocode_server.models.event import Event
from roocode_server.models.idempotency import IDEMPOTENCY_KEY_FIELD
from roocode_server.models.quota import Limit
from roocode_server.models.shape import Shape
from roocode_server.models.sharing import least_access
from roocode_server.models.user import Caller, Permission

AnyMethod = TypeVar("AnyMethod", bound=Callable[..., Awaitable[Shape]])

_MARK: Final = "__operation__"
OF_LIMITS: Final = (RateLimitExceeded,)
OF_IDEMPOTENCY_KEYS: Final = (IdempotencyKeyInUse, IdempotencyKeyReused, RateLimitExceeded)
_PLACEHOLDER: Final = re.compile(r"\{([\w.]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RestBinding:
    """Where an operation is found in REST. `path` holds `{wireName}` placeholders.

    If `tail` names the placeholder at the end of the path, that one takes the rest, slashes included.
    """

    method: str
    path: str
    status: int
    tail: str | None = None
    made: str | None = None
    """The path of the resource that the operation creates: placeholders are fields of its path and answer
    (`{task.id}`).
    """
    made_if: str | None = None
    """The field of the answer that says whether a resource was created; then the status is 201."""
    tagged: str | None = None
    """The field of the answer that is its entity tag (`file.etag`)."""

    @property
    def placeholders(self) -> list[str]:
        """The wire names of the fields in the path, in their order."""
        return _PLACEHOLDER.findall(self.path)

    def made_at(self, fields: Mapping[str, Any]) -> str:
        """Return the path of the created resource, from the fields of the path and of the answer."""

        def named(placeholder: re.Match[str]) -> str:
            return quote(str(field_of(fields, placeholder[1])))

        return _PLACEHOLDER.sub(named, self.made or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """The direction in which bytes flow, and the media types accepted or produced."""

    upload: tuple[str, ...] = ()
    download: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """Something a client can request, through whichever door."""

    name: str
    namespace: str
    rest: RestBinding | None
    permission: Permission | None
    """None if no credentials are needed."""
    on: str | None
    """The Python name of the request's field with the session that the caller must have access to."""
    exclusive: tuple[str, ...]
    """Fields of the request: calls with the same values in them never overlap and keep their order."""
    limit: Limit | None
    """The class in which its calls are counted; None if they are not. Source: S0, "Rate Limiting"."""
    audited: bool
    """Whether its calls are recorded in the audit log.

    Calls that only read are recorded only if they are refused.
    """
    errors: tuple[type[AppError], ...]
    emits: tuple[type[Event], ...]
    request: type[Shape]
    response: type[Shape]
    documentation: str
    on_connect: bool
    """Whether a client can request it in its socket's handshake."""
    ends_with_caller: bool
    """Whether it only reads: it is cancelled if its caller disconnects before the answer."""
    needs_connection: bool
    """Whether it concerns the socket it comes through; then it has no REST route."""
    needs_session: bool
    """Whether its method takes the session that was loaded to check the caller's access."""
    needs_access: bool
    """Its method is given what the caller may do in that session."""
    needs_receipt: bool
    """Whether it creates something once for each idempotency key: its method is given a `Receipt`, and hands
    it on to the service that creates. Its request has the field `idempotency_key`.
    """
    streams: Streams | None
    """Whether its body or answer is a stream of bytes; then it is available over REST only."""
    method: Callable[..., Awaitable[Shape]]

    @property
    def is_anybodys(self) -> bool:
        """Whether any credentials sent with it are ignored: callers are identified by their address."""
        return self.permission is None and not self.needs_connection

    @property
    def wire_names(self) -> list[str]:
        """The request's fields as the wire names them."""
        return self.request.wire_names()

    async def run(
        self,
        caller: Caller,
        request: Shape,
        connection: Carrier | None,
        place: SessionAccess | None,
        receipt: Receipt,
    ) -> Shape:
        """Call the method and return its response. `connection`, the session and access of `place`, and
        `receipt` are passed to methods that take them.

        Raises: AppError, if the method refuses.
        """
        given: list[object] = [caller, request]
        if self.needs_connection or self.streams is not None:
            given.append(connection)
        if place is not None and self.needs_session:
            given.append(place.session)
        if place is not None and self.needs_access:
            given.append(place.access)
        if self.needs_receipt:
            given.append(receipt)
        return await self.method(*given)


def operation(
    name: str,
    *,
    permission: Permission | None,
    rest: str | None = None,
    status: int = 200,
    tail: str | None = None,
    made: str | None = None,
    made_if: str | None = None,
    tagged: str | None = None,
    on: str | None = None,
    exclusive: tuple[str, ...] = (),
    limit: Limit | None = None,
    audited: bool | None = None,
    on_connect: bool = False,
    ends_with_caller: bool = False,
    streams: Streams | None = None,
    errors: tuple[type[AppError], ...] = (),
    emits: tuple[type[Event], ...] = (),
) -> Callable[[AnyMethod], AnyMethod]:
    """Declare a method of `Handlers` as an operation. Its signature gives the request and response shapes.

    `rest` is a method and a path. `status`, `tail`, `made`, `made_if` and `tagged` are explained at
    `RestBinding`, all other arguments at `Operation`. `audited` follows from the permission if it is left
    out: what only reads is not audited.
    """

    def declare(method: AnyMethod) -> AnyMethod:
        hints = typing.get_type_hints(method)
        binding = None
        if rest is not None:
            verb, path = rest.split(" ", 1)
            binding = RestBinding(
                method=verb,
                path=path,
                status=status,
                tail=tail,
                made=made,
                made_if=made_if,
                tagged=tagged,
            )
        facts = {
            "name": name,
            "rest": binding,
            "permission": permission,
            "on": on,
            "exclusive": exclusive,
            "limit": limit,
            "audited": _changes(permission) if audited is None else audited,
            "on_connect": on_connect,
            "ends_with_caller": ends_with_caller,
            "errors": (
                *errors,
                *(OF_LIMITS if limit is not None else ()),
                *(OF_IDEMPOTENCY_KEYS if "receipt" in hints else ()),
            ),
            "emits": emits,
            "request": hints["request"],
            "response": hints["return"],
            "documentation": inspect.getdoc(method) or "",
            "needs_connection": "connection" in hints,
            "needs_session": "session" in hints,
            "needs_access": "access" in hints,
            "needs_receipt": "receipt" in hints,
            "streams": streams,
        }
        setattr(method, _MARK, facts)
        return method

    return declare


def _changes(permission: Permission | None) -> bool:
    return permission is not None and not permission.value.endswith(":read")


class Handlers:
    """One area of operations. A subclass names its Socket.IO namespace and declares its methods."""

    namespace: ClassVar[str]

    def __init_subclass__(cls, *, namespace: str) -> None:
        cls.namespace = namespace

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def operations(self) -> Iterator[Operation]:
        """The operations of this area, in the order of their declaration."""
        for name, function in vars(type(self)).items():
            facts = getattr(function, _MARK, None)
            if facts is not None:
                yield Operation(namespace=self.namespace, method=getattr(self, name), **facts)


class Registry(Mapping[str, Operation]):
    """All operations by name. Raises: ValueError, if declarations contradict themselves or each other."""

    def __init__(self, areas: tuple[Handlers, ...]) -> None:
        self._operations: dict[str, Operation] = {}
        for area in areas:
            for declared in area.operations():
                _check(declared)
                if declared.name in self._operations:
                    raise ValueError(f"operation {declared.name} is declared twice")
                self._operations[declared.name] = declared
        for above in filter(_has_tail, self._operations.values()):
            for below in self._operations.values():
                if below is not above:
                    _check_paths(above, below)

    def __getitem__(self, name: str) -> Operation:
        return self._operations[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._operations)

    def __len__(self) -> int:
        return len(self._operations)

    @property
    def namespaces(self) -> list[str]:
        """`/`, which carries every operation, and the namespace of each area; sorted."""
        return sorted({"/", *(declared.namespace for declared in self._operations.values())})

    @property
    def handshake(self) -> Operation | None:
        """The operation that a client can request while connecting; None if there is none."""
        return next((found for found in self._operations.values() if found.on_connect), None)

    def within(self, namespace: str) -> dict[str, Operation]:
        """The operations in a namespace, by name."""
        if namespace == "/":
            return dict(self._operations)
        return {name: found for name, found in self._operations.items() if found.namespace == namespace}


def _check(declared: Operation) -> None:
    """Raises: ValueError, if a declaration contradicts itself; so it is found when the server starts."""
    fields = declared.request.schema().fields
    wire_names = {field.data_key for field in fields.values()}
    named = [*declared.exclusive, *([declared.on] if declared.on else [])]
    if any(name not in fields for name in named):
        raise ValueError(f"operation {declared.name} names a field that its request does not have")
    if declared.rest and not set(declared.rest.placeholders) <= wire_names:
        raise ValueError(f"operation {declared.name} has a path with a field that its request does not have")
    if declared.on is not None and declared.permission is None:
        raise ValueError(f"operation {declared.name} is about a session, and says not what it needs there")
    if declared.needs_receipt != (IDEMPOTENCY_KEY_FIELD in fields):
        raise ValueError(f"operation {declared.name} takes a receipt or an idempotency key without the other")
    if declared.needs_session and (declared.on is None or declared.exclusive):
        # The session is loaded before an exclusive call waits for its turn, and may have changed by then.
        raise ValueError(f"operation {declared.name} cannot be given the session of its access")


def _has_tail(declared: Operation) -> bool:
    return declared.rest is not None and declared.rest.tail is not None


def _check_paths(above: Operation, below: Operation) -> None:
    """Refuse a path that could never be requested, because another operation's `tail` matches it as well: a
    placeholder can be any segment.

    Raises: ValueError, if `below` lies below the tail of `above` and both take the same method.
    """
    if above.rest is None or below.rest is None or above.rest.method != below.rest.method:
        return
    outer, inner = above.rest.path.split("/"), below.rest.path.split("/")
    if len(outer) <= len(inner) and all(
        one == two or "{" in one + two for one, two in zip(outer, inner, strict=False)
    ):
        raise ValueError(f"operations {above.name} and {below.name} take the same REST path")


def field_of(body: Mapping[str, Any], dotted: str) -> Any:
    """A field of a JSON-ready body by its dotted name, as in `file.etag`."""
    found: Any = body
    for name in dotted.split("."):
        found = found.get(name)
    return found


def annotations_of(declared: Operation) -> dict[str, Any]:
    """The extension fields (`x-…`) of an operation in the OpenAPI and AsyncAPI documents."""
    return {
        "x-permission": declared.permission.value if declared.permission else None,
        "x-access": least_access(declared.permission).value if declared.permission and declared.on else None,
        "x-limit": declared.limit.value if declared.limit else None,
        "x-emits": [happened.name for happened in declared.emits],
    }
