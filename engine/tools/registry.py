"""The registry of tools: their descriptions for models, and validation of calls."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from roocode_server.engine.tools.apply_diff import ApplyDiff
from roocode_server.engine.tools.ask_followup_question import AskFollowupQuestion
from roocode_server.engine.tools.attempt_completion import AttemptCompletion
from roocode_server.engine.tools.execute_command import ExecuteCommand
from roocode_server.engine.tools.fetch_instructions import FetchInstructions
from roocode_server.engine.tools.insert_content import InsertContent
from roocode_server.engine.tools.list_code_definition_names import ListCodeDefinitionNames
from roocode_server.engine.tools.list_files import ListFiles
from roocode_server.engine.tools.new_task import NewTask
from roocode_server.engine.tools.read_file import ReadFile
from roocode_server.engine.tools.search_and_replace import SearchAndReplace
from roocode_server.engine.tools.search_files import SearchFiles
from roocode_server.engine.tools.switch_mode import SwitchMode
from roocode_server.engine.tools.tool import AnyTool, PreparedCall
from roocode_server.engine.tools.update_todo_list import UpdateTodoList
from roocode_server.engine.tools.write_to_file import WriteToFile
from roocode_server.models.error import NotFound
from roocode_server.models.shape import Shape
from roocode_server.models.text import encode_utf8
from roocode_server.models.tool import ToolDescription, ToolParameter

DEFAULT_TOOLS: Final[tuple[AnyTool, ...]] = (
    ExecuteCommand(),
    ReadFile(),
    WriteToFile(),
    ApplyDiff(),
    InsertContent(),
    SearchAndReplace(),
    SearchFiles(),
    ListFiles(),
    ListCodeDefinitionNames(),
    AskFollowupQuestion(),
    AttemptCompletion(),
    SwitchMode(),
    NewTask(),
    FetchInstructions(),
    UpdateTodoList(),
)


class ToolRegistry:
    """Tools by name, in the order in which models see them.

    Raises: ValueError, if two tools have the same name.
    """

    def __init__(self, tools: Iterable[AnyTool] = DEFAULT_TOOLS) -> None:
        by_name: dict[str, AnyTool] = {}
        for tool in tools:
            if by_name.setdefault(tool.name, tool) is not tool:
                raise ValueError(f"There is a tool of this name already: {tool.name}.")
        self.tools: Mapping[str, AnyTool] = MappingProxyType(by_name)
        self._descriptions = [_description(tool) for tool in self.tools.values()]

    def describe(self) -> list[ToolDescription]:
        """Return the description of each tool, as S0 and models get it."""
        return list(self._descriptions)

    def prepare(self, name: str, arguments: Mapping[str, Any], *, strictly: bool = False) -> PreparedCall:
        """Validate `arguments` (decoded JSON) for a tool; null counts as left out.

        Models write `"true"` for `true`, which is only accepted unless `strictly`, as for programs.
        Raises: NotFound, if there is no such tool; ValidationFailed, if the arguments do not fit.
        """
        tool = self.tools.get(name)
        if tool is None:
            raise NotFound("tool", name)
        given = {key: content for key, content in arguments.items() if content is not None}
        _check_encodable(given)
        load = tool.parameters.load_strictly if strictly else tool.parameters.load
        return PreparedCall(tool=tool, parameters=load(given))


def _check_encodable(arguments: Mapping[str, Any]) -> None:
    """Raises: InvalidField, if a text has an unpaired surrogate, which JSON allows and UTF-8 does not."""
    for name, content in arguments.items():
        if isinstance(content, (str, list)):
            encode_utf8(json.dumps(content, ensure_ascii=False), name)


def _description(tool: AnyTool) -> ToolDescription:
    schema = _call_schema(tool.parameters)
    required = schema.get("required", [])
    return ToolDescription(
        name=tool.name,
        description=tool.description,
        group=tool.group,
        parameters={
            name: ToolParameter(
                type=property_["type"], description=property_["description"], required=name in required
            )
            for name, property_ in schema["properties"].items()
        },
        input_schema=schema,
    )


def _call_schema(parameters: type[Shape]) -> dict[str, Any]:
    """Return the JSON Schema of a call's arguments; null is not offered, because such arguments can be left
    out.
    """
    schema = parameters.json_schema()
    return {**schema, "properties": {name: _offered(each) for name, each in schema["properties"].items()}}


def _offered(schema: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: content for key, content in schema.items() if key != "default" or content is not None}
    if isinstance(kept["type"], list):
        (kept["type"],) = (each for each in kept["type"] if each != "null")
    return kept
