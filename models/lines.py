r"""Lines end with `\n` or `\r\n`, and with nothing else.

`str.splitlines` recognises eight more line ends (form feed, U+0085, U+2028 …), which are content here:
otherwise line numbers would differ from those of compilers, editors and ripgrep.
"""

from __future__ import annotations


def lines_of(text: str) -> list[str]:
    """Return the lines without their endings and without a byte-order mark."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    rest = lines.pop().removesuffix("\r")
    if rest:
        lines.append(rest)
    return lines


def ended_lines(text: str) -> list[str]:
    """Return the lines with their endings; joined, they are the text."""
    *lines, rest = text.split("\n")
    ended = [f"{line}\n" for line in lines]
    return [*ended, rest] if rest else ended


def last_lines(text: str, count: int) -> str:
    """Return the last `count` (at least 1) lines with their endings, or all lines if there are fewer."""
    start = len(text) - 1 if text.endswith("\n") else len(text)
    for _ in range(count):
        start = text.rfind("\n", 0, start)
        if start < 0:
            return text
    return text[start + 1 :]
