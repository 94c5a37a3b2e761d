"""Old sessions end on a real server, by its settings alone."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from tests.end_to_end.test_metrics import samples
from tests.support.server import ServerProcess


def test_a_server_deletes_inactive_sessions_whose_time_is_over_and_leaves_the_others(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data")
    try:
        server.start()
        ids = [
            server.request("POST", "/api/v1/sessions", {"name": name}).body["session"]["id"]
            for name in ("inactive", "active", "archived")
        ]
        for status, made in zip(("inactive", "active", "archived"), ids, strict=True):
            server.request("PUT", f"/api/v1/sessions/{made}", {"status": status})
        server.stop()
        server.settings |= {
            "ROOCODE_RETENTION__INACTIVE_SESSIONS_DAYS": "0.000001",
            "ROOCODE_RETENTION__INTERVAL_S": "0.1",
        }
        server.start()
        deadline = time.monotonic() + 60
        while ("roocode_sessions_ended_total", "inactive") not in samples(
            server.request("GET", "/metrics").body
        ):
            assert time.monotonic() < deadline, server.log
        answers = [server.request("GET", f"/api/v1/sessions/{made}").status for made in ids]
        assert answers == [404, 200, 200]
        audited = server.request("GET", f"/api/v1/audit?sessionId={ids[0]}&operation=session.delete").body[
            "data"
        ]
        assert [entry["subject"]["retention"] for entry in audited] == ["inactive"]
        assert not list((tmp_path / "data").rglob(f"*{ids[0]}*"))
        assert "session.deleted" in server.log
    finally:
        server.end()


def test_a_server_that_is_killed_while_it_deletes_old_sessions_goes_on_at_its_next_start(
    tmp_path: Path,
) -> None:
    server = ServerProcess(tmp_path / "data")
    try:
        server.start()
        kept = server.request("POST", "/api/v1/sessions", {"name": "kept"}).body["session"]["id"]
        old = [server.request("POST", "/api/v1/sessions", {}).body["session"]["id"] for _ in range(40)]
        for made in old:
            server.request("POST", f"/api/v1/sessions/{made}/files", {"path": "a", "content": "old"})
            server.request("PUT", f"/api/v1/sessions/{made}", {"status": "inactive"})
        server.stop()
        server.settings |= {"ROOCODE_RETENTION__INACTIVE_SESSIONS_DAYS": "0.000001"}
        workspaces = tmp_path / "data/workspaces"
        for remaining in (30, 15):
            server.start()
            while left(workspaces, old) > remaining:
                time.sleep(0.001)
            server.kill()
        server.start()
        deadline = time.monotonic() + 60
        while server.request("GET", "/api/v1/sessions?limit=100").body["pagination"]["total"] > 1:
            assert time.monotonic() < deadline, server.log
        while left(workspaces, old):
            assert time.monotonic() < deadline, server.log
        assert server.request("GET", f"/api/v1/sessions/{kept}").status == 200
        verification = server.request("GET", "/api/v1/audit/verification").body
        assert verification["entries"] > 40 and "brokenAt" not in verification
        assert server.stop() == 0
        assert not [path for each in old for path in (tmp_path / "data").rglob(f"*{each}*")]
        with closing(sqlite3.connect(tmp_path / "data/roocode.sqlite3")) as connection:
            assert connection.execute("SELECT id FROM sessions").fetchall() == [(kept,)]
            assert connection.execute("SELECT DISTINCT session_id FROM events").fetchall() == [(kept,)]
    finally:
        server.end()


def left(workspaces: Path, ids: list[str]) -> int:
    """How many of these sessions still have a workspace."""
    return sum((workspaces / each).exists() for each in ids)
