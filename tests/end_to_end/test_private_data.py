"""The server's data is private to its user, even in a data directory that others may enter."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.server import ServerProcess


def open_to_others(folder: Path) -> Iterator[str]:
    """Return what other users can read, write or enter below a folder that they may enter."""
    for entry in os.scandir(folder):
        mode = entry.stat(follow_symlinks=False).st_mode
        if mode & 0o077 and not stat.S_ISLNK(mode):
            yield entry.path
            if stat.S_ISDIR(mode):
                yield from open_to_others(Path(entry.path))


def work(server: ServerProcess) -> str:
    """Create a session, a task, a checkpoint, a process and an upload; return the session's id."""
    session_id = str(server.request("POST", "/api/v1/sessions", {"name": "Work"}).body["session"]["id"])
    place = f"/api/v1/sessions/{session_id}"
    answers = [
        server.request("POST", f"{place}/files/a.txt", {"content": "a"}),
        server.request("POST", f"{place}/tasks", {"input": "Look around"}),
        server.request("POST", f"{place}/checkpoints", {"reason": "now"}),
        server.request("POST", f"{place}/processes", {"command": "true"}),
        server.curl("PUT", f"{place}/files/raw?path=b.txt", None, "--data-binary", "b"),
    ]
    assert [answer.status for answer in answers if answer.status >= 300] == [], answers
    return session_id


def test_nothing_that_a_server_keeps_is_open_to_others(
    start_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    server = start_server()
    session_id = work(server)
    assert list(open_to_others(server.data_dir)) == []
    assert stat.S_IMODE((server.data_dir / "workspaces" / session_id).stat().st_mode) == 0o700


def test_what_an_earlier_server_left_open_is_closed_at_the_next_start(
    start_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    server = start_server()
    work(server)
    assert server.stop() == 0
    for entry in server.data_dir.iterdir():
        entry.chmod(0o755 if entry.is_dir() else 0o644)
    server.start()
    assert list(open_to_others(server.data_dir)) == []
