"""The command `roocode` and that of the server: together, and each alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution, version
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from roocode import cli as client_cli
from roocode_server.server import cli as server_cli
from roocode_server.server.cli import LATE_COMMANDS
from tests.support.server import PROJECT

COMMANDS = Path(sys.executable).parent
DISTRIBUTIONS = {"roocode": PROJECT / "sdk" / "python", "roocode-server": PROJECT}
DEADLINE_S = 120
CODE = "import sys; from {module} import main; main(sys.argv[1:], prog_name='{name}')"
MODULES = {"roocode": "roocode.cli", "roocode-server": "roocode_server.server.cli"}


def run(*command: str | Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **settings}
    return subprocess.run(
        list(map(str, command)),
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
        env=environment,
    )


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheel of each distribution."""
    built = {}
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--no-deps")
    for name, folder in DISTRIBUTIONS.items():
        place = tmp_path_factory.mktemp(name)
        done = run(*pip, "--no-build-isolation", "--no-index", "--wheel-dir", place, folder)
        assert done.returncode == 0, done.stderr
        [built[name]] = place.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def elsewhere(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders in which one of the two is installed, each with what both need."""
    top = tmp_path_factory.mktemp("elsewhere")
    ours = {name: str(distribution(name).locate_file("")) for name in DISTRIBUTIONS}
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--no-deps", "--no-index")
    for name, wheel in wheels.items():
        folder = top / name
        assert run(*pip, "--target", folder, wheel).returncode == 0
        for each in Path(ours[name]).iterdir():
            if (
                "roocode" not in each.name
                and not each.name.startswith("__editable__")
                and each.suffix != ".pth"
            ):
                (folder / each.name).exists() or (folder / each.name).symlink_to(each)
    return top


def alone(elsewhere: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command of a distribution where the other is not installed."""
    code = CODE.format(module=MODULES[name], name=name)
    return run(sys.executable, "-S", "-c", code, *arguments, PYTHONPATH=str(elsewhere / name))


def test_both_offer_the_servers_commands_where_both_are_installed() -> None:
    for name in DISTRIBUTIONS:
        done = run(COMMANDS / name, "vacuum", "--help")
        assert done.returncode == 0, done.stderr
        assert f"Usage: {name} vacuum [OPTIONS]" in done.stdout
        assert "--data-dir" in done.stdout


def test_the_server_offers_every_command_of_its_own_to_the_other() -> None:
    offered = distribution("roocode-server").entry_points.select(group="roocode.commands")
    modules = {each.name: each.value for each in offered}
    folder = "roocode_server.server.commands"
    assert modules == {name: f"{folder}.{late.module}:command" for name, late in LATE_COMMANDS.items()}


def summaries(shown: str) -> dict[str, str]:
    """What `--help` says of each command."""
    lines = shown.partition("Commands:\n")[2].splitlines()
    return dict(line.split(maxsplit=1) for line in lines if line.strip())


def test_help_tells_what_each_command_does_and_imports_none() -> None:
    code = (
        "import json, sys; from roocode.cli import main; main(['--help'], standalone_mode=False); "
        "print(json.dumps(sorted(sys.modules)))"
    )
    *lines, modules = run(sys.executable, "-c", code).stdout.splitlines()
    told = summaries(run(COMMANDS / "roocode-server", "--help").stdout)
    told_too = summaries("\n".join(lines))
    assert told
    for name, summary in told.items():  # names of another length leave another room for what is said of them
        assert told_too[name].startswith(summary.removesuffix("...")[:40])
    assert not [
        name for name in json.loads(modules) if name.startswith(("roocode_server", "aiohttp", "socketio"))
    ]


@pytest.mark.parametrize("group", [client_cli.main, server_cli.main])
def test_no_command_s_line_in_the_help_of_its_group_is_cut_off(group: click.Group) -> None:
    found = list(groups(group))
    assert len(found) > 1
    for names in found:
        told = CliRunner().invoke(group, [*names, "--help"], terminal_width=80).output
        lines = told.partition("\nCommands:\n")[2].splitlines()
        assert lines
        assert [line for line in lines if line.endswith("...")] == []


def groups(group: click.Group, *names: str) -> Iterator[tuple[str, ...]]:
    """The names of each group of commands, beginning with that of none."""
    yield names
    context = click.Context(group)
    for name in group.list_commands(context):
        found = group.get_command(context, name)
        if isinstance(found, click.Group):
            yield from groups(found, *names, name)


def test_each_says_its_own_version() -> None:
    for name in DISTRIBUTIONS:
        assert run(COMMANDS / name, "--version").stdout == f"{name}, version {version(name)}\n"


def test_no_file_belongs_to_both(wheels: dict[str, Path]) -> None:
    files = {}
    for name, wheel in wheels.items():
        with zipfile.ZipFile(wheel) as archive:
            [scripts] = (each for each in archive.namelist() if each.endswith(".dist-info/entry_points.txt"))
            text = archive.read(scripts).decode()
            made = text.partition("[console_scripts]\n")[2].partition("\n\n")[0].splitlines()
            files[name] = {*archive.namelist(), *(f"bin/{line.partition(' = ')[0]}" for line in made)}
    assert "bin/roocode" in files["roocode"]
    assert "bin/roocode-server" in files["roocode-server"]
    assert not files["roocode"] & files["roocode-server"]


def test_the_server_works_without_the_client(elsewhere: Path) -> None:
    done = alone(elsewhere, "roocode-server", "vacuum", "--help")
    assert done.returncode == 0, done.stderr
    assert "--data-dir" in done.stdout


def test_the_client_works_without_the_server(elsewhere: Path) -> None:
    done = alone(elsewhere, "roocode", "--help")
    assert done.returncode == 0, done.stderr
    assert "run" in summaries(done.stdout)
    assert "serve" not in summaries(done.stdout)
    absent = alone(elsewhere, "roocode", "serve")
    assert absent.returncode == 2
    assert "No such command 'serve'" in absent.stderr


def offer(folder: Path, **commands: str) -> str:
    """A distribution that offers these commands; return its folder."""
    info = folder / "another-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: another\nVersion: 1.0\n")
    lines = [f"{name} = {place}" for name, place in commands.items()]
    (info / "entry_points.txt").write_text("\n".join(["[roocode.commands]", *lines]))
    return str(folder)


def test_a_third_distribution_adds_a_command(tmp_path: Path) -> None:
    source = 'import click\n\n@click.command()\ndef greet():\n    """Say hello."""\n    click.echo("Hello")\n'
    (tmp_path / "another.py").write_text(source)
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text(source)
    folder = offer(tmp_path, greet="another:greet", wave="package:greet")
    assert run(COMMANDS / "roocode", "greet", PYTHONPATH=folder).stdout == "Hello\n"
    lines = run(COMMANDS / "roocode", "--help", PYTHONPATH=folder).stdout.splitlines()
    assert {tuple(line.split(maxsplit=1)) for line in lines} >= {
        ("greet", "Say hello."),
        ("wave", "Say hello."),
    }


@pytest.mark.parametrize("place", ["absent:command", "another:absent", "another:number"])
def test_a_command_that_cannot_be_loaded_is_told_as_a_sentence_and_the_others_work(
    tmp_path: Path, place: str
) -> None:
    (tmp_path / "another.py").write_text("number = 1\n")
    folder = offer(tmp_path, broken=place)
    done = run(COMMANDS / "roocode", "broken", PYTHONPATH=folder)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr
    shown = run(COMMANDS / "roocode", "--help", PYTHONPATH=folder)
    assert {"broken", "serve"} <= {line.split()[0] for line in shown.stdout.splitlines() if line.strip()}
