"""The commands are imported when they are used, and without looking for garbage meanwhile."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from roocode_server.server.cli import LATE_COMMANDS, LateCommand, LateGroup, main

GROUP = LateGroup(late={"serve": LATE_COMMANDS["serve"], "missing": LateCommand("missing", "Not there.")})
HELP_AND_MODULES = """
import json, sys
from roocode_server.server.cli import main
main(["--help"], standalone_mode=False)
print(json.dumps(sorted(sys.modules)))
"""


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    """What has been frozen by a test is looked through again."""
    yield
    gc.unfreeze()


def test_garbage_is_looked_for_again_after_an_import() -> None:
    assert GROUP.get_command(click.Context(GROUP), "serve") is not None
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0


def test_so_it_is_where_the_import_fails() -> None:
    with pytest.raises(ModuleNotFoundError):
        GROUP.get_command(click.Context(GROUP), "missing")
    assert gc.isenabled()


def test_what_is_no_command_is_not_imported() -> None:
    assert GROUP.get_command(click.Context(GROUP), "nothing") is None


def test_they_are_listed_without_being_imported() -> None:
    printed = subprocess.check_output([sys.executable, "-c", HELP_AND_MODULES], text=True)
    *lines, modules = printed.splitlines()
    listed = [line.split()[0] for line in lines[lines.index("Commands:") + 1 :]]
    assert listed == sorted(LATE_COMMANDS)
    assert [name for name in json.loads(modules) if name.startswith("roocode_server.server.commands")] == []


@pytest.mark.parametrize("name", LATE_COMMANDS)
def test_the_list_says_what_each_says_of_itself(name: str) -> None:
    command = main.get_command(click.Context(main), name)
    assert command is not None
    assert command.get_short_help_str(limit=80) == LATE_COMMANDS[name].summary
