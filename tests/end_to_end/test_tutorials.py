"""The tutorials in docs/tutorials, and the example of S3's page, followed to the end as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.support.server import PROJECT, ServerProcess

TUTORIALS = PROJECT / "docs" / "tutorials"


def pieces(tutorial: str, language: str) -> str:
    """Return all code of a tutorial in this language."""
    text = (TUTORIALS / tutorial).read_text()
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))


def follow(server: ServerProcess, *command: str, folder: Path = PROJECT) -> str:
    environment = {**os.environ, "ROOCODE_URL": server.url, "ROOCODE_KEY": server.key}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=120, env=environment, cwd=folder, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_socketio_tutorial_misses_nothing(server: ServerProcess) -> None:
    printed = follow(server, "node", "--input-type=module", "--eval", pieces("socketio.md", "javascript"))
    assert "task.completed" in printed
    assert "notes.txt" in printed
    assert "Missed: 0\n" in printed


def test_the_curl_tutorial_takes_the_result_home(server: ServerProcess, tmp_path: Path) -> None:
    printed = follow(server, "bash", "-c", pieces("curl.md", "bash"), folder=tmp_path)
    assert printed.count("Approving: ") == 4
    assert "The task has completed." in printed
    assert "notes.txt" in printed
    assert "event: end" in printed


def test_the_bot_tutorial_answers_by_its_rules(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server()  # its own, because the bot answers for all sessions
    printed = follow(server, sys.executable, "-c", pieces("bot.md", "python"))
    assert printed.count("asked: python3 -B primes.py") == 2
    assert "done: Wrote `primes.py` and ran it twice." in printed
    assert printed.rstrip().endswith("files: /primes.py")


def test_the_example_of_s3_s_page_has_both_tasks_done(server: ServerProcess) -> None:
    printed = follow(server, "bash", "-euo", "pipefail", "-c", pieces("../crogia.md", "sh"))
    assert '"task":"Write and run a program"' in printed
    assert '"input":"Survey what is here"' in printed
    assert '"items":' in printed
    assert '"detail"' not in printed
