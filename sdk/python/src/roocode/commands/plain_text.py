"""Text of agents, commands and files, made harmless for a terminal.

A control sequence moves the cursor, changes what is on the screen already, or sets the clipboard; a
bidirectional control shows text in another order than it has. Source: ECMA-48; Unicode Standard Annex 9.
"""

from __future__ import annotations

import re
from typing import Final

_SEQUENCE: Final = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, the cursor
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)"  # OSC, DCS: titles, links
    r"|\x1b[ -/]+[0-~]|\x1b[0-Z\\-~]"
)
_CONTROL: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_LINE_CONTROL: Final = re.compile(f"{_CONTROL.pattern}|[\t\n]")
_UNFINISHED: Final = re.compile(r"(?:\x1b|[\x90\x98\x9b\x9d-\x9f])[^\n]{0,200}\Z")


def stripped(text: str) -> str:
    """Return prose or a command's output without control sequences. Lines and tabs stay."""
    return _CONTROL.sub("", _SEQUENCE.sub("", text.replace("\r\n", "\n")))


def visible(text: str) -> str:
    r"""Return text in which control characters are seen (`\x1b`), so that none hides what is to be judged."""
    return _CONTROL.sub(_escaped, text)


def one_line(text: str, most: int | None = None) -> str:
    r"""Return a name in one line, with at most so many characters; a line's end is seen, too (`\n`)."""
    shown = _LINE_CONTROL.sub(_escaped, text)
    return shown if most is None or len(shown) <= most else f"{shown[: most - 1]}…"


class StrippedStream:
    """Strips text that comes in pieces: a control sequence may begin in one and end in the next."""

    def __init__(self) -> None:
        self._kept = ""

    def feed(self, piece: str) -> str:
        """Return what can be printed so far."""
        text = _SEQUENCE.sub("", self._kept + piece)
        unfinished = _UNFINISHED.search(text)
        cut = unfinished.start() if unfinished else len(text)
        self._kept = text[cut:]
        return stripped(text[:cut])

    def rest(self) -> str:
        """Return what an unfinished sequence has kept back."""
        kept, self._kept = self._kept, ""
        return stripped(kept)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape", "surrogatepass").decode()
