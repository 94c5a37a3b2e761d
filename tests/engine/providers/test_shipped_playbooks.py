"""The shipped playbooks, played with the real tools on a real folder; commands run without a sandbox."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from roocode_server.engine.providers.provider import ProviderFailure
from roocode_server.engine.providers.scripted.provider import SHIPPED, ScriptedProvider
from roocode_server.engine.runtimes.runtime import Exit
from roocode_server.engine.tools.execution import execute
from roocode_server.engine.tools.registry import ToolRegistry
from roocode_server.engine.tools.tool import ToolFailure
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.conversation import ToolCall, Turn, TurnRole
from roocode_server.models.session import ResourceLimits, SessionConfig
from tests.engine.providers.playing import Play, said
from tests.support.server import PROJECT

DEMO_PROJECT = PROJECT / "server" / "demo_project"
CONFIG = SessionConfig(
    provider="scripted", model="auto", mode="code", allowed_commands=["*"], resource_limits=ResourceLimits()
)


async def run_here(folder: Path, line: str) -> tuple[int, str]:
    """Run a command; return its exit code and output."""
    process = await asyncio.create_subprocess_shell(
        line, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    printed, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, printed.decode()


@dataclass
class Here:
    """A tool's context that runs commands without a sandbox."""

    workspace: Workspace
    config: SessionConfig = CONFIG

    def withholds(self, path: str) -> bool:
        return False

    async def run_command(self, line: str, *, directory: str = "", timeout_s: float | None = None) -> Exit:
        code, output = await run_here(self.workspace.folder / directory, line)
        return Exit(
            code=code,
            output=output,
            is_truncated=False,
            stopped_by=None,
            duration_s=0.1,
            peak_memory_bytes=0,
            cpu_s=0.0,
        )

    async def ask(self, question: str, suggestions: Sequence[str]) -> str:
        raise ToolFailure("Nobody is here.")


async def played(folder: Path, task: str, *, model: str = "auto") -> tuple[str, Play]:
    """Play a playbook in a folder; return its result and the conversation."""
    context = Here(Workspace(folder, max_file_bytes=1_000_000))
    tools = ToolRegistry()

    async def do(call: ToolCall) -> Turn:
        result = await execute(tools.prepare(call.tool_name, call.arguments), context)
        return Turn(
            role=TurnRole.TOOL,
            text=result.output,
            call_id=call.id,
            success=result.success,
            exit_code=result.exit.code if result.exit else None,
        )

    play = Play(ScriptedProvider(), model, [said(task)])
    return await play.to_the_end(do), play


@pytest.fixture
def demo_project(tmp_path: Path) -> Path:
    copied = tmp_path / "project"
    shutil.copytree(DEMO_PROJECT, copied, ignore=shutil.ignore_patterns("__pycache__"))
    return copied


async def test_mend_the_test_mends_the_demo_project(demo_project: Path) -> None:
    code, printed = await run_here(demo_project, "python3 -B -m unittest")
    assert (code, printed.splitlines()[-1]) == (1, "FAILED (failures=1)")
    result, play = await played(demo_project, "Mend the failing test.")
    assert "Before: FAILED (failures=1)\nAfter: OK, Ran 5 tests in " in result
    assert "FAIL: test_an_article_added_twice_is_in_the_basket_twice" in play.text
    code, printed = await run_here(demo_project, "python3 -B -m unittest")
    assert (code, printed.splitlines()[-1]) == (0, "OK")


async def test_mend_the_test_leaves_a_mended_project_as_it_is(demo_project: Path) -> None:
    await played(demo_project, "mend it")
    code = (demo_project / "shop/basket.py").read_text()
    result, play = await played(demo_project, "mend it")
    assert result.startswith("All tests pass already (Ran 5 tests in ")
    assert "apply_diff" not in [call.tool_name for call in play.calls]
    assert (demo_project / "shop/basket.py").read_text() == code


async def test_mend_the_test_says_what_is_missing_elsewhere(tmp_path: Path) -> None:
    with pytest.raises(ProviderFailure, match=r"There is no file tests/test_basket\.py"):
        await played(tmp_path, "mend it")


async def test_write_and_run_writes_a_script_runs_it_changes_it_and_runs_it_again(tmp_path: Path) -> None:
    result, _ = await played(tmp_path, "Write a script, please.")
    assert "Below 20: 2 3 5 7 11 13 17 19\n" in result
    assert result.endswith("Below 50: 2 3 5 7 11 13 17 19 23 29 31 37 41 43 47")
    assert [file.name for file in tmp_path.iterdir()] == ["primes.py"]


async def test_survey_tells_what_the_workspace_holds_and_what_its_readme_says(demo_project: Path) -> None:
    result, play = await played(demo_project, "Rewrite everything in another language")
    assert "README.md\nshop/\ntests/\n" in result
    assert "# A small shop" in result
    assert "no language model" in result
    assert [call.tool_name for call in play.calls] == ["list_files", "read_file", "attempt_completion"]


async def test_survey_manages_without_a_readme(tmp_path: Path) -> None:
    result, play = await played(tmp_path, "x")
    assert "is empty" in result
    assert "README" not in result
    assert [call.tool_name for call in play.calls] == ["list_files", "attempt_completion"]


async def test_survey_goes_on_where_the_readme_is_a_folder(tmp_path: Path) -> None:
    (tmp_path / "README").mkdir()
    result, _ = await played(tmp_path, "x", model="survey")
    assert "From its README" not in result


def test_each_shipped_playbook_is_in_a_file_of_its_name() -> None:
    assert sorted(file.stem for file in SHIPPED.iterdir()) == sorted(ScriptedProvider().playbooks)
