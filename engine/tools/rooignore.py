"""Files that are hidden from the agent's tools, by `.rooignore` or by a rule of the session.

`.rooignore` is in the workspace's root and has the syntax of `.gitignore` (Source: S2's users). This limits
the agent's tools and is no security boundary: a program that the agent may run can read every file of the
workspace.
"""

from __future__ import annotations

import functools
import posixpath
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from roocode_server.engine.concurrency.worker import Exhausted, run_in_worker
from roocode_server.engine.tools.gitignore import LARGEST_RULES
from roocode_server.engine.tools.ignore_patterns import Patterns
from roocode_server.engine.tools.reach import Touched
from roocode_server.engine.tools.tool import ToolContext, ToolFailure
from roocode_server.engine.tools.unignored import ROOIGNORE, forbids
from roocode_server.engine.workspace.name_spelling import unspelled
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.error import AppError
from roocode_server.models.tool import ToolGroup

_FEW_BYTES: Final = 4096
_FEW_CHARACTERS: Final = 1000
"""Smaller inputs are matched in this process, within milliseconds; larger ones in a worker process."""


class RooIgnore:
    """The files that are hidden from one call."""

    def __init__(self, workspace: Workspace, rules: bytes, withholds: Callable[[str], bool]) -> None:
        self._workspace = workspace
        self._rules = rules
        self._withholds = withholds

    @classmethod
    async def of(cls, context: ToolContext) -> RooIgnore:
        """Read the rules for a call; a `.rooignore` that cannot be read has no effect."""
        return cls(context.workspace, await _rules(context.workspace), context.withholds)

    @classmethod
    async def of_workspace(cls, workspace: Workspace) -> RooIgnore:
        """Read the rules of `.rooignore` only."""
        return cls(workspace, await _rules(workspace), lambda _: False)

    def withholds(self, path: str) -> bool:
        """Whether a rule of the session hides a path from the call."""
        relative = posixpath.normpath(path.strip("/"))
        return relative != "." and self._withholds(relative)

    async def among(self, paths: Iterable[str]) -> set[str]:
        """Return those of the paths that are hidden, themselves or by a folder above them.

        Raises: ToolFailure, if matching `.rooignore` takes too long.
        """
        asked = {path: posixpath.normpath(path.strip("/")) for path in paths}
        named = [path for path in dict.fromkeys(asked.values()) if path != "."]
        ignored = await self._ignored(named)
        return {path for path, name in asked.items() if name in ignored or self.withholds(name)}

    async def objection(self, touched: Sequence[Touched]) -> str | None:
        """Return why `.rooignore` forbids a call that touches these files, or None.

        Raises: as `among`.
        """
        ignored = await self._ignored([each.path for each in touched if each.path])
        for each in touched:
            if each.path not in ignored:
                continue
            if ToolGroup.COMMAND in each.groups:
                return f"The command names {each.path}, which {ROOIGNORE} forbids. Nothing was run."
            return f"{each.path} is forbidden by {ROOIGNORE}. Continue without it, or ask the person."
        return None

    async def _ignored(self, paths: Sequence[str]) -> set[str | None]:
        if not self._rules or not paths:
            return set()
        if len(self._rules) <= _FEW_BYTES and sum(map(len, paths)) <= _FEW_CHARACTERS:
            return {path for path in paths if forbids(_parsed(self._rules), unspelled(path))}
        try:
            return set(
                await run_in_worker(forbidden_by, self._rules, paths, owner=str(self._workspace.folder))
            )
        except Exhausted:
            raise ToolFailure(
                f"{ROOIGNORE} takes too long to match, so nothing was done. Use fewer rules."
            ) from None


def forbidden_by(rules: bytes, paths: Sequence[str]) -> list[str]:
    """Return those of the paths that a `.rooignore` with this content forbids."""
    patterns = Patterns.parse(rules)
    return [path for path in paths if forbids(patterns, unspelled(path))]


@functools.lru_cache(maxsize=64)
def _parsed(rules: bytes) -> Patterns:
    return Patterns.parse(rules)


async def _rules(workspace: Workspace) -> bytes:
    try:
        return (await workspace.read_cached(ROOIGNORE))[:LARGEST_RULES]
    except AppError:
        return b""
