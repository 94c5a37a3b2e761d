"""Characters beyond Latin, spelled in Latin letters while a line is parsed.

The grammar's scanner looks characters up in a C table of 256, whatever their number: a large one ends the
whole process. To a shell they are all alike, part of a word, so each is spelled in four letters that the
table has, and read back from there.
"""

from __future__ import annotations

import re
from typing import Final

_DIGITS: Final = [chr(code) for code in range(0xC0, 0x100) if chr(code).isalpha()]
"""Letters that no shell gives a meaning to; they are spelled out themselves, so that a spelling is one."""
_LETTERS: Final = 4
_VALUES: Final = {digit: value for value, digit in enumerate(_DIGITS)}
_SPELLED_OUT: Final = re.compile(r"[\u00c0-\U0010ffff]")
_SPELLING: Final = re.compile(f"[{''.join(_DIGITS)}]{{{_LETTERS}}}")


def spell(text: str) -> str:
    """The text without characters above U+00FF."""
    return _SPELLED_OUT.sub(lambda found: _spelling(ord(found.group())), text)


def unspell(text: str) -> str:
    """What `spell` was given."""
    return _SPELLING.sub(lambda found: _character(found.group()), text)


def _spelling(code: int) -> str:
    spelling = ""
    for _ in range(_LETTERS):
        code, value = divmod(code, len(_DIGITS))
        spelling = _DIGITS[value] + spelling
    return spelling


def _character(spelling: str) -> str:
    code = 0
    for digit in spelling:
        code = code * len(_DIGITS) + _VALUES[digit]
    return chr(code) if code <= 0x10FFFF else spelling
