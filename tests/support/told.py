"""Facts about a session, derived from its events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Key = Callable[[Mapping[str, Any]], Any]

PAIRS: dict[str, tuple[str, Key]] = {
    "process.started": ("process.ended", lambda event: event["process"]["pid"]),
    "terminal.opened": (
        "terminal.closed",
        lambda event: event["terminal"]["id"] if "terminal" in event else event["terminalId"],
    ),
    "command.continued": ("command.ended", lambda event: (event["taskId"], event["callId"])),
    "mcp.started": ("mcp.stopped", lambda event: event["serverName"]),
}


def open_calls(events: Iterable[Mapping[str, Any]]) -> set[tuple[str | None, str]]:
    """Return the calls that have begun and not ended; fails for an end without beginning, or a second one."""
    begun: set[tuple[str | None, str]] = set()
    answered: tuple[str | None, str] | None = None
    for event in events:
        call = (event.get("taskId"), event.get("callId", ""))
        if event["type"] == "tool.started":
            assert call not in begun, f"{call} began twice"
            begun.add(call)
        elif event["type"] == "tool.failed" and event["code"] == "TOOL_FAILED":
            assert answered == call, f"{call} failed beside no result"
        elif event["type"] in ("tool.completed", "tool.failed"):
            assert call in begun, f"{call} ended without having begun"
            begun.remove(call)
        answered = call if event["type"] == "tool.completed" else None
    return begun


def open_things(events: Iterable[Mapping[str, Any]]) -> set[tuple[str, Any]]:
    """Return the processes, terminals, commands and MCP servers that have begun and not ended."""
    ends = {end: (begin, key) for begin, (end, key) in PAIRS.items()}
    standing: set[tuple[str, Any]] = set()
    for event in events:
        if event["type"] in PAIRS:
            standing.add((event["type"], PAIRS[event["type"]][1](event)))
        elif event["type"] in ends:
            begin, key = ends[event["type"]]
            assert (begin, key(event)) in standing, f"{event['type']} without a beginning"
            standing.remove((begin, key(event)))
    return standing
