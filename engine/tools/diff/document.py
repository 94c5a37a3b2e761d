"""A text as lines that keep their own endings, so that an edit changes nothing beside its place."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

BYTE_ORDER_MARK: Final = "\ufeff"
_LINE: Final = re.compile(r"([^\n]*?)(\r?\n)|([^\n]+)\Z")


@dataclass(frozen=True, slots=True)
class TextLine:
    """`ending` is `\\n`, `\\r\\n`, or empty on a last line that has none."""

    text: str
    ending: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The lines of a text; `mark` is its byte-order mark, `ending` what a new line is given."""

    lines: tuple[TextLine, ...]
    mark: str
    ending: str

    @classmethod
    def parse(cls, text: str) -> Document:
        """Any text; `text()` gives it back unchanged."""
        content = text.removeprefix(BYTE_ORDER_MARK)
        lines = tuple(TextLine(m[1] or m[3] or "", m[2] or "") for m in _LINE.finditer(content))
        mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
        return cls(lines=lines, mark=mark, ending=_usual_ending(lines))

    @property
    def texts(self) -> list[str]:
        return [line.text for line in self.lines]

    def text(self) -> str:
        return self.mark + "".join(line.text + line.ending for line in self.lines)

    def replaced(self, start: int, count: int, lines: Sequence[TextLine]) -> Document:
        """The document with `count` lines from index `start` replaced; the last line ends as it did.

        A blank line keeps its ending even there, for without it there would be no such line.
        """
        new = tuple(TextLine(line.text, line.ending or self.ending) for line in lines)
        whole = self.lines[:start] + new + self.lines[start + count :]
        if start + count == len(self.lines) and (new or not self.lines[-1].ending):
            whole = _ended(whole, self.lines[-1].ending)
        return Document(lines=whole, mark=self.mark, ending=self.ending)


def _ended(lines: tuple[TextLine, ...], ending: str) -> tuple[TextLine, ...]:
    """The lines with this ending after the last, unless that would make the last vanish."""
    if not lines or not (lines[-1].text or ending):
        return lines
    return (*lines[:-1], TextLine(lines[-1].text, ending))


def _usual_ending(lines: Iterable[TextLine]) -> str:
    endings = Counter(line.ending for line in lines if line.ending)
    return endings.most_common(1)[0][0] if endings else "\n"
