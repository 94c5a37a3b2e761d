"""docs/tools.md says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from roocode_server.engine.search import ripgrep
from roocode_server.engine.tools import list_files, read_file, search_files, text
from roocode_server.engine.tools.diff.applying import apply
from roocode_server.engine.tools.diff.blocks import MOST_BLOCKS, parse
from roocode_server.engine.tools.registry import DEFAULT_TOOLS, ToolRegistry
from roocode_server.engine.tools.tool import AnyTool

DOCUMENT = (Path(__file__).parents[3] / "docs" / "tools.md").read_text()


def section(name: str) -> str:
    found = re.search(rf"^## {name}\n(.*?)(?=^## |\Z)", DOCUMENT, re.MULTILINE | re.DOTALL)
    assert found, f"docs/tools.md has no section {name}"
    return found[1]


@pytest.mark.parametrize("tool", DEFAULT_TOOLS, ids=lambda tool: tool.name)
def test_each_tool_has_its_section_with_its_parameters(tool: AnyTool) -> None:
    (description,) = ToolRegistry([tool]).describe()
    named = re.findall(r"^\| `(\w+)` \| ([^|]*) \|", section(tool.name), re.MULTILINE)
    assert [name for name, _ in named] == list(description.parameters)
    assert ["required" in kind for _, kind in named] == [
        parameter.required for parameter in description.parameters.values()
    ]


@pytest.mark.parametrize("tool", DEFAULT_TOOLS, ids=lambda tool: tool.name)
def test_the_table_has_each_tools_group_and_whether_it_is_repeatable(tool: AnyTool) -> None:
    repeatable = "yes" if tool.repeatable else "no"
    assert f"| [`{tool.name}`](#{tool.name}) | {tool.group} | {repeatable} |" in DOCUMENT


@pytest.mark.parametrize(
    "statement",
    [
        f"{text.SHOWN_CHARACTERS:,} characters",
        f"{read_file.MOST_READ_LINES:,} lines",
        f"{read_file.READ_LINE_CHARACTERS:,} characters",
        f"{list_files.SHOWN_ENTRIES} entries",
        f"{search_files.SHOWN_MATCHES} matching lines",
        f"{ripgrep.MATCHED_LINE_BYTES} bytes",
        f"{MOST_BLOCKS} blocks",
    ],
)
def test_the_limits_are_those_of_the_code(statement: str) -> None:
    assert statement in DOCUMENT


def test_the_example_of_apply_diff_does_what_it_says() -> None:
    before, diff = re.findall(r"```(?:python)?\n(.*?)```", section("apply_diff"), re.DOTALL)
    outcome = apply(before, parse(diff))
    assert not outcome.refused
    names: dict[str, object] = {}
    exec(outcome.text, names)  # noqa: S102 - the example of the documentation
    total = names["total"]
    assert callable(total)
    assert total([3, -1, 4]) == 7
