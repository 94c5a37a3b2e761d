"""Whether a here-document ends where the parser says. Source: POSIX.1-2017, Shell Command Language, 2.7.4."""

from __future__ import annotations

import re
from typing import Final

from tree_sitter import Node

_DELIMITER: Final = re.compile(rb"(?P<quote>['\"]?)(?P<name>\w+)(?P=quote)")
_PLAIN_REST_OF_LINE: Final = re.compile(rb"[^'\"\\`()#<\n]*")


def is_plain_here_document(redirect: Node, source: bytes) -> bool:
    """Whether its delimiter is a plain name, and it ends at the first line that is equal to the delimiter."""
    parts = {child.type: child for child in redirect.children}
    start, end = parts.get("heredoc_start"), parts.get("heredoc_end")
    if start is None or end is None:
        return False
    delimiter = _DELIMITER.fullmatch(source[start.start_byte : start.end_byte])
    rest = _PLAIN_REST_OF_LINE.match(source, start.end_byte)
    if delimiter is None or rest is None or source[rest.end() : rest.end() + 1] != b"\n":
        return False
    name = delimiter["name"]
    return _first_line(source, rest.end() + 1, name, strip="<<-" in parts) == _line_start(source, end, name)


def _first_line(source: bytes, position: int, name: bytes, *, strip: bool) -> int | None:
    """Return where the first line that equals `name` begins, from `position` on; None if there is none."""
    while position < len(source):
        stop = source.find(b"\n", position)
        stop = len(source) if stop < 0 else stop
        line = source[position:stop]
        if (line.lstrip(b"\t") if strip else line) == name:
            return position
        position = stop + 1
    return None


def _line_start(source: bytes, end: Node, name: bytes) -> int | None:
    """Return where the line begins at which the parser saw the end; None if the line is not exactly
    `name`.
    """
    if source[end.start_byte : end.end_byte].strip(b"\t\n") != name:
        return None
    text = source[end.start_byte : end.end_byte]
    first = end.start_byte + len(text) - len(text.lstrip(b"\t\n"))
    return source.rfind(b"\n", 0, first) + 1
