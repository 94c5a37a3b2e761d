"""Tool calls that a model is writing, as growing messages for S2's clients. Source: S2, "Tools"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import jiter
import orjson

Arguments = dict[str, Any]
Shaped = dict[str, Any]
"""The fields of a message of S2 except `ts` and `partial`."""

INFORMED: Final[dict[str, tuple[str, dict[str, str]]]] = {
    "read_file": ("readFile", {"path": "path"}),
    "write_to_file": ("newFileCreated", {"path": "path", "content": "content"}),
    "apply_diff": ("appliedDiff", {"path": "path", "diff": "diff"}),
    "insert_content": ("insertContent", {"path": "path", "line": "lineNumber", "content": "content"}),
    "search_and_replace": (
        "searchAndReplace",
        {"path": "path", "search": "search", "replace": "replace"},
    ),
    "search_files": ("searchFiles", {"path": "path", "regex": "regex"}),
    "list_files": ("listFilesTopLevel", {"path": "path"}),
    "list_code_definition_names": ("listCodeDefinitionNames", {"path": "path"}),
    "fetch_instructions": ("fetchInstructions", {"task": "content"}),
    "switch_mode": ("switchMode", {"mode_slug": "mode", "reason": "reason"}),
    "new_task": ("newTask", {"mode": "mode", "message": "content"}),
    "generate_image": ("generateImage", {"path": "path", "prompt": "content"}),
}
"""Tools whose messages are of the kind `tool`: S2's name for the tool and for its arguments.

Whether a file is new, or a list is recursive, is only known, and reported, once the call is complete.
"""


def shape_of(tool_name: str) -> Callable[[str], Shaped | None]:
    """A function that turns partly written arguments into a message; None while that is not possible."""

    def shaped(written: str) -> Shaped | None:
        arguments = _read(written)
        return None if arguments is None else _message(tool_name, arguments)

    return shaped


def _read(written: str) -> Arguments | None:
    try:
        read = jiter.from_json(written.encode(), partial_mode="trailing-strings")
    except ValueError:
        return None
    return read if isinstance(read, dict) else None


def _message(tool_name: str, arguments: Arguments) -> Shaped | None:
    if tool_name in INFORMED:
        word, names = INFORMED[tool_name]
        told = {name: arguments[given] for given, name in names.items() if given in arguments}
        return _said("tool", _json({"tool": word, **told})) if told else None
    match tool_name, arguments:
        case "execute_command", {"command": str(line)}:
            return _asked("command", line)
        case "attempt_completion", {"result": str(result)}:
            return _said("completion_result", result)
        case "ask_followup_question", {"question": str(question)}:
            return _asked("followup", _json({"question": question, "suggest": []}))
        case "use_mcp_tool", {"server_name": str(server), "tool_name": str(tool)}:
            told = {"type": "use_mcp_tool", "serverName": server, "toolName": tool}
            return _asked("use_mcp_server", _json(told))
    return None


def _said(kind: str, text: str) -> Shaped:
    return {"type": "say", "say": kind, "text": text}


def _asked(kind: str, text: str) -> Shaped:
    return {"type": "ask", "ask": kind, "text": text}


def _json(content: object) -> str:
    return orjson.dumps(content).decode()
