"""`.rooignore`: files that the agent may not see at all, whichever tool it takes. Source: S2's users.

The file is in the workspace's root and in gitignore's form. It is a rule for the agent's tools, not a wall: a
program that the agent may run can read every file of the workspace.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Final

from pathspec import GitIgnoreSpec

from engine.runtimes.command_line import InvalidCommand, parse
from engine.runtimes.workspace import Workspace
from engine.tools.ignoring import usable_patterns
from engine.tools.text import decoded
from models.error import AppError

if TYPE_CHECKING:
    from engine.tools.catalogue import PreparedCall

ROOIGNORE: Final = ".rooignore"


class Forbidden:
    """What a workspace's `.rooignore` forbids."""

    def __init__(self, spec: GitIgnoreSpec | None) -> None:
        self._spec = spec

    @classmethod
    async def of(cls, workspace: Workspace) -> Forbidden:
        """The rules as they are now; a file that cannot be read rules nothing."""
        try:
            content = (await workspace.read(ROOIGNORE)).content
        except AppError:
            return cls(None)
        return cls(GitIgnoreSpec.from_lines(usable_patterns(decoded(content) or "")))

    def forbids(self, path: str) -> bool:
        """Whether a path of the workspace is forbidden, itself or by a folder that it is in."""
        if self._spec is None:
            return False
        relative = posixpath.normpath(path.lstrip("/"))
        return relative != "." and bool(
            self._spec.match_file(relative) or self._spec.match_file(f"{relative}/")
        )

    def objection(self, workspace: Workspace, call: PreparedCall) -> str | None:
        """Why a call may not be made; None if it may. Raises: InvalidField, for a path that is none."""
        if self._spec is None:
            return None
        for path in call.paths():
            if self.forbids(workspace.canonical(path)):
                return f"{path} is forbidden by {ROOIGNORE}. Go on without it, or ask the person."
        named = self._named_in(call.command() or "")
        return f"The command names {named}, which {ROOIGNORE} forbids. Nothing was run." if named else None

    def _named_in(self, line: str) -> str | None:
        """A forbidden file that a command line names."""
        try:
            commands = parse(line) if line else []
        except InvalidCommand:
            return None  # the shell will refuse it as well
        words = (word.text for command in commands for word in command.words[1:] if word.is_static)
        return next((word for word in words if word and self.forbids(word)), None)
