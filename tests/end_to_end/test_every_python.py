"""The two wheels, alone in an empty environment of another Python: they serve, run the demo's task, and open
the dashboard. `make test` tries the newest that is here, `make nightly` each of them. What this server runs
on is in `docs/installing.md`.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.browser import Page
from tests.support.locks import PYTHONS
from tests.support.nightly import IS_NIGHTLY
from tests.support.server import ALIKE, PROJECT, READY

LONGEST_S = 600
QUIET = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"}


def found() -> dict[str, str]:
    """The promised versions that are on the path or where pyenv keeps its own: their programs, by version."""
    here = {"{}.{}".format(*sys.version_info): sys.executable}
    for version in PYTHONS:
        of_pyenv = sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python{version}"))
        programs = [shutil.which(f"python{version}"), *map(str, of_pyenv)]
        working = (program for program in programs if program is not None and works(program))
        if program := here.get(version) or next(working, None):
            here[version] = program
    return here


def works(program: str) -> bool:
    """Whether it is a Python that makes environments, and not pyenv's word for one that is not chosen."""
    tried = subprocess.run([program, "-c", "import ensurepip, venv"], capture_output=True, check=False)
    return tried.returncode == 0


HERE = found()
TRIED = list(HERE) if IS_NIGHTLY else [max(HERE, key=lambda version: tuple(map(int, version.split("."))))]
"""Each of them in the nightly run. `test_installed.py` tries the one that runs the tests, in every run."""


@dataclass
class Installation:
    """An environment with the wheels and what they need, and nothing else."""

    folder: Path

    def program(self, name: str) -> str:
        return str(self.folder / "bin" / name)

    def run(self, program: str, *words: str, **environment: str) -> str:
        """Run a program of the environment to its end; return what it prints."""
        return self._run([self.program(program), *words], **environment)

    def pip(self, *words: str) -> str:
        """Run pip in it: ours, by its Python. To install another one takes as long as all packages."""
        return self._run([sys.executable, "-m", "pip", "--python", self.program("python"), *words])

    def _run(self, command: list[str], **environment: str) -> str:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            cwd=self.folder,
            env={**os.environ, **QUIET, **ALIKE, **environment},
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The wheels of the server and of the client."""
    folder = tmp_path_factory.mktemp("wheels")
    building = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index"]
    sources = [str(PROJECT), str(PROJECT / "sdk" / "python")]
    subprocess.run(
        [*building, "--wheel-dir", str(folder), *sources], check=True, timeout=LONGEST_S, capture_output=True
    )
    return [str(path) for path in sorted(folder.glob("*.whl"))]


@pytest.fixture(scope="module", params=TRIED)
def installation(
    request: pytest.FixtureRequest, wheels: list[str], tmp_path_factory: pytest.TempPathFactory
) -> Installation:
    made = Installation(tmp_path_factory.mktemp("python") / "environment")
    making = [HERE[request.param], "-m", "venv", "--without-pip", str(made.folder)]
    subprocess.run(making, check=True, timeout=LONGEST_S)
    install = ("install", "--quiet", "--no-compile", "--no-deps")
    made.pip(*install, "--require-hashes", "--requirement", str(PROJECT / "requirements" / "core.txt"))
    made.pip(*install, "--no-index", *wheels)
    return made


@pytest.fixture
def served(installation: Installation, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a server of the environment, and its data directory."""
    data = tmp_path / "data"
    with (
        (tmp_path / "log").open("w") as log,
        subprocess.Popen(
            [installation.program("roocode-server"), "serve", "--port", "0", "--data-dir", str(data)],
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=tmp_path,
            env={**os.environ, **ALIKE, **QUIET},
        ) as process,
    ):
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        try:
            assert line.startswith(READY), line + (tmp_path / "log").read_text()
            yield line.removeprefix(READY), data
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0
            assert "Traceback" not in (tmp_path / "log").read_text()
        finally:
            process.kill()


@pytest.mark.parametrize("version", PYTHONS)
def test_a_python_that_is_not_here_is_named(version: str) -> None:
    if version not in HERE:
        pytest.skip(f"Python {version} is not installed here, so nothing is tried with it")


def test_nothing_that_it_needs_is_missing_or_too_old(installation: Installation) -> None:
    assert "No broken requirements" in installation.pip("check")


def test_the_demo_runs_to_its_end(installation: Installation, tmp_path: Path) -> None:
    told = installation.run("roocode-server", "demo", ROOCODE_SERVER__DATA_DIR=str(tmp_path / "data"))
    assert "completed" in told


async def test_it_serves_a_task_and_the_dashboard(
    installation: Installation, served: tuple[str, Path], page: Page
) -> None:
    url, data = served
    admin = json.loads((data / "admin.json").read_text())
    told = installation.run(
        "roocode",
        "run",
        "Write a program and run it",
        "--provider=scripted",
        "--model=write-and-run",
        "--yes",
        ROOCODE_URL=url,
        ROOCODE_KEY=admin["apiKey"],
    )
    assert "primes.py" in told
    await page.open(url)
    await page.log_in(admin)
    await page.shows("Write a program and run it")
    assert page.complaints == []
