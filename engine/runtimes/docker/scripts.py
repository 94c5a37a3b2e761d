"""The shell scripts that look after processes in a container, where nothing but `/bin/sh` is sure to be.

Every container has them in a variable of its environment, which the commands themselves do not see.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from roocode_server.engine.runtimes.process import MARK

_VARIABLE: Final = "ROOCODE_SCRIPTS"
_FILES: Final = ("processes.sh", "supervise.sh", "end.sh", "sockets.sh")

IDLE: Final = f"unset {_VARIABLE}; mkdir -p /tmp/home; while :; do sleep 86400; [ $? -ne 127 ] || exit; done"
"""What keeps a container alive. Its shell is the first process, which gets those that lose their parents."""
QUIET: Final = "kill -9 -1"
"""Ends all but the first process."""


def standing_environment() -> dict[str, str]:
    """What the container has besides what its image says."""
    lines = [line for name in _FILES for line in (files(__package__) / name).read_text().splitlines()]
    return {MARK: "idle", _VARIABLE: "\n".join(line for line in lines if not line.lstrip().startswith("#"))}


def supervise(line: str, introduction: str) -> list[str]:
    """The arguments that run a command line; see supervise.sh."""
    return _call("supervise", line, introduction)


def end(mark: str, signal: str) -> list[str]:
    """The arguments that send a signal to the processes of a command; see end.sh."""
    return _call("end_processes", mark, signal)


def sockets() -> list[str]:
    """The arguments that list the sockets of commands; see sockets.sh."""
    return _call("list_sockets")


def _call(function: str, *arguments: str) -> list[str]:
    return ["/bin/sh", "-c", f'eval "${_VARIABLE}"; {function} "$@"', "sh", *arguments]
