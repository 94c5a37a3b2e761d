"""Runs the installed command as a process, and talks to it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from roocode_server.models.limit_settings import LimitSettings
from tests.support.forked import ForkedCommand
from tests.support.nightly import times

READY = "roocode-server ready on "
ALIKE = {
    "ROOCODE_PROVIDERS__OLLAMA__BASE_URL": "http://127.0.0.1:1/v1",
    "ROOCODE_RUNTIME__KIND": "local",
    "ROOCODE_MONITORING__WHOLE_MACHINE": "false",
    **{f"ROOCODE_LIMITS__{name.upper()}": "null" for name in LimitSettings.schema().fields},
}
"""Settings that make `auto` mean `scripted` and the jail, even with an Ollama or a container engine, lift the
rate limits, and keep calls that are made at random from ending programs of this machine.
"""
DEFAULT_LIMITS = {
    f"ROOCODE_LIMITS__{name.upper()}": str(getattr(LimitSettings(), name))
    for name in LimitSettings.schema().fields
}
"""Settings with the default limits."""
PROJECT = Path(__file__).resolve().parents[2]


@dataclass
class Answer:
    """The answer to a request."""

    status: int
    headers: dict[str, str]
    """All in lower case."""
    body: Any

    @property
    def code(self) -> str:
        return str(self.body["error"]["code"])


class _Connection(HTTPConnection):
    """Sends each path as it is, as curl with `--path-as-is` does."""

    def _encode_request(self, request: str) -> bytes:
        return request.encode()


@dataclass
class ServerProcess:
    """`roocode-server serve` on a free port, with its own data directory."""

    data_dir: Path
    settings: dict[str, str] = field(default_factory=dict)
    process: ForkedCommand | None = None
    url: str = ""

    def start(self) -> ServerProcess:
        """Start it and wait until it says that it is ready."""
        self.process = ForkedCommand(
            ["serve", "--port", "0", "--data-dir", str(self.data_dir)],
            env={**os.environ, **ALIKE, **self.settings},
            cwd=self.data_dir.parent,
            stderr=self._log_file,
        )
        line = self.process.stdout.readline().rstrip("\n")
        assert line.startswith(READY), f"{line}\n{self.log}"
        self.url = line.removeprefix(READY)
        return self

    @property
    def log(self) -> str:
        """Return its log so far."""
        return self._log_file.read_text()

    @property
    def _log_file(self) -> Path:
        return self.data_dir.with_name(f"{self.data_dir.name}.log")

    @property
    def admin(self) -> dict[str, str]:
        """Return the administrator created by the first start."""
        content: dict[str, str] = json.loads((self.data_dir / "admin.json").read_text())
        return content

    @property
    def key(self) -> str:
        return self.admin["apiKey"]

    def stop(self) -> int:
        """Ask it to stop, as a person would; return its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=20)
        self._close()
        return code

    def kill(self) -> None:
        """Kill it, as a power failure would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self._close()

    def end(self) -> None:
        """Stop everything it runs, whatever the test did."""
        if self.process is not None and self.process.poll() is None:
            self.kill()

    def request(self, method: str, path: str, body: Any = None, *, key: str | None = "") -> Answer:
        """Make a request on a connection of its own; `key=None` sends no credentials.

        As by `curl`, for which a process has to be started: that takes ten times as much of the processor.
        """
        headers = {"User-Agent": "a test", "Accept": "*/*"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key or self.key}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        place = urlsplit(self.url)
        with contextlib.closing(_Connection(place.netloc, timeout=60)) as connection:
            connection.putrequest(method, place.path + path, skip_accept_encoding=True)
            if sent is not None:
                headers["Content-Length"] = str(len(sent))
            for name, content in headers.items():
                connection.putheader(name, content)
            connection.endheaders(sent)
            answer = connection.getresponse()
            content = answer.read()
        told = {name.lower(): text.lower() for name, text in answer.getheaders()}
        is_json = "application/json" in told.get("content-type", "") and content
        return Answer(answer.status, told, json.loads(content) if is_json else content.decode())

    def curl(self, method: str, path: str, body: Any = None, *options: str, key: str | None = "") -> Answer:
        """Make a request with the real curl; `key=None` sends no credentials."""
        verb = ["--head"] if method == "HEAD" else ["-X", method, "-D", "-"]
        command = ["curl", "-sS", *verb, "--path-as-is", "-w", "\n%{http_code}", *options]
        if key is not None:
            command += ["-H", f"Authorization: Bearer {key or self.key}"]
        if body is not None:
            command += ["-H", "Content-Type: application/json", "--data-binary", "@-"]
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        done = subprocess.run(
            [*command, self.url + path], input=sent, capture_output=True, check=True, timeout=60
        )
        head, _, rest = done.stdout.replace(b"HTTP/1.1 100 Continue\r\n\r\n", b"").partition(b"\r\n\r\n")
        content, _, status = rest.rpartition(b"\n")
        headers = dict(line.lower().split(": ", 1) for line in head.decode().splitlines()[1:] if ": " in line)
        if "content-encoding" in headers and "--compressed" not in options:
            return Answer(int(status), headers, content)
        is_json = "application/json" in headers.get("content-type", "") and content
        return Answer(int(status), headers, json.loads(content) if is_json else content.decode())

    def roocode(self, *words: str) -> str:
        """Run another command of `roocode-server` on this server's data directory; return what it prints.

        Raises: subprocess.CalledProcessError, with what it complains of.
        """
        complaints = self.data_dir.with_name(f"{self.data_dir.name}-{secrets.token_hex(4)}.log")
        command = ForkedCommand(
            [*words, "--data-dir", str(self.data_dir)],
            env=os.environ,
            cwd=self.data_dir.parent,
            stderr=complaints,
        )
        with command.stdout:
            printed = command.stdout.read()
        if (code := command.wait(timeout=60)) != 0:
            raise subprocess.CalledProcessError(code, ["roocode", *words], printed, complaints.read_text())
        return printed

    def open_session(self, name: str = "Workshop", *, model: str = "survey", **config: Any) -> str:
        """Create a session that plays a playbook, as the administrator; return its id."""
        chosen = {"provider": "scripted", "model": model, **config}
        made = self.curl("POST", "/api/v1/sessions", {"name": name, "config": chosen})
        assert made.status == 201, made.body
        return str(made.body["session"]["id"])

    def node(self, script: str, *arguments: str, timeout: int = times(120, nightly=1200)) -> Any:
        """Run a script of tests/end_to_end/clients with the real JavaScript client; return the JSON it
        prints.
        """
        node = shutil.which("node")
        assert node is not None, "node is needed to drive the server with the JavaScript client"
        path = PROJECT / "tests" / "end_to_end" / "clients" / script
        done = subprocess.run(
            [node, str(path), self.url, self.key, *arguments],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{self.log}"
        return json.loads(done.stdout)

    def _close(self) -> None:
        if self.process is not None:
            self.process.stdout.close()


class SharedServerProcess(ServerProcess):
    """A server that other tests use afterwards: a test that ends it is told so, not those that come later."""

    def stop(self) -> int:
        raise AssertionError("this server is shared: take `start_server` to end one")

    def kill(self) -> None:
        raise AssertionError("this server is shared: take `start_server` to end one")

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            super().kill()


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    """Starts servers, which end with the test. Keywords are settings: `agent__max_iterations="3"`."""
    started: list[ServerProcess] = []

    def start(name: str = "data", **settings: str) -> ServerProcess:
        named = {f"ROOCODE_{key.upper()}": content for key, content in settings.items()}
        server = ServerProcess(tmp_path / name, named)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.end()


@pytest.fixture(scope="module")
def fresh_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that only this module's tests use: one for those who look at who and what is there."""
    running = ServerProcess(tmp_path_factory.mktemp("fresh") / "data").start()
    yield running
    running.end()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server shared by all tests of this worker that do not change it."""
    running = SharedServerProcess(tmp_path_factory.mktemp("server") / "data").start()
    yield running
    running.end()
