"""Shapes: everything that passes a door, declared once as a dataclass and used as a marshmallow schema."""

from __future__ import annotations

import dataclasses
import functools
import operator
import threading
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, ClassVar, Final, Self, TypeVar, cast, dataclass_transform

import marshmallow
import marshmallow_dataclass
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import fields, validate

from roocode_server.models.cleaning import cleaned_text, encoded
from roocode_server.models.clock import format_time
from roocode_server.models.error import FieldMistake, ValidationFailed
from roocode_server.models.fields import (
    MOST_MISTAKES,
    STORED,
    STRICT,
    TOLERANT,
    BoundedSchema,
    Timestamp,
    as_given,
    check_any,
)

AnyShape = TypeVar("AnyShape", bound="Shape")
AnyClass = TypeVar("AnyClass", bound=type)
AnyFunction = TypeVar("AnyFunction", bound="Callable[..., Any]")


class _LeftOut:
    """The type of `LEFT_OUT`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "LEFT_OUT"


LEFT_OUT: Final[Any] = _LeftOut()
"""The value of a field that a change does not mention; None (`null`) resets a field to its default."""


def left_out() -> Any:
    """Return `LEFT_OUT`, as the default factory of a change's field."""
    return LEFT_OUT


LONGEST_IDENTIFIER: Final = 256
_building: Final = threading.RLock()
"""Held while a schema is created: marshmallow keeps a register of all of them."""
_IDENTIFIER: Final = validate.Length(max=LONGEST_IDENTIFIER)
LONGEST_NAME: Final = 100
LONGEST_PATH: Final = 4096
"""Of a path within a workspace: in bytes, as the kernel counts; a field is checked in characters first."""
LONGEST_URL: Final = 2048
LONGEST_REASON: Final = 500
"""The most characters of a caller's own input that an error repeats."""


def cached(function: AnyFunction) -> AnyFunction:
    """`functools.cache` that keeps the signature, because mypy does not take our classes for hashable."""
    return cast(AnyFunction, functools.cache(function))


class WireSchema(BoundedSchema):
    """The base of all schemas: camelCase on the wire, unknown fields refused, None left out."""

    TYPE_MAPPING = STRICT

    class Meta:
        """marshmallow's options."""

        unknown = marshmallow.RAISE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Set the wire name of a field, and its default limits."""
        field_obj.data_key = field_obj.data_key or camel_case(field_name)
        _bound(field_obj)
        if field_name == "id" or field_name.endswith("_id"):
            _bound_identifier(field_obj)

    @marshmallow.post_dump
    def leave_out_none(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Leave out fields that are None or not mentioned."""
        return {name: content for name, content in data.items() if content not in (None, LEFT_OUT)}


class PlainSchema(WireSchema):
    """The schema for input of people and models: Python names, and numbers may be written as texts."""

    TYPE_MAPPING = TOLERANT

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """Set the wire name of a field, which is its Python name, and its default limits."""
        field_obj.data_key = field_obj.data_key or field_name
        _bound(field_obj)


class StrictPlainSchema(PlainSchema):
    """The schema for JSON from programs, with Python names."""

    TYPE_MAPPING = STRICT


class StoredSchema(PlainSchema):
    """The schema for database rows, without validation: what was accepted earlier is not judged by today's
    limits.
    """

    TYPE_MAPPING = STORED

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        """As `PlainSchema`, without validators."""
        super().on_bind_field(field_name, field_obj)
        field_obj.validators = []


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(dataclasses.field,))
def value(cls: AnyClass) -> AnyClass:
    """Make a Shape a frozen, slotted, keyword-only dataclass."""
    made: AnyClass = dataclasses.dataclass(frozen=True, slots=True, kw_only=True)(cls)  # type: ignore[assignment]
    return made


class Shape:
    """An immutable value with a wire form. Subclasses are decorated with `@value`."""

    __slots__ = ()
    wire_schema: ClassVar[type[marshmallow.Schema]] = WireSchema

    @classmethod
    def schema(cls) -> marshmallow.Schema:
        """Return the marshmallow schema of this shape, which is created once."""
        return schema_of(cls, cls.wire_schema)

    @classmethod
    def load(cls, raw: object) -> Self:
        """Load the shape from decoded JSON.

        Raises: ValidationFailed, with the mistakes by field.
        """
        return _load(cls, raw, cls.wire_schema)

    @classmethod
    def load_field(cls, name: str, raw: object) -> Any:
        """Load one field from decoded JSON, by its Python name; None if it is missing or invalid."""
        field = cls.schema().fields[name]
        if not isinstance(raw, Mapping) or field.data_key not in raw:
            return None
        try:
            return field.deserialize(raw[field.data_key])
        except marshmallow.ValidationError:
            return None

    @classmethod
    def load_plain(cls, raw: object) -> Self:
        """As `load`, with Python names."""
        return _load(cls, raw, PlainSchema)

    @classmethod
    def load_strictly(cls, raw: object) -> Self:
        """As `load_plain`, but numbers and booleans must be those of JSON, not texts."""
        return _load(cls, raw, StrictPlainSchema)

    @classmethod
    def wire_names(cls) -> list[str]:
        """Return the wire names of all fields."""
        return [field.data_key or name for name, field in cls.schema().fields.items()]

    @classmethod
    def read_texts(cls, texts: Mapping[str, str | list[str]]) -> dict[str, Any]:
        """Convert texts from a query or path to the types of the fields that they name, ready to be
        loaded. A name that was given several times has a list of texts.
        """
        named = {field.data_key or name: field for name, field in cls.schema().fields.items()}
        return {name: as_given(named[name], text) if name in named else text for name, text in texts.items()}

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema (2020-12, as in OpenAPI 3.1), with nested shapes inlined."""
        return _json_schema(cls)

    def dump(self) -> dict[str, Any]:
        """Return the wire form: JSON-ready values by camelCase names; fields that are None are left out."""
        return _dumped(self, _dump_plan(type(self)))

    def dump_stored(self) -> dict[str, Any]:
        """Return the form in which it is stored within a column: as `dump`, by its Python names."""
        return _dumped(self, _dump_plan(type(self), is_stored=True))


class PlainShape(Shape):
    """A shape whose wire names are its Python names, as in the parameters of tools (`file_pattern`)."""

    __slots__ = ()
    wire_schema = PlainSchema


def limited(
    *,
    shortest: int | None = None,
    longest: int | None = None,
    least: float | None = None,
    most: float | None = None,
) -> dict[str, Any]:
    """Field metadata: a text or list of `shortest` to `longest` items, or a number from `least` to `most`."""
    if shortest is not None or longest is not None:
        return {"validate": validate.Length(min=shortest, max=longest)}
    return {"validate": validate.Range(min=least, max=most)}


def compact(longest: int, most_bytes: int, *, shortest: int | None = None) -> dict[str, Any]:
    """Field metadata: a list or map of `shortest` to `longest` items, of at most `most_bytes` bytes as
    JSON.
    """

    def within(content: Any) -> None:
        if len(encoded(content)) > most_bytes:
            raise marshmallow.ValidationError(f"Longer than {most_bytes} bytes as JSON.")

    return {"validate": [validate.Length(min=shortest, max=longest), within]}


def one_of(*choices: str) -> dict[str, Any]:
    """Field metadata: a text that is one of `choices`."""
    return {"validate": validate.OneOf(choices)}


def described(text: str, **metadata: Any) -> dict[str, Any]:
    """Field metadata with a description, for the API documents and for models that call a tool."""
    return {**metadata, "metadata": {"description": text}}


UNCHANGEABLE: Final = described("May be sent, but not changed")


def camel_case(name: str) -> str:
    """Convert a name: `max_memory_mb` → `maxMemoryMB`. Units keep their capitals, as in S0."""
    first, *rest = name.split("_")
    return first + "".join(_UNITS.get(word, word.capitalize()) for word in rest)


_UNITS = {"mb": "MB"}


def _bound(field: fields.Field[Any]) -> None:
    """Add `check_any` to a field that may contain any JSON, at any depth."""
    if _is_free(field) and check_any not in field.validators:
        field.validators.append(check_any)


def _bound_identifier(field: fields.Field[Any]) -> None:
    if isinstance(field, fields.String) and not any(
        isinstance(each, validate.Length) for each in field.validators
    ):
        field.validators.append(_IDENTIFIER)


def _is_free(field: fields.Field[Any] | None) -> bool:
    if isinstance(field, fields.List):
        return _is_free(field.inner)
    if isinstance(field, fields.Dict):
        return field.value_field is None or _is_free(field.value_field)
    return type(field) is fields.Raw


def schema_of(cls: type[Any], base: type[marshmallow.Schema]) -> marshmallow.Schema:
    """Return the schema of a class with the given base, created once, in whichever thread."""
    with _building:
        return _schema_of(cls, base)


@cached
def _schema_of(cls: type[Any], base: type[marshmallow.Schema]) -> marshmallow.Schema:
    for nested in shapes_in(typing.get_type_hints(cls).values()):
        # First, because a shape that occurs twice would otherwise be looked up by its bare name.
        _schema_of(nested, base)
    return marshmallow_dataclass.class_schema(cls, base_schema=base)()


def shapes_in(types: Iterable[Any]) -> Iterator[type[Any]]:
    """Yield the shapes in some types, such as those of fields: also in their unions, lists and maps."""
    for each in types:
        if isinstance(each, type) and issubclass(each, Shape):
            yield each
        else:
            yield from shapes_in(typing.get_args(each))


def _load(cls: type[AnyShape], raw: object, base: type[marshmallow.Schema]) -> AnyShape:
    if not isinstance(raw, Mapping):
        raise ValidationFailed([FieldMistake("", "Expected an object.")])
    try:
        loaded: AnyShape = schema_of(cls, base).load(raw)
    except marshmallow.ValidationError as mistake:
        raise ValidationFailed(list(islice(_mistakes(mistake.messages), MOST_MISTAKES))) from None
    return loaded


def _mistakes(messages: Any, path: str = "") -> Iterator[FieldMistake]:
    """Yield marshmallow's nested messages one by one, outermost field first."""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            step = "" if name == marshmallow.exceptions.SCHEMA else cleaned_text(str(name)[:LONGEST_NAME])
            yield from _mistakes(inner, ".".join(part for part in (path, step) if part))
    else:
        yield from (FieldMistake(path, str(message)[:LONGEST_REASON]) for message in messages)


Convert = Callable[[Any], Any]


def _dumped(shape: Shape, plan: Iterable[tuple[str, str, Convert | None]]) -> dict[str, Any]:
    dumped: dict[str, Any] = {}
    for key, name, convert in plan:
        content = getattr(shape, name)
        if content is not None and content is not LEFT_OUT:
            dumped[key] = content if convert is None else convert(content)
    return dumped


@cached
def _dump_plan(cls: type[Any], *, is_stored: bool = False) -> tuple[tuple[str, str, Convert | None], ...]:
    """Return how each field is dumped; marshmallow's own dump takes ten times as long, for every event."""
    schema = schema_of(cls, StoredSchema) if is_stored else cls.schema()
    return tuple(
        (field.data_key or name, name, converter(field, is_stored=is_stored))
        for name, field in schema.fields.items()
    )


def converter(field: fields.Field[Any], *, is_stored: bool = False) -> Convert | None:
    """Return the function that makes a field's value JSON-ready, for the wire or as it is stored; None if it
    already is.
    """
    if isinstance(field, fields.Enum):
        return operator.attrgetter("value")
    if isinstance(field, Timestamp):
        return format_time
    if isinstance(field, fields.Nested):
        return operator.methodcaller("dump_stored" if is_stored else "dump")
    if isinstance(field, fields.List):
        return _each(converter(field.inner, is_stored=is_stored))
    if isinstance(field, fields.Dict):
        return _each_value(converter(field.value_field, is_stored=is_stored)) if field.value_field else None
    if isinstance(field, fields.String | fields.Number | fields.Boolean | fields.Raw):
        return None
    raise TypeError(f"no way to write {type(field).__name__} is known")


def _each(convert: Convert | None) -> Convert | None:
    return convert and (lambda items: [convert(item) for item in items])


def _each_value(convert: Convert | None) -> Convert | None:
    return convert and (lambda items: {key: convert(item) for key, item in items.items()})


@cached
def _json_schema(cls: type[Any]) -> dict[str, Any]:
    plugin = MarshmallowPlugin(schema_name_resolver=lambda schema: "")
    APISpec(title="", version="", openapi_version="3.1.0", plugins=[plugin])
    assert plugin.converter is not None  # noqa: S101 - APISpec has just set it
    converted: dict[str, Any] = plugin.converter.schema2jsonschema(cls.schema())
    return converted
