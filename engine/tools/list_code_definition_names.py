"""`list_code_definition_names`: list what source files define, without the bodies. Source: S2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import ClassVar, Final

from roocode_server.engine.concurrency.worker import Exhausted, run_in_worker
from roocode_server.engine.tools.definitions import (
    GRAMMARS,
    MOST_DEFINITIONS,
    CodeDefinition,
    definitions_in,
    language_of,
)
from roocode_server.engine.tools.notices import informed
from roocode_server.engine.tools.parameters import in_workspace
from roocode_server.engine.tools.paths import is_folder, place, shown
from roocode_server.engine.tools.rooignore import RooIgnore
from roocode_server.engine.tools.text import SHOWN_CHARACTERS, read_bytes
from roocode_server.engine.tools.tool import Notice, Tool, ToolContext, ToolFailure, ToolResult
from roocode_server.engine.tools.unignored import unignored
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.shape import PlainShape, value
from roocode_server.models.tool import ToolGroup

MOST_PARSED_FILES: Final = 200
LARGEST_PARSED_FILE_BYTES: Final = 1_000_000
MOST_PARSED_FOLDER_ENTRIES: Final = 10_000


@value
class ListCodeDefinitionNamesParameters(PlainShape):
    """The arguments of `list_code_definition_names`."""

    path: str = field(metadata=in_workspace("A source file, or a folder whose files are read"))


class ListCodeDefinitionNames(Tool[ListCodeDefinitionNamesParameters]):
    """Lists the definitions of one file, or of the files of one folder without its subfolders."""

    name: ClassVar = "list_code_definition_names"
    description: ClassVar = (
        "List the classes, functions, methods and types that a source file defines, or those of all files of "
        "a folder, as `12--30 | def name(...)`: the lines and the line that names it. Languages: "
        f"{', '.join(sorted(GRAMMARS))}."
    )
    group: ClassVar = ToolGroup.READ
    repeatable: ClassVar = True
    looks_below: ClassVar = True
    parameters: ClassVar = ListCodeDefinitionNamesParameters

    def describe(self, parameters: ListCodeDefinitionNamesParameters) -> str:
        """Name the file or folder."""
        return f"List the definitions in {parameters.path}"

    def paths(self, parameters: ListCodeDefinitionNamesParameters) -> Sequence[str]:
        """The file or folder."""
        return (parameters.path,)

    async def notice(
        self, context: ToolContext, parameters: ListCodeDefinitionNamesParameters
    ) -> Notice | None:
        """Return S2's `listCodeDefinitionNames` notice."""
        return informed("listCodeDefinitionNames", path=parameters.path)

    async def run(self, context: ToolContext, parameters: ListCodeDefinitionNamesParameters) -> ToolResult:
        """List the definitions. Raises: ToolFailure."""
        (path,) = await context.workspace.reached(place(context.workspace, parameters.path))
        if await is_folder(context.workspace, path):
            sources = await _sources(context, path)
        elif language_of(path) is None:
            known = ", ".join(sorted(GRAMMARS))
            raise ToolFailure(f"{shown(path)} is in none of the supported languages: {known}.")
        else:
            sources = [path]
        parts = [await _listed(context.workspace, source) for source in sources[:MOST_PARSED_FILES]]
        return ToolResult(
            success=True, output=_report(shown(path), [part for part in parts if part], sources)
        )


async def _sources(context: ToolContext, folder: str) -> list[str]:
    """Return the source files of a folder, without ignored files and those hidden from the call."""
    workspace = context.workspace
    listed = await unignored(
        workspace,
        folder,
        recursive=False,
        most=MOST_PARSED_FOLDER_ENTRIES,
        most_of_folder=MOST_PARSED_FOLDER_ENTRIES,
    )
    found = [
        f"/{entry.path}"
        for entry in listed.entries
        if not entry.is_folder and language_of(entry.path) and entry.size <= LARGEST_PARSED_FILE_BYTES
    ]
    reached = await workspace.reached(*found)
    kept = await (await RooIgnore.of(context)).among([*found, *reached])
    pairs = zip(found, reached, strict=True)
    return [path for path, where in pairs if path not in kept and where not in kept]


async def _listed(workspace: Workspace, path: str) -> str:
    """Return a file's path and definitions; empty if it has none. Raises: ToolFailure."""
    content = (await read_bytes(workspace, shown(path)))[:LARGEST_PARSED_FILE_BYTES]
    try:
        printed = await run_in_worker(
            definitions_in, language_of(path) or "", content, owner=str(workspace.folder)
        )
    except Exhausted:
        return f"{shown(path)}\n(takes too long to read)"
    found = [CodeDefinition(*each.values()) for each in printed]
    if not found:
        return ""
    lines = [_line(each) for each in found]
    if len(found) == MOST_DEFINITIONS:
        lines.append("(there are more)")
    return "\n".join([shown(path), *lines])


def _line(found: CodeDefinition) -> str:
    return f"{found.start}--{found.end} | {'  ' * found.depth}{found.text}"


def _report(path: str, parts: Sequence[str], sources: Sequence[str]) -> str:
    if not parts:
        return f"No definitions in {path}."
    kept: list[str] = []
    room = SHOWN_CHARACTERS
    for part in parts:
        room -= len(part)
        if room < 0 and kept:
            kept.append(f"(the definitions of {len(parts) - len(kept)} more files are left out)")
            break
        kept.append(part[:SHOWN_CHARACTERS])
    if len(sources) > MOST_PARSED_FILES:
        kept.append(f"({len(sources) - MOST_PARSED_FILES} more files were not read)")
    return "\n\n".join(kept)
