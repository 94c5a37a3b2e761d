"""`roocode-server backup` and `restore`, beside real servers, and killed in the middle."""

from __future__ import annotations

import itertools
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from roocode_server.engine.administration.backup.restoring import DRAFT_PREFIX
from roocode_server.engine.storage.data_directory import DATABASE_FILE
from tests.support.forked import ForkedCommand
from tests.support.server import ALIKE, ServerProcess

DEADLINE_S = 120
NOISE_BYTES = 30_000_000


@dataclass(frozen=True)
class Ended:
    """How a command has ended."""

    code: int
    output: str
    errors: str


def begun(folder: Path, *arguments: str) -> ForkedCommand:
    environment = {**os.environ, **ALIKE}
    return ForkedCommand(arguments, env=environment, cwd=folder, stderr=folder / "errors")


def run(folder: Path, *arguments: str) -> Ended:
    """Run a command to its end."""
    command = begun(folder, *arguments)
    with command.stdout as printed:
        output = printed.read()
    ended = Ended(command.wait(DEADLINE_S), output, (folder / "errors").read_text())
    (folder / "errors").unlink()
    return ended


def until_there(folder: Path, pattern: str, command: ForkedCommand) -> None:
    """Wait until a file that the command makes is there."""
    while not any(folder.glob(pattern)):
        assert command.poll() is None, (folder / "errors").read_text()
        time.sleep(0.001)  # there is nothing to wait for but the file


@dataclass
class Typist:
    """Writes one file after the other through the server, until it is told to stop."""

    server: ServerProcess
    session: str
    written: list[str] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def work(self) -> None:
        for number in itertools.count():
            if self.over.is_set():
                return
            name, body = f"file-{number}.txt", {"content": f"{number}\n" * 1000}
            made = self.server.request("POST", f"/api/v1/sessions/{self.session}/files/{name}", body)
            assert made.status == 201, made.body
            self.written.append(name)


def ended_task(server: ServerProcess, session: str) -> dict[str, Any]:
    """Give a session a task and wait for its end."""
    made = server.request("POST", f"/api/v1/sessions/{session}/tasks", {"input": "write and run"})
    path = f"/api/v1/sessions/{session}/tasks/{made.body['task']['id']}"
    task = server.request("GET", f"{path}?wait=50").body["task"]
    assert task["status"] == "completed", task
    return dict(task)


def events_of(server: ServerProcess, session: str) -> list[dict[str, Any]]:
    """All events of a session."""
    found: list[dict[str, Any]] = []
    while True:
        after = found[-1]["seq"] if found else 0
        page = server.request("GET", f"/api/v1/sessions/{session}/events?after={after}&limit=100").body
        found += page["data"]
        if page["pagination"]["head"] <= (found[-1]["seq"] if found else 0):
            return found


def test_what_was_saved_while_everything_was_written_starts_and_has_all(
    tmp_path: Path, start_server: Callable[..., ServerProcess]
) -> None:
    server = start_server()
    always = [{"decision": "always"}]
    session = server.open_session(model="write-and-run", approvals=always)
    task = ended_task(server, session)
    made = server.request("POST", f"/api/v1/sessions/{session}/checkpoints", {"reason": "before"})
    assert made.status == 201, made.body
    profile = {"name": "mine", "provider": "openai", "apiKey": "sk-of-a-profile", "model": "gpt-5"}
    assert server.request("POST", "/api/v1/profiles", profile).status == 201
    busy = server.open_session("Busy")
    typist = Typist(server, busy)
    thread = threading.Thread(target=typist.work)
    thread.start()
    try:
        while len(typist.written) < 5:
            assert thread.is_alive()
            time.sleep(0.01)  # the other thread writes
        before, known = list(typist.written), events_of(server, session)
        done = run(tmp_path, "backup", "it.backup", "--data-dir", "data")
    finally:
        typist.over.set()
        thread.join()
    assert done.code == 0, done.errors
    assert "2 sessions" in done.output
    assert "every secret" in done.errors
    key = server.key
    server.stop()

    back = run(tmp_path, "restore", "it.backup", "--data-dir", "again")
    assert back.code == 0, back.errors
    twin = start_server("again")
    assert twin.key == key
    assert twin.request("GET", f"/api/v1/sessions/{session}/tasks/{task['id']}").body["task"] == task
    again = events_of(twin, session)
    assert [event["id"] for event in again[: len(known)]] == [event["id"] for event in known]
    assert twin.request("GET", "/api/v1/profiles").body["profiles"][0]["name"] == "mine"
    names = {each["name"] for each in twin.request("GET", f"/api/v1/sessions/{busy}/files").body["files"]}
    assert set(before) <= names
    kept = twin.request("GET", f"/api/v1/sessions/{session}/checkpoints").body["data"]
    assert kept
    rolled = twin.request("POST", f"/api/v1/sessions/{session}/checkpoints/{kept[0]['id']}/restore", {})
    assert rolled.status == 200, rolled.body
    assert ended_task(twin, session)["status"] == "completed"
    assert twin.request("GET", "/readyz").status == 200
    assert "Traceback" not in twin.log


def test_a_sealed_backup_wants_its_passphrase(
    tmp_path: Path, start_server: Callable[..., ServerProcess]
) -> None:
    server = start_server()
    server.open_session()
    (tmp_path / "passphrase").write_text("open sesame\n")
    sealed = ("--passphrase-file", "passphrase")
    done = run(tmp_path, "backup", "it.backup", "--data-dir", "data", *sealed)
    assert (done.code, done.errors) == (0, "")
    server.stop()
    refused = run(tmp_path, "restore", "it.backup", "--data-dir", "again")
    assert refused.code == 1
    assert refused.errors.startswith("Error: ")
    assert "passphrase" in refused.errors
    assert run(tmp_path, "restore", "--check", "it.backup", *sealed).output.startswith("it.backup is whole")
    assert run(tmp_path, "restore", "it.backup", "--data-dir", "again", *sealed).code == 0
    assert start_server("again").request("GET", "/api/v1/sessions").body["pagination"]["total"] == 1


def noisy(server: ServerProcess) -> str:
    """Give a session a file that takes its time to be packed."""
    session = server.open_session()
    (server.data_dir / "workspaces" / session / "noise").write_bytes(os.urandom(NOISE_BYTES))
    return session


def test_a_backup_that_is_killed_leaves_nothing_by_its_name_and_the_next_succeeds(
    tmp_path: Path, start_server: Callable[..., ServerProcess]
) -> None:
    server = start_server()
    noisy(server)
    command = begun(tmp_path, "backup", "it.backup", "--data-dir", "data")
    until_there(tmp_path, ".it.backup.*/draft", command)
    command.kill()
    assert command.wait(DEADLINE_S) != 0
    command.stdout.close()
    assert not (tmp_path / "it.backup").exists()
    assert run(tmp_path, "backup", "it.backup", "--data-dir", "data").code == 0
    assert run(tmp_path, "restore", "--check", "it.backup").code == 0


def test_a_restore_that_is_killed_leaves_no_database_and_the_next_succeeds(
    tmp_path: Path, start_server: Callable[..., ServerProcess]
) -> None:
    server = start_server()
    session = noisy(server)
    assert run(tmp_path, "backup", "it.backup", "--data-dir", "data").code == 0
    command = begun(tmp_path, "restore", "it.backup", "--data-dir", "again")
    until_there(tmp_path / "again", f"{DRAFT_PREFIX}*/workspaces/{session}/noise", command)
    command.kill()
    assert command.wait(DEADLINE_S) != 0
    command.stdout.close()
    assert not (tmp_path / "again" / DATABASE_FILE).exists()
    assert run(tmp_path, "restore", "it.backup", "--data-dir", "again").code == 0
    noise = (tmp_path / "again" / "workspaces" / session / "noise").read_bytes()
    assert noise == (server.data_dir / "workspaces" / session / "noise").read_bytes()


def test_where_no_server_has_its_data_nothing_is_saved(tmp_path: Path) -> None:
    done = run(tmp_path, "backup", "it.backup", "--data-dir", "nowhere")
    assert done.code == 1
    assert "No server has its data in" in done.errors
    assert list(tmp_path.iterdir()) == []


def test_beside_a_running_server_nothing_is_restored(
    tmp_path: Path, start_server: Callable[..., ServerProcess]
) -> None:
    server = start_server()
    assert run(tmp_path, "backup", "it.backup", "--data-dir", "data").code == 0
    refused = run(tmp_path, "restore", "it.backup", "--data-dir", "data")
    assert refused.code == 1
    assert "Another server is using" in refused.errors
    assert server.request("GET", "/readyz").status == 200
