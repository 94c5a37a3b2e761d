"""`roocode-server vacuum`, on the data directories of real servers."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.support.forked import run_to_the_end
from tests.support.server import ALIKE, ServerProcess


def vacuuming(data_dir: Path) -> subprocess.CompletedProcess[str]:
    arguments = ["vacuum", "--data-dir", str(data_dir)]
    return run_to_the_end(arguments, env={**os.environ, **ALIKE}, cwd=data_dir.parent)


def test_the_room_of_deleted_sessions_is_given_back_and_the_rest_is_as_it_was(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server()
    kept = server.request("POST", "/api/v1/sessions", {"name": "kept"}).body["session"]
    deleted = server.request("POST", "/api/v1/sessions", {"name": "deleted"}).body["session"]["id"]
    for _ in range(30):
        raw = {"input": "a" * 50_000}
        assert server.request("POST", f"/api/v1/sessions/{deleted}/tasks", raw).status == 201
    server.request("DELETE", f"/api/v1/sessions/{deleted}")
    assert server.stop() == 0
    file = server.data_dir / "roocode.sqlite3"
    before = file.stat().st_size
    done = vacuuming(server.data_dir)
    assert done.returncode == 0, done.stderr
    assert file.stat().st_size < before / 2
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    server.start()
    found = server.request("GET", f"/api/v1/sessions/{kept['id']}").body["session"]
    assert found["name"] == "kept"
    assert server.request("POST", "/api/v1/sessions", {"name": "new"}).status == 201


def test_a_running_server_gives_the_room_back_by_itself(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server(retention__interval_s="0.2")
    deleted = server.request("POST", "/api/v1/sessions", {"name": "deleted"}).body["session"]["id"]
    for _ in range(20):
        raw = {"input": "a" * 900_000}
        assert server.request("POST", f"/api/v1/sessions/{deleted}/tasks", raw).status == 201
    file = server.data_dir / "roocode.sqlite3"
    full = file.stat().st_size
    server.request("DELETE", f"/api/v1/sessions/{deleted}")
    while file.stat().st_size > full - 5 * 2**20:
        time.sleep(0.1)
        server.request("POST", "/api/v1/sessions", {"name": "at work"})
    assert "room of the database was given back to the disk" in server.log


def test_a_running_server_keeps_its_database(server: ServerProcess) -> None:
    done = vacuuming(server.data_dir)
    assert done.returncode == 1
    assert "stop it first" in done.stderr
    assert server.request("POST", "/api/v1/sessions", {"name": "new"}).status == 201
