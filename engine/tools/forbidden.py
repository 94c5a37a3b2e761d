"""What the agent may not see at all, whichever tool it takes: by `.rooignore`, or by a rule of the session.

`.rooignore` is in the workspace's root and in gitignore's form (Source: S2's users). Both are rules for the
agent's tools, not a wall: a program that the agent may run can read every file of the workspace.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from typing import Final

from pathspec import GitIgnoreSpec

from engine.runtimes.workspace import Workspace
from engine.tools.ignoring import usable_patterns
from engine.tools.reach import Touched
from engine.tools.text import decoded
from engine.tools.tool import ToolContext
from models.error import AppError
from models.tool import ToolGroup

ROOIGNORE: Final = ".rooignore"


class Forbidden:
    """What is kept from one call."""

    def __init__(self, spec: GitIgnoreSpec | None, withholds: Callable[[str], bool]) -> None:
        self._spec = spec
        self._withholds = withholds

    @classmethod
    async def of(cls, context: ToolContext) -> Forbidden:
        """The rules as they are now; a `.rooignore` that cannot be read rules nothing."""
        return cls(await _spec(context.workspace), context.withholds)

    @classmethod
    async def of_workspace(cls, workspace: Workspace) -> Forbidden:
        """What `.rooignore` alone forbids."""
        return cls(await _spec(workspace), lambda _: False)

    def forbids(self, path: str) -> bool:
        """Whether a path of the workspace is kept from the call, itself or by a folder that it is in."""
        relative = posixpath.normpath(path.strip("/"))
        return relative != "." and (self._ignores(relative) or self._withholds(relative))

    def objection(self, touched: Sequence[Touched]) -> str | None:
        """Why `.rooignore` lets a call that reaches these not be made; None if it does."""
        for each in touched:
            if not each.path or not self._ignores(each.path):
                continue
            if ToolGroup.COMMAND in each.groups:
                return f"The command names {each.path}, which {ROOIGNORE} forbids. Nothing was run."
            return f"{each.path} is forbidden by {ROOIGNORE}. Go on without it, or ask the person."
        return None

    def _ignores(self, relative: str) -> bool:
        return self._spec is not None and bool(
            self._spec.match_file(relative) or self._spec.match_file(f"{relative}/")
        )


async def _spec(workspace: Workspace) -> GitIgnoreSpec | None:
    try:
        content = (await workspace.read(ROOIGNORE)).content
    except AppError:
        return None
    return GitIgnoreSpec.from_lines(usable_patterns(decoded(content) or ""))
