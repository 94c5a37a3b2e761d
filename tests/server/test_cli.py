"""The command's modules are imported without looking for garbage, which is looked for again afterwards."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import click
import pytest

from roocode_server.server.cli import LateGroup

GROUP = LateGroup(modules={"serve": "serving", "missing": "missing"})


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
