"""`roocode shell` and `top`, and the completion of a shell."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from tests.support.command_line import COMMAND, CommandLine

DO_IT = ("--provider", "scripted", "--model", "do-it")


@pytest.fixture
def session(command_line: CommandLine) -> str:
    return command_line.succeed("sessions", "create", *DO_IT).strip()


@pytest.mark.parametrize("separator", [(), ("--",)])
def test_a_command_has_its_output_and_exit_code(
    command_line: CommandLine, session: str, separator: tuple[str, ...]
) -> None:
    done = command_line.run("shell", "-s", session, *separator, "sh", "-c", "echo hello; exit 7")
    assert (done.returncode, done.stdout) == (7, "hello\n")
    assert json.loads(command_line.succeed("shell", "--json", "echo one | wc -c"))["output"] == "4\n"


def test_options_behind_the_first_word_are_the_command_s_own(command_line: CommandLine, session: str) -> None:
    assert command_line.succeed("shell", "-s", session, "printf", "%s ", "--json", "-s") == "--json -s "
    refused = command_line.run("shell", "--colour", "ls")
    assert refused.returncode == 2
    assert "No such option" in refused.stderr


def test_a_command_that_takes_too_long_is_stopped(command_line: CommandLine, session: str) -> None:
    done = command_line.run("shell", "--timeout", "0.5", "sleep 60")
    assert done.returncode != 0
    assert "It was stopped" in done.stderr


def test_output_for_a_terminal_moves_no_cursor(command_line: CommandLine, session: str) -> None:
    with command_line.in_terminal("shell", r"printf '\033[2Jshown\n'") as person:
        assert person.code() == 0
    assert person.seen == "shown\r\n"


def test_a_terminal_takes_keys_and_ends_with_its_shells_code(command_line: CommandLine, session: str) -> None:
    with command_line.in_terminal("shell") as person:
        person.until("$ ")
        person.type("stty size; echo $((6*7))\r")
        person.until("42")
        person.type(r"printf '\033]52;c;b3duZWQ=\007done''\n'" + "\r")
        person.until("done\r\n")
        assert "\x1b]52" not in person.seen
        person.type("exit 5\r")
        assert person.code() == 5


def test_a_terminal_is_left_by_a_key_and_closed(command_line: CommandLine, session: str) -> None:
    with command_line.in_terminal("shell") as person:
        person.until("$ ")
        person.type("echo $((6*7)); sleep 300\r")
        person.until("42")
        person.type("\x1d")
        assert person.code() == 0
    done = command_line.succeed("shell", "-s", session, "--", "true")
    assert done == ""


def test_without_a_terminal_a_command_is_needed(command_line: CommandLine, session: str) -> None:
    done = command_line.run("shell")
    assert done.returncode == 2
    assert "COMMAND" in done.stderr


def test_top_shows_once_without_a_terminal(command_line: CommandLine) -> None:
    shown = command_line.succeed("top")
    assert shown.splitlines()[0].startswith(command_line.settings["ROOCODE_URL"])
    assert set(command_line.json("top", "--once")) == {"health", "resources", "agents", "processes"}


def test_top_goes_on_until_ctrl_c(command_line: CommandLine) -> None:
    with command_line.in_terminal("top", "--interval", "0.5") as person:
        for _ in range(2):
            person.until("tasks running")
        person.press_ctrl_c()
        assert person.code() == 130
        assert "Traceback" not in person.seen


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script_that_completes(stranger: CommandLine, shell: str) -> None:
    script = stranger.succeed(_ROOCODE_COMPLETE=f"{shell}_source")
    assert "_ROOCODE_COMPLETE=" in script


def test_bash_takes_the_script_and_completes_commands_and_options(stranger: CommandLine) -> None:
    bash = shutil.which("bash")
    assert bash is not None
    script = stranger.succeed(_ROOCODE_COMPLETE="bash_source")
    assert subprocess.run([bash, "-n"], input=script, text=True, check=False).returncode == 0
    for words, expected in (("roocode ses", "sessions"), ("roocode run --appr", "--approve")):
        found = stranger.run(
            _ROOCODE_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(len(words.split()) - 1)
        )
        assert f"plain,{expected}" in found.stdout.splitlines()


@pytest.mark.parametrize(
    "name",
    [
        *("apply", "diff", "files", "login", "logout", "logs", "rules", "run"),
        *("sessions", "shell", "tasks", "top", "usage"),
    ],
)
def test_help_needs_no_server_and_has_examples(stranger: CommandLine, name: str) -> None:
    shown = stranger.succeed(name, "--help")
    assert "Usage: roocode" in shown
    assert f"  roocode {name}" in shown
    assert COMMAND.name in shown


def test_every_line_of_json_is_ascii(command_line: CommandLine) -> None:
    session = command_line.json("sessions", "create", "Ünïcode \x9b2J", *DO_IT)
    assert session["name"] == "Ünïcode \x9b2J"
    printed = command_line.succeed("sessions", "--json")
    assert printed.isascii()
    assert json.loads(printed)[0]["id"] == session["id"]
