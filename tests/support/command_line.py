"""Runs the command `roocode`: with pipes, as a script does, or in a terminal, as a person does."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from tests.support.forked import CLIENT, ForkedCommand, run_to_the_end
from tests.support.server import ServerProcess

COMMAND = Path(sys.executable).with_name("roocode")
DEADLINE_S = 90
POLL_S = 0.1
PLAYBOOKS = {
    "do-it": """
name: do-it
description: Run the task as a command.
steps:
  - call: execute_command
    with: {command: "{{ input }}"}
  - call: attempt_completion
    with: {result: "Ran: {{ input }}"}
""",
    "ask-me": """
name: ask-me
description: Ask a person.
steps:
  - id: colour
    call: ask_followup_question
    with:
      question: Which colour?
      follow_up: ["Red", "{{ input }}"]
  - call: attempt_completion
    with: {result: "{{ results.colour.text }}"}
""",
}


@dataclass
class CommandLine:
    """The command, for somebody who has a folder of configuration, a current folder and a server."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: each for name, each in os.environ.items() if not name.startswith(("ROOCODE_", "GIT_"))}
        return {**kept, "XDG_CONFIG_HOME": str(self.folder / "configuration"), **self.settings}

    def run(
        self, *arguments: str, said: str | bytes = "", cwd: Path | None = None, **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Run it without a terminal."""
        return run_to_the_end(
            arguments,
            program=CLIENT,
            said=said if isinstance(said, str) else said.decode("latin-1"),
            timeout=DEADLINE_S,
            cwd=cwd or self.folder,
            env={**self.environment, **settings},
        )

    def succeed(self, *arguments: str, **options: Any) -> str:
        """Run it, and return its data."""
        done = self.run(*arguments, **options)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout

    def json(self, *arguments: str, **options: Any) -> Any:
        """Run it with --json, and return what it prints."""
        return json.loads(self.succeed(*arguments, "--json", **options))

    def wait_until_it_asks(self, task: str) -> dict[str, Any]:
        """Wait until a task waits for a person; return it."""
        while (shown := self.json("tasks", "show", task))["activity"] != "interactive":
            time.sleep(POLL_S)
        return dict(shown)

    @contextlib.contextmanager
    def in_terminal(
        self, *arguments: str, cwd: Path | None = None, is_installed: bool = False, **settings: str
    ) -> Iterator[Typist]:
        """Run it in a terminal of its own: a fork, or the installed command, which starts slowly."""
        ours, its = pty.openpty()
        environment = {**self.environment, "TERM": "xterm", **settings}
        start = _start_installed if is_installed else _start_fork
        with Connection(its) as terminal:
            process = start(arguments, environment, cwd or self.folder, terminal)
        try:
            yield Typist(ours, process)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            process.wait()
            os.close(ours)


def _start_fork(
    arguments: Sequence[str], environment: Mapping[str, str], cwd: Path, terminal: Connection
) -> ForkedCommand:
    nowhere = Path(os.devnull)
    process = ForkedCommand(
        arguments, program=CLIENT, env=environment, cwd=cwd, stderr=nowhere, terminal=terminal
    )
    process.stdout.close()
    return process


def _start_installed(
    arguments: Sequence[str], environment: Mapping[str, str], cwd: Path, terminal: Connection
) -> subprocess.Popen[bytes]:
    its = terminal.fileno()
    return subprocess.Popen(
        [str(COMMAND), *arguments],
        stdin=its,
        stdout=its,
        stderr=its,
        cwd=cwd,
        env=environment,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )


@dataclass
class Typist:
    """Somebody at a terminal."""

    terminal: int
    process: ForkedCommand | subprocess.Popen[bytes]
    seen: str = ""
    _read: int = 0

    def until(self, text: str) -> str:
        """Wait until a text is seen after what was waited for before; return all up to it."""
        deadline = time.monotonic() + DEADLINE_S
        while text not in self.seen[self._read :]:
            assert self._see(deadline), f"{text!r} was not seen in:\n{self.seen}"
        end = self.seen.index(text, self._read) + len(text)
        found, self._read = self.seen[self._read : end], end
        return found

    def type(self, text: str) -> None:
        os.write(self.terminal, text.encode())

    def press_ctrl_c(self) -> None:
        self.type("\x03")

    def code(self) -> int:
        """Wait for the end, and return the exit code."""
        deadline = time.monotonic() + DEADLINE_S
        while self._see(deadline):
            pass
        return self.process.wait(timeout=DEADLINE_S)

    def _see(self, deadline: float) -> bool:
        ready, _, _ = select.select([self.terminal], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return False
        try:
            content = os.read(self.terminal, 65536)
        except OSError:  # the other end is closed
            return False
        self.seen += content.decode(errors="replace")
        return bool(content)


@pytest.fixture(scope="session")
def playing_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with the playbooks `do-it`, which runs the task as a command, and `ask-me`."""
    top = tmp_path_factory.mktemp("playing")
    books = top / "playbooks"
    books.mkdir()
    for name, text in PLAYBOOKS.items():
        (books / f"{name}.yaml").write_text(text)
    settings = {"ROOCODE_PROVIDERS__SCRIPTED__FOLDERS": json.dumps([str(books)])}
    running = ServerProcess(top / "data", settings).start()
    yield running
    running.end()


@pytest.fixture
def command_line(playing_server: ServerProcess, tmp_path: Path) -> CommandLine:
    """The command of somebody who has the administrator's key in the environment."""
    settings = {"ROOCODE_URL": playing_server.url, "ROOCODE_KEY": playing_server.key}
    return CommandLine(tmp_path, settings)


@pytest.fixture
def stranger(tmp_path: Path) -> CommandLine:
    """The command of somebody who has never logged in."""
    return CommandLine(tmp_path)
