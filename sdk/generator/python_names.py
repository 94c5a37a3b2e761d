"""How what the documents say is called and written in Python."""

from __future__ import annotations

import re
from typing import Any, Final

from sdk.generator.documents import MISSING, Field, Kind

AREAS: Final = {
    "approval": "approvals",
    "archive": "archives",
    "checkpoint": "checkpoints",
    "event": "events",
    "file": "files",
    "identity": "identities",
    "key": "keys",
    "log": "logs",
    "login": "logins",
    "mode": "modes",
    "model": "models",
    "playbook": "playbooks",
    "process": "processes",
    "profile": "profiles",
    "rule": "rules",
    "session": "sessions",
    "system": "monitoring",
    "task": "tasks",
    "terminal": "terminals",
    "tool": "tools",
    "user": "users",
    "webhook": "webhooks",
}
"""The attribute of the client for the first word of an operation; the others are called as they are."""
_SIMPLE: Final = {
    "text": "str",
    "time": "datetime",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "any": "Any",
}
LINE: Final = 106


def snake(name: str) -> str:
    """Return `maxMemoryMB` as `max_memory_mb`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def camel(name: str) -> str:
    """Return `max_memory` as `maxMemory`."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def pascal(name: str) -> str:
    """Return `task.completed` as `TaskCompleted`."""
    return "".join(word.capitalize() for word in re.split(r"[._]", name))


def area_of(operation: str) -> str:
    """Return the client's attribute that has an operation."""
    first = operation.partition(".")[0]
    return AREAS.get(first, first)


def annotation(kind: Kind, *, is_taken: bool = False) -> str:
    """Write a kind as an annotation; a shape that is taken is a typed dictionary."""
    match kind.name:
        case "choice":
            text = f"Literal[{', '.join(map(repr_, kind.choices))}]"
        case "list":
            of = annotation(kind.of or Kind("any"), is_taken=is_taken)
            text = f"{'Sequence' if is_taken else 'list'}[{of}]"
        case "map":
            of = annotation(kind.of or Kind("any"), is_taken=is_taken)
            text = f"{'Mapping' if is_taken else 'dict'}[str, {of}]"
        case "shape":
            text = f"{kind.shape}Dict" if is_taken else kind.shape
        case simple:
            text = _SIMPLE[simple]
    return f"{text} | None" if kind.is_nullable and text != "Any" else text


def default_of(field: Field) -> str | None:
    """Write the default that a field of an answer has; None if it has none."""
    if field.is_required:
        return None
    if field.default is not MISSING and not isinstance(field.default, list | dict):
        return repr_(field.default)
    if not field.kind.is_nullable and field.kind.name in ("list", "map"):
        return f"field(default_factory={'list' if field.kind.name == 'list' else 'dict'})"
    return "None"


def repr_(content: Any) -> str:
    """Write a constant, with texts in double quotation marks."""
    if isinstance(content, str):
        escaped = content.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return repr(content)


def docstring(text: str, indent: str) -> list[str]:
    """Return the lines of a docstring, as long as they may be."""
    words, lines = text.replace("\\", "\\\\").strip(), []
    paragraphs = [" ".join(paragraph.split()) for paragraph in words.split("\n\n")]
    for number, paragraph in enumerate(paragraphs):
        if number:
            lines.append("")
        line = ""
        for word in paragraph.split(" "):
            limit = LINE - len(indent) - (0 if lines or number else 6)
            if line and len(line) + 1 + len(word) > limit:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}" if line else word
        lines.append(line)
    if len(lines) == 1:
        return [f'{indent}"""{lines[0]}"""']
    rest = [f"{indent}{line}" if line else "" for line in lines[1:]]
    return [f'{indent}"""{lines[0]}', *rest, f'{indent}"""']
