"""Which files git would ignore: `.gitignore` files of a workspace, at every level. Source: gitignore(5)."""

from __future__ import annotations

import posixpath
import re
from typing import Final

from pathspec import GitIgnoreSpec

from engine.runtimes.workspace import Workspace
from engine.tools.text import decoded, lines_of
from models.error import AppError

MOST_PATTERNS: Final = 1000
MOST_STARS: Final = 3
"""In one segment of a pattern, and of `**` in the whole: matching time grows with their power."""


class IgnoreRules:
    """The rules learnt so far, by the folder that holds them. Paths are absolute within the workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._specs: dict[str, GitIgnoreSpec] = {}

    async def learn_above(self, folder: str) -> None:
        """Read the rules of the folders above `folder`; none of them count where it is itself ignored."""
        for above in _above(folder):
            await self.learn(above)
        if folder != "/" and self.ignores(folder, is_folder=True):
            self._specs.clear()

    async def learn(self, folder: str) -> None:
        """Read the rules in `folder`, if it has any.

        A `.gitignore` that cannot be read (a folder of that name, a link that leads out) rules nothing, as
        with git itself.
        """
        try:
            file = await self._workspace.read(posixpath.join(folder, ".gitignore"))
        except AppError:
            return
        self._specs[folder] = GitIgnoreSpec.from_lines(usable_patterns(decoded(file.content) or ""))

    def ignores(self, path: str, *, is_folder: bool) -> bool:
        """Whether git would ignore it: the nearest folder above whose rules say anything decides."""
        if posixpath.basename(path) == ".git":
            return True
        for folder in reversed(_above(path)):
            verdict = self._verdict(folder, path, is_folder=is_folder)
            if verdict is not None:
                return verdict
        return False

    def _verdict(self, folder: str, path: str, *, is_folder: bool) -> bool | None:
        spec = self._specs.get(folder)
        if spec is None:
            return None
        relative = posixpath.relpath(path, folder)
        return spec.check_file(f"{relative}/" if is_folder else relative).include


def usable_patterns(text: str) -> list[str]:
    """The patterns of a file in gitignore's form that can be matched in reasonable time."""
    return list(filter(_is_usable, lines_of(text)[:MOST_PATTERNS]))


def _above(path: str) -> list[str]:
    """The folders above a path, the workspace's root first."""
    parts = path.strip("/").split("/")[:-1]
    return ["/" + "/".join(parts[:count]) for count in range(len(parts) + 1)]


def _is_usable(pattern: str) -> bool:
    """Whether it can be matched in reasonable time, and is a pattern at all."""
    if "[[" in pattern or len(re.findall(r"\*\*", pattern)) > MOST_STARS:
        return False
    if any(len(re.findall(r"\*+", segment)) > MOST_STARS for segment in pattern.split("/")):
        return False
    try:
        GitIgnoreSpec.from_lines([pattern])
    except (ValueError, re.error):
        return False
    return True
