"""What a program printed is shown to a model as a terminal would show it."""

from __future__ import annotations

import pytest

from roocode_server.engine.tools.text import printable


def test_progress_that_writes_over_itself_is_its_last_state() -> None:
    frames = "".join(f"\r{number:4} of 1000" for number in range(1001))
    assert printable(f"Fetching\n{frames}\ndone\n") == "Fetching\n1000 of 1000\ndone\n"


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("abc\rX", "Xbc"),
        ("long line\r\x1b[Kshort", "short"),
        ("long line\r\x1b[2Kshort\n", "short\n"),
        ("10 %\r20 %\r", "20 %"),
        ("dos\r\nlines\r\n", "dos\nlines\n"),
        ("\r\r\rone\r\r\rtwo\n", "two\n"),
        ("no return\n", "no return\n"),
        ("a\0b\rc", "c␀b"),
    ],
)
def test_a_line_is_what_is_left_of_it(printed: str, shown: str) -> None:
    assert printable(printed) == shown
