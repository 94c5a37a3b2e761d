"""The registry of tools: their names, their descriptions, and the calls they accept."""

from __future__ import annotations

from typing import Any

import pytest

from roocode_server.engine.tools.read_file import ReadFile
from roocode_server.engine.tools.registry import DEFAULT_TOOLS, ToolRegistry
from roocode_server.engine.tools.tool import AnyTool
from roocode_server.models.error import NotFound, ValidationFailed
from roocode_server.models.tool import ToolGroup

NAMES = [
    "execute_command",
    "read_file",
    "write_to_file",
    "apply_diff",
    "insert_content",
    "search_and_replace",
    "search_files",
    "list_files",
    "list_code_definition_names",
    "ask_followup_question",
    "attempt_completion",
    "switch_mode",
    "new_task",
    "fetch_instructions",
    "update_todo_list",
]


def test_the_default_tools_are_these_in_this_order() -> None:
    assert list(ToolRegistry().tools) == NAMES


def test_two_tools_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="read_file"):
        ToolRegistry([ReadFile(), ReadFile()])


def test_a_catalogue_holds_the_tools_it_is_given_and_no_others() -> None:
    assert list(ToolRegistry([ReadFile()]).tools) == ["read_file"]


@pytest.mark.parametrize("tool", DEFAULT_TOOLS, ids=lambda tool: tool.name)
def test_every_parameter_is_described(tool: AnyTool) -> None:
    (description,) = ToolRegistry([tool]).describe()
    assert description.parameters
    assert all(parameter.description for parameter in description.parameters.values())
    assert all(isinstance(parameter.type, str) for parameter in description.parameters.values())


def test_a_description_has_s0s_parameters_and_the_schema_a_model_is_shown() -> None:
    (description,) = ToolRegistry([ReadFile()]).describe()
    dumped = description.dump()
    assert dumped["parameters"]["path"] == {
        "type": "string",
        "description": "The file; relative to the workspace",
        "required": True,
    }
    assert dumped["parameters"]["start_line"]["required"] is False
    assert dumped["inputSchema"]["required"] == ["path"]
    assert dumped["inputSchema"]["additionalProperties"] is False
    assert dumped["inputSchema"]["properties"]["start_line"] == {
        "type": "integer",
        "minimum": 1,
        "description": "The first line to show, from 1",
    }


@pytest.mark.parametrize(
    ("name", "group", "repeatable"),
    [
        ("read_file", ToolGroup.READ, True),
        ("list_files", ToolGroup.READ, True),
        ("search_files", ToolGroup.READ, True),
        ("write_to_file", ToolGroup.EDIT, True),
        ("apply_diff", ToolGroup.EDIT, False),
        ("execute_command", ToolGroup.COMMAND, False),
        ("ask_followup_question", ToolGroup.ALWAYS, True),
        ("attempt_completion", ToolGroup.ALWAYS, True),
    ],
)
def test_each_tool_has_its_group_and_says_whether_it_may_be_run_again(
    name: str, group: ToolGroup, repeatable: bool
) -> None:
    tool = ToolRegistry().tools[name]
    assert (tool.group, tool.repeatable) == (group, repeatable)


def test_a_prepared_call_tells_what_it_would_do() -> None:
    call = ToolRegistry().prepare("write_to_file", {"path": "src/a.py", "content": "one\ntwo\n"})
    assert (call.describe(), call.paths(), call.command()) == (
        "Write src/a.py (2 lines)",
        ("src/a.py",),
        None,
    )


def test_null_stands_for_what_is_left_out() -> None:
    call = ToolRegistry().prepare("list_files", {"path": ".", "recursive": None})
    assert call.parameters.dump() == {"path": ".", "recursive": False}


def test_an_unknown_tool_is_not_found() -> None:
    with pytest.raises(NotFound) as failure:
        ToolRegistry().prepare("rm_rf", {})
    assert failure.value.details == {"resource": "tool", "id": "rm_rf"}


@pytest.mark.parametrize(
    ("name", "arguments", "field"),
    [
        ("read_file", {}, "path"),
        ("read_file", {"path": ""}, "path"),
        ("read_file", {"path": None}, "path"),
        ("read_file", {"path": 5}, "path"),
        ("read_file", {"path": "a", "start_line": 0}, "start_line"),
        ("read_file", {"path": "a", "startLine": 1}, "startLine"),
        ("list_files", {"path": ".", "recursive": "perhaps"}, "recursive"),
        ("search_files", {"path": ".", "regex": ""}, "regex"),
        ("write_to_file", {"path": "a", "content": "\ud800"}, "content"),
        ("apply_diff", {"files": [{"path": "a", "diff": "\ud800"}]}, "files"),
        ("ask_followup_question", {"question": "?", "follow_up": ["\ud800"]}, "follow_up"),
        ("ask_followup_question", {"question": "?", "follow_up": "yes"}, "follow_up"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(name: str, arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationFailed) as failure:
        ToolRegistry().prepare(name, arguments)
    assert failure.value.details["field"] == field
