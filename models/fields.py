"""Schema fields: they validate values from the wire before any work is done on them.

Lengths are checked before items, and only the first few mistakes are reported: an unauthenticated caller must
not be able to keep the server busy.
"""

from __future__ import annotations

import datetime
import enum
import functools
from collections.abc import Collection, Mapping, Sequence
from itertools import islice
from typing import Any, Dict, Final, List  # noqa: UP035 - the names under which collections are looked up

import marshmallow
from marshmallow import fields, validate

from roocode_server.models.cleaning import LEAST_INTEGER, MOST_INTEGER, flaw_of, is_clean_text
from roocode_server.models.clock import format_time, parse_time

MOST_ITEMS: Final = 1000
"""The most items of a list or map without a declared limit."""
MOST_MISTAKES: Final = 20
"""The most mistakes that are reported together."""
MOST_VALUES: Final = 10_000
"""The most lists, maps and values in a field that takes any JSON."""
MOST_JSON_CHARACTERS: Final = 100_000_000
"""The most characters of all texts in such a field: a tool's parameters may contain a file."""


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
    """A 64-bit integer. A fraction is refused, not truncated."""

    def _validated(self, value: Any) -> int:
        if isinstance(value, float) and not value.is_integer():
            raise self.make_error("invalid", input=value)
        number = super()._validated(value)
        if not LEAST_INTEGER <= number <= MOST_INTEGER:
            raise self.make_error("too_large", input=value)
        return number


class UnicodeText(fields.String):
    """A text that can be stored and sent."""

    def _deserialize(self, value: Any, *arguments: Any, **options: Any) -> str:
        text: str = super()._deserialize(value, *arguments, **options)
        if not is_clean_text(text):
            raise self.make_error("invalid_utf8", input=value)
        return text


class JsonWholeNumber(WholeNumber):
    """An integer that is a JSON number, not a text."""

    def _validated(self, value: Any) -> int:
        if not isinstance(value, int | float):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class JsonNumber(fields.Float):
    """A number that is a JSON number, not a text."""

    def _validated(self, value: Any) -> float:
        if not isinstance(value, int | float):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


class JsonBoolean(fields.Boolean):
    """`true` or `false`, and no other value."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return value


class Items(fields.List[Any]):
    """A list: its length is checked before its items, which are checked until `MOST_MISTAKES` are wrong."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> list[Any]:
        if not isinstance(value, Sequence) or isinstance(value, str | bytes):
            raise self.make_error("invalid")
        _check_length(self, value)
        found, wrong = [], {}
        for index, item in enumerate(value):
            try:
                found.append(self.inner.deserialize(item, **rest))
            except marshmallow.ValidationError as mistake:
                wrong[index] = mistake.messages
                if len(wrong) == MOST_MISTAKES:
                    break
        if wrong:
            raise marshmallow.ValidationError(wrong)
        return found


class Entries(fields.Dict):
    """A map with text keys, checked like `Items`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **rest: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise self.make_error("invalid")
        _check_length(self, value)
        if self.value_field is None:
            return dict(value)
        found: dict[Any, Any] = {}
        wrong = {}
        for name, content in value.items():
            try:
                key = name if self.key_field is None else self.key_field.deserialize(name)
                found[key] = self.value_field.deserialize(content, **rest)
            except marshmallow.ValidationError as mistake:
                wrong[name] = mistake.messages
                if len(wrong) == MOST_MISTAKES:
                    break
        if wrong:
            raise marshmallow.ValidationError(wrong)
        return found


class TypeMapping(dict[Any, Any]):
    """Field classes by Python type; enumerations are represented by their values."""

    def get(self, key: Any, default: Any = None) -> Any:
        """Return the field class for a type."""
        if isinstance(key, type) and issubclass(key, enum.Enum):
            return functools.partial(fields.Enum, key, by_value=True)
        return super().get(key, default)


STORED: Final = TypeMapping(
    {
        **marshmallow.Schema.TYPE_MAPPING,
        datetime.datetime: Timestamp,
        int: WholeNumber,
        str: UnicodeText,
    }
)
"""For data that this server has written itself."""

TOLERANT: Final = TypeMapping({**STORED, List: Items, Dict: Entries})  # noqa: UP006
"""For people and models: numbers and booleans may be written as texts."""

STRICT: Final = TypeMapping({**TOLERANT, int: JsonWholeNumber, float: JsonNumber, bool: JsonBoolean})
"""For JSON, in which numbers and booleans have types of their own."""


class BoundedSchema(marshmallow.Schema):
    """A schema that examines its own fields and a few unknown ones, however many there are."""

    def _deserialize(self, data: Any, **rest: Any) -> Any:
        if isinstance(data, Mapping) and len(data) > len(self.load_fields):
            known = {field.data_key or name for name, field in self.load_fields.items()}
            unknown = islice((name for name in data if name not in known), MOST_MISTAKES)
            kept = (*(name for name in known if name in data), *unknown)
            data = {name: data[name] for name in kept}
        return super()._deserialize(data, **rest)


def check_any(content: Any) -> None:
    """Check a value that no schema describes against the general limits.

    Raises: marshmallow.ValidationError, if it is too large or cannot be stored and sent.
    """
    seen = characters = 0
    level = [content]
    while level:
        deeper: list[Any] = []
        for holder in level:
            inner = holder.values() if isinstance(holder, Mapping) else holder
            characters += len(inner) if isinstance(inner, str) else 0
            if isinstance(holder, Mapping):
                characters += sum(len(name) for name in holder if isinstance(name, str))
            if characters > MOST_JSON_CHARACTERS:
                raise marshmallow.ValidationError(f"Contains more than {MOST_JSON_CHARACTERS} characters.")
            if isinstance(inner, str | bytes) or not isinstance(inner, Collection):
                continue
            seen += len(inner)
            if seen > MOST_VALUES:
                raise marshmallow.ValidationError(f"Contains more than {MOST_VALUES} values.")
            deeper += inner
        level = deeper
    flaw = flaw_of(content)
    if flaw is not None:
        raise marshmallow.ValidationError(f"{flaw.path}: {flaw.reason}" if flaw.path else flaw.reason)


def as_given(field: fields.Field[Any], text: str | list[str]) -> Any:
    """Convert a text from a query or path to the field's type; returns the text if that fails.

    A list of texts is one that was given several times: of a field that is no list, the last one counts.
    """
    if isinstance(text, list):
        if isinstance(field, fields.List):
            return [as_given(field.inner, each) for each in text]
        return as_given(field, text[-1])
    try:
        match field:
            case fields.Boolean():
                return fields.Boolean().deserialize(text)
            case fields.Integer():
                return WholeNumber().deserialize(text)
            case fields.Float():
                return fields.Float().deserialize(text)
            case fields.List():
                return [as_given(field.inner, text)]
    except marshmallow.ValidationError:
        pass
    return text


def _check_length(field: fields.Field[Any], value: Any) -> None:
    lengths = [each for each in field.validators if isinstance(each, validate.Length)]
    for check in lengths or [_ANY_LENGTH]:
        check(value)


_ANY_LENGTH: Final = validate.Length(max=MOST_ITEMS)
