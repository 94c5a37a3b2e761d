r"""Names of files as text that JSON can carry, also those that are no UTF-8: `caf\xe9.txt`.

Each byte that is part of no UTF-8 is spelled `\x80` to `\xff`. A backslash of the name itself is spelled
`\x5c` where what follows would make it look so, and nowhere else; so every name has one spelling, and no
spelling is that of two names. Within the engine's own walks a name is as Python has it, such bytes as lone
surrogates. Source: PEP 383; the escapes are those of a shell's `$'…'`.
"""

from __future__ import annotations

import re
from typing import Final

_ESCAPE: Final = re.compile(r"\\x(5c|[89a-f][0-9a-f])")
_TO_ESCAPE: Final = re.compile(r"[\udc80-\udcff]|\\(?=x(?:5c|[89a-f][0-9a-f]))")


def spelled(name: str) -> str:
    """The spelling of a name or path that is as Python has it."""
    return _TO_ESCAPE.sub(lambda found: f"\\x{ord(found[0]) & 0xFF:02x}", name)


def unspelled(text: str) -> str:
    """The name or path that is spelled so, as Python has it.

    Bytes that make up UTF-8 together are the letter that they are. Raises: UnicodeEncodeError, for text with
    lone surrogates.
    """
    text.encode()
    if "\\x" not in text:
        return text
    pieces = _ESCAPE.split(text)
    content = [bytes.fromhex(piece) if at % 2 else piece.encode() for at, piece in enumerate(pieces)]
    return b"".join(content).decode("utf-8", "surrogateescape")


def marked(text: str) -> str:
    """The text with marks (U+FFFD) in place of what is no UTF-8: for people, it cannot be turned back."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
