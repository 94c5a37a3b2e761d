r"""What a line is: it ends with `\n` or `\r\n`, and with nothing else.

`str.splitlines` knows eight further ends (form feed, U+0085, U+2028 …), which are content here: who counts
lines by them edits, shows and tells other lines than compilers, editors and ripgrep do.
"""

from __future__ import annotations


def lines_of(text: str) -> list[str]:
    """Lines without their endings and without a byte-order mark."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    rest = lines.pop().removesuffix("\r")
    if rest:
        lines.append(rest)
    return lines


def ended_lines(text: str) -> list[str]:
    """Lines with their endings; put together they are the text."""
    *lines, rest = text.split("\n")
    ended = [f"{line}\n" for line in lines]
    return [*ended, rest] if rest else ended


def last_lines(text: str, count: int) -> str:
    """The last lines with their endings, `count` of them or all that there are; `count` is 1 or more."""
    start = len(text) - 1 if text.endswith("\n") else len(text)
    for _ in range(count):
        start = text.rfind("\n", 0, start)
        if start < 0:
            return text
    return text[start + 1 :]
