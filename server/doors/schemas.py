"""Shapes as named JSON Schemas, shared by the OpenAPI and AsyncAPI documents."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Iterator
from typing import Any, Final

import marshmallow
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import fields

from roocode_server.models.shape import Shape

Json = dict[str, Any]

ERROR: Final = "Error"

_SOURCE: Final = re.compile(r"\s*\bSource: .*?(?=\n\n|\Z)", re.DOTALL)


class Schemas:
    """The `components/schemas` of a document. Each shape is added on first use, under its name."""

    def __init__(self) -> None:
        plugin = MarshmallowPlugin(schema_name_resolver=self._name)
        self._spec = APISpec(title="", version="", openapi_version="3.1.0", plugins=[plugin])
        assert plugin.converter is not None  # noqa: S101 - APISpec has just set it
        self._converter = plugin.converter
        self._converter.add_attribute_function(_tidy)
        self._named: dict[str, type[marshmallow.Schema]] = {}
        self._spec.components.schema(ERROR, _error_schema())

    def reference(self, shape: type[Shape]) -> Json:
        """A `$ref` to the shape's schema. Raises: ValueError, if another shape has its name."""
        found: Json = self._converter.resolve_nested_schema(shape.schema())
        if text := documentation(shape):
            self.all[found["$ref"].rpartition("/")[2]].setdefault("description", text)
        return found

    def without(self, shape: type[Shape], left_out: Collection[str]) -> Json | None:
        """A `$ref` to the shape without the fields with these wire names; None if no field is left."""
        kept = {name: field for name, field in _wire_fields(shape) if name not in left_out}
        if not kept or not left_out:
            return self.reference(shape) if kept else None
        return self.put(f"{shape.__name__}Body", self._object(kept))

    def with_others(self, name: str, shape: type[Shape], envelope: type[Shape], fixed: Json) -> Json:
        """A `$ref` to a shape's fields merged with an envelope's; `fixed` replaces some of them."""
        both = {**dict(_wire_fields(envelope)), **dict(_wire_fields(shape))}
        schema = self._object(both)
        schema["properties"].update(fixed)
        return self.put(name, schema | {"description": documentation(shape)})

    def properties(self, shape: type[Shape]) -> Iterator[tuple[str, Json, bool]]:
        """Each field: its wire name, its schema, and whether it is required."""
        for name, field in _wire_fields(shape):
            yield name, self._property(field), field.required

    def put(self, name: str, schema: Json) -> Json:
        """Add a schema under `name`; a `$ref` to it."""
        self.all.setdefault(name, schema)
        return schema_reference(name)

    @property
    def all(self) -> dict[str, Json]:
        """Every schema so far, by name."""
        found: dict[str, Json] = self._spec.components.schemas
        return found

    def _object(self, kept: dict[str, fields.Field[Any]]) -> Json:
        required = sorted(name for name, field in kept.items() if field.required)
        schema: Json = {
            "type": "object",
            "properties": {name: self._property(field) for name, field in kept.items()},
            "additionalProperties": False,
        }
        return schema | ({"required": required} if required else {})

    def _property(self, field: fields.Field[Any]) -> Json:
        found: Json = self._converter.field2property(field)
        return found

    def _name(self, schema: marshmallow.Schema | type[marshmallow.Schema]) -> str:
        made = schema if isinstance(schema, type) else type(schema)
        if self._named.setdefault(made.__name__, made) is not made:
            raise ValueError(f"two shapes are called {made.__name__}")
        return made.__name__


def schema_reference(name: str) -> Json:
    """A `$ref` into `components/schemas`."""
    return {"$ref": f"#/components/schemas/{name}"}


def event_payload_name(happened: type[Any]) -> str:
    """The name of the schema of an event in its envelope."""
    return f"{happened.__name__}Payload"


def documentation(declared: type[Any]) -> str:
    """A class's own docstring without its sources; empty if it only has the one `dataclass` generates."""
    text = inspect.cleandoc(declared.__doc__ or "")
    return "" if text.startswith(f"{declared.__name__}(") else _SOURCE.sub("", text).strip()


def split_documentation(text: str) -> tuple[str, str]:
    """The first line of a docstring, and the rest."""
    first, _, rest = text.partition("\n")
    return first.strip(), rest.strip()


def _wire_fields(shape: type[Shape]) -> list[tuple[str, fields.Field[Any]]]:
    return [(field.data_key or name, field) for name, field in shape.schema().fields.items()]


def _tidy(_: object, field: fields.Field[Any], *, ret: Json, **__: Any) -> Json:
    """Drop redundant keys (a type's title, an empty default) and give enumerations the type `string`."""
    if ret.get("description", "").endswith("Id"):
        del ret["description"]
    if ret.get("default", ...) is None:
        del ret["default"]
    return {"type": ["string", "null"] if field.allow_none else "string"} if "enum" in ret else {}


def _error_schema() -> Json:
    """S0's error envelope, the same at every door."""
    properties: Json = {
        "code": {"type": "string", "description": "Stable; decide by it"},
        "message": {"type": "string", "description": "For people; says what to do next"},
        "details": {"type": "object", "description": "The facts, by code"},
        "timestamp": {"type": "string", "format": "date-time"},
        "requestId": {"type": "string", "description": "Identifies the call in the server's log"},
    }
    error = {"type": "object", "properties": properties, "required": sorted(properties)}
    return {
        "type": "object",
        "description": "Every failure, at every door. Source: S0, Error Handling.",
        "properties": {"error": error},
        "required": ["error"],
        "example": {
            "error": {
                "code": "VALIDATION_ERROR",
                "message": "Invalid request data",
                "details": {"field": "limit", "reason": "Not a valid integer."},
                "timestamp": "2024-01-15T10:30:00.000Z",
                "requestId": "req-5f1c2a90-17",
            }
        },
    }
