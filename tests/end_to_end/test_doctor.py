"""`roocode-server doctor`: what a machine lacks for a server is said before the server is started."""

from __future__ import annotations

import json
import os
import re
import socket
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from roocode_server.engine.administration.machine_checks import NEWEST_PYTHON, OLDEST_PYTHON, PROCESSORS
from roocode_server.engine.providers.vendors import VENDORS
from roocode_server.engine.storage.data_directory import DATABASE_FILE
from roocode_server.engine.storage.schema import VERSION
from roocode_server.engine.workspace.ownership import NOBODY_ELSE
from tests.end_to_end.test_command import COMMAND
from tests.support import locks
from tests.support.forked import ForkedCommand
from tests.support.server import ALIKE, ServerProcess

NO_KEYS = {name: "" for vendor in VENDORS.values() for name in vendor.key_variables}
NEEDED = {"configuration", "port", "python", "system", "data directory", "disk", "database", "sealing key"}
SANDBOX = {"sandbox", "rg", "git", "network", "container engine"}


@dataclass(frozen=True)
class Told:
    """What the command said, and its exit code."""

    code: int
    text: str

    @property
    def findings(self) -> dict[str, dict[str, str]]:
        return {each["check"]: each for each in json.loads(self.text)["findings"]}

    def status(self, check: str) -> str:
        return self.findings[check]["status"]


def doctor(folder: Path, *arguments: str, **settings: str) -> Told:
    """Run the command in `folder`; keywords are environment variables."""
    words = ["doctor", "--data-dir", "data", *arguments]
    if "--port" not in words:
        words += ["--port", "0"]
    environment = {**os.environ, **ALIKE, **NO_KEYS, **settings}
    command = ForkedCommand(words, env=environment, cwd=folder, stderr=folder / "stderr")
    with command.stdout as printed:
        text = printed.read()
    told = Told(command.wait(60), text)
    assert (folder / "stderr").read_text() == ""
    (folder / "stderr").unlink()
    return told


def examined(folder: Path, *arguments: str, **settings: str) -> Told:
    """As `doctor`, told as JSON."""
    return doctor(folder, "--json", *arguments, **settings)


def test_a_machine_that_has_everything_is_found_so_and_nothing_is_made(tmp_path: Path) -> None:
    told = examined(tmp_path)
    assert told.code == 0, told.text
    assert {told.status(check) for check in NEEDED | SANDBOX} == {"ok"}, told.text
    assert "a command was run" in told.findings["sandbox"]["found"]
    assert list(tmp_path.iterdir()) == []


def test_it_is_told_to_people_with_the_advice_below_what_is_missing(tmp_path: Path) -> None:
    told = doctor(tmp_path)
    assert re.search(r"^ok +sandbox +local, a command was run", told.text, re.MULTILINE)
    assert re.search(r"^warning +models +no key .*\n +Set one of ANTHROPIC_API_KEY", told.text, re.MULTILINE)
    assert re.search(r"\n\n\d+ ok, \d+ warning\n$", told.text)


def test_without_bubblewrap_it_fails_and_says_what_to_install(tmp_path: Path) -> None:
    told = examined(tmp_path, PATH=str(tmp_path))
    assert told.code == 1
    assert told.status("sandbox") == "failed"
    assert "bubblewrap, which is not installed" in told.findings["sandbox"]["found"]


def test_a_jail_that_the_kernel_refuses_is_found_by_trying(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    fake = tmp_path / "bin" / "bwrap"
    fake.write_text("#!/bin/sh\necho 'No permissions to create a new namespace' >&2; exit 1\n")
    fake.chmod(0o755)
    told = examined(tmp_path, PATH=f"{fake.parent}:{os.environ['PATH']}")
    assert told.code == 1
    assert "No permissions to create a new namespace" in told.findings["sandbox"]["found"]
    assert json.loads(told.text)["status"] == "failed"


def test_an_engine_that_does_not_answer_is_named(tmp_path: Path) -> None:
    address = f"unix://{tmp_path}/none.sock"
    told = examined(tmp_path, ROOCODE_RUNTIME__KIND="docker", ROOCODE_RUNTIME__DOCKER__HOST=address)
    assert told.code == 1
    assert told.status("sandbox") == "failed"
    assert "none.sock" in told.findings["container engine"]["found"]


def test_unknown_settings_are_named_and_the_machine_is_examined_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text("server: {portz: 1}\nagent: {max_iterations: many}")
    told = examined(tmp_path, "--config", "settings.yaml")
    assert told.code == 1
    assert "server.portz" in told.findings["configuration"]["found"]
    assert "agent.max_iterations" in told.findings["configuration"]["found"]
    assert told.status("python") == "ok"
    assert "sandbox" not in told.findings


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        told = examined(tmp_path, "--port", port)
    assert told.code == 1
    assert port in told.findings["port"]["found"]


def test_beside_a_running_server_its_port_and_database_are_in_order(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server()
    told = examined(server.data_dir.parent, "--port", server.url.rpartition(":")[2])
    assert told.code == 0, told.text
    assert "the server that runs here" in told.findings["port"]["found"]
    assert told.findings["database"]["found"] == f"it can be written; its schema is {VERSION}"
    assert server.request("GET", "/readyz").status == 200


def with_version(folder: Path, version: str) -> bytes:
    """Leave a database with this version of the schema; return its bytes."""
    (folder / "data").mkdir()
    file = folder / "data" / DATABASE_FILE
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        database.execute("INSERT INTO alembic_version VALUES (?)", [version])
    return file.read_bytes()


@pytest.mark.parametrize(
    ("version", "status", "said"),
    [("9999", "failed", "newer version"), ("0001", "ok", "make a backup first")],
)
def test_a_database_of_another_version_is_told_and_left_alone(
    tmp_path: Path, version: str, status: str, said: str
) -> None:
    left = with_version(tmp_path, version)
    told = examined(tmp_path)
    assert told.status("database") == status
    assert said in told.findings["database"]["found"]
    assert (tmp_path / "data" / DATABASE_FILE).read_bytes() == left


def test_what_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / DATABASE_FILE).write_bytes(b"This is no database. " * 1000)
    told = examined(tmp_path)
    assert told.code == 1
    assert "not a database" in told.findings["database"]["found"]


def test_a_file_in_place_of_the_data_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    told = examined(tmp_path, "--data-dir", "taken/data")
    assert told.code == 1
    assert told.status("data directory") == "failed"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_a_data_directory_of_another_user_is_told_and_nothing_is_written_there(tmp_path: Path) -> None:
    left = with_version(tmp_path, VERSION)
    os.chown(tmp_path / "data", NOBODY_ELSE, NOBODY_ELSE)
    os.chown(tmp_path / "data" / DATABASE_FILE, NOBODY_ELSE, NOBODY_ELSE)
    told = examined(tmp_path)
    assert told.code == 1
    assert str(NOBODY_ELSE) in told.findings["data directory"]["found"]
    assert [file.name for file in (tmp_path / "data").iterdir()] == [DATABASE_FILE]
    assert (tmp_path / "data" / DATABASE_FILE).read_bytes() == left


def test_a_disk_without_room_is_told(tmp_path: Path) -> None:
    told = examined(tmp_path, ROOCODE_MONITORING__MIN_FREE_DISK_MB="1000000000")
    assert told.code == 1
    assert "are needed" in told.findings["disk"]["found"]


def test_a_sealing_key_that_is_not_in_its_variable_is_told(tmp_path: Path) -> None:
    told = examined(tmp_path, ROOCODE_DATABASE__SEALING_KEY_VARIABLE="NO_SUCH_KEY")
    assert told.code == 1
    assert "NO_SUCH_KEY" in told.findings["sealing key"]["found"]


def test_too_few_descriptors_for_the_sockets_that_are_allowed_are_a_warning(tmp_path: Path) -> None:
    done = subprocess.run(
        ["prlimit", "--nofile=600:600", str(COMMAND), "doctor", "--json", "--port", "0"],
        env={**os.environ, **ALIKE, "ROOCODE_LIMITS__ALL_CONNECTIONS": "1000"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    told = Told(done.returncode, done.stdout)
    assert told.code == 0, done.stderr
    assert told.status("open files") == "warning"
    assert "ulimit -n 1512" in told.findings["open files"]["advice"]


def test_a_key_of_a_vendor_is_said_to_be_there_and_never_shown(tmp_path: Path) -> None:
    told = doctor(tmp_path, ANTHROPIC_API_KEY="sk-never-shown")
    assert "anthropic (ANTHROPIC_API_KEY)" in told.text
    assert "sk-never-shown" not in told.text


def test_a_browser_is_found_or_said_how_to_get(tmp_path: Path) -> None:
    without = examined(tmp_path, PATH=str(tmp_path)).findings["browser"]
    assert without["status"] == "warning"
    assert "chromium" in without["advice"]
    chromium = tmp_path / "chromium"
    chromium.touch(mode=0o755)
    found = examined(tmp_path, PATH=str(tmp_path)).findings["browser"]
    assert found == {"check": "browser", "status": "ok", "found": str(chromium)}


def test_the_versions_that_it_knows_are_those_of_the_locks() -> None:
    oldest, newest = (".".join(map(str, each)) for each in (OLDEST_PYTHON, NEWEST_PYTHON))
    assert (locks.PYTHONS[0], locks.PYTHONS[-1]) == (oldest, newest)
    assert locks.declared()["project"]["requires-python"] == f">={oldest}"
    assert locks.PROCESSORS == PROCESSORS
