"""`apply_diff`: apply SEARCH/REPLACE blocks to files. Source: S2; docs/tools.md describes the format."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import ClassVar, Final

from roocode_server.engine.concurrency.worker import Exhausted, run_in_worker
from roocode_server.engine.tools.changes import change_of
from roocode_server.engine.tools.diff.applying import EXACT, BlockApplied, Outcome, applied_in
from roocode_server.engine.tools.diff.blocks import Block, MalformedDiff, parse
from roocode_server.engine.tools.notices import informed
from roocode_server.engine.tools.parameters import in_workspace
from roocode_server.engine.tools.paths import place, shown
from roocode_server.engine.tools.text import read_text, write_bytes
from roocode_server.engine.tools.tool import Notice, Tool, ToolContext, ToolFailure, ToolResult
from roocode_server.models.error import AppError
from roocode_server.models.shape import PlainShape, described, limited, value
from roocode_server.models.tool import ToolGroup

MOST_PATCHED_FILES: Final = 20


@value
class FileDiff(PlainShape):
    """A file and the blocks to apply to it."""

    path: str = field(metadata=in_workspace("The file"))
    diff: str = field(metadata=described("One or more SEARCH/REPLACE blocks", **limited(shortest=1)))


@value
class ApplyDiffParameters(PlainShape):
    """The arguments of `apply_diff`: `path` and `diff`, `files`, or both."""

    path: str | None = field(default=None, metadata=in_workspace("The file"))
    diff: str | None = field(
        default=None, metadata=described("One or more SEARCH/REPLACE blocks", **limited(shortest=1))
    )
    files: list[FileDiff] = field(
        default_factory=list,
        metadata=described(
            "Several files in one call, each with path and diff; instead of those above, or beside them",
            **limited(longest=MOST_PATCHED_FILES),
        ),
    )


class ApplyDiff(Tool[ApplyDiffParameters]):
    """Changes parts of files. The session's `fuzzyMatchThreshold` is the similarity that a match needs."""

    name: ClassVar = "apply_diff"
    description: ClassVar = """\
Change parts of a text file, or of several, with one or more SEARCH/REPLACE blocks for each:

<<<<<<< SEARCH
:start_line:12
-------
the lines to find, exactly as they are in the file
=======
the lines to put in their place
>>>>>>> REPLACE

The line number is where the lines begin in the file now; it is optional if they occur once. Each marker \
is a line of its own. If a line of the file itself begins like a marker (<<<<<<<, =======, >>>>>>>), write a \
backslash before it. An empty replacement deletes the lines."""
    group: ClassVar = ToolGroup.EDIT
    parameters: ClassVar = ApplyDiffParameters

    def describe(self, parameters: ApplyDiffParameters) -> str:
        """Name the files to be changed."""
        return f"Change parts of {', '.join(self.paths(parameters))}"

    def paths(self, parameters: ApplyDiffParameters) -> Sequence[str]:
        """The files to be changed."""
        first = () if parameters.path is None else (parameters.path,)
        return (*first, *(each.path for each in parameters.files))

    async def notice(self, context: ToolContext, parameters: ApplyDiffParameters) -> Notice | None:
        """Return S2's `appliedDiff` notice."""
        more = [each.dump() for each in parameters.files] or None
        return informed("appliedDiff", path=parameters.path, diff=parameters.diff, batchDiffs=more)

    async def run(self, context: ToolContext, parameters: ApplyDiffParameters) -> ToolResult:
        """Apply the blocks. Raises: ToolFailure, if there is one file and no block could be applied."""
        asked = _asked(context, parameters)
        if len(asked) > 1:
            return await _all(context, asked)
        ((path, diff),) = asked.items()
        return await _changed(context, path, diff)


def _asked(context: ToolContext, parameters: ApplyDiffParameters) -> Mapping[str, str]:
    """Return the diff for each file by its path in the workspace; several diffs for one file are joined.

    The line numbers of joined diffs refer to the file before the call. Raises: ToolFailure, if `path` or
    `diff` is given without the other, or nothing is given.
    """
    if (parameters.path is None) != (parameters.diff is None):
        raise ToolFailure("Give both path and diff. Nothing was changed.")
    asked: dict[str, str] = {}
    given = [(each.path, each.diff) for each in parameters.files]
    if parameters.path is not None and parameters.diff is not None:
        given.insert(0, (parameters.path, parameters.diff))
    for path, diff in given:
        where = place(context.workspace, path)
        asked[where] = f"{asked[where]}\n{diff}" if where in asked else diff
    if not asked:
        raise ToolFailure("Give path and diff, or files.")
    return asked


async def _all(context: ToolContext, asked: Mapping[str, str]) -> ToolResult:
    """Change the files one after the other; if one cannot be changed, the others still are."""
    results = [await _attempted(context, path, diff) for path, diff in asked.items()]
    whole = sum(result.success for result in results)
    head = f"{whole} of {len(results)} files changed as asked."
    return ToolResult(
        success=whole == len(results),
        output="\n\n".join([head, *(result.output for result in results)]),
        changes=tuple(change for result in results for change in result.changes),
    )


async def _attempted(context: ToolContext, path: str, diff: str) -> ToolResult:
    """Change one of several files; a failure is returned as a result, so that the others are reported,
    too.
    """
    try:
        return await _changed(context, path, diff)
    except ToolFailure as failure:
        return ToolResult(success=False, output=str(failure))
    except AppError as failure:
        return ToolResult(success=False, output=f"{shown(path)} was not changed: {failure.message}.")


async def _changed(context: ToolContext, path: str, diff: str) -> ToolResult:
    """Change one file.

    Raises: ToolFailure, if no block could be applied, which leaves the file unchanged; AppError.
    """
    blocks = _blocks(path, diff)
    before = await read_text(context.workspace, shown(path))
    outcome = await _outcome(context, path, before, blocks)
    if not outcome.applied:
        raise ToolFailure(f"{shown(path)} was not changed.\n{_refusals(outcome)}")
    if outcome.text == before:
        return ToolResult(success=not outcome.refused, output=_report(shown(path), outcome))
    after = outcome.text.encode()
    await write_bytes(context.workspace, shown(path), after)
    change = await asyncio.to_thread(change_of, path, before.encode(), after)
    return ToolResult(success=not outcome.refused, output=_report(shown(path), outcome), changes=(change,))


async def _outcome(context: ToolContext, path: str, text: str, blocks: Sequence[Block]) -> Outcome:
    """Apply the blocks in a worker process. Raises: ToolFailure, if it takes too long."""
    threshold = context.config.fuzzy_match_threshold
    wanted = EXACT if threshold is None else threshold
    try:
        return Outcome.load(
            await run_in_worker(applied_in, text, tuple(blocks), wanted, owner=str(context.workspace.folder))
        )
    except Exhausted:
        raise ToolFailure(
            f"{shown(path)} was not changed: finding the blocks takes too long. Send fewer at a time, each "
            "with `:start_line:`."
        ) from None


def _blocks(path: str, diff: str) -> tuple[Block, ...]:
    try:
        return parse(diff)
    except MalformedDiff as mistake:
        raise ToolFailure(f"{shown(path)} was not changed. {mistake}") from None


def _report(path: str, outcome: Outcome) -> str:
    count = len(outcome.applied) + len(outcome.refused)
    head = f"{path}: {len(outcome.applied)} of {count} blocks applied."
    parts = [head, *(_place(block) for block in outcome.applied)]
    if outcome.refused:
        parts += [_refusals(outcome), "The other blocks have been applied: send only the refused ones again."]
    return "\n".join(parts)


def _place(block: BlockApplied) -> str:
    if not block.added:
        return f"Block {block.number}: {block.removed} lines deleted before line {block.line}."
    last = block.line + block.added - 1
    return f"Block {block.number}: now lines {block.line}-{last} (it replaced {block.removed})."


def _refusals(outcome: Outcome) -> str:
    return "\n".join(f"Block {block.number} refused: {block.reason}" for block in outcome.refused)
