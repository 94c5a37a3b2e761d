"""The tool interface: each tool of the agent is a class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

from roocode_server.engine.runtimes.runtime import Exit, OutputSink, StillRunning
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.file import Changes
from roocode_server.models.identifier import SessionId, TaskId, UserId
from roocode_server.models.session import SessionConfig
from roocode_server.models.shape import Shape
from roocode_server.models.tool import ToolGroup

AnyParameters = TypeVar("AnyParameters", bound=Shape)

TOLD_FAILURE_CHARACTERS: Final = 2000
"""The most characters of a failure that people are told; the result has all of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A file that a tool changed; `kind` is `created`, `modified` or `deleted`."""

    kind: str
    path: str
    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """The result of a tool call: a text for the model, and what was measured.

    A failure is a result too: `success` is false and `output` says what to do differently.
    `completion` is set by the tool that ends the task. `images` are `data:` URLs for the model.
    """

    success: bool
    output: str
    changes: Sequence[FileChange] = ()
    command: str | None = None
    exit: Exit | None = None
    is_background: bool = False
    """The command is still running; its end will be reported later."""
    completion: str | None = None
    images: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanAnswer:
    """A person's answer; `images` are `data:` URLs."""

    text: str
    images: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What people are told about a call, in the form of S2's messages.

    `kind` is the ask that it becomes if it needs approval: `tool`, `command`, `use_mcp_server`,
    `browser_action_launch`. For `tool`, the text is JSON whose `tool` is one of S2's informational names.
    """

    kind: str
    text: str


class ToolContext(Protocol):
    """What a tool may use. Provided by the agent for a task, and by `ToolExecution` for a direct call."""

    workspace: Workspace
    config: SessionConfig
    session_id: SessionId
    user_id: UserId
    task_id: TaskId | None

    def withholds(self, path: str) -> bool:
        """Whether a rule of the session hides a file (a path relative to the workspace) from this call.

        Nothing is hidden from a direct call: the caller is a person.
        """
        ...

    async def run_command(
        self, line: str, *, directory: str = "", timeout_s: float | None = None
    ) -> Exit | StillRunning:
        """Run a command in the session's sandbox; its output is streamed to those who are connected.

        After `timeout_s`, or when a person asks for it, a task's command goes on in the background. A direct
        call's command is stopped after that time, because its end could not be reported.
        """
        ...

    async def run_quietly(self, line: str, sink: OutputSink) -> Exit:
        """Run a tool's own read-only program in the sandbox; its output goes to `sink` only."""
        ...

    async def ask(self, question: str, suggestions: Sequence[str]) -> HumanAnswer:
        """Return a person's answer. Raises: ToolFailure, if nobody can be asked (in a direct call)."""
        ...

    async def say(self, kind: str, text: str, images: Sequence[str] = ()) -> None:
        """Store a message of the task, with a `say` kind of S2. A direct call stores none."""
        ...

    async def set_todos(self, todos: str) -> None:
        """Replace the task's to-do list (Markdown). Raises: ToolFailure, in a direct call."""
        ...

    async def switch_mode(self, slug: str, reason: str) -> str:
        """Switch the task's mode; returns a text for the model.

        Raises: ToolFailure, if there is no such mode.
        """
        ...

    async def delegate(self, mode: str, message: str, todos: str | None) -> str:
        """Run a subtask and return its result.

        Raises: ToolFailure, in a direct call or if it does not complete.
        """
        ...


class ToolFailure(Exception):
    """The tool cannot do what was asked; the message tells the model what to do differently."""


class Tool(Generic[AnyParameters]):
    """A tool. Its `parameters` are shown to the model and validate calls."""

    name: ClassVar[str]
    description: ClassVar[str]
    group: ClassVar[ToolGroup]
    repeatable: ClassVar[bool] = False
    """Whether a call may be repeated after an interruption without harm."""
    looks_below: ClassVar[bool] = False
    """Whether it also touches what is below its paths: it lists or searches folders."""
    parameters: ClassVar[type[Shape]]

    def describe(self, parameters: AnyParameters) -> str:
        """Describe the call in a few words, for the person who approves it."""
        raise NotImplementedError

    def paths(self, parameters: AnyParameters) -> Sequence[str]:
        """Return the paths that approval rules judge; tools of the group `edit` write to them."""
        return ()

    def sources(self, parameters: AnyParameters) -> Sequence[str]:
        """Return the paths that the call only reads, in addition to `paths`."""
        return ()

    def command(self, parameters: AnyParameters) -> str | None:
        """Return the command line that the call would run, for the approval rules."""
        return None

    def is_allowed(self, config: SessionConfig, parameters: AnyParameters) -> bool:
        """Whether the configuration allows exactly this call without approval."""
        return False

    async def notice(self, context: ToolContext, parameters: AnyParameters) -> Notice | None:
        """Return the notice for people; None if the tool stores messages of its own."""
        return None

    async def run(self, context: ToolContext, parameters: AnyParameters) -> ToolResult:
        """Execute the call. Raises: ToolFailure; AppError, if a path leaves the workspace."""
        raise NotImplementedError


AnyTool = Tool[Any]
"""A tool with any parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedCall:
    """A tool with validated parameters."""

    tool: AnyTool
    parameters: Shape

    def describe(self) -> str:
        """Describe the call in a few words, for the person who approves it."""
        return self.tool.describe(self.parameters)

    def paths(self) -> Sequence[str]:
        """The paths that it is about, as the caller wrote them."""
        return self.tool.paths(self.parameters)

    def sources(self) -> Sequence[str]:
        """The paths that it only reads, as the caller wrote them."""
        return self.tool.sources(self.parameters)

    def command(self) -> str | None:
        """The command line that it would run, or None."""
        return self.tool.command(self.parameters)

    def is_allowed(self, config: SessionConfig) -> bool:
        """Whether the configuration allows exactly this call without approval."""
        return self.tool.is_allowed(config, self.parameters)

    async def run(self, context: ToolContext) -> ToolResult:
        """Execute the call. Raises: ToolFailure; AppError, if a path leaves the workspace."""
        return await self.tool.run(context, self.parameters)
