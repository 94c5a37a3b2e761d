"""Old sessions end on a real server, by its settings alone."""

from __future__ import annotations

import time
from pathlib import Path

from tests.end_to_end.test_metrics import samples
from tests.support.server import ServerProcess


def test_a_server_deletes_inactive_sessions_whose_time_is_over_and_leaves_the_others(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data")
    try:
        server.start()
        ids = [
            server.curl("POST", "/api/v1/sessions", {"name": name}).body["session"]["id"]
            for name in ("inactive", "active", "archived")
        ]
        for status, made in zip(("inactive", "active", "archived"), ids, strict=True):
            server.curl("PUT", f"/api/v1/sessions/{made}", {"status": status})
        server.stop()
        server.settings |= {
            "ROOCODE_RETENTION__INACTIVE_SESSIONS_DAYS": "0.000001",
            "ROOCODE_RETENTION__INTERVAL_S": "0.1",
        }
        server.start()
        deadline = time.monotonic() + 60
        while ("roocode_sessions_ended_total", "inactive") not in samples(
            server.curl("GET", "/metrics").body
        ):
            assert time.monotonic() < deadline, server.log
        answers = [server.curl("GET", f"/api/v1/sessions/{made}").status for made in ids]
        assert answers == [404, 200, 200]
        audited = server.curl("GET", f"/api/v1/audit?sessionId={ids[0]}&operation=session.delete").body[
            "data"
        ]
        assert [entry["subject"]["retention"] for entry in audited] == ["inactive"]
        assert not list((tmp_path / "data").rglob(f"*{ids[0]}*"))
        assert "session.deleted" in server.log
    finally:
        server.end()
