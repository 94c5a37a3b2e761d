"""A text as lines that keep their own endings, so that an edit changes nothing else."""

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
    r"""A line. `ending` is `\n`, `\r\n`, or empty for a last line without one."""

    text: str
    ending: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """The lines of a text; `mark` is its byte-order mark, `ending` the line ending for new lines."""

    lines: tuple[TextLine, ...]
    mark: str
    ending: str

    @classmethod
    def parse(cls, text: str) -> Document:
        """Parse any text; `text()` returns it unchanged."""
        content = text.removeprefix(BYTE_ORDER_MARK)
        lines = tuple(TextLine(m[1] or m[3] or "", m[2] or "") for m in _LINE.finditer(content))
        mark = BYTE_ORDER_MARK if text.startswith(BYTE_ORDER_MARK) else ""
        return cls(lines=lines, mark=mark, ending=_usual_ending(lines))

    @property
    def texts(self) -> list[str]:
        """The lines without their endings."""
        return [line.text for line in self.lines]

    def text(self) -> str:
        """The whole text."""
        return self.mark + "".join(line.text + line.ending for line in self.lines)

    def replaced(self, start: int, count: int, lines: Sequence[TextLine]) -> Document:
        """Replace `count` lines from index `start`; the document's last line keeps its ending.

        A last line that is blank always keeps its ending, because without it the line would not exist.
        """
        new = tuple(TextLine(line.text, line.ending or self.ending) for line in lines)
        whole = self.lines[:start] + new + self.lines[start + count :]
        if start + count == len(self.lines) and (new or not self.lines[-1].ending):
            whole = _ended(whole, self.lines[-1].ending)
        return Document(lines=whole, mark=self.mark, ending=self.ending)


def _ended(lines: tuple[TextLine, ...], ending: str) -> tuple[TextLine, ...]:
    """Give the last line this ending, unless the line would vanish."""
    if not lines or not (lines[-1].text or ending):
        return lines
    return (*lines[:-1], TextLine(lines[-1].text, ending))


def _usual_ending(lines: Iterable[TextLine]) -> str:
    endings = Counter(line.ending for line in lines if line.ending)
    return endings.most_common(1)[0][0] if endings else "\n"
