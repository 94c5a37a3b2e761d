"""The files that a task is about: its `filesPattern`, resolved when it begins. Source: S4."""

from __future__ import annotations

from typing import Final

from roocode_server.engine.agent.task_context import TaskContext
from roocode_server.engine.concurrency.worker import Exhausted
from roocode_server.engine.tools.list_files import ListFiles
from roocode_server.engine.tools.matching_files import MatchingFiles, matching_files

MOST_NAMED_FILES: Final = 200
LONGEST_NAMES: Final = 16_384
"""The most characters of the names together."""


async def files_of(work: TaskContext, pattern: str) -> str:
    """Return what the agent is told of the files that match the pattern: their paths, and how many more."""
    services = work.services
    look = services.tools.prepare(ListFiles.name, {"path": ".", "recursive": True})
    withholds = services.policy.withholds(await services.standing_rules.judging(work.session), look, ())
    try:
        found = await matching_files(work.workspace, pattern, withholds)
    except Exhausted:
        return f"Which files match `{pattern}` took too long to find out. Look for them yourself."
    return _told(pattern, found)


def _told(pattern: str, found: MatchingFiles) -> str:
    if not found.count:
        more = " among the first that were examined" if found.is_cut else ""
        return f"The task is about the files that match `{pattern}`. There are none{more}."
    lines, room = list[str](), LONGEST_NAMES
    for path in found.paths[:MOST_NAMED_FILES]:
        room -= len(path)
        if room < 0:
            break
        lines.append(f"- {path!r}" if not path.isprintable() else f"- {path}")
    rest = found.count - len(lines)
    if rest or found.is_cut:
        lines.append(f"(and {'at least ' if found.is_cut else ''}{rest} more)")
    return "\n".join([f"The task is about the files that match `{pattern}`:", *lines])
