"""The documents match the declarations, and nothing is left out."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

import roocode_server
from roocode_server.models.error import AppError
from roocode_server.models.event import EVENTS, Event
from tests.support.server import PROJECT

EVENTS_DOCUMENT = (PROJECT / "docs" / "events.md").read_text()
ERRORS_DOCUMENT = (PROJECT / "docs" / "errors.md").read_text()


def errors(above: type[AppError] = AppError) -> Iterator[type[AppError]]:
    for error in above.__subclasses__():
        yield error
        yield from errors(error)


@pytest.fixture(scope="module")
def declared() -> list[type[AppError]]:
    """The errors of the server, without those defined by tests. Some of its modules take long to import."""
    for module in pkgutil.walk_packages(roocode_server.__path__, "roocode_server."):
        if not re.search(r"\.(migrations|demo_project)\b", module.name):
            importlib.import_module(module.name)
    return [error for error in errors() if error.__module__.startswith("roocode_server.")]


@pytest.mark.parametrize("happened", EVENTS.values(), ids=lambda happened: happened.name)
def test_every_event_is_documented_with_its_fields(happened: type[Event]) -> None:
    mark = "" if happened.durable else " (ephemeral)"
    fields = ", ".join(f"`{field.data_key}`" for field in happened.schema().fields.values())
    assert f"| `{happened.name}`{mark} | {fields} |" in EVENTS_DOCUMENT


def test_no_event_is_documented_that_there_is_not() -> None:
    named = re.findall(r"^\| `([a-z]+\.[a-z_]+)`", EVENTS_DOCUMENT, re.MULTILINE)
    assert set(named) <= set(EVENTS)


def test_every_error_is_documented_with_its_status(declared: list[type[AppError]]) -> None:
    rows = {error: f"| `{error.code}` | {error.status} |" for error in declared}
    assert rows
    assert [error for error, row in rows.items() if row not in ERRORS_DOCUMENT] == []


def test_a_code_has_one_status_and_one_meaning(declared: list[type[AppError]]) -> None:
    families: dict[str, type[AppError]] = {}
    for error in declared:
        first = families.setdefault(error.code, error)
        assert first.status == error.status
        assert issubclass(error, first) or issubclass(first, error), f"{error} and {first} share a code"


def test_no_error_is_documented_that_there_is_not(declared: list[type[AppError]]) -> None:
    named = re.findall(r"^\| `([A-Z_]+)` \| \d+ \|", ERRORS_DOCUMENT, re.MULTILINE)
    assert set(named) <= {error.code for error in declared}
