"""Which rule a remembered answer makes: as narrow as the question, and never a licence to run anything."""

from __future__ import annotations

import pytest

from roocode_server.engine.agent.offered_rules import command_prefix
from roocode_server.engine.shell_lines.allowlist import matches


@pytest.mark.parametrize(
    ("line", "prefix"),
    [
        ("npm test", "npm test"),
        ("npm test -- --watch", "npm test"),
        ("npm run build --silent", "npm run build"),
        ("git status -s", "git status"),
        ("pip install -q requests", "pip install -q requests"),
        ("uv run pytest -q", "uv run pytest"),
        ("cargo build --release", "cargo build"),
        ("ls -la", "ls -la"),
        ("pytest -q tests/unit", "pytest -q tests/unit"),
        ("rm notes.txt", "rm notes.txt"),
        ("python3 -B primes.py", "python3 -B primes.py"),
        ("node build.js --fast", "node build.js --fast"),
        ("make test", "make test"),
    ],
)
def test_a_command_is_remembered_by_its_first_words(line: str, prefix: str) -> None:
    assert command_prefix(line) == prefix
    assert matches(line, prefix)


@pytest.mark.parametrize(
    "line",
    [
        "bash build.sh",
        "sh -c 'echo hi'",
        "sudo apt install x",
        "env A=1 make",
        "xargs rm",
        "find . -name '*.py'",
        "timeout 5 make",
        "/bin/sh run",
        "python3 -c 'print(1)'",
        "python3",
        "python3 -m http.server",
        "node -e 1",
        "perl -e 1",
        "awk",
        "git -c alias.x=!sh x",
        "tar xf a.tar",
        "sed -n 1p a.txt",
        "ssh host uptime",
        "docker run image",
        "npx tsc",
        "perl -I lib a.pl",
        "npm test && rm -rf .",
        "cat a | sh",
        "$TOOL run",
        "echo 'two words'",
        "echo $(id)",
        "(",
        "",
    ],
)
def test_no_rule_is_offered_that_would_allow_any_code_or_not_fit(line: str) -> None:
    assert command_prefix(line) is None
