"""`search_and_replace`: replace a text or pattern in a file or some of its lines. Source: S2."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import field
from typing import ClassVar, Final

from roocode_server.engine.concurrency.worker import Exhausted, run_in_worker
from roocode_server.engine.tools.changes import change_of
from roocode_server.engine.tools.notices import informed
from roocode_server.engine.tools.parameters import in_workspace
from roocode_server.engine.tools.paths import place, shown
from roocode_server.engine.tools.replacing_text import Replacing, replaced
from roocode_server.engine.tools.text import read_text, write_bytes
from roocode_server.engine.tools.tool import Notice, Tool, ToolContext, ToolFailure, ToolResult
from roocode_server.models.shape import PlainShape, described, limited, value
from roocode_server.models.tool import ToolGroup

PATTERN_CPU_S: Final = 5
"""Processor time for a pattern; one that takes longer is given up, and the file stays unchanged."""


@value
class SearchAndReplaceParameters(PlainShape):
    """The arguments of `search_and_replace`."""

    path: str = field(metadata=in_workspace("The file"))
    search: str = field(
        metadata=described("The text or pattern to find", **limited(shortest=1, longest=10_000))
    )
    replace: str = field(metadata=described("The replacement; `\\1` is a group of a pattern"))
    start_line: int | None = field(
        default=None, metadata=described("The first line to change, from 1", **limited(least=1))
    )
    end_line: int | None = field(
        default=None, metadata=described("The last line to change", **limited(least=1))
    )
    use_regex: bool = field(default=False, metadata=described("Whether `search` is a regular expression"))
    ignore_case: bool = field(default=False, metadata=described("Whether to ignore case"))


class SearchAndReplace(Tool[SearchAndReplaceParameters]):
    """Replaces all occurrences at once."""

    name: ClassVar = "search_and_replace"
    description: ClassVar = (
        "Replace every occurrence of a text, or of a regular expression, in a file or in some of its lines."
    )
    group: ClassVar = ToolGroup.EDIT
    parameters: ClassVar = SearchAndReplaceParameters

    def describe(self, parameters: SearchAndReplaceParameters) -> str:
        """Quote the search and name the file."""
        return f"Replace {parameters.search[:100]!r} in {parameters.path}"

    def paths(self, parameters: SearchAndReplaceParameters) -> Sequence[str]:
        """The file to be changed."""
        return (parameters.path,)

    async def notice(self, context: ToolContext, parameters: SearchAndReplaceParameters) -> Notice | None:
        """Return S2's `searchAndReplace` notice."""
        return informed(
            "searchAndReplace",
            path=parameters.path,
            search=parameters.search,
            replace=parameters.replace,
            useRegex=parameters.use_regex,
            ignoreCase=parameters.ignore_case,
            startLine=parameters.start_line,
            endLine=parameters.end_line,
        )

    async def run(self, context: ToolContext, parameters: SearchAndReplaceParameters) -> ToolResult:
        """Replace the occurrences. Raises: ToolFailure, also if there are none."""
        path = place(context.workspace, parameters.path)
        before = await read_text(context.workspace, shown(path))
        text, count = await _replaced(str(context.workspace.folder), before, parameters)
        if not count:
            raise ToolFailure(
                f"{shown(path)} does not contain {parameters.search[:200]!r} there. It was not changed."
            )
        await write_bytes(context.workspace, shown(path), text.encode())
        change = await asyncio.to_thread(change_of, path, before.encode(), text.encode())
        return ToolResult(
            success=True,
            output=f"{shown(path)}: {count} replaced.",
            changes=(change,) if text != before else (),
        )


async def _replaced(owner: str, text: str, parameters: SearchAndReplaceParameters) -> tuple[str, int]:
    """Return the new text and the number of replacements. Raises: ToolFailure."""
    asked = Replacing(
        search=parameters.search,
        replacement=parameters.replace,
        first=parameters.start_line,
        last=parameters.end_line,
        use_regex=parameters.use_regex,
        ignore_case=parameters.ignore_case,
    )
    try:
        found = await run_in_worker(replaced, text, asked, owner=owner, cpu_s=PATTERN_CPU_S)
    except Exhausted:
        raise ToolFailure(
            f"The pattern took more than {PATTERN_CPU_S} seconds and was abandoned. Use a simpler one."
        ) from None
    if "mistake" in found:
        raise ToolFailure(found["mistake"])
    return found["text"], found["count"]
