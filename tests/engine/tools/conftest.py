"""A real workspace and a real sandbox for the tools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from roocode_server.engine.runtimes.local import LocalRuntime
from roocode_server.engine.runtimes.runtime import Command, Exit, OutputSink, SandboxSpec
from roocode_server.engine.tools.registry import ToolRegistry
from roocode_server.engine.tools.tool import HumanAnswer, ToolFailure, ToolResult
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import ResourceLimits, SessionConfig

LARGEST_FILE = 1_000_000


@dataclass
class Context:
    """A tool's context for a temporary folder.

    `answer` is what a person would say, `first` a command that is run before each of the tool's own.
    """

    folder: Path
    workspace: Workspace
    config: SessionConfig
    runtime: LocalRuntime
    answer: str | None = None
    first: str = "true"
    asked: list[tuple[str, list[str]]] = field(default_factory=list)

    def withholds(self, path: str) -> bool:
        return False

    async def run_quietly(self, line: str, sink: OutputSink) -> Exit:
        command = Command(line=f"{self.first}; {line}", only_reads=True)
        return await self.runtime.run(self._sandbox(), command, on_output=sink)

    async def run_command(self, line: str, *, directory: str = "", timeout_s: float | None = None) -> Exit:
        command = Command(line=f"{self.first}; {line}", directory=directory)
        return await self.runtime.run(self._sandbox(), command)

    def _sandbox(self) -> SandboxSpec:
        return SandboxSpec(
            session_id=SessionId("session"),
            folder=self.folder,
            limits=self.config.resource_limits,
            network=False,
        )

    async def ask(self, question: str, suggestions: Sequence[str]) -> HumanAnswer:
        self.asked.append((question, list(suggestions)))
        if self.answer is None:
            raise ToolFailure("Nobody can be asked in a direct call.")
        return HumanAnswer(text=self.answer)

    def write(self, path: str, content: str | bytes) -> None:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content if isinstance(content, bytes) else content.encode())

    def read(self, path: str) -> str:
        return (self.folder / path).read_bytes().decode()

    def allow(self, *prefixes: str) -> None:
        self.config = replace(self.config, allowed_commands=list(prefixes))

    def limit(self, **limits: int) -> None:
        self.config = replace(self.config, resource_limits=replace(self.config.resource_limits, **limits))

    async def call(self, tool: str, **arguments: Any) -> ToolResult:
        """Make a call as the agent does, and return its result."""
        return await ToolRegistry().prepare(tool, arguments).run(self)

    async def failure(self, tool: str, **arguments: Any) -> str:
        """Make a call that fails, and return its message."""
        with pytest.raises(ToolFailure) as failure:
            await self.call(tool, **arguments)
        return str(failure.value)


@pytest.fixture
def context(tmp_path: Path) -> Context:
    folder = tmp_path / "workspace"
    folder.mkdir()
    config = SessionConfig(
        provider="scripted",
        model="playbook",
        mode="code",
        allowed_commands=["*"],
        resource_limits=ResourceLimits(),
    )
    return Context(
        folder=folder,
        workspace=Workspace(folder, max_file_bytes=LARGEST_FILE),
        config=config,
        runtime=LocalRuntime(),
    )
