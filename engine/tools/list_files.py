"""`list_files`: list a folder without what git ignores. Source: S2."""

from __future__ import annotations

import asyncio
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from roocode_server.engine.tools.notices import informed
from roocode_server.engine.tools.parameters import in_workspace
from roocode_server.engine.tools.paths import place, shown
from roocode_server.engine.tools.rooignore import RooIgnore
from roocode_server.engine.tools.text import not_there
from roocode_server.engine.tools.tool import Notice, Tool, ToolContext, ToolFailure, ToolResult
from roocode_server.engine.tools.unignored import ListedEntry, unignored
from roocode_server.models.error import Conflict, NotFound
from roocode_server.models.shape import PlainShape, described, value
from roocode_server.models.tool import ToolGroup

SHOWN_ENTRIES: Final = 200
MOST_LISTED_FOLDER_ENTRIES: Final = 5000
"""The most entries of one folder that are examined, including ignored ones."""
MOST_LISTED_ENTRIES: Final = 5000
"""The most entries examined in all, including those hidden from the call."""


@value
class ListFilesParameters(PlainShape):
    """The arguments of `list_files`."""

    path: str = field(metadata=in_workspace("The folder; `.` is the workspace itself"))
    recursive: bool = field(default=False, metadata=described("Also list the folders below"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entries:
    """Paths relative to the workspace, folders with a trailing `/`; `is_cut` if there are more."""

    paths: list[str]
    is_cut: bool


class ListFiles(Tool[ListFilesParameters]):
    """Lists level by level, so that a truncated list has the upper levels complete."""

    name: ClassVar = "list_files"
    description: ClassVar = (
        "List a folder: files and folders (with `/` after them), as paths from the workspace's root. "
        f"Files named by .gitignore are left out. At most {SHOWN_ENTRIES} entries."
    )
    group: ClassVar = ToolGroup.READ
    repeatable: ClassVar = True
    looks_below: ClassVar = True
    parameters: ClassVar = ListFilesParameters

    def describe(self, parameters: ListFilesParameters) -> str:
        """Name the folder."""
        return f"List {parameters.path}{' and what is below' if parameters.recursive else ''}"

    def paths(self, parameters: ListFilesParameters) -> Sequence[str]:
        """The folder to list."""
        return (parameters.path,)

    async def notice(self, context: ToolContext, parameters: ListFilesParameters) -> Notice | None:
        """Return S2's `listFilesRecursive` or `listFilesTopLevel` notice."""
        name = "listFilesRecursive" if parameters.recursive else "listFilesTopLevel"
        return informed(name, path=parameters.path)

    async def run(self, context: ToolContext, parameters: ListFilesParameters) -> ToolResult:
        """List the folder. Raises: ToolFailure, if it does not exist or is a file."""
        folder = place(context.workspace, parameters.path)
        try:
            (folder,) = await context.workspace.reached(folder)
            entries = await _entries(context, folder, recursive=parameters.recursive)
        except NotFound as missing:
            raise ToolFailure(not_there(parameters.path, missing, "folder")) from None
        except Conflict:
            raise ToolFailure(f"{parameters.path} is a file; read_file shows it.") from None
        return ToolResult(success=True, output=_report(shown(folder), entries))


async def _entries(context: ToolContext, folder: str, *, recursive: bool) -> _Entries:
    found = await unignored(
        context.workspace,
        folder,
        recursive=recursive,
        most=MOST_LISTED_ENTRIES,
        most_of_folder=MOST_LISTED_FOLDER_ENTRIES,
    )
    kept = await asyncio.to_thread(_kept, found.entries, await RooIgnore.of(context))
    is_cut = found.is_cut or len(kept) > SHOWN_ENTRIES
    return _Entries(paths=sorted(kept[:SHOWN_ENTRIES]), is_cut=is_cut)


def _kept(entries: Sequence[ListedEntry], forbidden: RooIgnore) -> list[str]:
    """Return the entries that are not hidden from the call by a rule of the session."""
    kept, withheld = list[str](), set[str]()
    for entry in entries:
        if posixpath.dirname(entry.path) in withheld or forbidden.withholds(entry.path):
            withheld.add(entry.path)
        else:
            kept.append(f"{entry.path}/" if entry.is_folder else entry.path)
    return kept


def _report(folder: str, entries: _Entries) -> str:
    if not entries.paths:
        return f"{folder} is empty, except for files that .gitignore may hide."
    if not entries.is_cut:
        return "\n".join(entries.paths)
    note = f"(these are the first {len(entries.paths)} entries; list a folder below for the others)"
    return "\n".join([*entries.paths, note])
