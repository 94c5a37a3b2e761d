"""A server that is killed while it copies or imports a session has the whole of it afterwards, or nothing."""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Callable
from pathlib import Path

from tests.end_to_end.killed_copies import run
from tests.support.nightly import times
from tests.support.server import ServerProcess

MOMENTS = times(3, nightly=40)


def test_a_kill_at_any_moment_leaves_a_whole_copy_or_nothing(tmp_path: Path) -> None:
    assert sum(run(tmp_path, MOMENTS).values()) == MOMENTS


def test_a_session_moves_to_another_server_by_curl(
    tmp_path: Path, start_server: Callable[..., ServerProcess]
) -> None:
    here, there = start_server("here"), start_server("there")
    session = here.open_session("Über den Berg")
    (here.data_dir / "workspaces" / session / "a.txt").write_text("from here")
    archive = tmp_path / "a.session.tar.gz"
    sent = here.curl("GET", f"/api/v1/sessions/{session}/export", None, "-o", str(archive))
    assert sent.status == 200
    assert "session.tar.gz" in sent.headers.get("content-disposition", "session.tar.gz")
    with tarfile.open(archive) as packed:
        assert packed.getnames()[0] == "manifest.json"
        assert packed.getnames()[-1] == "complete.json"
    made = there.request("POST", "/api/v1/sessions/import?name=Moved", archive.read_bytes())
    assert made.status == 201, made.body
    copy = made.body["session"]
    assert made.headers["location"].endswith(f"/api/v1/sessions/{copy['id']}")
    assert copy["name"] == "Moved"
    assert (there.data_dir / "workspaces" / copy["id"] / "a.txt").read_text() == "from here"
    listed = there.request("GET", "/api/v1/sessions").body["sessions"]
    assert [each["id"] for each in listed] == [copy["id"]]
    refused = there.request("POST", "/api/v1/sessions/import", gzip.compress(b"nothing"))
    assert (refused.status, refused.code) == (400, "VALIDATION_ERROR")
    viewer = here.request("HEAD", f"/api/v1/sessions/{session}/export")
    assert viewer.status == 200
