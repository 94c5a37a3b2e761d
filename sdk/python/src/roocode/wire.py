"""From JSON to data classes and events, and from arguments to JSON.

Fields that this client does not know are left out: a newer server may send them.
"""

from __future__ import annotations

import dataclasses
import functools
import types
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from roocode.errors import UnexpectedAnswer
from roocode.event import Event
from roocode.events import EVENTS

T = TypeVar("T")
Convert = Callable[[Any], Any]

RAW: Final = "raw"
"""The field of an event that holds all of it."""


def loaded(shape: type[T], content: Any) -> T:
    """Make a data class of a JSON object. Raises: UnexpectedAnswer."""
    try:
        made: T = _object(shape, content)
    except (KeyError, TypeError, ValueError, AttributeError) as failure:
        raise UnexpectedAnswer(f"this is no {shape.__name__}: {content!r:.500}") from failure
    return made


def loaded_event(content: Mapping[str, Any]) -> Event:
    """Make an event of a JSON object, of its own class if it is known. Raises: UnexpectedAnswer."""
    return loaded(EVENTS.get(str(content.get("type")), Event), content)


def dumped(content: Any) -> Any:
    """Make JSON of an argument: times become text, and data classes that were answered objects."""
    if isinstance(content, datetime):
        moment = content if content.tzinfo else content.astimezone()
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if dataclasses.is_dataclass(content) and not isinstance(content, type):
        names = _plan(type(content))
        pairs = ((wire, getattr(content, name)) for name, wire, _, _ in names if name != RAW)
        return {wire: dumped(each) for wire, each in pairs if each is not None}
    if isinstance(content, Mapping):
        return {key: dumped(each) for key, each in content.items()}
    if isinstance(content, list | tuple):
        return [dumped(each) for each in content]
    return content


def _object(shape: Any, content: Any) -> Any:
    found = {}
    for name, wire, convert, is_required in _plan(shape):
        if name == RAW:
            found[name] = content
        elif wire in content:
            found[name] = convert(content[wire])
        elif is_required:
            raise KeyError(wire)
    return shape(**found)


@functools.cache
def _plan(shape: Any) -> tuple[tuple[str, str, Convert, bool], ...]:
    """For each field: its name, that on the wire, how to read it, and whether it is always there."""
    hints = get_type_hints(shape)
    odd: Mapping[str, str] = getattr(shape, "WIRE_NAMES", {})
    return tuple(
        (
            each.name,
            odd.get(each.name, _camel(each.name)),
            _converter(hints[each.name]),
            each.default is dataclasses.MISSING and each.default_factory is dataclasses.MISSING,
        )
        for each in dataclasses.fields(shape)
    )


def _converter(hint: Any) -> Convert:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        [of] = (each for each in get_args(hint) if each is not type(None))
        convert = _converter(of)
        return lambda content: None if content is None else convert(content)
    if origin is list:
        convert = _converter(get_args(hint)[0])
        return lambda content: [convert(each) for each in content]
    if origin is dict:
        convert = _converter(get_args(hint)[1])
        return lambda content: {key: convert(each) for key, each in content.items()}
    if hint is datetime:
        return datetime.fromisoformat
    if dataclasses.is_dataclass(hint):
        return functools.partial(_object, hint)
    if hint is str or origin is Literal:
        return _text
    return lambda content: content


def _text(content: Any) -> str:
    if not isinstance(content, str):
        raise TypeError(content)
    return content


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
