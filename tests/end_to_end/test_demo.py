"""`roocode-server demo`, as a newcomer sees it: in a terminal and without one."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.forked import run_to_the_end

COLUMNS = 80
"""Of a terminal that says nothing about its size."""
COMMAND = str(Path(sys.executable).with_name("roocode-server"))


class Terminal:
    """A pseudo terminal with the demo in it."""

    def __init__(self) -> None:
        self._ours, theirs = pty.openpty()
        self.process = subprocess.Popen(
            [COMMAND, "demo"], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)
        self.screen = ""

    def wait_for(self, *texts: str) -> str:
        """Read until one of the texts is on the screen that was not there before; which one."""
        start = len(self.screen)
        while not (found := [text for text in texts if text in self.screen[start:]]):
            try:
                self.screen += os.read(self._ours, 65536).decode(errors="replace")
            except OSError:
                raise AssertionError(f"the demo ended before it said {texts}:\n{self.screen}") from None
        return found[0]

    def type(self, text: str) -> None:
        os.write(self._ours, text.encode())

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self._ours)


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    opened = Terminal()
    yield opened
    opened.close()


def test_without_a_terminal_it_approves_by_itself_and_ends_well() -> None:
    done = subprocess.run(
        [COMMAND, "demo"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the demo approves this itself" in done.stdout
    assert "+        self._quantities[article] = self.quantity(article) + quantity" in done.stdout
    assert "Ran 5 tests" in done.stdout
    assert done.stdout.endswith("To keep one: roocode-server serve (in a checkout: make serve)\n")
    assert "\x1b[" not in done.stdout
    assert not done.stderr


def test_in_a_terminal_it_asks_and_leaves_the_server_running(terminal: Terminal) -> None:
    for _ in range(3):
        terminal.wait_for("approve? [Y/n]")
        terminal.type("\n")
    terminal.wait_for("until Ctrl-C")
    events = re.findall(r"  +\d+  \w+\.\w+ [^\r\n]*", re.sub(r"\x1b\[\w*", "\n", terminal.screen))
    assert events and max(map(len, events)) < COLUMNS
    found = re.search(r"The dashboard: +(http://127\.0\.0\.1:\d+)/\?session=\S+#token=\S+", terminal.screen)
    assert found is not None
    with urllib.request.urlopen(found.group(1) + "/", timeout=30) as page:  # noqa: S310
        assert "text/html" in page.headers["Content-Type"]
    terminal.type("\x03")
    os.killpg(terminal.process.pid, signal.SIGINT)
    assert terminal.process.wait(timeout=30) == 0


def test_a_refusal_ends_it_as_failed(terminal: Terminal) -> None:
    while terminal.wait_for("approve? [Y/n]", "until Ctrl-C") == "approve? [Y/n]":
        terminal.type("n\n")
    os.killpg(terminal.process.pid, signal.SIGINT)
    assert terminal.process.wait(timeout=30) == 1


def test_where_no_command_can_run_it_says_why(tmp_path: Path) -> None:
    done = run_to_the_end(["demo"], env={**os.environ, "PATH": str(tmp_path)}, cwd=tmp_path)
    assert done.returncode == 1
    assert "bubblewrap" in done.stderr
    assert "Traceback" not in done.stderr
