r"""What can be stored and sent: texts are UTF-8, integers fit 64 bits, and nesting is limited.

Python and JSON allow more than that: a lone half of a surrogate pair (`"\ud83d"`, an emoji cut in two), an
integer of thousands of digits, lists nested a thousand levels deep. Everything from outside is checked at the
edge: a caller's request is refused with `flaw_of`, because its sender can correct it; what a model, a program
or a file says is repaired with `cleaned`, because nobody can. Sources: RFC 8259, 8.2 and 9; RFC 3629, 3.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

MOST_NESTED_LEVELS: Final = 200
"""The most levels of nesting of objects and lists; the JSON encoder used here allows 254."""
LEAST_INTEGER: Final = -(2**63)
MOST_INTEGER: Final = 2**63 - 1
TOO_DEEP: Final = "… (nested too deeply to be kept)"

_HIGH: Final = range(0xD800, 0xDC00)


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a value cannot be stored, and where: `path` is dotted (`arguments.lines.3`), empty for the value
    itself.
    """

    path: str
    reason: str


def cleaned_text(text: str) -> str:
    """Join the halves of surrogate pairs, and replace lone halves by U+FFFD."""
    if text.isascii() or is_clean_text(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def is_clean_text(text: str) -> bool:
    """Whether the text can be encoded in UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def cleaned(value: Any) -> Any:
    """Return a JSON-like value fit to be stored and sent; the value itself if it already is.

    Texts and keys are cleaned with `cleaned_text`; an integer beyond 64 bits becomes a text of its digits,
    NaN and infinity become None, anything nested deeper than `MOST_NESTED_LEVELS` becomes a note, bytes are
    decoded as UTF-8. Objects without a JSON form are left as they are: encoding them is a bug in this
    program.
    """
    return value if flaw_of(value) is None else _cleaned(value, 0)


def encoded(value: Any) -> bytes:
    """Encode a value as JSON, cleaning it if necessary: the last safeguard before the disk and the wire.

    Raises: TypeError, if an object has no JSON form.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        return orjson.dumps(cleaned(value))


def flaw_of(value: Any) -> Flaw | None:
    """Return the first thing in a JSON-like value that prevents it from being stored; None if there is
    none.
    """
    waiting: list[tuple[str, int, Any]] = [("", 0, value)]
    while waiting:
        path, depth, content = waiting.pop()
        if isinstance(content, Mapping):
            if not all(isinstance(name, str) and is_clean_text(name) for name in content):
                return Flaw(path, "A name in it is not valid Unicode text.")
            inner: Iterable[tuple[Any, Any]] = content.items()
        elif isinstance(content, list | tuple):
            inner = enumerate(content)
        else:
            reason = _flaw_of_scalar(content)
            if reason is not None:
                return Flaw(path, reason)
            continue
        if depth == MOST_NESTED_LEVELS:
            return Flaw("", f"Nested more than {MOST_NESTED_LEVELS} deep.")
        waiting += [(f"{path}.{key}" if path else str(key), depth + 1, item) for key, item in inner]
    return None


def _flaw_of_scalar(content: Any) -> str | None:
    if isinstance(content, str):
        return None if is_clean_text(content) else "Not valid Unicode: it contains half of a surrogate pair."
    if isinstance(content, bytes):
        return "Not a text."
    if isinstance(content, int) and not LEAST_INTEGER <= content <= MOST_INTEGER:
        return "An integer must fit 64 bits."
    if isinstance(content, float) and not math.isfinite(content):
        return "Not a number that JSON can represent."
    return None


def _cleaned(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return cleaned_text(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if LEAST_INTEGER <= value <= MOST_INTEGER else _digits(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, Mapping | list | tuple):
        if depth == MOST_NESTED_LEVELS:
            return TOO_DEEP
        if isinstance(value, Mapping):
            return {_name(key): _cleaned(inner, depth + 1) for key, inner in value.items()}
        return [_cleaned(inner, depth + 1) for inner in value]
    return value


def _name(key: Any) -> str:
    return cleaned_text(key if isinstance(key, str) else str(_cleaned(key, MOST_NESTED_LEVELS)))


def _digits(number: int) -> str:
    """Return the digits of an integer; those of a huge one in hexadecimal, because decimal takes quadratic
    time.
    """
    return str(number) if abs(number).bit_length() < 4096 else hex(number)


class TextPieces:
    """Joins surrogate pairs that are split between two pieces of a streamed text.

    Use one for each text, and `end` after its last piece.
    """

    __slots__ = ("_half",)

    def __init__(self) -> None:
        self._half = ""

    def add(self, piece: str) -> str:
        """Return the text that is complete so far; empty if it is only half a character."""
        text = self._half + piece
        self._half = ""
        if text and ord(text[-1]) in _HIGH:
            text, self._half = text[:-1], text[-1]
        return cleaned_text(text)

    def end(self) -> str:
        """Return the replacement for a half whose other half never came; empty if there is none."""
        half, self._half = self._half, ""
        return cleaned_text(half)
