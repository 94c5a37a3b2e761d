"""The examples of S0 and of the client's README, run as they stand there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from roocode import RooCodeClient
from tests.support.server import PROJECT, ServerProcess

FROM_S0 = """
from roocode import RooCodeClient

client = RooCodeClient(api_key='your-api-key')

# Create session
session = client.sessions.create(
    name='My Project',
    config={
        'provider': 'anthropic',
        'model': 'claude-3-sonnet',
        'mode': 'code'
    }
)

# Execute task
task = client.tasks.create(
    session_id=session.id,
    input='Create a React component'
)
"""
"""S0, "SDK Examples"."""
README = (PROJECT / "sdk" / "python" / "README.md").read_text()
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
DEADLINE_S = 120


def run(server: ServerProcess, code: str, folder: Path) -> str:
    """Run a program to its end, and return what it prints."""
    environment = {**os.environ, "ROOCODE_URL": server.url, "ROOCODE_KEY": server.key}
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        env=environment,
        cwd=folder,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_the_example_of_s0_runs_as_written(
    server: ServerProcess, blocking: RooCodeClient, tmp_path: Path
) -> None:
    code = FROM_S0.replace("your-api-key", server.key) + "\nprint(session.id, task.id)\n"
    session_id, task_id = run(server, code, tmp_path).split()
    session, task = blocking.sessions.get(session_id), blocking.tasks.get(session_id, task_id)
    assert (session.name, session.config.model) == ("My Project", "claude-3-sonnet")
    assert task.input == "Create a React component"


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_of_the_readme_runs(server: ServerProcess, tmp_path: Path, number: int) -> None:
    run(server, EXAMPLES[number], tmp_path)


def test_the_first_example_tells_how_the_task_ended(server: ServerProcess, tmp_path: Path) -> None:
    assert len([line for line in EXAMPLES[0].splitlines() if line.strip()]) <= 20
    printed = run(server, EXAMPLES[0], tmp_path).splitlines()
    assert any(line.startswith("Approving: ") for line in printed)
    assert any(re.match(r"\d+ % ", line) for line in printed)
    assert "/primes.py" in printed[-1]


def test_every_area_of_the_client_is_in_the_readme(blocking: RooCodeClient) -> None:
    areas = {name for name in vars(blocking) if not name.startswith("_")}
    named = re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", README, re.MULTILINE)))
    assert areas
    assert areas - set(named) == set()
