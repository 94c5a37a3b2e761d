"""`scripts/set-up` in a small project, with a package index on loopback that offers newer releases.

The packages, the index and the build backend are stand-ins; Python, pip and the environment are real.
`scripts/newer-index` does the same for the real locks.
"""

from __future__ import annotations

import functools
import hashlib
import http.server
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path

import pytest

from tests.support.server import PROJECT

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
BACKEND = """
import zipfile

def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "NAME-1.0-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        info = "NAME-1.0.dist-info"
        about = "Metadata-Version: 2.1\\nName: NAME\\nVersion: 1.0\\nRequires-Dist: asks\\n"
        wheel.writestr(f"{info}/METADATA", about)
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{info}/RECORD", "")
    return name
"""
ASKS = "asked[more]>=1"
"""With an extra, which the lock does not name: a pip that resolved anything would stop at it."""


class Index:
    """A simple index of wheels that hold nothing but their metadata."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        handler = functools.partial(_Quiet, directory=str(folder))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever).start()

    def add(self, name: str, version: str, *requirements: str) -> str:
        """A release; its line in a lock."""
        file = self._folder / name / f"{name}-{version}-py3-none-any.whl"
        file.parent.mkdir(parents=True, exist_ok=True)
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        metadata += "".join(f"Requires-Dist: {requirement}\n" for requirement in requirements)
        info = f"{name}-{version}.dist-info"
        with zipfile.ZipFile(file, "w") as wheel:
            wheel.writestr(f"{info}/METADATA", metadata)
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", f"{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
        links = "".join(
            f'<a href="{each.name}">{each.name}</a>' for each in sorted(file.parent.glob("*.whl"))
        )
        (file.parent / "index.html").write_text(links)
        return f"{name}=={version} \\\n    --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@dataclass
class SmallProject:
    """A checkout with the real `scripts/set-up`."""

    folder: Path
    index: Index

    def lock(self, name: str, *entries: str) -> None:
        (self.folder / "requirements" / f"{name}.txt").write_text("".join(entries))

    def set_up(self, *locks: str, **settings: str) -> subprocess.CompletedProcess[str]:
        ours = {key: content for key, content in os.environ.items() if not key.startswith("PIP_")}
        pip = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": self.index.url, "PIP_NO_CACHE_DIR": "1"}
        return subprocess.run(
            [sys.executable, str(self.folder / "scripts" / "set-up"), *locks],
            env={**ours, **pip, **settings},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    @property
    def installed(self) -> dict[str, str]:
        """The versions of the packages in the environment."""
        infos = (self.folder / ".venv").glob("lib/*/site-packages/*.dist-info")
        names = (info.name.removesuffix(".dist-info").rpartition("-") for info in infos)
        return {name: version for name, _, version in names if name not in ("pip", "setuptools")}

    def is_ready(self, lock: str) -> bool:
        return (self.folder / ".venv" / f"ready-{lock}").exists()


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment, for copies, with our pip: to install one takes longer than all the rest here."""
    made = tmp_path_factory.mktemp("environment") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(made)], check=True)
    [packages] = made.glob("lib/*/site-packages")
    pip = distribution("pip")
    for part in {Path(file).parts[0] for file in pip.files or () if Path(file).parts[0] != ".."}:
        shutil.copytree(str(pip.locate_file(part)), packages / part)
    return made


@pytest.fixture
def project(tmp_path: Path, environment: Path) -> Iterator[SmallProject]:
    """A small project that has an empty environment."""
    folder, packages = tmp_path / "checkout", tmp_path / "index"
    (folder / "scripts").mkdir(parents=True)
    (folder / "requirements").mkdir()
    packages.mkdir()
    shutil.copy(PROJECT / "scripts" / "set-up", folder / "scripts")
    for place, name in ((folder, "small"), (folder / "sdk" / "python", "smaller")):
        place.mkdir(parents=True, exist_ok=True)
        (place / "pyproject.toml").write_text(PYPROJECT)
        (place / "backend.py").write_text(BACKEND.replace("NAME", name))
    shutil.copytree(environment, folder / ".venv", symlinks=True)
    made = SmallProject(folder, Index(packages))
    made.lock("set-up", made.index.add("tool", "1.0"))
    yield made
    made.index.close()


def test_what_is_locked_is_installed_whatever_newer_releases_there_are(project: SmallProject) -> None:
    add = project.index.add
    project.lock("core", add("asks", "1.0", ASKS), add("asked", "1.5", 'left-out; extra == "more"'))
    for name in ("asks", "asked", "tool"):
        add(name, "9999", "a-package-that-nobody-has")
    done = project.set_up("core")
    assert done.returncode == 0, done.stdout + done.stderr
    assert project.installed == {
        "asks": "1.0",
        "asked": "1.5",
        "tool": "1.0",
        "small": "1.0",
        "smaller": "1.0",
    }
    assert project.is_ready("core")


def test_it_tells_each_step_and_ends_with_what_is_there(project: SmallProject) -> None:
    shutil.rmtree(project.folder / ".venv")
    project.lock("core", project.index.add("asks", "1.0"))
    lines = project.set_up("core").stdout.splitlines()
    assert lines[0].startswith("Making .venv with Python 3.")
    steps = ["Installing set-up", "Installing core", "Installing roocode-server and roocode"]
    assert [line for line in lines if line in steps] == steps
    assert lines[-1].startswith("Set up: core (")


def test_a_lock_that_misses_a_package_fails_with_its_name(project: SmallProject) -> None:
    project.lock("core", project.index.add("asks", "1.0", ASKS))
    project.index.add("asked", "1.5")
    done = project.set_up("core")
    assert done.returncode == 1
    assert "asks 1.0 requires asked, which is not installed." in done.stdout
    assert not project.is_ready("core")


def test_what_is_set_up_apart_does_without_a_package_that_the_core_misses(project: SmallProject) -> None:
    project.lock("core", project.index.add("asks", "1.0", ASKS))
    project.lock("lock", project.index.add("locker", "1.0"))
    done = project.set_up("--apart", "lock")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (project.folder / ".venv/lock/locker-1.0.dist-info").is_dir()
    assert not project.is_ready("core")


def test_locking_waits_for_no_set_up_that_needs_the_lock_that_it_makes(tmp_path: Path) -> None:
    """A dependency was just added: what is set up is older than pyproject.toml, and cannot be renewed."""
    for name in ("Makefile", "pyproject.toml", "sdk/python/pyproject.toml", "requirements/lock.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(PROJECT / name, tmp_path / name)
    (tmp_path / ".venv").mkdir()
    for name in ("core", "set-up"):
        (tmp_path / f"requirements/{name}.txt").touch()
    (tmp_path / ".venv/ready-core").touch()
    os.utime(tmp_path / ".venv/ready-core", (0, 0))
    planned = subprocess.run(
        ["make", "--dry-run", "lock"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert "scripts/set-up --apart lock" in planned
    assert "scripts/lock" in planned
    assert "scripts/set-up core" not in planned


def test_a_file_that_is_not_the_one_that_was_locked_is_refused(project: SmallProject) -> None:
    entry = project.index.add("asks", "1.0")
    project.index.add("asks", "1.0", "a-package-that-nobody-has")
    project.lock("core", entry)
    done = project.set_up("core")
    assert done.returncode == 1
    assert "Installing core failed:" in done.stdout
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in done.stdout
    assert "Got" in done.stdout


def test_an_index_that_is_not_there_is_told(project: SmallProject) -> None:
    project.lock("core", project.index.add("asks", "1.0"))
    done = project.set_up("core", PIP_INDEX_URL="http://127.0.0.1:1/", PIP_RETRIES="1")
    assert done.returncode == 1
    assert "Installing set-up failed:" in done.stdout
    assert "Connection refused" in done.stdout
    assert "No matching distribution found for tool==1.0" in done.stdout


def test_what_was_set_up_before_stays_and_is_brought_up_to_date_too(project: SmallProject) -> None:
    add = project.index.add
    project.lock("core", add("asks", "1.0"))
    project.lock("extra", add("optional", "1.0"))
    assert project.set_up("core", "extra").returncode == 0
    project.lock("extra", add("optional", "2.0"))
    done = project.set_up("core")
    assert done.returncode == 0, done.stdout
    assert project.installed["optional"] == "2.0"
