"""The tool interface: one class for each thing that the agent can do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, Protocol, TypeVar

from roocode_server.engine.runtimes.runtime import Exit, StillRunning
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.file import Changes
from roocode_server.models.identifier import SessionId, TaskId, UserId
from roocode_server.models.session import SessionConfig
from roocode_server.models.shape import Shape
from roocode_server.models.tool import ToolGroup

AnyParameters = TypeVar("AnyParameters", bound=Shape)

MOST_TOLD: Final = 2000
"""Characters of a failure that are told; the whole is in the result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A file that a tool made, changed or deleted (`kind`: created, modified, deleted)."""

    kind: str
    path: str
    changes: Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """What came of a tool call: words that a model can act on, and what was measured.

    A failure is a result too: `success` is false and `output` says what to do differently.
    `completion` is set by the tool that ends the task. `images` are `data:` URLs that the model is shown.
    """

    success: bool
    output: str
    changes: Sequence[FileChange] = ()
    command: str | None = None
    exit: Exit | None = None
    is_background: bool = False
    """The command goes on: its end is told later."""
    completion: str | None = None
    images: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanAnswer:
    """What a person answered; `images` are `data:` URLs."""

    text: str
    images: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What people are told of a call before it runs, as S2's messages say it.

    `kind` is the ask that it becomes where somebody has to approve it: `tool`, `command`, `use_mcp_server`,
    `browser_action_launch`. For `tool` the text is JSON whose `tool` is one of S2's informational names.
    """

    kind: str
    text: str


class ToolContext(Protocol):
    """What a tool may use. The agent fills it for a task, the tool service for a direct call."""

    workspace: Workspace
    config: SessionConfig
    session_id: SessionId
    user_id: UserId
    task_id: TaskId | None

    def withholds(self, path: str) -> bool:
        """Whether a rule of the session keeps a file, from the workspace's root, from this call. Nothing is
        kept from a direct call: the caller is the person.
        """
        ...

    async def run_command(
        self, line: str, *, directory: str = "", timeout_s: float | None = None
    ) -> Exit | StillRunning:
        """Run a command in the session's sandbox; its output is streamed to who watches.

        After `timeout_s`, or when a person wants it, a task's command goes on in the background. A direct
        call's is stopped at that time: there is nobody to hear of it later.
        """
        ...

    async def run_quietly(self, line: str) -> Exit:
        """Run a program that is a tool's own means and only reads; nobody is shown its output."""
        ...

    async def ask(self, question: str, suggestions: Sequence[str]) -> HumanAnswer:
        """A person's answer. Raises: ToolFailure, where nobody can be asked (a direct call)."""
        ...

    async def say(self, kind: str, text: str, images: Sequence[str] = ()) -> None:
        """Tell people something as a message of the task, of a `say` kind of S2. A direct call has none."""
        ...

    async def set_todos(self, todos: str) -> None:
        """Replace the task's list of things to do (Markdown). Raises: ToolFailure, in a direct call."""
        ...

    async def switch_mode(self, slug: str, reason: str) -> str:
        """Give the task another mode; what the model is told. Raises: ToolFailure, if there is none."""
        ...

    async def delegate(self, mode: str, message: str, todos: str | None) -> str:
        """Have a subtask done and wait for it; its result. Raises: ToolFailure, in a direct call."""
        ...


class ToolFailure(Exception):
    """The tool cannot do what it was asked; the message tells the model how to ask differently."""


class Tool(Generic[AnyParameters]):
    """A tool. Its `Parameters` are what the model is shown, what validates a call and what is printed."""

    name: ClassVar[str]
    description: ClassVar[str]
    group: ClassVar[ToolGroup]
    repeatable: ClassVar[bool] = False
    """Running it again after an interruption does no harm."""
    looks_below: ClassVar[bool] = False
    """It reaches what is below its paths, too: it lists or searches folders."""
    parameters: ClassVar[type[Shape]]

    def describe(self, parameters: AnyParameters) -> str:
        """What this call would do, in a few words, for the person who approves it."""
        raise NotImplementedError

    def paths(self, parameters: AnyParameters) -> Sequence[str]:
        """The workspace paths that this call is about, for the approval rules: a tool of the group `edit`
        writes them.
        """
        return ()

    def sources(self, parameters: AnyParameters) -> Sequence[str]:
        """The workspace paths that this call only reads, beside those of `paths`."""
        return ()

    def command(self, parameters: AnyParameters) -> str | None:
        """The command line that this call would run, for the approval rules."""
        return None

    def is_allowed(self, config: SessionConfig, parameters: AnyParameters) -> bool:
        """Whether the configuration names this very call as one that nobody has to approve."""
        return False

    async def notice(self, context: ToolContext, parameters: AnyParameters) -> Notice | None:
        """What people are told of this call; None for one that has messages of its own."""
        return None

    async def run(self, context: ToolContext, parameters: AnyParameters) -> ToolResult:
        """Do it. Raises: ToolFailure, and AppError for a path that leaves the workspace."""
        raise NotImplementedError


AnyTool = Tool[Any]
"""A tool of whatever parameters, as a catalogue holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedCall:
    """A tool with parameters that fit it."""

    tool: AnyTool
    parameters: Shape

    def describe(self) -> str:
        """What the call would do, in a few words, for the person who approves it."""
        return self.tool.describe(self.parameters)

    def paths(self) -> Sequence[str]:
        """The workspace paths that it is about, as the caller wrote them."""
        return self.tool.paths(self.parameters)

    def sources(self) -> Sequence[str]:
        """The workspace paths that it only reads, as the caller wrote them."""
        return self.tool.sources(self.parameters)

    def command(self) -> str | None:
        """The command line that it would run."""
        return self.tool.command(self.parameters)

    def is_allowed(self, config: SessionConfig) -> bool:
        """Whether the configuration names this very call as one that nobody has to approve."""
        return self.tool.is_allowed(config, self.parameters)

    async def run(self, context: ToolContext) -> ToolResult:
        """Do it. Raises: ToolFailure, and AppError for a path that leaves the workspace."""
        return await self.tool.run(context, self.parameters)
