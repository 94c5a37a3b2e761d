"""Replacing text in a file whatever its line endings; runs in a worker process, as a pattern may run away."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate

import regex

from roocode_server.engine.tools.diff.document import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacing:
    """What to replace, in lines `first` to `last`, counted from 1; None means the first or last line of the
    file.
    """

    search: str
    replacement: str
    first: int | None
    last: int | None
    use_regex: bool
    ignore_case: bool


def replaced(text: str, asked: Replacing) -> dict[str, object]:
    r"""Return `{"text", "count"}` of the replacement, or `{"mistake": reason}`.

    For the search every line ends with `\n`. Text that is not replaced keeps its line endings; lines in a
    replacement get the file's.
    """
    document = Document.parse(text)
    lines = document.lines
    first, last = (asked.first or 1) - 1, min(asked.last or len(lines), len(lines))
    if first > last or (lines and first >= len(lines)):
        return {"mistake": f"There are no lines {first + 1} to {last}: the file has {len(lines)}."}
    plain = [line.text + ("\n" if line.ending else "") for line in lines]
    starts = [0, *accumulate(map(len, plain))]
    wide = [end - 1 for end, line in zip(starts[1:], lines, strict=True) if line.ending == "\r\n"]
    content, original = "".join(plain[first:last]), text.removeprefix(document.mark)

    def place(index: int) -> int:
        """Return the position in the file's own text of a position in the content."""
        index += starts[first]
        return index + bisect_left(wide, index)

    pieces, done, count = [document.mark], 0, 0
    try:
        for match in _pattern(asked).finditer(content):
            put = match.expand(_plain(asked.replacement)) if asked.use_regex else _plain(asked.replacement)
            pieces += [original[done : place(match.start())], put.replace("\n", document.ending)]
            done, count = place(match.end()), count + 1
    except (regex.error, IndexError) as mistake:
        return {"mistake": f"The pattern or its replacement is invalid: {mistake}. Nothing was changed."}
    return {"text": "".join([*pieces, original[done:]]), "count": count}


def _pattern(asked: Replacing) -> regex.Pattern[str]:
    search = _plain(asked.search)
    if asked.use_regex:
        search = search.replace(r"\r?\n", r"\n").replace(r"\r\n", r"\n")
    else:
        forms = [search, *(unicodedata.normalize(form, search) for form in ("NFC", "NFD"))]
        search = "|".join(map(regex.escape, dict.fromkeys(forms)))
    return regex.compile(search, (regex.IGNORECASE if asked.ignore_case else 0) | regex.MULTILINE)


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n")
