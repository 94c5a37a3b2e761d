"""The audit log as administrators meet it: who did what, and the command that verifies it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.forked import run_to_the_end
from tests.support.server import ServerProcess

SECRET = "correct horse battery staple"


@pytest.fixture
def audited(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server of its own: the test touches its database."""
    server = ServerProcess(tmp_path / "data")
    yield server.start()
    server.end()


def roocode(server: ServerProcess, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    words = [*arguments, "--data-dir", str(server.data_dir)]
    return run_to_the_end(words, env={**os.environ, **environment}, cwd=server.data_dir.parent)


def test_changes_are_listed_with_who_made_them_and_what_they_were_about(audited: ServerProcess) -> None:
    made = audited.request("POST", "/api/v1/sessions", {"name": "Audited"})
    session = made.body["session"]["id"]
    audited.request("POST", f"/api/v1/sessions/{session}/files/notes.txt", {"content": SECRET})
    listed = audited.request("GET", f"/api/v1/audit?sessionId={session}")
    assert listed.status == 200
    [written] = listed.body["data"]
    assert (written["operation"], written["door"], written["address"], written["credential"]) == (
        "file.create",
        "rest",
        "127.0.0.1",
        "key",
    )
    assert written["subject"]["path"] == "notes.txt"
    assert SECRET not in json.dumps(audited.request("GET", "/api/v1/audit").body)
    [created] = audited.request("GET", "/api/v1/audit?operation=session.create").body["data"]
    assert created["subject"]["made"] == f"/api/v1/sessions/{session}"


def test_a_login_that_fails_is_an_entry_without_its_password(audited: ServerProcess) -> None:
    body = {"email": "ada@example.com", "password": SECRET}
    assert audited.request("POST", "/api/v1/auth/login", body, key=None).status == 401
    [entry] = audited.request("GET", "/api/v1/audit?operation=auth.login").body["data"]
    assert (entry["userId"], entry["status"], entry["code"]) == ("", 401, "AUTHENTICATION_FAILED")
    assert entry["subject"] == {"email": "ada@example.com"}


def test_who_is_no_administrator_reads_no_audit_log(audited: ServerProcess) -> None:
    roocode(audited, "user", "add", "ada@example.com", ROOCODE_PASSWORD=SECRET)
    key = roocode(audited, "key", "create", "ada@example.com").stdout.strip()
    refused = audited.request("GET", "/api/v1/audit", key=key)
    assert (refused.status, refused.code) == (403, "PERMISSION_DENIED")
    [entry] = audited.request("GET", "/api/v1/audit?code=PERMISSION_DENIED").body["data"]
    assert entry["operation"] == "audit.list"


def test_what_the_command_line_changes_is_in_it(audited: ServerProcess) -> None:
    roocode(audited, "user", "add", "ada@example.com", ROOCODE_PASSWORD=SECRET)
    [entry] = audited.request("GET", "/api/v1/audit?operation=user.add").body["data"]
    assert (entry["door"], entry["subject"]["email"]) == ("command-line", "ada@example.com")


def test_the_command_verifies_the_log_and_finds_what_was_touched(audited: ServerProcess) -> None:
    for name in ("one", "two", "three"):
        audited.request("POST", "/api/v1/sessions", {"name": name})
    head = audited.request("GET", "/api/v1/audit/verification").body["head"]
    checked = roocode(audited, "audit", "verify", "--head", head)
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.startswith("3 entries")
    assert len(roocode(audited, "audit", "export").stdout.splitlines()) == 3
    with sqlite3.connect(audited.data_dir / "roocode.sqlite3") as database:
        database.execute("UPDATE audit_entries SET user_id = 'somebody else' WHERE number = 2")
    broken = roocode(audited, "audit", "verify")
    assert broken.returncode == 1
    assert "broken at entry 2" in broken.stderr
    assert audited.request("GET", "/api/v1/audit/verification").body["brokenAt"] == 2
