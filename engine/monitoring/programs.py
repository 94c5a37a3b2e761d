"""Which processes are agent programs: told by the program that runs, not by what else its line mentions.

Source: S4, `ProcessType` ("Claude/OpenCode process type").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Final

import psutil

from roocode_server.engine.monitoring.proc import command_line_of
from roocode_server.models.monitoring import ProcessType

PROGRAMS: Final = {
    "opencode": ProcessType.OPENCODE,
    "opencode-ai": ProcessType.OPENCODE,
    "claude": ProcessType.CLAUDE,
    "claude-code": ProcessType.CLAUDE,
    "claude-code-acp": ProcessType.CLAUDE,
    "claude-desktop": ProcessType.CLAUDE_DESKTOP,
    "codex": ProcessType.CODEX,
    "codex-acp": ProcessType.CODEX,
    "gemini": ProcessType.GEMINI,
    "gemini-cli": ProcessType.GEMINI,
    "roo": ProcessType.ROO,
    "roo-code": ProcessType.ROO,
}
"""Names of programs and of their packages, and the type of agent that each is."""
AGENTS: Final = frozenset(PROGRAMS.values())
_INTERPRETERS: Final = re.compile(r"(python|pypy|node|nodejs|bun|deno|tsx|ruby|env)[\d.]*$")
_MODULES: Final = "node_modules"
_SUFFIXES: Final = (".py", ".js", ".mjs", ".cjs", ".ts", ".exe")
_MOST_WORDS: Final = 8
"""How many words of a command line may precede the script that an interpreter runs."""


def agent_type(command_line: Sequence[str]) -> ProcessType | None:
    """Return the type of the agent program that a command line runs; None if it runs something else."""
    if not command_line:
        return None
    program = PurePosixPath(command_line[0])
    found = PROGRAMS.get(_stem(program.name))
    if found is not None or not _INTERPRETERS.fullmatch(program.name):
        return found
    return _type_of_script(command_line[1:_MOST_WORDS])


def agent_programs() -> Iterator[tuple[int, ProcessType]]:
    """Yield the pid and the type of each agent program on this machine."""
    for pid in psutil.pids():
        found = agent_type(command_line_of(pid))
        if found is not None:
            yield pid, found


def _type_of_script(words: Sequence[str]) -> ProcessType | None:
    """The type of agent that an interpreter runs: the first word that is no option names it."""
    for place, word in enumerate(words):
        if word == "-m" and place + 1 < len(words):
            return PROGRAMS.get(words[place + 1].partition(".")[0])
        if word.startswith("-"):
            continue
        path = PurePosixPath(word)
        names = [path.name, *_packages(path)]
        return next((PROGRAMS[stem] for name in names if (stem := _stem(name)) in PROGRAMS), None)
    return None


def _packages(path: PurePosixPath) -> Iterator[str]:
    """The packages of Node that a script belongs to, innermost first."""
    parts = path.parts
    for place in range(len(parts) - 1, -1, -1):
        if parts[place] == _MODULES:
            yield from parts[place + 1 : place + 3]


def _stem(name: str) -> str:
    for suffix in _SUFFIXES:
        name = name.removesuffix(suffix)
    return name
