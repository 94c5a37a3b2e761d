"""The README's examples, run as they stand there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import metadata, requires
from pathlib import Path

import pytest

from tests.support.server import DEFAULT_LIMITS, PROJECT, ServerProcess

README = (PROJECT / "README.md").read_text()
EVENTS = (PROJECT / "docs" / "events.md").read_text()
DOCUMENTS = [
    PROJECT / "README.md",
    PROJECT / "sdk" / "python" / "README.md",
    *sorted((PROJECT / "docs").rglob("*.md")),
]


def example(language: str, text: str = README) -> str:
    """Return the example in this language that talks to the server."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (found,) = (block for block in blocks if "ROOCODE_KEY" in block)
    return str(found)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server with its default limits, which the examples must not reach."""
    running = ServerProcess(tmp_path_factory.mktemp("readme") / "data", DEFAULT_LIMITS).start()
    yield running
    running.end()
    assert "RATE_LIMIT_EXCEEDED" not in running.log


def run(server: ServerProcess, *command: str, cwd: Path = PROJECT) -> str:
    environment = {**os.environ, "ROOCODE_URL": server.url, "ROOCODE_KEY": server.key}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=90, env=environment, cwd=cwd, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_javascript_example(server: ServerProcess, tmp_path: Path) -> None:
    packages = tmp_path / "node_modules" / "@roocode"
    packages.mkdir(parents=True)
    (packages / "sdk").symlink_to(PROJECT / "sdk" / "js")
    text = example("javascript")
    printed = run(server, "node", "--input-type=module", "--eval", text, cwd=tmp_path)
    assert "Approving:" in printed
    assert "%" in printed
    assert printed.rstrip().endswith("]")
    assert text == example("javascript", (PROJECT / "sdk" / "js" / "README.md").read_text())


def test_the_javascript_example_without_the_sdk(server: ServerProcess) -> None:
    text = example("javascript", (PROJECT / "docs" / "events.md").read_text())
    printed = run(server, "node", "--input-type=module", "--eval", text)
    assert "Approving:" in printed
    assert printed.rstrip().endswith("]")


def test_the_python_example(server: ServerProcess) -> None:
    printed = run(server, sys.executable, "-c", example("python"))
    assert "Approving:" in printed
    assert "%" in printed
    assert printed.rstrip().endswith("['/primes.py']")


def test_the_python_example_on_a_bare_socket(server: ServerProcess) -> None:
    printed = run(server, sys.executable, "-c", example("python", EVENTS))
    assert "filesCreated" in printed.splitlines()[-1]


def test_the_curl_example(server: ServerProcess) -> None:
    printed = run(server, "bash", "-euc", example("bash"))
    task, events, files = map(json.loads, printed.splitlines())
    assert task["task"]["status"] == "completed"
    assert [event["seq"] for event in events["data"]] == list(range(1, len(events["data"]) + 1))
    assert files["total"]


@pytest.mark.parametrize("language", ["javascript", "python"])
def test_an_example_is_about_20_lines(language: str) -> None:
    lines = [line for line in example(language).splitlines() if line.strip()]
    assert len(lines) <= 25


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(PROJECT).as_posix())
def test_a_link_in_a_document_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text()):
        if "://" not in target:
            assert (document.parent / target).exists(), f"{document.name} → {target}"


def test_what_the_python_example_needs_is_named_as_its_package_names_it() -> None:
    """Older versions of pip ignore an extra whose name is spelled differently."""
    package, extra = re.findall(r'pip install "(python-socketio)\[([\w-]+)\]"', EVENTS)[0]
    assert extra in (metadata(package).get_all("Provides-Extra") or [])
    brought = [each for each in requires(package) or [] if re.search(rf"extra == ['\"]{extra}['\"]", each)]
    assert any(each.startswith("aiohttp") for each in brought), brought


def test_what_the_javascript_example_needs_is_got_in_another_folder() -> None:
    """In the checkout, npm also installs the dependencies of package.json, which the tests need."""
    assert "dependencies" in json.loads((PROJECT / "package.json").read_text())
    assert "in a separate folder (in this checkout, npm would also install" in README
