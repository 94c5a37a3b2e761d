"""Checks that the shape of a playbook cannot express: combinations of keys, ids, templates.

They work on the file's raw content, so that all mistakes are reported together. Values of the wrong type are
skipped here, because the shape reports them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from roocode_server.engine.providers.scripted.template import Template, parse
from roocode_server.engine.providers.scripted.template_language import TemplateMistake
from roocode_server.models.error import FieldMistake

_FOR_ONE_CALL: Final = ("id", "with")
_FOR_CALLS: Final = ("on_error", "retries")
_JSON_TYPES: Final = (str, int, float, list, dict, type(None))


def check(raw: Mapping[str, Any]) -> Iterator[FieldMistake]:
    """Yield every mistake, with its dotted path (`steps.2.with.command`)."""
    known: set[str] = set()
    for position, step in enumerate(_list(raw.get("steps"))):
        if isinstance(step, Mapping):
            path = f"steps.{position}"
            yield from _combination(step, path)
            yield from _templates(step, path, known)
            yield from _ids(step, path, known)


def _combination(step: Mapping[str, Any], path: str) -> Iterator[FieldMistake]:
    """Yield mistakes in keys that require or exclude each other."""
    if not any(key in step for key in ("say", "call", "calls")):
        yield FieldMistake(path, "A step needs `say`, `call` or `calls`.")
    if "call" in step and "calls" in step:
        yield FieldMistake(f"{path}.calls", "A step has `call` or `calls`, not both.")
    for key in _FOR_ONE_CALL:
        if key in step and "call" not in step:
            yield FieldMistake(f"{path}.{key}", "It belongs to a `call`; in `calls`, each has its own.")
    for key in _FOR_CALLS:
        if key in step and "call" not in step and "calls" not in step:
            yield FieldMistake(f"{path}.{key}", "It belongs to a step that calls a tool.")


def _ids(step: Mapping[str, Any], path: str, known: set[str]) -> Iterator[FieldMistake]:
    """Add the step's ids to `known`, and yield a mistake for those already there."""
    calls = [(f"{path}.calls.{position}", call) for position, call in enumerate(_list(step.get("calls")))]
    for place, owner in [(path, step), *calls]:
        name = owner.get("id") if isinstance(owner, Mapping) else None
        if isinstance(name, str):
            if name in known:
                yield FieldMistake(f"{place}.id", f"`{name}` is the id of an earlier call.")
            known.add(name)


def _templates(step: Mapping[str, Any], path: str, known: set[str]) -> Iterator[FieldMistake]:
    for place, source in _texts(step, path):
        try:
            template = parse(source.strip() if place == f"{path}.when" else source)
        except TemplateMistake as mistake:
            yield FieldMistake(place, str(mistake))
        else:
            yield from _references(template, place, known)
            if place == f"{path}.when" and not template.is_expression:
                yield FieldMistake(place, "Expected one `{{ expression }}` and nothing else.")
    for position, call in enumerate(_list(step.get("calls"))):
        yield from _odd_values(call, f"{path}.calls.{position}")
    yield from _odd_values(step, path)


def _references(template: Template, place: str, known: set[str]) -> Iterator[FieldMistake]:
    for name in sorted(template.references - known):
        yield FieldMistake(place, f"`results.{name}`: no earlier call has this id.")


def _texts(step: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    """Yield each template of the step, with its path."""
    for key in ("say", "when"):
        if isinstance(step.get(key), str):
            yield f"{path}.{key}", step[key]
    yield from _leaves(step.get("with"), f"{path}.with")
    for position, call in enumerate(_list(step.get("calls"))):
        if isinstance(call, Mapping):
            yield from _leaves(call.get("with"), f"{path}.calls.{position}.with")


def _leaves(content: object, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(content, str):
        yield path, content
    for key, inner in _items(content):
        yield from _leaves(inner, f"{path}.{key}")


def _odd_values(owner: object, path: str) -> Iterator[FieldMistake]:
    """Yield values that YAML allows and a call's arguments do not: dates, binary data, infinity."""
    if isinstance(owner, Mapping):
        yield from _odd(owner.get("with"), f"{path}.with")


def _odd(content: object, path: str) -> Iterator[FieldMistake]:
    if not isinstance(content, _JSON_TYPES) or content in (float("inf"), float("-inf")) or content != content:
        yield FieldMistake(path, "Expected a text, number, list or mapping; put a date in quotes.")
    for key, inner in _items(content):
        if not isinstance(key, str | int):
            yield FieldMistake(f"{path}.{key}", "Expected a text as the key.")
        yield from _odd(inner, f"{path}.{key}")


def _items(content: object) -> Iterator[tuple[Any, Any]]:
    if isinstance(content, Mapping):
        yield from content.items()
    elif isinstance(content, list):
        yield from enumerate(content)


def _list(content: object) -> Sequence[Any]:
    return content if isinstance(content, list) else ()
