"""What the server's two documents say: its operations, the shapes they take and give, and its events.

AsyncAPI has the whole request and answer of each operation, and the events; OpenAPI has where an operation
lies in REST. Nothing here belongs to one language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Json = Mapping[str, Any]

IDEMPOTENCY_KEY: Final = "idempotencyKey"
"""The field of a request that may be repeated without creating anything twice; REST has it as a header."""
ENVELOPE: Final = frozenset({"id", "type", "sessionId", "timestamp", "seq", "taskId", "cursor"})
"""The fields that every event has."""
MISSING: Final = object()
"""The default of a field that has none."""

KindName = Literal["text", "time", "integer", "number", "boolean", "choice", "list", "map", "shape", "any"]


@dataclass(frozen=True)
class Kind:
    """What a field may hold."""

    name: KindName
    is_nullable: bool = False
    choices: tuple[str, ...] = ()
    of: Kind | None = None
    """The kind of a list's items, or of a map's values."""
    shape: str = ""


@dataclass(frozen=True)
class Field:
    """A field of a request, an answer or an event, under its name on the wire."""

    name: str
    kind: Kind
    is_required: bool
    default: Any
    description: str


@dataclass(frozen=True)
class Shape:
    """An object with known fields."""

    name: str
    fields: tuple[Field, ...]
    description: str


@dataclass(frozen=True)
class Operation:
    """An operation. Those without a `path` are calls of Socket.IO alone."""

    name: str
    summary: str
    description: str
    request: tuple[Field, ...]
    answer: str
    """The name of the answer's shape."""
    errors: tuple[str, ...]
    method: str | None
    path: str | None
    is_keyed: bool
    """Whether it takes an idempotency key."""


@dataclass(frozen=True)
class EventKind:
    """An event, with the fields beside its envelope."""

    name: str
    summary: str
    fields: tuple[Field, ...]
    is_durable: bool


@dataclass(frozen=True)
class Documents:
    """All of it, in the documents' order."""

    operations: tuple[Operation, ...]
    events: tuple[EventKind, ...]
    shapes: Mapping[str, Shape]

    def within(self, *names: str) -> list[Shape]:
        """Return the shapes of these names, and those that they hold, each once and after what it holds."""
        found: dict[str, Shape] = {}

        def visit(name: str) -> None:
            if name in found:
                return
            for field in self.shapes[name].fields:
                for inner in shapes_in(field.kind):
                    visit(inner)
            found[name] = self.shapes[name]

        for name in names:
            visit(name)
        return list(found.values())


def shapes_in(kind: Kind) -> Iterator[str]:
    """Yield the names of the shapes that a kind holds directly."""
    if kind.shape:
        yield kind.shape
    if kind.of is not None:
        yield from shapes_in(kind.of)


def read(openapi: Json, asyncapi: Json) -> Documents:
    """Read the documents. Raises: ValueError, for a schema of an unknown form."""
    schemas: Json = asyncapi["components"]["schemas"]
    messages: Json = asyncapi["components"]["messages"]
    routes = {
        entry["operationId"]: (method.upper(), path)
        for path, methods in openapi["paths"].items()
        for method, entry in methods.items()
        if path.startswith("/api/v1/")
    }
    calls = (name.removesuffix(".call") for name in messages if name.endswith(".call"))
    happened = (name for name in messages if not name.endswith((".call", ".answer")))
    shapes = {name: _shape(name, schema) for name, schema in schemas.items()}
    return Documents(
        tuple(_operation(name, messages, shapes, routes) for name in calls),
        tuple(_event(name, messages[name], shapes) for name in happened),
        shapes,
    )


def _operation(
    name: str, messages: Json, shapes: Mapping[str, Shape], routes: Mapping[str, tuple[str, str]]
) -> Operation:
    call = messages[f"{name}.call"]
    request = shapes[_referred(call["payload"])].fields
    method, path = routes.get(name, (None, None))
    return Operation(
        name,
        call["summary"],
        call.get("description", ""),
        tuple(field for field in request if field.name != IDEMPOTENCY_KEY),
        _referred(messages[f"{name}.answer"]["payload"]["oneOf"][0]),
        tuple(call["x-errors"]),
        method,
        path,
        any(field.name == IDEMPOTENCY_KEY for field in request),
    )


def _event(name: str, message: Json, shapes: Mapping[str, Shape]) -> EventKind:
    fields = shapes[_referred(message["payload"])].fields
    own = tuple(field for field in fields if field.name not in ENVELOPE)
    return EventKind(name, message["summary"], own, message["x-durable"])


def _shape(name: str, schema: Json) -> Shape:
    required = schema.get("required", ())
    fields = tuple(
        Field(
            each,
            _kind(content),
            each in required,
            content.get("default", MISSING),
            content.get("description", ""),
        )
        for each, content in schema.get("properties", {}).items()
    )
    return Shape(name, fields, schema.get("description", ""))


def _kind(schema: Json) -> Kind:
    """Return what a schema allows. Raises: ValueError."""
    if "$ref" in schema:
        return Kind("shape", shape=_referred(schema))
    if "anyOf" in schema:
        [of] = (each for each in schema["anyOf"] if each != {"type": "null"})
        return _nullable(_kind(of))
    names = schema.get("type", [])
    types = [names] if isinstance(names, str) else list(names)
    if "null" in types:
        return _nullable(_kind({**schema, "type": [each for each in types if each != "null"]}))
    if "const" in schema:
        return Kind("choice", choices=(schema["const"],))
    if "enum" in schema:
        return Kind("choice", choices=tuple(each for each in schema["enum"] if each is not None))
    match types:
        case []:
            return Kind("any")
        case ["string"]:
            return Kind("time" if schema.get("format") == "date-time" else "text")
        case ["integer" | "number" | "boolean" as simple]:
            return Kind(simple)
        case ["array"]:
            return Kind("list", of=_kind(schema.get("items", {})))
        case ["object"]:
            return Kind("map", of=_kind(schema.get("additionalProperties") or {}))
    raise ValueError(f"a schema of an unknown form: {schema}")


def _nullable(kind: Kind) -> Kind:
    return Kind(kind.name, True, kind.choices, kind.of, kind.shape)


def _referred(schema: Json) -> str:
    return str(schema["$ref"]).rpartition("/")[2]
