"""Running scripts of this folder with the SDK, and the package as npm makes it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.server import PROJECT, ServerProcess

SDK = PROJECT / "sdk" / "js"
CLIENTS = Path(__file__).parent / "clients"
MODULES = PROJECT / "node_modules"
TYPESCRIPT = MODULES / "typescript"
"""The one that `npm install` in the SDK's folder brings. In `.bin` both of ours would be called `tsc`."""
PACKAGE = "roocode-sdk-0.1.0.tgz"


def run_script(server: ServerProcess, name: str, *arguments: str, timeout: int = 150) -> Any:
    """Run a script of `clients/` until it ends by itself; return the JSON it prints."""
    command = ["node", str(CLIENTS / f"{name}.mjs"), server.url, server.key, *arguments]
    environment = {**os.environ, "ROOCODE_URL": server.url, "ROOCODE_KEY": server.key}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, check=False, env=environment
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{server.log[-5000:]}"
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package, made by `npm pack` from a copy of its folder, as after `npm install` there."""
    place = tmp_path_factory.mktemp("pack")
    ignored = shutil.ignore_patterns("types", "node_modules")
    shutil.copytree(SDK, place / "sdk", ignore=ignored)
    (place / "node_modules").symlink_to(MODULES)
    programs = place / "sdk" / "node_modules" / ".bin"
    programs.mkdir(parents=True)
    (programs / "tsc").symlink_to(TYPESCRIPT / "bin" / "tsc")
    npm("pack", "--offline", cwd=place / "sdk")
    return place / "sdk" / PACKAGE


@pytest.fixture(scope="module")
def installed(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty folder in which npm has installed the package, and what it depends on from node_modules."""
    place = tmp_path_factory.mktemp("installed")
    needed = [str(MODULES / name) for name in dependencies()]
    packed = json.loads(npm("pack", "--ignore-scripts", "--json", *needed, cwd=place))
    archives = [f"./{each['filename']}" for each in packed]
    (place / "package.json").write_text('{"private": true}')
    npm("install", "--offline", "--no-audit", "--no-fund", str(package), *archives, cwd=place)
    return place


def dependencies() -> list[str]:
    """The packages that the SDK needs, and those that they need."""
    found = list(json.loads((SDK / "package.json").read_text())["dependencies"])
    for name in found:
        needs = json.loads((MODULES / name / "package.json").read_text()).get("dependencies", {})
        found += [each for each in needs if each not in found]
    return found


def npm(*arguments: str, cwd: Path) -> str:
    """Run npm and return what it prints."""
    done = subprocess.run(
        ["npm", *arguments], cwd=cwd, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout
