"""`/healthz` and `/readyz` of a real server, asked by anybody."""

from __future__ import annotations

import signal
import sqlite3
import time
from pathlib import Path

import pytest

from roocode_server.engine.storage.data_directory import DATABASE_FILE
from tests.support.server import ServerProcess

PATIENT = {"ROOCODE_MONITORING__MAX_LOOP_LAG_S": "3600"}
"""So that a busy machine does not make a server unready."""


def test_a_new_server_lives_and_is_ready(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data", PATIENT).start()
    try:
        alive = server.request("GET", "/healthz", key=None)
        assert (alive.status, alive.body) == (200, {"status": "alive"})
        ready = server.request("GET", "/readyz", key=None)
        assert ready.status == 200, ready.body
        assert ready.body["status"] == "ready"
        assert ready.body["checks"].keys() == {"database", "disk", "sandbox", "eventLoop"}
        assert server.request("HEAD", "/readyz", key=None).status == 200
    finally:
        server.end()


def test_a_server_without_room_on_its_disk_lives_and_is_not_ready(tmp_path: Path) -> None:
    settings = {"ROOCODE_MONITORING__MIN_FREE_DISK_MB": "1000000000"}
    server = ServerProcess(tmp_path / "data", settings).start()
    try:
        unready = server.request("GET", "/readyz", key=None)
        assert (unready.status, unready.body["status"]) == (503, "unready")
        assert not unready.body["checks"]["disk"]["ok"]
        assert str(tmp_path) not in str(unready.body)
        assert server.request("GET", "/healthz", key=None).status == 200
        assert "not ready" in server.log
    finally:
        server.end()


def test_a_server_whose_loop_is_late_is_not_ready(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data", {"ROOCODE_MONITORING__MAX_LOOP_LAG_S": "0.01"}).start()
    try:
        assert server.process is not None
        while server.request("GET", "/readyz", key=None).body["checks"]["eventLoop"]["ok"]:
            server.process.send_signal(signal.SIGSTOP)
            time.sleep(0.3)  # nothing runs on time
            server.process.send_signal(signal.SIGCONT)
    finally:
        server.end()


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_takes_no_other_method(server: ServerProcess, path: str) -> None:
    assert server.request("POST", path, key=None).status == 405


def test_a_database_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data", PATIENT).start()
    database = sqlite3.connect(server.data_dir / DATABASE_FILE)
    try:
        database.execute(
            "CREATE TRIGGER refuse BEFORE UPDATE ON server_state BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        while (answer := server.request("GET", "/readyz", key=None)).status == 200:
            pass  # one write serves all who ask within a second
        assert not answer.body["checks"]["database"]["ok"]
        assert str(tmp_path) not in str(answer.body)
        database.execute("DROP TRIGGER refuse")
        while server.request("GET", "/readyz", key=None).status != 200:
            pass
    finally:
        database.close()
        server.end()
