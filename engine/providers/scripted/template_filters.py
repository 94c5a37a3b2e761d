"""The filters of playbook templates: from plain text to plain text, in linear time.

None of them takes a regular expression: a well-meant pattern may run forever on somebody else's text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from jinja2 import Undefined

from roocode_server.models.lines import lines_of

LONGEST_FILLED_TEXT: Final = 1_000_000
"""The most characters of all texts of one answer."""


class TooLong(Exception):
    """A text exceeds `LONGEST_FILLED_TEXT`."""

    def __str__(self) -> str:
        return f"the text grows beyond {LONGEST_FILLED_TEXT:,} characters"


def trim(text: object) -> str:
    """Remove white space around the text."""
    return _text(text).strip()


def lower(text: object) -> str:
    """Convert to lower case."""
    return _text(text).lower()


def upper(text: object) -> str:
    """Convert to upper case."""
    return _text(text).upper()


def lines(text: object) -> list[str]:
    """Return the lines of the text, without their endings."""
    return lines_of(_text(text))


def line_with(text: object, part: object) -> str | None:
    """Return the first line that contains `part`, or None."""
    wanted = _text(part)
    return next((line for line in lines(text) if wanted in line), None)


def after(text: object, mark: object) -> str:
    """Return what follows the first `mark`; empty if there is none."""
    return _text(text).partition(_mark(mark))[2]


def before(text: object, mark: object) -> str:
    """Return what precedes the first `mark`; the whole text if there is none."""
    return _text(text).partition(_mark(mark))[0]


def shorten(text: object, longest: int) -> str:
    """Return the text or, if it is longer, its first `longest` characters followed by `…`."""
    whole = _text(text)
    return whole if len(whole) <= longest else whole[: max(longest, 0)] + "…"


def join(items: object, separator: object = "\n") -> str:
    """Join the texts of a list."""
    texts = [_text(item) for item in _list(items)]
    between = _text(separator)
    _check(sum(map(len, texts)) + len(texts) * len(between))
    return between.join(texts)


def first(items: object) -> Any:
    """Return the first item of a list, or None if it is empty."""
    return next(iter(_list(items)), None)


def last(items: object) -> Any:
    """Return the last item of a list, or None if it is empty."""
    return next(reversed(_list(items)), None)


def length(value: object) -> int:
    """Return the number of characters of a text, or of items of a list."""
    return len(value if isinstance(value, str) else _list(value))


def default(value: object, instead: object = "") -> object:
    """Return the value, or `instead` if it is missing or None."""
    return instead if value is None or isinstance(value, Undefined) else value


def to_json(value: object) -> str:
    """Return the value as JSON on one line."""
    if isinstance(value, Undefined):
        str(value)
    written = json.dumps(value, ensure_ascii=False)
    _check(len(written))
    return written


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "trim": trim,
    "lower": lower,
    "upper": upper,
    "lines": lines,
    "line_with": line_with,
    "after": after,
    "before": before,
    "shorten": shorten,
    "join": join,
    "first": first,
    "last": last,
    "length": length,
    "default": default,
    "tojson": to_json,
}


def _text(value: object) -> str:
    if isinstance(value, Undefined):
        return str(value)  # raises, naming what is missing
    if not isinstance(value, str):
        raise TypeError(f"expected a text, found {_kind(value)}")
    return value


def _list(value: object) -> Sequence[Any]:
    if isinstance(value, Undefined):
        str(value)
    if not isinstance(value, list | tuple):
        raise TypeError(f"expected a list, found {_kind(value)}")
    return value


def _mark(value: object) -> str:
    mark = _text(value)
    if not mark:
        raise ValueError("the mark to look for is empty")
    return mark


def _kind(value: object) -> str:
    return "nothing" if value is None else "a text" if isinstance(value, str) else f"a {type(value).__name__}"


def _check(size: int) -> None:
    if size > LONGEST_FILLED_TEXT:
        raise TooLong
