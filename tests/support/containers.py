"""A separate container engine for the tests, with two images; all workers of a run share it."""

from __future__ import annotations

import contextlib
import fcntl
import io
import json
import os
import shutil
import signal
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from roocode_server.engine.runtimes.choose import ID_FILE
from roocode_server.engine.runtimes.docker.plan import SERVER_LABEL

HOST_IMAGE: Final = "roocode-test/host:latest"
"""An image with links into /usr, which is mounted from this machine: as much of a system as the jail shows.
"""
BUSYBOX_IMAGE: Final = "roocode-test/busybox:latest"
"""An image with a single static program: a minimal system."""
NETWORK: Final = "roocode-test"
SHOWN: Final = ["/usr"]

_START_S: Final = 60
_LINKS: Final = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
_FOLDERS: Final = ("dev", "etc", "proc", "sys", "tmp", "usr", "var", "workspaces")


@dataclass(frozen=True)
class TestEngine:
    """A container engine whose state is in a folder."""

    __test__ = False
    folder: Path

    @property
    def address(self) -> str:
        return f"unix://{self.folder}/engine.sock"

    def start(self) -> None:
        """Start it and return once it answers."""
        with (self.folder / "log").open("ab") as log:
            subprocess.run(
                [
                    *("setsid", "--fork", "dockerd"),
                    *("--host", self.address, "--pidfile", f"{self.folder}/pid"),
                    *("--data-root", f"{self.folder}/data", "--exec-root", f"{self.folder}/exec"),
                    *("--bridge", "none", "--iptables=false", "--ip-masq=false"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=True,
            )
        deadline = time.monotonic() + _START_S
        while not self.answers():
            if time.monotonic() > deadline:
                raise TimeoutError(f"no container engine:\n{(self.folder / 'log').read_text()[-4000:]}")
            time.sleep(0.1)

    def answers(self) -> bool:
        done = subprocess.run(self._curl("GET", "/_ping"), capture_output=True, check=False)
        return done.stdout == b"OK"

    def stop(self) -> None:
        """End it as an administrator would; containers end with it."""
        process = int((self.folder / "pid").read_text())
        os.kill(process, signal.SIGTERM)
        deadline = time.monotonic() + _START_S
        while _lives(process) and time.monotonic() < deadline:
            time.sleep(0.05)

    def ask(self, method: str, path: str, body: Any = None, content: bytes | None = None) -> Any:
        """Make a request to the engine's API."""
        sent = content if content is not None else json.dumps(body).encode()
        kind = "application/x-tar" if content is not None else "application/json"
        options = ["-f", "-H", f"Content-Type: {kind}", "--data-binary", "@-"] if method == "POST" else ["-f"]
        done = subprocess.run(self._curl(method, path, *options), input=sent, capture_output=True, check=True)
        lines = [line for line in done.stdout.splitlines() if line.strip()]
        return json.loads(lines[-1]) if lines else None

    def containers(self, label: str) -> list[dict[str, Any]]:
        """Return the containers with a label."""
        filters = json.dumps({"label": [label]})
        found = self.ask("GET", f"/containers/json?all=1&filters={_quoted(filters)}")
        return list(found)

    def settings(self, **docker: Any) -> dict[str, Any]:
        """Return the `runtime` settings of a server that uses this engine."""
        chosen = {"host": self.address, "image": HOST_IMAGE, "network": NETWORK, "pull": "never", **docker}
        shown = SHOWN if chosen["image"] == HOST_IMAGE else []
        return {"kind": "docker", "docker": chosen, "read_only_paths": shown}

    def containers_of(self, data_dir: Path) -> list[dict[str, Any]]:
        """Return the containers of the server with this data directory."""
        return self.containers(f"{SERVER_LABEL}={(data_dir / ID_FILE).read_text()}")

    def remove_containers_of(self, data_dir: Path) -> None:
        """Remove the containers of the server with this data directory."""
        for container in self.containers_of(data_dir):
            self.ask("DELETE", f"/containers/{container['Id']}?force=1&v=1")

    def prepare(self) -> None:
        """Create the images and the network."""
        for image, content in ((HOST_IMAGE, _links_into_usr()), (BUSYBOX_IMAGE, busybox_archive())):
            name, _, tag = image.partition(":")
            self.ask("POST", f"/images/create?fromSrc=-&repo={name}&tag={tag}", content=content)
        self.ask("POST", "/networks/create", {"Name": NETWORK})

    def gateway(self) -> str:
        """Return this machine's address in the network, which the engine chooses."""
        return str(self.ask("GET", f"/networks/{NETWORK}")["IPAM"]["Config"][0]["Gateway"])

    def _curl(self, method: str, path: str, *options: str) -> list[str]:
        return [
            *("curl", "-sS", "--unix-socket", f"{self.folder}/engine.sock", "-X", method),
            *options,
            f"http://engine{path}",
        ]


@pytest.fixture(scope="session")
def container_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestEngine]:
    """The engine shared by all tests of this run; the last worker stops it."""
    missing = _missing()
    if missing:
        pytest.skip(f"no container engine can be started here: {missing}")
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with _state(shared) as state:
        if not state.get("users"):
            engine = TestEngine(Path(tempfile.mkdtemp(prefix="roocode-engine-")))
            engine.start()
            engine.prepare()
            state.update(folder=str(engine.folder), users=0)
        engine = TestEngine(Path(state["folder"]))
        state["users"] += 1
    try:
        yield engine
    finally:
        with _state(shared) as state:
            state["users"] -= 1
            if not state["users"]:
                with contextlib.suppress(subprocess.CalledProcessError):
                    engine.ask("DELETE", f"/networks/{NETWORK}")
                engine.stop()
                shutil.rmtree(engine.folder, ignore_errors=True)


@pytest.fixture
def own_engine() -> Iterator[Callable[[], TestEngine]]:
    """Starts an engine that a single test may stop; it has no network."""
    missing = _missing()
    if missing:
        pytest.skip(f"no container engine can be started here: {missing}")
    engine = TestEngine(Path(tempfile.mkdtemp(prefix="roocode-engine-")))

    def started() -> TestEngine:
        engine.start()
        name, _, tag = BUSYBOX_IMAGE.partition(":")
        engine.ask("POST", f"/images/create?fromSrc=-&repo={name}&tag={tag}", content=busybox_archive())
        return engine

    try:
        yield started
    finally:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            engine.stop()
        shutil.rmtree(engine.folder, ignore_errors=True)


def _missing() -> str:
    """Return the programs whose absence prevents an engine."""
    if os.geteuid() != 0:
        return "it needs root"
    missing = [
        name for name in ("dockerd", "containerd", "runc", "busybox", "curl") if not shutil.which(name)
    ]
    return f"{', '.join(missing)} not installed" if missing else ""


@contextlib.contextmanager
def _state(folder: Path) -> Iterator[dict[str, Any]]:
    """The state shared by the workers, accessed one at a time."""
    with (folder / "container-engine.json").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        state: dict[str, Any] = json.loads(file.read() or "{}")
        try:
            yield state
        finally:
            file.seek(0)
            file.truncate()
            json.dump(state, file)


def _links_into_usr() -> bytes:
    links = {name: Path("/", name).readlink() for name in _LINKS if Path("/", name).is_symlink()}
    return _tar(_FOLDERS, {name: str(target) for name, target in links.items()}, {})


def busybox_archive() -> bytes:
    """Build the root of a system with a single static program."""
    program = shutil.which("busybox") or ""
    applets = subprocess.run([program, "--list"], capture_output=True, text=True, check=True).stdout.split()
    links = {f"bin/{name}": "busybox" for name in applets if name != "busybox"}
    return _tar((*_FOLDERS, "bin"), links, {"bin/busybox": Path(program).read_bytes()})


def _tar(folders: tuple[str, ...], links: dict[str, str], programs: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        for name in folders:
            archive.addfile(_entry(name, tarfile.DIRTYPE))
        for name, target in links.items():
            link = _entry(name, tarfile.SYMTYPE)
            link.linkname = target
            archive.addfile(link)
        for name, program in programs.items():
            file = _entry(name, tarfile.REGTYPE)
            file.size = len(program)
            archive.addfile(file, io.BytesIO(program))
    return content.getvalue()


def _entry(name: str, kind: bytes) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.mode = kind, 0o755
    return entry


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())
