"""Agent programs are told from others by what runs, not by what their command lines mention."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from roocode_server.engine.monitoring.proc import command_line_of
from roocode_server.engine.monitoring.programs import agent_programs, agent_type


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("opencode run", "opencode"),
        ("/home/a/.opencode/bin/opencode serve --port 1", "opencode"),
        ("python opencode run --task task_456", "opencode"),
        ("python3.12 -u /opt/opencode.py run", "opencode"),
        ("python -m opencode run", "opencode"),
        ("claude", "claude"),
        ("node --max-old-space-size=4096 /usr/bin/claude -p hello", "claude"),
        ("node /usr/lib/node_modules/@anthropic-ai/claude-code/cli.js", "claude"),
        ("/usr/bin/env node /usr/lib/node_modules/@google/gemini-cli/dist/index.js", None),
        ("node /usr/lib/node_modules/@google/gemini-cli/dist/index.js", "gemini"),
        ("node /usr/lib/node_modules/@openai/codex/bin/codex.js", "codex"),
        ("codex-acp", "codex"),
        ("/usr/lib/claude-desktop/claude-desktop --type=renderer", "claude-desktop"),
        ("roo", "roo"),
    ],
)
def test_an_agent_program_has_a_type(line: str, found: str | None) -> None:
    assert agent_type(line.split()) == found


@pytest.mark.parametrize(
    "line",
    [
        "vim opencode.md",
        "python /home/opencode/work/server.py",
        "bash -c opencode",
        "grep -r claude /home/codex",
        "node /home/gemini/index.js opencode",
        "/home/claude/bin/tool",
        "python",
        "python -m",
    ],
)
def test_a_program_that_only_mentions_one_is_none(line: str) -> None:
    assert agent_type(line.split()) is None


def test_a_process_without_a_command_line_is_none() -> None:
    assert agent_type([]) is None
    assert command_line_of(2**22 + 1) == []


def test_a_running_one_is_found(tmp_path: Path) -> None:
    program = tmp_path / "opencode"
    shutil.copy("/bin/sleep", program)
    with subprocess.Popen([str(program), "60"]) as running:
        try:
            while not command_line_of(
                running.pid
            ):  # the kernel shows it a moment after the program was loaded
                assert running.poll() is None
            assert (running.pid, "opencode") in list(agent_programs())
            assert command_line_of(running.pid) == [str(program), "60"]
            assert os.getpid() not in dict(agent_programs())
        finally:
            running.kill()
