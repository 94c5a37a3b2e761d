"""The demo's terminal output: lines that stay, and a progress line below them."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from typing import Final, TextIO

BAR_COLUMNS: Final = 24
_CODES: Final = {"dim": "2", "bold": "1", "red": "31", "green": "32", "yellow": "33", "cyan": "36"}


class Screen:
    """Prints the demo's output.

    Colours and the progress line are only used on terminals; `NO_COLOR` is honoured.
    """

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self._out = out
        self.is_terminal = out.isatty() and sys.stdin.isatty()
        self._has_colours = self.is_terminal and not os.environ.get("NO_COLOR")
        self._progress = ""

    def line(self, text: str = "", style: str | None = None, *, fits: bool = False) -> None:
        """Print a line above the progress; with `fits`, cut off where the terminal ends."""
        self._clear()
        self._out.write(self._styled(self._fitted(text) if fits else text, style) + "\n")
        self._draw()

    def progress(self, percent: int, step: str) -> None:
        """Show the progress; without a terminal, as a separate line."""
        filled = round(BAR_COLUMNS * percent / 100)
        told = f"[{'█' * filled}{'·' * (BAR_COLUMNS - filled)}] {percent:3d} %  {step.splitlines()[0][:60]}"
        if not self.is_terminal:
            self.line(told)
            return
        self._clear()
        self._progress = self._fitted(told)
        self._draw()

    def end_progress(self) -> None:
        """Remove the progress line."""
        self._clear()
        self._progress = ""
        self._out.flush()

    async def ask(self, question: str) -> str:
        """Ask a question and return what the person types."""
        self._clear()
        self._out.write(self._styled(question, "bold"))
        self._out.flush()
        loop = asyncio.get_running_loop()
        typed: asyncio.Future[str] = loop.create_future()
        loop.add_reader(sys.stdin, _take_line, typed)
        try:
            return (await typed).strip()
        finally:
            loop.remove_reader(sys.stdin)
            self._draw()

    def _fitted(self, text: str) -> str:
        if not self.is_terminal:
            return text
        most = shutil.get_terminal_size().columns - 1
        return text if len(text) <= most else text[: most - 1] + "…"

    def _styled(self, text: str, style: str | None) -> str:
        if style is None or not self._has_colours:
            return text
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m"

    def _clear(self) -> None:
        if self._progress:
            self._out.write("\r\x1b[K")

    def _draw(self) -> None:
        if self._progress:
            self._out.write(self._progress)
        self._out.flush()


def _take_line(typed: asyncio.Future[str]) -> None:
    if not typed.done():
        typed.set_result(sys.stdin.readline())
