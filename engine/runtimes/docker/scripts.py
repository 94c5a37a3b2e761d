"""Shell scripts that manage processes in a container, where only `/bin/sh` can be relied on.

Each container has them in an environment variable, which is hidden from commands.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from typing import Final

from roocode_server.engine.runtimes.process import MARK_VARIABLE

_VARIABLE: Final = "ROOCODE_SCRIPTS"
_SHELL: Final = ("/bin/sh", "-c")
_OPENING: Final = f'eval "${_VARIABLE}"'
_FILES: Final = ("processes.sh", "supervise.sh", "end.sh", "sockets.sh")

IDLE: Final = f"unset {_VARIABLE}; mkdir -p /tmp/home; while :; do sleep 86400; [ $? -ne 127 ] || exit; done"
"""Keeps a container alive. Its shell is the first process, which adopts orphaned processes."""
IDLE_MARK: Final = "idle"
"""The mark of what keeps a container alive, and of the scripts that manage processes in it."""
QUIET: Final = "kill -9 -1"
"""Kills all processes except the first."""


def standing_environment() -> dict[str, str]:
    """Return the container's environment in addition to that of its image."""
    lines = [line for name in _FILES for line in (files(__package__) / name).read_text().splitlines()]
    return {
        MARK_VARIABLE: IDLE_MARK,
        _VARIABLE: "\n".join(line for line in lines if not line.lstrip().startswith("#")),
    }


def is_one_of_these(command_line: Sequence[str]) -> bool:
    """Whether a process runs one of these scripts."""
    return len(command_line) > len(_SHELL) and command_line[len(_SHELL)].startswith(_OPENING)


def supervise(line: str, introduction: str) -> list[str]:
    """Return the arguments that run a command line; see supervise.sh."""
    return _call("supervise", line, introduction)


def end(mark: str, signal: str) -> list[str]:
    """Return the arguments that send a signal to a command's processes; see end.sh."""
    return _call("end_processes", mark, signal)


def sockets() -> list[str]:
    """Return the arguments that list the sockets of commands; see sockets.sh."""
    return _call("list_sockets")


def _call(function: str, *arguments: str) -> list[str]:
    return [*_SHELL, f'{_OPENING}; {function} "$@"', "sh", *arguments]
