"""`list_files`: what a folder holds, without what git ignores. Source: S2."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from engine.runtimes.workspace import Listing, Workspace
from engine.tools.forbidden import Forbidden
from engine.tools.ignoring import IgnoreRules
from engine.tools.notices import informed
from engine.tools.parameters import in_workspace
from engine.tools.paths import place, shown
from engine.tools.tool import Notice, Tool, ToolContext, ToolFailure, ToolResult
from models.error import Conflict, NotFound
from models.shape import PlainShape, described, value
from models.tool import ToolGroup

SHOWN_ENTRIES: Final = 200
FOLDER_ENTRIES: Final = 5000
"""How many entries of one folder are looked at, ignored ones included."""


@value
class ListFilesParameters(PlainShape):
    path: str = field(metadata=in_workspace("The folder; `.` is the workspace itself"))
    recursive: bool = field(default=False, metadata=described("List the folders below as well"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entries:
    """Paths from the workspace's root, folders with `/` after them; `is_cut` where there are more."""

    paths: list[str]
    is_cut: bool


class ListFiles(Tool[ListFilesParameters]):
    """Lists level by level, so that a cut list has the upper levels whole."""

    name: ClassVar = "list_files"
    description: ClassVar = (
        "List a folder: files and folders (with `/` after them), as paths from the workspace's root. What "
        f".gitignore names is left out. At most {SHOWN_ENTRIES} entries."
    )
    group: ClassVar = ToolGroup.READ
    repeatable: ClassVar = True
    looks_below: ClassVar = True
    parameters: ClassVar = ListFilesParameters

    def describe(self, parameters: ListFilesParameters) -> str:
        return f"List {parameters.path}{' and what is below' if parameters.recursive else ''}"

    def paths(self, parameters: ListFilesParameters) -> Sequence[str]:
        return (parameters.path,)

    async def notice(self, context: ToolContext, parameters: ListFilesParameters) -> Notice | None:
        name = "listFilesRecursive" if parameters.recursive else "listFilesTopLevel"
        return informed(name, path=parameters.path)

    async def run(self, context: ToolContext, parameters: ListFilesParameters) -> ToolResult:
        folder = place(context.workspace, parameters.path)
        try:
            (folder,) = await context.workspace.reached(folder)
            entries = await _entries(context, folder, recursive=parameters.recursive)
        except NotFound:
            raise ToolFailure(f"There is no folder {parameters.path}. List the folder above it.") from None
        except Conflict:
            raise ToolFailure(f"{parameters.path} is a file; read_file shows it.") from None
        return ToolResult(success=True, output=_report(shown(folder), entries))


async def _entries(context: ToolContext, folder: str, *, recursive: bool) -> _Entries:
    workspace = context.workspace
    rules, forbidden = IgnoreRules(workspace), await Forbidden.of(context)
    await rules.learn_above(folder)
    waiting, found, is_cut = deque([folder]), list[str](), False
    while waiting and not is_cut:
        level, below, is_partial = await _level(workspace, rules, waiting.popleft())
        found += [path for path in level if not forbidden.forbids(path)]
        below = [path for path in below if not forbidden.forbids(path)]
        is_cut = is_partial or len(found) > SHOWN_ENTRIES
        if recursive:
            waiting += below
    return _Entries(paths=sorted(found[:SHOWN_ENTRIES]), is_cut=is_cut)


async def _level(workspace: Workspace, rules: IgnoreRules, folder: str) -> tuple[list[str], list[str], bool]:
    """What one folder holds, the folders to go on with, and whether it holds more than is looked at."""
    listing = await workspace.list(folder, recursive=False, include_hidden=True, max_entries=FOLDER_ENTRIES)
    if any(file.name == ".gitignore" for file in listing.files):
        await rules.learn(folder)
    folders, files = await asyncio.to_thread(_kept, rules, listing)
    links = await asyncio.to_thread(_links, workspace, folders)
    entries = [f"{shown(path)}/" for path in folders] + [shown(path) for path in files]
    return sorted(entries), [path for path in folders if path not in links], listing.is_truncated


def _kept(rules: IgnoreRules, listing: Listing) -> tuple[list[str], list[str]]:
    """The paths of folders and of files that are not ignored."""
    folders = [each.path for each in listing.directories if not rules.ignores(each.path, is_folder=True)]
    files = [each.path for each in listing.files if not rules.ignores(each.path, is_folder=False)]
    return folders, files


def _links(workspace: Workspace, folders: Sequence[str]) -> set[str]:
    """Those of the folders that are links: shown, but not gone into, for they may lead in circles."""
    return {path for path in folders if (workspace.folder / shown(path)).is_symlink()}


def _report(folder: str, entries: _Entries) -> str:
    if not entries.paths:
        return f"{folder} is empty, but for what .gitignore may hide."
    if not entries.is_cut:
        return "\n".join(entries.paths)
    note = f"(more is left out: these are {len(entries.paths)} entries; list a folder below for the others)"
    return "\n".join([*entries.paths, note])
