"""Shapes: what crosses a door, written once as a dataclass and read as a marshmallow schema."""

from __future__ import annotations

import dataclasses
import datetime
import enum
import functools
import operator
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self, TypeVar, cast, dataclass_transform

import marshmallow
import marshmallow_dataclass
from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import fields, validate

from models.cleaning import LEAST_INTEGER, MOST_INTEGER, cleaned_text, flaw_of, is_clean_text
from models.clock import format_time, parse_time
from models.error import FieldMistake, ValidationFailed

AnyShape = TypeVar("AnyShape", bound="Shape")
AnyClass = TypeVar("AnyClass", bound=type)
AnyFunction = TypeVar("AnyFunction", bound="Callable[..., Any]")


def cached(function: AnyFunction) -> AnyFunction:
    """`functools.cache` that keeps the signature: mypy takes no class of ours for hashable."""
    return cast(AnyFunction, functools.cache(function))


class Timestamp(fields.DateTime):
    """An aware UTC time; on the wire ISO 8601 with milliseconds and `Z`. Source: S0, `createdAt`."""

    def _serialize(self, value: datetime.datetime | None, *_: Any, **__: Any) -> str | None:
        return None if value is None else format_time(value)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> datetime.datetime:
        try:
            return parse_time(value)
        except (ValueError, TypeError, AttributeError, OverflowError) as mistake:
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from mistake


class WholeNumber(fields.Integer):
    """An integer of 64 bits; on the wire also as text, as in a query. A fraction is refused, not cut off."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, float) and not value.is_integer():
            raise self.make_error("invalid", input=value)
        number = super()._validated(value)
        if not LEAST_INTEGER <= number <= MOST_INTEGER:
            raise self.make_error("too_large", input=value)
        return number


class UnicodeText(fields.String):
    """A text that can be stored and sent, as every text that is declared."""

    def _deserialize(self, value: Any, *arguments: Any, **options: Any) -> str:
        text: str = super()._deserialize(value, *arguments, **options)
        if not is_clean_text(text):
            raise self.make_error("invalid_utf8", input=value)
        return text


def _fit(content: Any) -> None:
    """The validator of content that no schema describes. Raises: ValidationError."""
    flaw = flaw_of(content)
    if flaw is not None:
        raise marshmallow.ValidationError(f"{flaw.path}: {flaw.reason}" if flaw.path else flaw.reason)


class _TypeMapping(dict[type, Any]):
    """Field classes by Python type; an enumeration is its values on the wire, never its names."""

    def get(self, key: Any, default: Any = None) -> Any:
        if isinstance(key, type) and issubclass(key, enum.Enum):
            return functools.partial(fields.Enum, key, by_value=True)
        return super().get(key, default)


class WireSchema(marshmallow.Schema):
    """The base of every schema: camelCase on the wire, unknown fields refused, None left out."""

    TYPE_MAPPING = _TypeMapping(
        {
            **marshmallow.Schema.TYPE_MAPPING,
            datetime.datetime: Timestamp,
            int: WholeNumber,
            str: UnicodeText,
        }
    )

    class Meta:
        unknown = marshmallow.RAISE

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        field_obj.data_key = field_obj.data_key or camel_case(field_name)
        _bound(field_obj)

    @marshmallow.post_dump
    def leave_out_none(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: content for name, content in data.items() if content is not None}


class PlainSchema(WireSchema):
    """The same for files that people write (`config.yaml`): names stay as they are in Python."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        field_obj.data_key = field_obj.data_key or field_name
        _bound(field_obj)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(dataclasses.field,))
def value(cls: AnyClass) -> AnyClass:
    """Make a Shape a frozen, slotted, keyword-only dataclass."""
    made: AnyClass = dataclasses.dataclass(frozen=True, slots=True, kw_only=True)(cls)  # type: ignore[assignment]
    return made


class Shape:
    """A frozen value with a wire form. Subclasses are decorated with `@value`."""

    __slots__ = ()
    wire_schema: ClassVar[type[marshmallow.Schema]] = WireSchema

    @classmethod
    def schema(cls) -> marshmallow.Schema:
        """The marshmallow schema of this shape; made once."""
        return schema_of(cls, cls.wire_schema)

    @classmethod
    def load(cls, raw: object) -> Self:
        """The shape that `raw` (decoded JSON) describes.

        Raises: ValidationFailed, with each mistake by its field.
        """
        return _load(cls, raw, cls.wire_schema)

    @classmethod
    def load_plain(cls, raw: object) -> Self:
        """As `load`, for names as they are in Python."""
        return _load(cls, raw, PlainSchema)

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """The JSON Schema (2020-12, the one of OpenAPI 3.1) with nested shapes in place."""
        return _json_schema(cls)

    def dump(self) -> dict[str, Any]:
        """The wire form: JSON-ready values under camelCase names; fields that are None are left out."""
        dumped: dict[str, Any] = {}
        for wire_name, name, convert in _dump_plan(type(self)):
            content = getattr(self, name)
            if content is not None:
                dumped[wire_name] = content if convert is None else convert(content)
        return dumped


class PlainShape(Shape):
    """A shape whose wire names are its Python names, as the parameters of tools are (`file_pattern`)."""

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


def one_of(*choices: str) -> dict[str, Any]:
    """Field metadata: a text that is one of `choices`."""
    return {"validate": validate.OneOf(choices)}


def described(text: str, **metadata: Any) -> dict[str, Any]:
    """Field metadata with a description for the documents and for the model that calls a tool."""
    return {**metadata, "metadata": {"description": text}}


def camel_case(name: str) -> str:
    """`max_memory_mb` → `maxMemoryMB`: units keep their capitals, as S0 writes them."""
    first, *rest = name.split("_")
    return first + "".join(_UNITS.get(word, word.capitalize()) for word in rest)


_UNITS = {"mb": "MB"}


def _bound(field: fields.Field[Any]) -> None:
    """Have what no schema describes checked, wherever in the field it may stand."""
    if _is_free(field) and _fit not in field.validators:
        field.validators.append(_fit)


def _is_free(field: fields.Field[Any] | None) -> bool:
    if isinstance(field, fields.List):
        return _is_free(field.inner)
    if isinstance(field, fields.Dict):
        return field.value_field is None or _is_free(field.value_field)
    return type(field) is fields.Raw


@cached
def schema_of(cls: type[Any], base: type[marshmallow.Schema]) -> marshmallow.Schema:
    return marshmallow_dataclass.class_schema(cls, base_schema=base)()


def _load(cls: type[AnyShape], raw: object, base: type[marshmallow.Schema]) -> AnyShape:
    if not isinstance(raw, Mapping):
        raise ValidationFailed([FieldMistake("", "Expected an object.")])
    try:
        loaded: AnyShape = schema_of(cls, base).load(raw)
    except marshmallow.ValidationError as mistake:
        raise ValidationFailed(list(_mistakes(mistake.messages))) from None
    return loaded


def _mistakes(messages: Any, path: str = "") -> list[FieldMistake]:
    """marshmallow's nested messages as a flat list, outermost field first."""
    if isinstance(messages, Mapping):
        found: list[FieldMistake] = []
        for name, inner in messages.items():
            step = "" if name == marshmallow.exceptions.SCHEMA else cleaned_text(str(name))
            found += _mistakes(inner, ".".join(part for part in (path, step) if part))
        return found
    return [FieldMistake(path, str(message)) for message in messages]


Convert = Callable[[Any], Any]


@cached
def _dump_plan(cls: type[Any]) -> tuple[tuple[str, str, Convert | None], ...]:
    """How each field is written; marshmallow's own dump costs ten times as much, on every event."""
    return tuple(
        (field.data_key or name, name, _converter(field)) for name, field in cls.schema().fields.items()
    )


def _converter(field: fields.Field[Any]) -> Convert | None:
    """What makes a field's value JSON-ready; None where it is already."""
    if isinstance(field, fields.Enum):
        return operator.attrgetter("value")
    if isinstance(field, Timestamp):
        return format_time
    if isinstance(field, fields.Nested):
        return operator.methodcaller("dump")
    if isinstance(field, fields.List):
        return _each(_converter(field.inner))
    if isinstance(field, fields.Dict):
        return _each_value(_converter(field.value_field)) if field.value_field else None
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
