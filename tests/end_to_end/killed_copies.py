"""Kills a server at random moments of copies and imports, and looks at what is there after its next start.

`python -m tests.end_to_end.killed_copies MOMENTS` does it as often as you like.
"""

from __future__ import annotations

import contextlib
import json
import random
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.nightly import times
from tests.support.server import ServerProcess

FILES = times(500, nightly=1500)
TASKS = 3
DEADLINE_S = 60.0


@dataclass
class Copying:
    """A server with a session that is copied, exported once, and imported again and again."""

    folder: Path
    seed: int = 0
    server: ServerProcess = field(init=False)
    session: str = ""
    copies: dict[str, str] = field(default_factory=dict)
    """The sessions that are known to be there, by the idempotency key that made each."""
    outcomes: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.server = ServerProcess(self.folder / "data", {"ROOCODE_LIMITS__SESSIONS": "null"})
        self.chance = random.Random(self.seed)  # noqa: S311 - it chooses moments, not secrets

    @property
    def archive(self) -> Path:
        return self.folder / "one.session.tar.gz"

    def begin(self) -> None:
        """Start the server, and make the session with files, tasks and checkpoints."""
        self.server.start()
        self.session = self.server.open_session(model="write-and-run", approvals=[{"decision": "always"}])
        place = self.server.data_dir / "workspaces" / self.session
        for number in range(FILES):
            file = place / f"d{number % 40}" / f"{number}.txt"
            file.parent.mkdir(exist_ok=True)
            file.write_text(f"{number}\n" * 50)
        for _ in range(TASKS):
            asked = {"input": "write", "config": {"enableCheckpoints": True}}
            made = self.server.request("POST", f"/api/v1/sessions/{self.session}/tasks", asked)
            assert made.status == 201, made.body
            task = made.body["task"]["id"]
            waited = self.server.request("GET", f"/api/v1/sessions/{self.session}/tasks/{task}?wait=50")
            assert waited.body["task"]["status"] == "completed", waited.body
        exported = self.server.curl(
            "GET", f"/api/v1/sessions/{self.session}/export", None, "-o", str(self.archive)
        )
        assert exported.status == 200
        self.shape = self.shape_of(self.session)

    def request(self, kind: str, key: str) -> list[str]:
        """The command of a call that makes a copy."""
        headers = ["-H", f"Authorization: Bearer {self.server.key}", "-H", f"Idempotency-Key: {key}"]
        if kind == "fork":
            place, body = f"/api/v1/sessions/{self.session}/fork", ["-H", "Content-Type: application/json"]
            body += ["-d", "{}"]
        else:
            place, body = "/api/v1/sessions/import", ["--data-binary", f"@{self.archive}"]
            body += ["-H", "Content-Type: application/gzip"]
        return ["curl", "-sS", "-X", "POST", *headers, *body, self.server.url + place]

    def made(self, kind: str, key: str) -> str:
        """Make a copy, and return its id."""
        done = subprocess.run(self.request(kind, key), capture_output=True, check=True, timeout=DEADLINE_S)
        answer = json.loads(done.stdout)
        assert "session" in answer, answer
        return str(answer["session"]["id"])

    def how_long(self, kind: str) -> float:
        """Make a copy that nobody disturbs, and return how long it took in seconds."""
        began, key = time.monotonic(), secrets.token_hex(8)
        self.copies[key] = self.made(kind, key)
        return time.monotonic() - began

    def live_through(self, kind: str, longest_s: float) -> None:
        """Kill the server at a moment of a copy; then what is there is whole, and nothing else is."""
        key = secrets.token_hex(8)
        asking = subprocess.Popen(
            self.request(kind, key), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            asking.wait(timeout=self.chance.uniform(0, longest_s * 1.1))
        self.server.kill()
        asking.kill()
        asking.wait()
        self.server.start()
        fresh = self.listed() - {self.session, *self.copies.values()}
        assert len(fresh) <= 1, fresh
        self.outcomes["whole" if fresh else "nothing"] = (
            self.outcomes.get("whole" if fresh else "nothing", 0) + 1
        )
        self.check_all()
        again = self.made(kind, key)
        assert not fresh or again in fresh, "the repeated call found the copy of the first"
        assert self.made(kind, key) == again
        self.copies[key] = again
        self.check_all()
        for old in list(self.copies)[:-2]:
            removed = self.server.request("DELETE", f"/api/v1/sessions/{self.copies.pop(old)}")
            assert removed.status == 200

    def listed(self) -> set[str]:
        page = self.server.request("GET", "/api/v1/sessions?limit=100")
        return {each["id"] for each in page.body["sessions"]}

    def check_all(self) -> None:
        """Every session is whole, and nothing is left of any other."""
        data, there = self.server.data_dir, self.listed()
        for session in there - {self.session}:
            assert self.shape_of(session) == self.shape, session
        for name in ("workspaces", "checkpoints"):
            left = {each.name for each in (data / name).iterdir() if not each.name.startswith(".")}
            assert left <= there, (name, left - there)
        with contextlib.closing(
            sqlite3.connect(f"file:{data / 'roocode.sqlite3'}?mode=ro", uri=True)
        ) as rows:
            assert rows.execute("SELECT count(*) FROM session_drafts").fetchone() == (0,)
            stored = {each for [each] in rows.execute("SELECT DISTINCT session_id FROM events")}
            assert stored <= there, stored - there
            assert {each for [each] in rows.execute("SELECT id FROM sessions")} == there

    def shape_of(self, session: str) -> dict[str, Any]:
        """What two copies of a session have in common."""
        place, path = self.server.data_dir / "workspaces" / session, f"/api/v1/sessions/{session}"
        checkpoints = self.server.request("GET", f"{path}/checkpoints").body["data"]
        tasks = self.server.request("GET", f"{path}/tasks").body["data"]
        said = [
            self.server.request("GET", f"{path}/tasks/{task['id']}/messages?limit=100").body["data"]
            for task in tasks
        ]
        events = self.server.request("GET", f"{path}/events?limit=1000").body["data"]
        assert [each["seq"] for each in events] == list(range(1, len(events) + 1))
        added = ("session.forked", "session.imported")
        if any(each["type"] in added for each in events):
            events = events[:-2]
        return {
            "files": sum(each.is_file() for each in place.rglob("*")),
            "checkpoints": [each["id"] for each in checkpoints],
            "tasks": [(task["status"], task["result"]["summary"]) for task in tasks],
            "messages": [[each.get("text") for each in messages] for messages in said],
            "events": [each["type"] for each in events],
        }


def run(folder: Path, moments: int, seed: int = 0) -> dict[str, int]:
    """Kill a server this often, in turn during copies and imports; return how often what was found."""
    copying = Copying(folder, seed)
    try:
        copying.begin()
        longest = {kind: copying.how_long(kind) for kind in ("fork", "import")}
        for number in range(moments):
            kind = ("fork", "import")[number % 2]
            copying.live_through(kind, longest[kind])
        return copying.outcomes
    finally:
        copying.server.end()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print(run(Path(place), int(sys.argv[1]), seed=secrets.randbits(32)))
