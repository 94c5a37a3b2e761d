"""`apply_diff`: SEARCH/REPLACE blocks on one file. Source: S2; the format is in docs/tools.md."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import field
from typing import ClassVar

from engine.tools.changes import change_of
from engine.tools.diff.applying import EXACT, Applied, Outcome, apply
from engine.tools.diff.blocks import Block, MalformedDiff, parse
from engine.tools.notices import informed
from engine.tools.parameters import in_workspace
from engine.tools.paths import place, shown
from engine.tools.text import read_text, write_bytes
from engine.tools.tool import Notice, Tool, ToolContext, ToolFailure, ToolResult
from models.shape import PlainShape, described, limited, value
from models.tool import ToolGroup


@value
class ApplyDiffParameters(PlainShape):
    path: str = field(metadata=in_workspace("The file"))
    diff: str = field(metadata=described("One or more SEARCH/REPLACE blocks", **limited(shortest=1)))


class ApplyDiff(Tool[ApplyDiffParameters]):
    """Changes parts of a file. `threshold` is the similarity (0 to 1) that a search must reach."""

    name: ClassVar = "apply_diff"
    description: ClassVar = """\
Change parts of a text file with one or more SEARCH/REPLACE blocks:

<<<<<<< SEARCH
:start_line:12
-------
the lines to find, exactly as they are in the file
=======
the lines to put in their place
>>>>>>> REPLACE

The line number is where the lines begin in the file now; it is optional where they occur once. Each marker \
is a line of its own. If a line of the file itself begins like a marker (<<<<<<<, =======, >>>>>>>), write a \
backslash before it. An empty replacement deletes the lines."""
    group: ClassVar = ToolGroup.EDIT
    parameters: ClassVar = ApplyDiffParameters

    def __init__(self, *, threshold: float = EXACT) -> None:
        self.threshold = threshold

    def describe(self, parameters: ApplyDiffParameters) -> str:
        return f"Change parts of {parameters.path}"

    def paths(self, parameters: ApplyDiffParameters) -> Sequence[str]:
        return (parameters.path,)

    async def notice(self, context: ToolContext, parameters: ApplyDiffParameters) -> Notice | None:
        return informed("appliedDiff", path=parameters.path, diff=parameters.diff)

    async def run(self, context: ToolContext, parameters: ApplyDiffParameters) -> ToolResult:
        blocks = _blocks(parameters.diff)
        path = place(context.workspace, parameters.path)
        before = await read_text(context.workspace, shown(path))
        outcome = await asyncio.to_thread(apply, before, blocks, threshold=self.threshold)
        if not outcome.applied:
            raise ToolFailure(f"{shown(path)} was not changed.\n{_refusals(outcome)}")
        if outcome.text == before:
            return ToolResult(success=not outcome.refused, output=_report(shown(path), outcome))
        after = outcome.text.encode()
        await write_bytes(context.workspace, shown(path), after)
        change = await asyncio.to_thread(change_of, path, before.encode(), after)
        return ToolResult(
            success=not outcome.refused, output=_report(shown(path), outcome), changes=(change,)
        )


def _blocks(diff: str) -> tuple[Block, ...]:
    try:
        return parse(diff)
    except MalformedDiff as mistake:
        raise ToolFailure(str(mistake)) from None


def _report(path: str, outcome: Outcome) -> str:
    count = len(outcome.applied) + len(outcome.refused)
    head = f"{path}: {len(outcome.applied)} of {count} blocks applied."
    parts = [head, *(_place(block) for block in outcome.applied)]
    if outcome.refused:
        parts += [_refusals(outcome), "The other blocks stand in the file: send only the refused ones again."]
    return "\n".join(parts)


def _place(block: Applied) -> str:
    if not block.added:
        return f"Block {block.number}: {block.removed} lines deleted before line {block.line}."
    last = block.line + block.added - 1
    return f"Block {block.number}: now lines {block.line}-{last} (it replaced {block.removed})."


def _refusals(outcome: Outcome) -> str:
    return "\n".join(f"Block {block.number} refused: {block.reason}" for block in outcome.refused)
