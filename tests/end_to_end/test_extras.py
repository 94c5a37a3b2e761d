"""A server with only the packages of requirements/core.txt."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from roocode_server.models.extras import MODULES
from tests.support.locks import asked, declared, locked, pins
from tests.support.server import ALIKE, PROJECT, READY, ServerProcess

OUR_PACKAGES = ("models", "engine", "handlers", "server")
LATE = {"engine/browser/view.py": "browser", "engine/tracing/open_telemetry.py": "tracing"}
"""Modules that are themselves imported when their extra is used."""


@pytest.fixture(scope="module")
def core_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with links to what the core lock installs."""
    folder = tmp_path_factory.mktemp("core")
    here = {key: str(content) for key, content in default_environment().items()}
    installed = [pin.name for pin in pins(locked("core")) if pin.marker is None or pin.marker.evaluate(here)]
    for name in ("roocode-server", *installed):
        found = distribution(name)
        tops = {file.parts[0] for file in found.files or ()} - {"..", "__pycache__"}
        for top in tops:
            if not (folder / top).exists():
                (folder / top).symlink_to(Path(str(found.locate_file(top))))
    return folder


class CoreServer(ServerProcess):
    """`roocode-server serve` with the packages of a folder, the checkout, and nothing else."""

    packages: Path

    def start(self) -> ServerProcess:
        with self._log_file.open("a") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-S",
                    "-m",
                    "roocode_server.server.cli",
                    "serve",
                    "--port",
                    "0",
                    "--data-dir",
                    str(self.data_dir),
                ],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={
                    **os.environ,
                    **ALIKE,
                    "PYTHONPATH": f"{PROJECT / 'src'}:{self.packages}",
                    "OPENAI_API_KEY": "sk-1",
                },
                cwd=self.data_dir.parent,
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline().rstrip("\n")
        assert line.startswith(READY), f"{line}\n{self.log}"
        self.url = line.removeprefix(READY)
        return self


@pytest.fixture(scope="module")
def core_server(core_packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    server = CoreServer(tmp_path_factory.mktemp("server") / "data")
    server.packages = core_packages
    yield server.start()
    server.end()


@pytest.mark.parametrize(
    ("provider", "extra"),
    [("anthropic", "anthropic"), ("openai", "openai"), ("gemini", "gemini"), ("ollama", "openai")],
)
def test_a_session_with_a_provider_whose_library_is_missing_is_refused_with_what_to_install(
    core_server: ServerProcess, provider: str, extra: str
) -> None:
    refused = core_server.request(
        "POST", "/api/v1/sessions", {"name": "One", "config": {"provider": provider}}
    )
    assert (refused.status, refused.code) == (501, "EXTRA_NOT_INSTALLED")
    error = refused.body["error"]
    assert error["details"] == {"extra": extra}
    assert f'pip install "roocode-server[{extra}]"' in error["message"]
    assert f"make {extra}" in error["message"]


def test_so_are_a_change_of_a_session_and_a_profile(core_server: ServerProcess) -> None:
    session = new_session(core_server)
    changed = core_server.request("PUT", session, {"config": {"provider": "gemini"}})
    assert (changed.status, changed.code) == (501, "EXTRA_NOT_INSTALLED")
    profile = {"name": "mine", "provider": "anthropic", "model": "auto", "apiKey": "sk-1"}
    made = core_server.request("POST", "/api/v1/profiles", profile)
    assert (made.status, made.code) == (501, "EXTRA_NOT_INSTALLED")
    assert core_server.request("GET", "/api/v1/profiles").body["profiles"] == []


def test_a_task_fails_with_it_where_auto_means_such_a_provider(core_server: ServerProcess) -> None:
    session = new_session(core_server, provider="auto")
    made = core_server.request("POST", f"{session}/tasks", {"input": "Say hello"}).body["task"]
    while (task := core_server.request("GET", f"{session}/tasks/{made['id']}").body["task"])["status"] in (
        "pending",
        "running",
    ):
        pass
    assert task["error"]["code"] == "EXTRA_NOT_INSTALLED"
    assert 'pip install "roocode-server[openai]"' in task["error"]["message"]


@pytest.mark.parametrize(
    ("tool", "parameters", "extra"),
    [
        ("browser_action", {"action": "launch", "url": "http://93.184.216.34/"}, "browser"),
        ("codebase_search", {"query": "where is the price"}, "semantic"),
    ],
)
def test_a_tool_whose_packages_are_missing_says_so(
    core_server: ServerProcess, tool: str, parameters: dict[str, str], extra: str
) -> None:
    session = new_session(core_server, network=True)
    refused = core_server.request("POST", f"{session}/tools/{tool}", {"parameters": parameters})
    assert (refused.status, refused.code) == (501, "EXTRA_NOT_INSTALLED")
    assert refused.body["error"]["details"] == {"extra": extra}


def test_a_server_that_is_to_export_traces_without_their_packages_does_not_start(
    core_packages: Path, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-m", "roocode_server.server.cli", "serve", "--port", "0"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={
            **os.environ,
            **ALIKE,
            "PYTHONPATH": f"{PROJECT / 'src'}:{core_packages}",
            "ROOCODE_TRACING__ENDPOINT": "http://127.0.0.1:1/v1/traces",
        },
    )
    assert done.returncode != 0
    assert 'pip install "roocode-server[tracing]"' in done.stderr
    assert "Traceback" not in done.stderr


def test_a_key_that_nothing_can_use_is_told_at_the_start(core_server: ServerProcess) -> None:
    assert "key without its extra" in core_server.log


def test_everything_else_works(core_server: ServerProcess) -> None:
    assert core_server.request("GET", "/openapi.json", key=None).status == 200
    session = new_session(core_server)
    assert core_server.request("POST", f"{session}/files/a.txt", {"content": "text"}).status in (200, 201)
    assert (
        core_server.request("POST", f"{session}/tools/read_file", {"parameters": {"path": "a.txt"}}).status
        == 200
    )


def new_session(server: ServerProcess, provider: str = "scripted", **config: object) -> str:
    config = {"provider": provider, **config}
    made = server.request("POST", "/api/v1/sessions", {"name": "One", "config": config})
    assert made.status == 201, made
    return f"/api/v1/sessions/{made.body['session']['id']}"


def test_what_the_server_imports_when_it_starts_is_no_extra() -> None:
    late = [name for modules in MODULES.values() for name in modules]
    code = (
        "import sys, roocode_server.server.commands.serving; "
        f"print([name for name in {late} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT
    )
    assert done.stdout.strip() == "[]"


def test_each_extra_of_the_distribution_is_known() -> None:
    assert MODULES.keys() == declared()["project"]["optional-dependencies"].keys() - {"all"}


@pytest.mark.parametrize("package", OUR_PACKAGES)
def test_each_package_that_is_imported_is_declared(package: str) -> None:
    """In `dependencies`, or where it is imported late, in an extra."""
    core, extras = distributions("core"), distributions("core", *MODULES)
    for file in sorted((PROJECT / package).rglob("*.py")):
        path = file.relative_to(PROJECT).as_posix()
        if path.startswith("server/demo_project/"):
            continue
        at_once, late = imported(ast.parse(file.read_text()))
        allowed = core if path not in LATE else distributions("core", LATE[path])
        assert not undeclared(at_once, allowed), path
        assert not undeclared(late, extras), path


def distributions(*names: str) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in asked(*names)}


def imported(module: ast.Module) -> tuple[set[str], set[str]]:
    """The top modules that a module imports with itself, and those that it imports late or for types."""
    at_once = [node for node in module.body if isinstance(node, ast.Import | ast.ImportFrom)]
    late = [node for node in ast.walk(module) if isinstance(node, ast.Import | ast.ImportFrom)]
    return _tops(at_once), _tops(late)


def _tops(nodes: list[ast.Import | ast.ImportFrom]) -> set[str]:
    names = set[str]()
    for node in nodes:
        names |= {alias.name for alias in node.names} if isinstance(node, ast.Import) else {node.module or ""}
    return {name.partition(".")[0] for name in names}


def undeclared(modules: set[str], allowed: set[str]) -> set[str]:
    """Those that no allowed distribution brings; several bring parts of one name, as of `google`."""
    owners = {module: set(map(canonicalize_name, OWNERS.get(module, ()))) for module in modules}
    return {module for module, names in owners.items() if names - {"roocode-server"} and not names & allowed}


OWNERS = packages_distributions()
