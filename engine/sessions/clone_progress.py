"""What git says while it clones: its progress, and what else. Source: git-clone(1), `--progress`."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Final

TELL_S: Final = 0.25
"""The interval between two reports of the same step."""
_STEP: Final = re.compile(r"(?:remote: )?(?P<step>[A-Z][a-z]+(?: [a-z]+)?): +(?P<percent>\d+)% \(\d+/\d+\)")
_OTHER: Final = re.compile(
    r"(?:remote: )?(?:[A-Z][a-z]+(?: [a-z]+)?: +\d+(?:% \(\d+/\d+\))?|Total \d+ )|Cloning into "
)
_ENDS: Final = re.compile(r"[\r\n]+")


class CloneProgress:
    """Hears git's output in pieces and tells of its steps: what it does, and how much of that, in percent."""

    def __init__(self, tell: Callable[[str, int], None]) -> None:
        self._tell = tell
        self._rest = ""
        self._step = ""
        self._told_at = 0.0

    def hear(self, text: str) -> None:
        """Take more of what git prints to its standard error."""
        *lines, self._rest = _ENDS.split((self._rest + text)[-4096:])
        found = next((match for line in reversed(lines) if (match := _STEP.match(line))), None)
        if found is None:
            return
        step, now_s = found["step"], time.monotonic()
        if step != self._step or now_s >= self._told_at + TELL_S:
            self._step, self._told_at = step, now_s
            self._tell(step, int(found["percent"]))


def without_progress(output: str) -> str:
    """What git has said besides its progress."""
    return "\n".join(line for line in _ENDS.split(output) if not _OTHER.match(line)).strip()
