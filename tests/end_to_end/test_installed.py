"""The wheel contains everything needed: installed away from the sources, the server works."""

from __future__ import annotations

import email
import os
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from roocode_server.models.extras import MODULES
from tests.support.locks import PYTHONS, asked
from tests.support.server import PROJECT, READY, Answer, ServerProcess

DEADLINE_S = 120


def run(folder: Path, *command: str) -> None:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the project's wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-deps")
    run(folder, *pip, "--no-build-isolation", "--no-index", "--wheel-dir", str(folder), str(PROJECT))
    [built] = folder.glob("roocode_server-*.whl")
    return built


class InstalledServer(ServerProcess):
    """`roocode-server serve` out of a folder into which the wheel is installed, and nothing else of ours."""

    def start(self) -> ServerProcess:
        packages = self.data_dir.parent / "packages"
        code = "from roocode_server.server import cli; print(cli.__file__, flush=True); cli.main()"
        with self._log_file.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", code, "serve", "--port", "0", "--data-dir", str(self.data_dir)],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, "PYTHONPATH": str(packages)},
                cwd=self.data_dir.parent,
            )
        assert self.process.stdout is not None
        place = self.process.stdout.readline().strip()
        assert Path(place).is_relative_to(packages), place
        line = self.process.stdout.readline().rstrip("\n")
        assert line.startswith(READY), f"{line}\n{self.log}"
        self.url = line.removeprefix(READY)
        return self


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("installed")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-deps")
    run(folder, *pip, "--no-index", "--target", str(folder / "packages"), str(wheel))
    server = InstalledServer(folder / "data")
    yield server.start()
    server.end()


@pytest.mark.parametrize("place", ["static", "config.yaml"])
def test_the_wheel_holds_what_lies_beside_the_packages(wheel: Path, place: str) -> None:
    source = PROJECT / place
    files = [source] if source.is_file() else [path for path in source.rglob("*") if path.is_file()]
    wanted = {f"roocode_server/{path.relative_to(PROJECT)}" for path in files}
    assert wanted
    assert wanted <= set(zipfile.ZipFile(wheel).namelist())


@pytest.mark.parametrize(
    "folder",
    [
        "engine/providers/scripted/playbooks",
        "engine/storage/migrations",
        "server/demo_project",
        "server/templates",
    ],
)
def test_the_wheel_holds_every_file_that_the_packages_need(wheel: Path, folder: str) -> None:
    found = (path for path in (PROJECT / folder).rglob("*") if path.is_file())
    wanted = {
        f"roocode_server/{path.relative_to(PROJECT)}" for path in found if "__pycache__" not in path.parts
    }
    assert wanted
    assert wanted <= set(zipfile.ZipFile(wheel).namelist())


def test_the_wheel_offers_what_is_optional_and_nothing_of_a_checkout(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [name] = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(archive.read(name))
    assert set(metadata.get_all("Provides-Extra", [])) == {*MODULES, "all"}
    names = {Requirement(each).name for each in metadata.get_all("Requires-Dist", [])}
    assert not names & {Requirement(each).name for each in asked("set-up", "dev", "model", "lock")}


def test_the_wheel_says_that_it_is_typed_and_under_which_licence(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "roocode_server/py.typed" in names
    assert any(name.endswith("/LICENSE") for name in names)


def test_the_wheel_says_what_it_runs_on(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [name] = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(archive.read(name))
    classifiers = set(metadata.get_all("Classifier", []))
    pythons = {text.rpartition(" ")[2] for text in classifiers if re.search(r":: 3\.\d+$", text)}
    assert pythons == set(PYTHONS)
    assert {"Operating System :: POSIX :: Linux", "Typing :: Typed"} <= classifiers
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert metadata["Summary"]
    assert metadata["Keywords"]


def test_a_wheel_of_the_sdist_is_the_same(wheel: Path, tmp_path: Path) -> None:
    run(PROJECT, sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path / "sdist"))
    [sdist] = (tmp_path / "sdist").glob("roocode_server-*.tar.gz")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-deps")
    run(tmp_path, *pip, "--no-build-isolation", "--no-index", "--wheel-dir", str(tmp_path), str(sdist))
    assert contents(tmp_path / wheel.name) == contents(wheel)


def contents(wheel: Path) -> dict[str, bytes]:
    """Return every file of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_wheel_holds_nothing_else(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"roocode_server"}


def test_a_program_with_models_of_its_own_embeds_the_installed_engine(
    installed: ServerProcess, tmp_path: Path
) -> None:
    program = PROJECT / "examples" / "embedding" / "warehouse.py"
    packages = installed.data_dir.parent / "packages"
    done = subprocess.run(
        [sys.executable, str(program)],
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
        env={**os.environ, "PYTHONPATH": str(packages)},
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    *events, result = done.stdout.splitlines()
    assert events[0] == "task.created"
    assert events[-1] == "task.completed"
    assert result == "lamp: 12 pieces"


@pytest.mark.parametrize("path", ["/", "/docs", "/redoc", "/openapi.json", "/asyncapi.json"])
def test_the_installed_server_serves_its_pages(installed: ServerProcess, path: str) -> None:
    answer = installed.curl("GET", path, None, "--location", key=None)
    assert answer.status == 200, answer
    assert answer.body


def test_the_installed_server_completes_a_task(installed: ServerProcess) -> None:
    config = {"provider": "scripted", "model": "write-and-run", "approvals": [{"decision": "always"}]}
    created = installed.request("POST", "/api/v1/sessions", {"name": "Installed", "config": config})
    session = f"/api/v1/sessions/{created.body['session']['id']}"
    made = installed.request("POST", f"{session}/tasks", {"input": "write and run"})
    assert made.status == 201, made
    task = ended(installed, f"{session}/tasks/{made.body['task']['id']}").body["task"]
    assert task["status"] == "completed", task
    assert task["result"]["filesCreated"] == ["/primes.py"]


def ended(server: ServerProcess, path: str) -> Answer:
    """Wait for the task to end and return it."""
    deadline = time.monotonic() + DEADLINE_S
    while (answer := server.request("GET", path)).body["task"]["status"] in ("pending", "running"):
        assert time.monotonic() < deadline, answer
    return answer


def test_the_installed_server_stops_as_asked(installed: ServerProcess) -> None:
    assert installed.stop() == 0
    assert "Traceback" not in installed.log
    installed.start()
