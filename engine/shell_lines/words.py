"""Words of a shell command as the shell would expand them, if that is known before it runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tree_sitter import Node

from roocode_server.engine.shell_lines.encoding import unspell

_CHANGED_BY_THE_SHELL: Final = re.compile(r"[*?\[\]{}]|^~")
"""Unquoted: file name patterns, brace expansion, home directories."""

_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED_IN_QUOTES: Final = re.compile(r'\\([$`"\\])')


@dataclass(frozen=True, slots=True)
class Word:
    """A word without its quotes; its source text, if its value is not known before it runs."""

    text: str
    is_static: bool


def read_word(node: Node) -> Word:
    """Return the value of a word, a string, or a concatenation."""
    parts = list(_parts(node))
    if any(part is None for part in parts):
        return Word(text_of(node), is_static=False)
    return Word("".join(part for part in parts if part is not None), is_static=True)


def text_of(node: Node) -> str:
    """Return the source text of a node."""
    return unspell((node.text or b"").decode())


def _parts(node: Node) -> Iterator[str | None]:
    """Yield the pieces of a word; None for a piece that is not known before it runs."""
    text = text_of(node)
    match node.type:
        case "concatenation" | "command_name":
            for child in node.children:
                yield from _parts(child)
        case "raw_string":
            yield text[1:-1]
        case "string":
            yield _quoted(node, text)
        case "word" | "number" | "variable_name":
            yield _unquoted(text)
        case "variable_assignment" if len(node.children) == 3 and node.children[0].type == "variable_name":
            yield from (text_of(child) for child in node.children[:2])
            yield from _parts(node.children[2])
        case "[" | "]":
            yield text
        case _:
            yield None


def _quoted(node: Node, text: str) -> str | None:
    if any(child.type != "string_content" for child in node.named_children):
        return None
    return _ESCAPED_IN_QUOTES.sub(r"\1", text[1:-1])


def _unquoted(text: str) -> str | None:
    bare = _ESCAPED.sub("", text)
    return None if _CHANGED_BY_THE_SHELL.search(bare) else _ESCAPED.sub(r"\1", text)
