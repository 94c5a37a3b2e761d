"""No request can store arbitrary amounts of data: every field of every operation is bounded.

Dialects use the same operations, so their fields are bounded as well.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from marshmallow import Schema, ValidationError, fields, validate

from roocode_server.handlers.operation import Operation, Registry
from roocode_server.models.fields import MOST_JSON_CHARACTERS

TOO_LONG = "x" * 1_000_001
FAR_TOO_LONG = TOO_LONG * 100
TOO_MANY = 100_001
BOUNDED_BY_NATURE = (fields.Enum, fields.Boolean, fields.Number, fields.DateTime)


def takes(field: fields.Field[Any], content: Any) -> bool:
    try:
        field.deserialize(content)
    except ValidationError:
        return False
    return True


def takes_any_length(field: fields.Field[Any], holding: Callable[[str], Any]) -> bool:
    return takes(field, holding(TOO_LONG)) and takes(field, holding(FAR_TOO_LONG))


def has_longest(field: fields.Field[Any]) -> bool:
    return any(isinstance(each, validate.Length) and each.max is not None for each in field.validators)


def unbounded(field: fields.Field[Any], path: str) -> Iterator[str]:
    """Yield the parts of a field that are unbounded."""
    match field:
        case fields.Nested():
            yield from in_schema(type(field.schema), path)
        case fields.List():
            yield from _of_list(field, path)
        case fields.Dict():
            yield from _of_map(field, path)
        case _ if isinstance(field, BOUNDED_BY_NATURE):
            pass
        case fields.String():
            if not has_longest(field) and takes(field, TOO_LONG):
                yield f"{path}: a text of any length"
        case _:
            yield f"{path}: a {type(field).__name__}, whose bounds nobody knows"


@functools.cache
def _in_schema(kind: type[Schema]) -> tuple[tuple[str, str], ...]:
    """As `unbounded`, for each field of a schema; cached, because shapes occur in several requests."""
    return tuple((name, problem) for name, field in kind().fields.items() for problem in unbounded(field, ""))


def in_schema(kind: type[Schema], path: str) -> Iterator[str]:
    for name, problem in _in_schema(kind):
        yield f"{path}.{name}{problem}"


def _of_list(field: fields.List[Any], path: str) -> Iterator[str]:
    item = sample(field.inner)
    if takes(field, [item] * TOO_MANY):
        yield f"{path}: a list of any length"
    if isinstance(field.inner, fields.String) and takes_any_length(field, lambda text: [text]):
        yield f"{path}: items of any length"
    if isinstance(field.inner, fields.Nested):
        yield from unbounded(field.inner, f"{path}[]")


def _of_map(field: fields.Dict, path: str) -> Iterator[str]:
    inner = field.value_field
    item = 1 if inner is None else sample(inner)
    if takes(field, {str(number): item for number in range(TOO_MANY)}):
        yield f"{path}: a map of any length"
    if takes_any_length(field, lambda text: {text: item}):
        yield f"{path}: names of any length"
    if isinstance(inner, fields.Nested):
        yield from unbounded(inner, f"{path}{{}}")
    elif isinstance(inner, fields.String) and takes_any_length(field, lambda text: {"name": text}):
        yield f"{path}: texts of any length"
    elif inner is None or type(inner) is fields.Raw:
        deep: Any = 1
        for _ in range(300):
            deep = [deep]
        contents: list[tuple[str, Any]] = [("deep", deep), ("wide", [1] * TOO_MANY), ("long", FAR_TOO_LONG)]
        for what, content in contents:
            if takes(field, {"name": [{"inner": content}]}):
                yield f"{path}: anything, however {what}"


def sample(field: fields.Field[Any]) -> Any:
    """Return a small valid value for the field."""
    small: tuple[Any, ...] = ("x", 1, True, {}, [], {"decision": "ask"}, {"command": "x"}, "read", "viewer")
    choices = [choice.value for choice in field.enum] if isinstance(field, fields.Enum) else []
    for content in (*small, *choices):
        if takes(field, content):
            return content
    raise AssertionError(f"no small value is known for {field}")


def operations(declarations: Registry, transfers: Registry) -> list[Operation]:
    return [*declarations.values(), *transfers.values()]


def test_no_field_of_any_operation_takes_more_than_has_been_thought_of(
    declarations: Registry, transfers: Registry
) -> None:
    found = {
        problem
        for operation in operations(declarations, transfers)
        for problem in in_schema(type(operation.request.schema()), operation.request.__name__)
    }
    assert found == set()


def test_a_field_without_bounds_would_be_found() -> None:
    assert list(unbounded(fields.String(), "a")) == ["a: a text of any length"]
    assert list(unbounded(fields.List(fields.String()), "b")) == [
        "b: a list of any length",
        "b: items of any length",
    ]
    assert len(list(unbounded(fields.Dict(fields.String(), fields.Raw()), "c"))) == 5
    assert len(FAR_TOO_LONG) > MOST_JSON_CHARACTERS


@pytest.mark.parametrize(
    "config",
    [
        {"agent": {"acp": {"command": ["x" * 70_000]}}},
        {"approvals": [{"decision": "always", "path": "p" * 1000}] * 1000},
        {"mcpServers": {"one": {"command": "x", "args": ["x" * 70_000]}}},
        {"mcpServers": {"one": {"command": "x", "env": {"x" * 70_000: ""}}}},
        {"mcpServers": {"one": {"url": "http://x", "headers": {"a": "x" * 70_000}}}},
        {"mcpServers": {str(n): {"command": "x", "args": ["x" * 60_000]} for n in range(5)}},
        {"mcpServers": {"x" * 300_000: {"command": "x"}}},
    ],
)
def test_what_every_event_of_a_session_would_carry_is_small(
    declarations: Registry, config: dict[str, Any]
) -> None:
    for operation in ("session.create", "session.update"):
        request = declarations[operation].request
        fitting = {"sessionId": "s"} if "sessionId" in request.wire_names() else {}
        assert takes_config(request, fitting, {})
        assert not takes_config(request, fitting, config)


def takes_config(request: Any, fitting: dict[str, Any], config: dict[str, Any]) -> bool:
    schema = request.schema()
    return not schema.validate({**fitting, "config": config})
