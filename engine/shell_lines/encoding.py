"""Encoding of characters beyond Latin-1 in Latin letters while a line is parsed.

The grammar's scanner looks characters up in a C table of 256 entries without a bounds check: a larger one
crashes the whole process. To a shell all such characters are simply part of a word, so each is encoded in
four letters that are in the table, and decoded afterwards.
"""

from __future__ import annotations

import re
from typing import Final

_DIGITS: Final = [chr(code) for code in range(0xC0, 0x100) if chr(code).isalpha()]
"""Letters without a meaning in any shell; they are encoded themselves, so that the encoding is
unambiguous.
"""
_LETTERS: Final = 4
_VALUES: Final = {digit: value for value, digit in enumerate(_DIGITS)}
_SPELLED_OUT: Final = re.compile(r"[\u00c0-\U0010ffff]")
_SPELLING: Final = re.compile(f"[{''.join(_DIGITS)}]{{{_LETTERS}}}")


def spell(text: str) -> str:
    """Encode a text without characters above U+00FF."""
    return _SPELLED_OUT.sub(lambda found: _spelling(ord(found.group())), text)


def unspell(text: str) -> str:
    """Decode what `spell` returned."""
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
