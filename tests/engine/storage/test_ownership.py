"""One server per data directory."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from roocode_server.engine.storage.ownership import DirectoryInUse, Ownership
from tests.support.forked import run_to_the_end
from tests.support.server import ServerProcess


async def test_a_directory_that_is_worked_on_is_refused_by_the_process_that_has_it(tmp_path: Path) -> None:
    first = Ownership(tmp_path)
    with pytest.raises(DirectoryInUse, match=f"process {os.getpid()}"):
        Ownership(tmp_path)
    await first.release()
    await Ownership(tmp_path).release()


def test_a_second_server_on_a_data_directory_ends_and_names_the_first(
    start_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    first = start_server()
    assert first.process is not None
    serve = ["serve", "--port", "0", "--data-dir", str(first.data_dir)]
    second = run_to_the_end(serve, env=os.environ, cwd=tmp_path)
    assert second.returncode == 1
    assert f"process {first.process.pid}" in second.stderr and "Traceback" not in second.stderr
    assert first.request("POST", "/api/v1/sessions", {"name": "Still here"}).status == 201
    first.kill()
    first.start()


def test_a_change_that_cannot_be_told_of_is_undone(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server()
    session_id = server.request("POST", "/api/v1/sessions", {"name": "One"}).body["session"]["id"]
    files = f"/api/v1/sessions/{session_id}/files"
    server.request("POST", f"{files}/kept.txt", {"content": "before"})
    with sqlite3.connect(server.data_dir / "roocode.sqlite3") as other:
        other.execute("CREATE TRIGGER refuse BEFORE INSERT ON events BEGIN SELECT RAISE(ABORT, 'full'); END")
    assert server.request("POST", f"{files}/new.txt", {"content": "x"}).status == 500
    assert server.request("PUT", f"{files}/kept.txt", {"content": "after"}).status == 500
    assert server.request("POST", f"{files}/kept.txt/rename", {"to": "moved.txt"}).status >= 400
    with sqlite3.connect(server.data_dir / "roocode.sqlite3") as other:
        other.execute("DROP TRIGGER refuse")
    assert server.request("GET", f"{files}/new.txt").status == 404
    assert server.request("GET", f"{files}/kept.txt").body["content"] == "before"
    assert server.request("POST", f"{files}/new.txt", {"content": "x"}).status == 201
