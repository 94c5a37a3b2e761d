"""The base of S4's requests, and how their mistakes are told. Source: S4, "Data Types and Validation"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

import marshmallow
from marshmallow import fields, validate

from roocode_server.handlers.dialects.opencode.refusals import MessageRefused, RefusalCode, shortened
from roocode_server.models.error import ValidationFailed
from roocode_server.models.shape import PlainShape, StrictPlainSchema, schema_of

Request = TypeVar("Request", bound="MessageShape")

WRAPPED: Final = "task."
"""The fields of a task are named without the field that it is sent in."""
_MISSING: Final = fields.Field.default_error_messages["required"]


class MessageSchema(StrictPlainSchema):
    """Fields that S4 does not name are ignored: clients send more, such as the status of a task."""

    Meta: Any = type("Meta", (StrictPlainSchema.Meta,), {"unknown": marshmallow.EXCLUDE})


class MessageShape(PlainShape):
    """What a message holds beside its type."""

    __slots__ = ()
    wire_schema = MessageSchema


def read(shape: type[Request], said: Mapping[str, Any]) -> Request:
    """Load a message. Raises: MessageRefused, for its first mistake."""
    try:
        return shape.load(said)
    except ValidationFailed as failure:
        path, reason = failure.details["field"], failure.details["reason"]
        field = path.removeprefix(WRAPPED)
        if reason == _MISSING:
            message = f"Required field is missing: {field}"
            raise MessageRefused(RefusalCode.MISSING_REQUIRED_FIELD, message, field=field) from failure
        given = _value_at(said, path.split("."))
        choices = _choices(schema_of(shape, MessageSchema), path.split("."))
        if choices is None:
            told = f"Invalid {field} value: {reason}"
        else:
            told = f"Invalid {field} value: {shortened(given)!r}. Valid values are: {', '.join(choices)}"
        expected = reason if choices is None else choices
        raise MessageRefused(
            RefusalCode.INVALID_FIELD_VALUE, told, field=field, value=shortened(given), expected=expected
        ) from failure


def _value_at(said: Any, path: Sequence[str]) -> Any:
    """What a message has at a path; None if it has nothing there."""
    for step in path:
        if isinstance(said, Mapping):
            said = said.get(step)
        elif isinstance(said, list) and step.isdecimal() and int(step) < len(said):
            said = said[int(step)]
        else:
            return None
    return said


def _choices(schema: marshmallow.Schema, path: Sequence[str]) -> list[str] | None:
    """The values that the field at a path can have; None if they cannot be listed."""
    found: Any = None
    for step in path:
        if isinstance(found, fields.List):
            found = found.inner
            continue
        inner = found.schema if isinstance(found, fields.Nested) else schema
        found = inner.fields.get(step)
        if found is None:
            return None
    if isinstance(found, fields.Enum):
        return [each.value for each in found.enum]
    listed = [each.choices for each in found.validators if isinstance(each, validate.OneOf)]
    return [str(choice) for choice in listed[0]] if listed else None
