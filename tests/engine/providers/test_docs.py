"""`docs/playbooks.md` has every key, filter and code, and its example can be played."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from roocode_server.engine.providers.scripted.files import read
from roocode_server.engine.providers.scripted.playbook import Playbook, PlaybookCall, Step
from roocode_server.engine.providers.scripted.provider import ScriptedProvider
from roocode_server.engine.providers.scripted.template_filters import FILTERS
from roocode_server.engine.providers.scripted.template_language import TEMPLATE_TESTS, Result, TemplateValues

DOCUMENT = (Path(__file__).parents[3] / "docs" / "playbooks.md").read_text()
ROWS = [line for line in DOCUMENT.splitlines() if line.startswith("| `")]
IN_TABLES = set(re.findall(r"`([a-z_-]+)", "\n".join(row.split(" | ")[0] for row in ROWS)))


def keys(shape: type[Playbook] | type[Step] | type[PlaybookCall]) -> set[str]:
    return {"with" if name == "arguments" else name for name in shape.__dataclass_fields__}


def test_every_key_has_a_row() -> None:
    assert keys(Playbook) | keys(Step) | keys(PlaybookCall) <= IN_TABLES


def test_every_filter_and_name_has_a_row() -> None:
    assert set(FILTERS) | {"input", "messages", "results"} <= IN_TABLES
    assert set(TemplateValues.__slots__) == {"input", "messages", "results"}


@pytest.mark.parametrize("part", Result.__slots__)
def test_every_part_of_a_result_is_named(part: str) -> None:
    assert f"`.{part}`" in DOCUMENT


@pytest.mark.parametrize("test", TEMPLATE_TESTS)
def test_every_test_is_named(test: str) -> None:
    assert f"`is {test}`" in DOCUMENT


def test_every_shipped_playbook_has_a_row() -> None:
    assert set(ScriptedProvider().playbooks) <= IN_TABLES


def test_the_example_can_be_read() -> None:
    example = DOCUMENT.partition("```yaml\n")[2].partition("```")[0]
    assert read(example, file="example").name == "check-and-report"
