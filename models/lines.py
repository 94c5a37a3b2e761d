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
