"""What the machine has run out of is told as the server's overload, and passes with its cause."""

from __future__ import annotations

import contextlib
import resource
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest

from tests.support.server import ServerProcess


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    assert mounted.returncode == 0, f"this test mounts a tmpfs: run it as root ({mounted.stderr!r})"
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def session_of(server: ServerProcess) -> str:
    return str(server.request("POST", "/api/v1/sessions", {"name": "Full"}).body["session"]["id"])


def test_a_full_disk_is_the_servers_and_not_the_sessions(
    start_server: Callable[..., ServerProcess], small_disk: Path
) -> None:
    server = start_server()
    session_id = session_of(server)
    file = f"/api/v1/sessions/{session_id}/files/a.txt"
    workspaces = server.data_dir / "workspaces"
    subprocess.run(["mount", "--bind", str(small_disk), str(workspaces)], check=True)
    try:
        (workspaces / session_id).mkdir(mode=0o700)
        (small_disk / "filler").write_bytes(bytes(7 * 2**20))
        refused = server.request("POST", file, {"content": "a" * (2 * 2**20)})
        assert (refused.status, refused.code) == (503, "SERVER_OVERLOAD"), refused.body
        assert "disk" in refused.body["error"]["message"]
        (small_disk / "filler").unlink()
        assert server.request("POST", file, {"content": "a" * (2 * 2**20)}).status == 201
    finally:
        subprocess.run(["umount", "--lazy", str(workspaces)], check=True)


@pytest.mark.parametrize("path", ["files/a.txt", "processes", "terminals"])
def test_without_descriptors_a_call_is_told_of_overload_and_works_again_later(
    start_server: Callable[..., ServerProcess], path: str
) -> None:
    server = start_server()
    place = f"/api/v1/sessions/{session_of(server)}/{path}"
    body = {"content": "a"} if path.startswith("files") else {"command": "sleep 60"}
    assert server.process is not None
    pid = server.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    used = psutil.Process(pid).num_fds()
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (used + 1, before[1]))
    refused = server.request("POST", place, body)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    assert (refused.status, refused.code) == (503, "SERVER_OVERLOAD"), refused.body
    assert server.request("POST", place, body).status == 201


def test_a_server_without_descriptors_neither_spins_nor_goes_deaf(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server()
    assert is_served(server)  # what a first request imports needs descriptors
    assert server.process is not None
    process = psutil.Process(server.process.pid)
    before = resource.prlimit(process.pid, resource.RLIMIT_NOFILE)
    port = urlsplit(server.url).port
    used_s = _used(process)
    resource.prlimit(process.pid, resource.RLIMIT_NOFILE, (process.num_fds() + 2, before[1]))
    try:
        waiting = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(20)]
        time.sleep(2)
        assert _used(process) - used_s < 1
        for each in waiting:
            each.close()
        assert is_served(server)
        waiting = [socket.create_connection(("127.0.0.1", port), timeout=30) for _ in range(20)]
    finally:
        resource.prlimit(process.pid, resource.RLIMIT_NOFILE, before)
    assert is_served(server)
    for each in waiting:
        each.close()
    assert "Traceback" not in server.log


def is_served(server: ServerProcess) -> bool:
    """Whether somebody is, once the server has noticed who has left: until then it may turn one away."""
    for _ in range(50):
        with contextlib.suppress(ConnectionError):
            return server.request("GET", "/api/health").status == 200
        time.sleep(0.1)
    return False


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
