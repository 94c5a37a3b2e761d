"""What columns and stored JSON become: values of the fields of shapes.

marshmallow, which takes six times as long, is asked only where something is not as this server stores it: it
converts what it can, or says what is wrong.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from typing import Any, Final

from marshmallow import fields

from roocode_server.models.clock import parse_time
from roocode_server.models.fields import Timestamp, UnicodeText, WholeNumber
from roocode_server.models.shape import Shape, StoredSchema, cached, schema_of, shapes_in

Revive = Callable[[Any], Any]


class _Unexpected(Exception):
    """Something is not as this server stores it."""


@cached
def revivals(shape: type[Shape]) -> Mapping[str, Revive]:
    """How each field of a shape is made of a column: of what a database has, or of decoded JSON.

    They raise marshmallow.ValidationError for what the field cannot be.
    """
    hints = typing.get_type_hints(shape)
    found = schema_of(shape, StoredSchema).fields
    return {name: _column(field, _plan(field, hints[name])) for name, field in found.items()}


def _column(field: fields.Field[Any], revive: Revive) -> Revive:
    """Only texts, lists and objects have to be converted: the driver has converted all else."""

    def converted(content: Any) -> Any:
        if not isinstance(content, _CONVERTED):
            return content
        try:
            return revive(content)
        except _Unexpected:
            return field.deserialize(content)

    return _as_it_is if type(field) is UnicodeText else converted


def _plan(field: fields.Field[Any], hint: Any) -> Revive:
    """How a field is made of decoded JSON. It raises `_Unexpected`."""
    kind = type(field)
    if kind in _PLAIN:
        return _only(_PLAIN[kind])
    if kind is fields.Float:
        return _number
    if kind is Timestamp:
        return _of_text(parse_time)
    if isinstance(field, fields.Enum) and field.by_value is True:
        return _of_text(field.enum)
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


def _only(wanted: type[Any]) -> Revive:
    def checked(content: Any) -> Any:
        if content is not None and type(content) is not wanted:
            raise _Unexpected
        return content

    return checked


def _of_text(convert: Callable[[str], Any]) -> Revive:
    def converted(content: Any) -> Any:
        if content is None:
            return None
        if type(content) is not str:
            raise _Unexpected
        try:
            return convert(content)
        except (ValueError, OverflowError):
            raise _Unexpected from None

    return converted


def _items(revive: Revive) -> Revive:
    def converted(content: Any) -> Any:
        if content is None:
            return None
        if type(content) is not list:
            raise _Unexpected
        return [revive(item) for item in content]

    return converted


def _entries(revive: Revive) -> Revive:
    def converted(content: Any) -> Any:
        if content is None:
            return None
        if type(content) is not dict:
            raise _Unexpected
        return {name: revive(item) for name, item in content.items()}

    return converted


def _nested(shape: type[Shape]) -> Revive:
    def converted(content: Any) -> Any:
        if content is None:
            return None
        if type(content) is not dict:
            raise _Unexpected
        plans = _named(shape)
        try:
            return shape(**{plans[name][0]: plans[name][1](item) for name, item in content.items()})
        except (KeyError, TypeError):  # a name too many, or too few
            raise _Unexpected from None

    return converted


@cached
def _named(shape: type[Shape]) -> Mapping[str, tuple[str, Revive]]:
    """The fields of a shape, and how each is made, by their names in stored JSON."""
    hints = typing.get_type_hints(shape)
    found = schema_of(shape, StoredSchema).fields
    return {field.data_key or name: (name, _plan(field, hints[name])) for name, field in found.items()}


_CONVERTED: Final = (str, list, Mapping)
_PLAIN: Final[Mapping[type[Any], type[Any]]] = {UnicodeText: str, WholeNumber: int, fields.Boolean: bool}
