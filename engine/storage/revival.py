"""What columns and stored JSON become: values of the fields of shapes.

marshmallow, which takes six times as long, is asked only where something is not as this server stores it: it
converts what it can, or says what is wrong.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import Any, Final

from marshmallow import fields

from roocode_server.models.clock import parse_time
from roocode_server.models.fields import Timestamp, UnicodeText, WholeNumber
from roocode_server.models.shape import Convert, Shape, StoredSchema, cached, schema_of, shapes_in


class _Unexpected(ValueError):
    """Something is not as this server stores it."""


@cached
def revivals(shape: type[Shape]) -> Mapping[str, Convert]:
    """How each field of a shape is made of a column: of what a database has, or of decoded JSON.

    They raise marshmallow.ValidationError for what the field cannot be.
    """
    hints = typing.get_type_hints(shape)
    found = schema_of(shape, StoredSchema).fields
    return {name: _column(field, _plan(field, hints[name])) for name, field in found.items()}


def _column(field: fields.Field[Any], convert: Convert) -> Convert:
    """Only texts, lists and objects have to be converted: the driver has converted all else."""

    def converted(content: Any) -> Any:
        if not isinstance(content, _CONVERTED):
            return content
        try:
            return convert(content)
        except (ValueError, OverflowError):
            return field.deserialize(content)

    return _as_it_is if type(field) is UnicodeText else converted


def _plan(field: fields.Field[Any], hint: Any) -> Convert:
    """How a field is made of decoded JSON. It raises `_Unexpected`, or what its conversion does."""
    kind = type(field)
    if kind in _PLAIN:
        return _of(_PLAIN[kind])
    if kind is fields.Float:
        return _number
    if kind is Timestamp:
        return _of(str, parse_time)
    if isinstance(field, fields.Enum) and field.by_value is True:
        return _of(str, field.enum)
    shapes = list(shapes_in([hint]))
    if isinstance(field, fields.Nested) and len(shapes) == 1:
        return _nested(shapes[0])
    if isinstance(field, fields.List):
        return _items(_plan(field.inner, hint))
    if isinstance(field, fields.Dict) and field.value_field is not None and _has_texts(field.key_field):
        return _entries(_plan(field.value_field, hint))
    return field.deserialize


def _has_texts(field: fields.Field[Any] | None) -> bool:
    return field is None or type(field) is UnicodeText


def _as_it_is(content: Any) -> Any:
    return content


def _number(content: Any) -> Any:
    if type(content) not in (float, int, type(None)):
        raise _Unexpected
    return float(content) if type(content) is int else content


def _of(wanted: type[Any], convert: Convert = _as_it_is) -> Convert:
    def converted(content: Any) -> Any:
        if content is None:
            return None
        if type(content) is not wanted:
            raise _Unexpected
        return convert(content)

    return converted


def _items(convert: Convert) -> Convert:
    return _of(list, lambda items: [convert(item) for item in items])


def _entries(convert: Convert) -> Convert:
    return _of(dict, lambda entries: {name: convert(item) for name, item in entries.items()})


def _nested(shape: type[Shape]) -> Convert:
    def converted(content: dict[str, Any]) -> Any:
        plans = _named(shape)
        try:
            return shape(**{plans[name][0]: plans[name][1](item) for name, item in content.items()})
        except (KeyError, TypeError):  # a name too many, or too few
            raise _Unexpected from None

    return _of(dict, converted)


@cached
def _named(shape: type[Shape]) -> Mapping[str, tuple[str, Convert]]:
    """The fields of a shape, and how each is made, by their names in stored JSON."""
    hints = typing.get_type_hints(shape)
    found = schema_of(shape, StoredSchema).fields
    return {field.data_key or name: (name, _plan(field, hints[name])) for name, field in found.items()}


_CONVERTED: Final = (str, list, Mapping)
_PLAIN: Final[Mapping[type[Any], type[Any]]] = {UnicodeText: str, WholeNumber: int, fields.Boolean: bool}
