r"""File names as text for JSON, including those that are not UTF-8: `caf\xe9.txt`.

Each byte that is not part of valid UTF-8 is spelled `\x80` to `\xff`. A backslash in the name itself is
spelled `\x5c` where it would otherwise look like such an escape, and nowhere else; so the spelling is unique
in both directions. Inside the engine's own directory walks, names are as Python has them, with lone
surrogates for such bytes. Source: PEP 383; the escapes are those of a shell's `$'…'`.
"""

from __future__ import annotations

import re
from typing import Final

_ESCAPE: Final = re.compile(r"\\x(5c|[89a-f][0-9a-f])")
_TO_ESCAPE: Final = re.compile(r"[\udc80-\udcff]|\\(?=x(?:5c|[89a-f][0-9a-f]))")


def spelled(name: str) -> str:
    """Return the spelling of a name or path given as Python has it."""
    return _TO_ESCAPE.sub(lambda found: f"\\x{ord(found[0]) & 0xFF:02x}", name)


def unspelled(text: str) -> str:
    """Return the name or path with this spelling, as Python has it.

    Escaped bytes that form valid UTF-8 together become that character. Raises: UnicodeEncodeError, if the
    text has lone surrogates.
    """
    text.encode()
    if "\\x" not in text:
        return text
    pieces = _ESCAPE.split(text)
    content = [bytes.fromhex(piece) if at % 2 else piece.encode() for at, piece in enumerate(pieces)]
    return b"".join(content).decode("utf-8", "surrogateescape")


def marked(text: str) -> str:
    """Replace what is not UTF-8 by U+FFFD, for people: it cannot be reversed."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
