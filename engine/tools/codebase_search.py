"""`codebase_search`: semantic search over the workspace. Source: S2."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field
from typing import ClassVar, Final

import orjson

from roocode_server.engine.search.index import CodeIndex, CodeSearchResult
from roocode_server.engine.tools.indexed_files import MOST_INDEXED_FILES, indexed_files
from roocode_server.engine.tools.parameters import in_workspace
from roocode_server.engine.tools.paths import place, shown
from roocode_server.engine.tools.rooignore import RooIgnore
from roocode_server.engine.tools.tool import Notice, Tool, ToolContext, ToolResult
from roocode_server.models.shape import PlainShape, described, limited, value
from roocode_server.models.tool import ToolGroup

RESULTS: Final = 10


@value
class CodebaseSearchParameters(PlainShape):
    """The arguments of `codebase_search`."""

    query: str = field(
        metadata=described("What to look for, as a sentence or words", **limited(shortest=1, longest=2000))
    )
    path: str | None = field(default=None, metadata=in_workspace("Only files below this folder"))


class CodebaseSearch(Tool[CodebaseSearchParameters]):
    """Finds chunks of text files by meaning, leaving out files that git ignores."""

    name: ClassVar = "codebase_search"
    description: ClassVar = (
        "Find code and text by meaning, not by words: ask what it does: `where are passwords checked`. "
        "Shows the nearest pieces with file, lines and a score from 0 to 1. Use search_files for exact text."
    )
    group: ClassVar = ToolGroup.READ
    repeatable: ClassVar = True
    looks_below: ClassVar = True
    parameters: ClassVar = CodebaseSearchParameters

    def __init__(self, index: CodeIndex) -> None:
        self._index = index

    def describe(self, parameters: CodebaseSearchParameters) -> str:
        """Quote the query."""
        return f"Search for {parameters.query}"

    def paths(self, parameters: CodebaseSearchParameters) -> Sequence[str]:
        """The folder to search."""
        return (parameters.path or ".",)

    async def notice(self, context: ToolContext, parameters: CodebaseSearchParameters) -> Notice | None:
        """Return S2's `codebaseSearch` notice."""
        told = {
            "tool": "codebaseSearch",
            "query": parameters.query,
            "path": parameters.path,
            "isOutsideWorkspace": False,
        }
        return Notice(kind="tool", text=orjson.dumps(told).decode())

    async def run(self, context: ToolContext, parameters: CodebaseSearchParameters) -> ToolResult:
        """Search, and report the best matches with file, lines and score."""
        (folder,) = await context.workspace.reached(place(context.workspace, parameters.path or ""))
        forbidden = await RooIgnore.of(context)
        stamps, is_cut = await indexed_files(context.workspace, forbidden.withholds)
        answer = await self._index.search(
            context.session_id,
            context.workspace,
            stamps,
            parameters.query,
            within=folder.rstrip("/") + "/",
            limit=RESULTS,
        )
        await context.say("codebase_search_result", _told(parameters.query, answer))
        return ToolResult(success=True, output=_report(answer, is_cut=is_cut))


def _told(query: str, answer: CodeSearchResult) -> str:
    """Return the content of S2's `codebase_search_result` message."""
    results = [
        {
            "filePath": shown(found.path),
            "score": round(found.score, 4),
            "startLine": found.chunk.start,
            "endLine": found.chunk.end,
            "codeChunk": found.chunk.text,
        }
        for found in answer.found
    ]
    content = {"tool": "codebaseSearch", "content": {"query": query, "results": results}}
    return orjson.dumps(content).decode()


def _report(answer: CodeSearchResult, *, is_cut: bool) -> str:
    notes = [f"Searched {answer.files} files."]
    if answer.waiting:
        notes.append(
            f"{answer.waiting} more are new or have changed and are being read: search again for them."
        )
    if is_cut:
        notes.append(f"There are more than {MOST_INDEXED_FILES} files; the others are not searched.")
    pieces = [
        f"{shown(each.path)}:{each.chunk.start}-{each.chunk.end} (score {each.score:.2f})\n{each.chunk.text}"
        for each in answer.found
    ]
    return "\n\n".join([" ".join(notes), *pieces])
