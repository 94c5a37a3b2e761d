"""`apply_diff` on a real file, with diffs of every kind: applied exactly, or the file stays as it was."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from roocode_server.engine.tools.apply_diff import ApplyDiff
from roocode_server.engine.tools.diff.document import Document
from roocode_server.engine.tools.execution import execute
from roocode_server.engine.tools.registry import ToolRegistry
from roocode_server.engine.tools.tool import ToolResult
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.session import ResourceLimits, SessionConfig
from tests.engine.tools.diff.test_edits import (
    edits,
    expected,
    files,
    in_its_endings,
    is_readable,
    line,
    written,
)
from tests.support.nightly import times

CONFIG = SessionConfig(
    provider="scripted", model="playbook", mode="code", allowed_commands=[], resource_limits=ResourceLimits()
)


@dataclass
class Files:
    """As much of a context as a tool that only changes files needs."""

    workspace: Workspace
    config: SessionConfig = CONFIG

    def withholds(self, path: str) -> bool:
        return False


async def changed(text: str, diff: str) -> tuple[ToolResult, str]:
    """What came of the call, and what the file holds after it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a"
        file.write_bytes(text.encode())
        call = ToolRegistry([ApplyDiff()]).prepare("apply_diff", {"path": "a", "diff": diff})
        workspace = Workspace(Path(folder), max_file_bytes=1_000_000)
        result = await execute(call, Files(workspace))  # type: ignore[arg-type]
        return result, file.read_bytes().decode()


@st.composite
def damaged(draw: st.DrawFn, diff: str) -> str:
    """The diff with a line lost, doubled, or another in its place."""
    lines = diff.split("\n")
    position = draw(st.integers(0, len(lines) - 1))
    here = lines[position]
    put = draw(
        st.sampled_from([[], [here, here], ["======="], ["<<<<<<< SEARCH"], [">>>>>>> REPLACE"]])
        | line.map(lambda each: [each])
    )
    return "\n".join([*lines[:position], *put, *lines[position + 1 :]]) or "x"


@settings(max_examples=times(200, nightly=500), deadline=None)
@given(st.data(), files(), st.booleans())
def test_a_diff_is_applied_exactly_or_refused_with_the_file_untouched(
    data: st.DataObject, text: str, is_sound: bool
) -> None:
    (change,) = data.draw(edits(len(Document.parse(text).lines), most=1).filter(bool))
    diff = written(text, change, hinted=True)
    result, after = asyncio.run(changed(text, diff if is_sound else data.draw(damaged(diff))))
    assert result.success or (after, list(result.changes)) == (text, [])
    if is_sound:
        assert result.success == (is_readable(diff) and "\0" not in text)
        wanted = expected(text, [change]) if result.success else text
        assert in_its_endings(after, text) == in_its_endings(wanted, text)
