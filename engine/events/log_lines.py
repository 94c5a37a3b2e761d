"""Log lines for the events whose declaration asks for one."""

from __future__ import annotations

from typing import Any, Final

import orjson
import structlog

from roocode_server.models.event import EVENTS, StoredEvent

LONGEST_TEXT: Final = 500
"""The most characters of one field in a log line."""

log = structlog.get_logger("events")


def log_event(stored: StoredEvent) -> None:
    """Write the log line of a committed event, if its declaration has one."""
    declared = EVENTS.get(stored.type)
    line = declared.log if declared is not None else None
    if line is None:
        return
    where: dict[str, str] = {"session_id": stored.session_id}
    if stored.task_id is not None:
        where["task_id"] = stored.task_id
    write = log.warning if line.level == "warning" else log.info
    write(stored.type, **where, **_facts(stored, line.fields))


def _facts(stored: StoredEvent, fields: tuple[str, ...]) -> dict[str, object]:
    if not fields:
        return {}
    content = orjson.loads(stored.body)
    facts = {path.replace(".", "_"): _at(content, path) for path in fields}
    return {name: found for name, found in facts.items() if found is not None}


def _at(content: Any, path: str) -> object:
    """Return the value at a dotted path, shortened; None if there is none."""
    for step in path.split("."):
        content = content.get(step) if isinstance(content, dict) else None
    return content[:LONGEST_TEXT] if isinstance(content, str) else content
