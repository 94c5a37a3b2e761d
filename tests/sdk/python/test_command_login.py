"""`roocode login` and `logout`: what proves who you are is kept well, and never shown."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from roocode.commands.connection import Connection, connected
from roocode.commands.kept_logins import KeptLogin, KeptLogins
from tests.support.command_line import CommandLine
from tests.support.server import ServerProcess


def kept(stranger: CommandLine) -> Path:
    return stranger.folder / "configuration" / "roocode" / "servers.json"


def log_in(stranger: CommandLine, server: ServerProcess) -> None:
    """Log in with the password, at a terminal."""
    with stranger.in_terminal("login", server.url) as person:
        person.until("E-mail")
        person.until(": ")
        person.type(f"{server.admin['email']}\n")
        person.until("Password: ")
        person.type(f"{server.admin['password']}\n")
        assert person.code() == 0, person.seen
        assert server.admin["password"] not in person.seen


def test_a_password_is_asked_for_and_its_tokens_are_kept_for_the_user_alone(
    stranger: CommandLine, playing_server: ServerProcess
) -> None:
    log_in(stranger, playing_server)
    assert kept(stranger).stat().st_mode & 0o777 == 0o600
    assert kept(stranger).parent.stat().st_mode & 0o777 == 0o700
    assert playing_server.admin["password"] not in kept(stranger).read_text()
    stranger.succeed("sessions")


@pytest.mark.parametrize("option", ["--key-file", "--with-token"])
def test_a_key_comes_from_a_file_or_the_standard_input(
    stranger: CommandLine, playing_server: ServerProcess, option: str
) -> None:
    if option == "--key-file":
        done = stranger.run("login", playing_server.url, option, str(playing_server.data_dir / "admin.json"))
    else:
        done = stranger.run("login", playing_server.url, option, said=f"{playing_server.key}\n")
    assert done.returncode == 0, done.stderr
    assert done.stderr == f"Logged in to {playing_server.url} as admin@localhost.\n"
    assert playing_server.key not in done.stdout + done.stderr
    stranger.succeed("sessions")


def test_a_wrong_key_is_not_kept(stranger: CommandLine, playing_server: ServerProcess) -> None:
    done = stranger.run("login", playing_server.url, "--with-token", said="roo_wrong\n")
    assert done.returncode == 6
    assert "roo_wrong" not in done.stderr
    assert not kept(stranger).exists()


def test_a_wrong_password_is_told_and_not_kept(stranger: CommandLine, playing_server: ServerProcess) -> None:
    with stranger.in_terminal("login", playing_server.url, "--email", "nobody@example.com") as person:
        person.until("Password: ")
        person.type("a wrong password\n")
        assert person.code() == 6
        assert "a wrong password" not in person.seen
    assert not kept(stranger).exists()


def test_without_a_terminal_nothing_is_asked(stranger: CommandLine, playing_server: ServerProcess) -> None:
    for arguments in ([], ["--email", "admin@localhost"]):
        done = stranger.run("login", playing_server.url, *arguments)
        assert done.returncode == 2
        assert "--with-token" in done.stderr


def test_no_input_asks_nothing_at_a_terminal_either(
    stranger: CommandLine, playing_server: ServerProcess
) -> None:
    with stranger.in_terminal("login", playing_server.url, "--no-input") as person:
        assert person.code() == 2


def test_there_is_no_option_for_a_password(stranger: CommandLine) -> None:
    assert "--password" not in stranger.succeed("login", "--help")


def test_who_has_not_logged_in_is_told_how(stranger: CommandLine, playing_server: ServerProcess) -> None:
    done = stranger.run("sessions", "--server", playing_server.url)
    assert done.returncode == 6
    assert f"roocode login {playing_server.url}" in done.stderr


def test_a_server_that_cannot_be_reached_has_a_code_of_its_own(stranger: CommandLine) -> None:
    done = stranger.run("sessions", ROOCODE_URL="http://127.0.0.1:1", ROOCODE_KEY="any")
    assert done.returncode == 7
    assert done.stderr.startswith(
        "Error: http://127.0.0.1:1 cannot be reached: connection refused. Is the server"
    )


@pytest.mark.parametrize("address", ["ftp://example.com", "https://", "https://me:secret@example.com"])
def test_an_address_that_is_none_is_refused_and_its_password_not_told(
    stranger: CommandLine, address: str
) -> None:
    done = stranger.run("login", address, "--with-token", said="key")
    assert done.returncode == 2
    assert "secret" not in done.stderr


def test_a_key_is_sent_only_to_the_server_it_was_given_for(
    stranger: CommandLine, playing_server: ServerProcess
) -> None:
    stranger.succeed("login", playing_server.url, "--with-token", said=playing_server.key)
    same_place = playing_server.url.replace("127.0.0.1", "localhost")
    assert stranger.run("sessions", "--server", same_place).returncode == 6
    assert stranger.run("sessions").returncode == 0


def test_the_environment_outranks_what_is_kept(stranger: CommandLine, playing_server: ServerProcess) -> None:
    stranger.succeed("login", playing_server.url, "--with-token", said=playing_server.key)
    done = stranger.run("sessions", ROOCODE_KEY="roo_wrong")
    assert done.returncode == 6
    assert "$ROOCODE_KEY" in done.stderr


def test_logging_out_ends_the_login_here_and_there(
    stranger: CommandLine, playing_server: ServerProcess
) -> None:
    log_in(stranger, playing_server)
    [tokens] = json.loads(kept(stranger).read_text())["servers"].values()
    assert playing_server.request("GET", "/api/v1/sessions", key=tokens["access_token"]).status == 200
    ended = stranger.run("logout")
    assert ended.stderr.startswith(f"Logged out of {playing_server.url}.")
    assert json.loads(kept(stranger).read_text()) == {"servers": {}, "default": None}
    assert playing_server.request("GET", "/api/v1/sessions", key=tokens["access_token"]).status == 401
    again = stranger.run("logout", playing_server.url)
    assert again.returncode == 1
    assert "no login" in again.stderr


def test_commands_at_the_same_time_refresh_an_expired_login_once(
    stranger: CommandLine, playing_server: ServerProcess
) -> None:
    log_in(stranger, playing_server)
    content = json.loads(kept(stranger).read_text())
    [before] = content["servers"].values()
    before["expires_at"] = time.time() - 1
    kept(stranger).write_text(json.dumps(content))
    with ThreadPoolExecutor(3) as pool:
        codes = list(pool.map(lambda _: stranger.run("sessions").returncode, range(3)))
    assert codes == [0, 0, 0]
    [after] = json.loads(kept(stranger).read_text())["servers"].values()
    assert after["refresh_token"] != before["refresh_token"]
    assert stranger.run("sessions").returncode == 0


def test_a_login_beside_a_command_leads_it_nowhere_else(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.delenv("ROOCODE_URL", raising=False)

    @click.command()
    @connected
    def command(connection: Connection) -> None:
        log_in_at("http://127.0.0.1:2")
        click.echo(connection.url)

    def log_in_at(url: str) -> None:
        KeptLogins().keep(url, KeptLogin("somebody", api_key="key"), is_default=True)

    log_in_at("http://127.0.0.1:1")
    assert CliRunner().invoke(command).output == "http://127.0.0.1:1\n"
    assert CliRunner().invoke(command).output == "http://127.0.0.1:2\n"


def test_a_damaged_file_is_told(stranger: CommandLine) -> None:
    kept(stranger).parent.mkdir(parents=True)
    kept(stranger).write_text("{")
    done = stranger.run("sessions")
    assert done.returncode == 1
    assert "is damaged; delete it and log in again" in done.stderr
