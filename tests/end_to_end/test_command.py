"""The command `roocode-server`, run as a person runs it: what it prints, creates and refuses."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import pytest
from click.testing import CliRunner

from roocode_server.server.cli import main
from tests.support.forked import run_to_the_end
from tests.support.server import READY, ServerProcess

COMMAND = Path(sys.executable).with_name("roocode-server")
DEADLINE_S = 60


def start_roocode(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Start the command itself in `folder` and wait for its end; keywords are environment variables."""
    return subprocess.run(
        [str(COMMAND), *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, **settings},
        timeout=DEADLINE_S,
        check=False,
    )


def roocode(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """The same for what the command does, without its start, which takes two seconds of processor time."""
    return run_to_the_end(arguments, env={**os.environ, **settings}, cwd=folder, timeout=DEADLINE_S)


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """Return the message of a refused command, which has no traceback."""
    assert done.returncode != 0, done
    assert "Traceback" not in done.stderr, done.stderr
    assert "Error: " in done.stderr
    assert not re.search(r"\[Errno|[{}']", done.stderr.partition("Error: ")[2]), done.stderr
    assert READY not in done.stdout
    return done.stderr


def refusal_of_settings(*arguments: str, **settings: str) -> str:
    """Return the message of `serve` for invalid settings; run in this process, because nothing is started."""
    done = CliRunner().invoke(main, ["serve", *arguments], env=settings)
    assert done.exit_code == 1, done
    assert isinstance(done.exception, SystemExit), done.exception
    assert done.stdout == ""
    assert done.stderr.startswith("Error: ")
    return done.stderr


def login(server: ServerProcess, email: str, password: str) -> str:
    """Log in and return the access token."""
    answer = server.request("POST", "/api/v1/auth/login", {"email": email, "password": password}, key=None)
    assert answer.status == 200, answer
    return str(answer.body["tokens"]["accessToken"])


def profile(server: ServerProcess, key: str) -> str:
    """Return the e-mail address of the user with this key or token."""
    answer = server.request("GET", "/api/v1/auth/profile", key=key)
    assert answer.status == 200, answer
    return str(answer.body["user"]["email"])


def test_help_names_every_option_of_serve(tmp_path: Path) -> None:
    done = start_roocode(tmp_path, "serve", "--help")
    assert done.returncode == 0
    assert {"--config", "--data-dir", "--host", "--port"} <= set(re.findall(r"--[a-z-]+", done.stdout))


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    done = start_roocode(tmp_path, "--version")
    assert done.returncode == 0
    assert version("roocode-server") in done.stdout


def test_each_port_has_a_line_of_its_own_and_answers(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [str(COMMAND), "serve", "--port", "0", "--port", "0", "--port", "0", "--data-dir", "data"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=tmp_path,
    )
    try:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        ports = [re.fullmatch(r"roocode-server ready on http://127\.0\.0\.1:(\d+)\n", line) for line in lines]
        numbers = {found[1] for found in ports if found is not None}
        assert len(numbers) == 3, lines
        for number in numbers:
            subprocess.run(["curl", "-sSf", f"http://127.0.0.1:{number}/api/v1/health"], check=True)
        process.terminate()
        assert process.wait(DEADLINE_S) == 0
        assert process.stdout.read() == ""
    finally:
        process.kill()
        process.communicate()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refusal(start_roocode(tmp_path, "serve", "--port", str(port), "--data-dir", "data"))
    assert str(port) in said
    assert "address already in use" in said


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ("server: {portz: [1]}", "server.portz"),
        ("servers: {}", "servers"),
        ("agent: {max_iterations: many}", "agent.max_iterations"),
        ("agent: {max_iterations: 0}", "agent.max_iterations"),
        ("server: {ports: 3000}", "server.ports"),
        ("auth: {mode: sometimes}", "auth.mode"),
        ("- a list", "settings.yaml"),
        ("server: {", "settings.yaml"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, content: str, named: str) -> None:
    (tmp_path / "settings.yaml").write_text(content)
    said = refusal_of_settings(
        "--config", str(tmp_path / "settings.yaml"), "--data-dir", str(tmp_path / "data")
    )
    assert named in said
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("variable", "content", "named"),
    [
        ("ROOCODE_SERVER__PORTZ", "1", "server.portz"),
        ("ROOCODE_AGENT__MAX_ITERATIONS", "many", "agent.max_iterations"),
        ("ROOCODE_SERVER__PORTS", "[", "ROOCODE_SERVER__PORTS"),
    ],
)
def test_a_mistake_in_the_environment_is_named(
    tmp_path: Path, variable: str, content: str, named: str
) -> None:
    said = refusal_of_settings("--data-dir", str(tmp_path / "data"), **{variable: content})
    assert named in said


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "settings.yaml").write_text("server: {portz: 1}\nagent: {max_iterations: many}")
    done = roocode(tmp_path, "serve", "--config", "settings.yaml", "--data-dir", "data")
    said = refusal(done)
    assert "server.portz" in said
    assert "agent.max_iterations" in said


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104 - it is refused
def test_a_server_that_is_open_to_all_listens_on_loopback_alone(tmp_path: Path, host: str) -> None:
    data = str(tmp_path / "data")
    said = refusal_of_settings("--host", host, "--data-dir", data, ROOCODE_AUTH__MODE="open")
    assert "loopback" in said


def test_an_address_that_is_not_of_this_machine_is_refused(tmp_path: Path) -> None:
    done = roocode(tmp_path, "serve", "--host", "192.0.2.1", "--port", "0", "--data-dir", "data")
    assert "192.0.2.1" in refusal(done)


def test_the_first_start_makes_an_administrator_and_says_how_to_log_in(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server()
    made = server.admin
    assert set(made) == {"email", "password", "apiKey"}
    assert stat.S_IMODE((server.data_dir / "admin.json").stat().st_mode) == 0o600
    assert profile(server, made["apiKey"]) == made["email"]
    assert profile(server, login(server, made["email"], made["password"])) == made["email"]
    server.stop()
    (server.data_dir / "admin.json").unlink()
    server.start()
    assert not (server.data_dir / "admin.json").exists()
    assert profile(server, made["apiKey"]) == made["email"]


def test_people_and_keys_are_made_while_a_server_runs(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server()
    folder, data = server.data_dir.parent, str(server.data_dir)
    arguments = ("user", "add", "ada@example.org", "--name", "Ada", "--data-dir", data)
    added = roocode(folder, *arguments, ROOCODE_PASSWORD="correct horse battery")
    assert added.returncode == 0, added.stderr
    assert "ada@example.org" in added.stdout
    assert "correct horse" not in added.stdout + added.stderr
    assert profile(server, login(server, "ada@example.org", "correct horse battery")) == "ada@example.org"
    created = roocode(folder, "key", "create", "ada@example.org", "--data-dir", data)
    assert created.returncode == 0, created.stderr
    assert profile(server, created.stdout.strip()) == "ada@example.org"
    again = roocode(folder, *arguments, ROOCODE_PASSWORD="another horse battery")
    assert "ada@example.org" in refusal(again)


@pytest.mark.parametrize("verb", ["add", "password"])
def test_a_password_that_nobody_can_be_asked_for_comes_from_the_environment(
    tmp_path: Path, verb: str
) -> None:
    done = roocode(tmp_path, "user", verb, "ada@example.org", "--data-dir", "data")
    assert done.returncode == 2
    assert done.stderr.endswith("asked for the password here: give it in $ROOCODE_PASSWORD\n")
    assert "Warning" not in done.stderr


def test_people_are_made_before_the_first_start(
    tmp_path: Path, start_server: Callable[..., ServerProcess]
) -> None:
    added = start_roocode(
        tmp_path, "user", "add", "ada@example.org", "--data-dir", "data", ROOCODE_PASSWORD="correct horse"
    )
    assert added.returncode == 0, added.stderr
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "roocode.sqlite3")) as database:
        [[hashed]] = database.execute("SELECT password_hash FROM users WHERE email = 'ada@example.org'")
    assert hashed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    server = start_server("data")
    assert profile(server, login(server, "ada@example.org", "correct horse")) == "ada@example.org"
    assert profile(server, server.key) == server.admin["email"]


def test_a_key_for_an_unknown_address_is_refused(tmp_path: Path) -> None:
    said = refusal(roocode(tmp_path, "key", "create", "nobody@example.org", "--data-dir", "data"))
    assert "nobody@example.org" in said


@pytest.mark.parametrize(("email", "password"), [("no address", "correct horse"), ("a@example.org", "x")])
def test_an_address_or_a_password_that_will_not_do_is_refused(
    tmp_path: Path, email: str, password: str
) -> None:
    done = roocode(tmp_path, "user", "add", email, "--data-dir", "data", ROOCODE_PASSWORD=password)
    assert ("email" if password == "correct horse" else "password") in refusal(done)


@pytest.mark.parametrize(
    "arguments",
    [("user", "add", "ada@example.org"), ("key", "create", "ada@example.org")],
    ids=["user", "key"],
)
def test_in_a_folder_without_a_servers_data_nothing_is_made_unless_the_place_is_named(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    said = refusal(roocode(tmp_path, *arguments, ROOCODE_PASSWORD="correct horse"))
    assert f"No server has its data in {tmp_path / 'data'}" in said
    assert "--data-dir" in said
    assert list(tmp_path.iterdir()) == []


def test_where_a_server_has_run_its_folder_need_not_be_named(tmp_path: Path) -> None:
    named = roocode(
        tmp_path, "user", "add", "a@example.org", "--data-dir", "data", ROOCODE_PASSWORD="correct horse"
    )
    assert named.returncode == 0, named.stderr
    added = roocode(tmp_path, "user", "add", "b@example.org", ROOCODE_PASSWORD="correct horse")
    assert added.returncode == 0, added.stderr


def test_several_mistakes_are_told_as_sentences(tmp_path: Path) -> None:
    arguments = ("user", "add", "no address", "--data-dir", "data")
    said = refusal(roocode(tmp_path, *arguments, ROOCODE_PASSWORD="x"))
    assert said == (
        "Error: Invalid request data: email: Invalid email format; "
        "password: Length must be between 8 and 1024\n"
    )


@pytest.mark.parametrize(
    ("file", "reason"), [("/proc/self/mem", "Input/output error"), ("latin.yaml", "not UTF-8 text")]
)
def test_a_file_of_settings_that_cannot_be_read_is_told_as_a_sentence(
    tmp_path: Path, file: str, reason: str
) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"server: {host: caf\xe9}")
    path = str(tmp_path / file)
    said = refusal_of_settings("--config", path, "--data-dir", str(tmp_path / "data"))
    assert said.startswith(f"Error: {path} cannot be read: ")
    assert reason in said
    assert "Errno" not in said


@pytest.mark.parametrize("url", ["sqlite:///file", "nonsense", "none+none://host/name"])
def test_an_address_of_no_database_is_told_as_a_sentence(tmp_path: Path, url: str) -> None:
    data = str(tmp_path / "data")
    said = refusal_of_settings("--port", "0", "--data-dir", data, ROOCODE_DATABASE__URL=url)
    assert "database.url" in said


COMMANDS = [("serve", "--port", "0"), ("key", "create", "admin@localhost")]


@pytest.mark.parametrize("arguments", COMMANDS, ids=["serve", "key"])
def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "taken").write_text("a file")
    said = refusal(roocode(tmp_path, *arguments, "--data-dir", "taken/data"))
    assert "taken" in said


@pytest.mark.parametrize("arguments", COMMANDS, ids=["serve", "key"])
def test_a_database_that_cannot_be_opened_is_named(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "data" / "roocode.sqlite3").mkdir(parents=True)
    said = refusal(roocode(tmp_path, *arguments, "--data-dir", "data"))
    assert "roocode.sqlite3" in said


@pytest.mark.parametrize("arguments", COMMANDS, ids=["serve", "key"])
def test_a_damaged_database_is_named_and_left_alone(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    database = tmp_path / "data" / "roocode.sqlite3"
    database.parent.mkdir()
    database.write_bytes(b"This is no database. " * 1000)
    said = refusal(roocode(tmp_path, *arguments, "--data-dir", "data"))
    assert "roocode.sqlite3" in said
    assert "not a database" in said
    assert database.read_bytes() == b"This is no database. " * 1000


@pytest.mark.parametrize("arguments", COMMANDS, ids=["serve", "key"])
def test_data_of_a_newer_version_are_refused_and_left_alone(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    assert roocode(tmp_path, "key", "create", "a@example.org", "--data-dir", "data").returncode != 0
    database = tmp_path / "data" / "roocode.sqlite3"
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    said = refusal(roocode(tmp_path, *arguments, "--data-dir", "data"))
    assert "newer version" in said
    assert "9999" in said
    connection = sqlite3.connect(database)
    assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]
    connection.close()


def test_playbooks_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "playbooks").mkdir()
    (tmp_path / "playbooks" / "broken.yaml").write_text("name: broken\nsteps: nothing\n")
    folders = json.dumps([str(tmp_path / "playbooks")])
    done = roocode(
        tmp_path, "serve", "--data-dir", "data", "--port", "0", ROOCODE_PROVIDERS__SCRIPTED__FOLDERS=folders
    )
    assert "broken.yaml" in refusal(done)
