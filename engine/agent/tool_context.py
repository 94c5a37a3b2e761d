"""What a tool may use within a task."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from roocode_server.engine.agent.commands import Commands
from roocode_server.engine.agent.human_input import HumanInput
from roocode_server.engine.agent.modes import Modes
from roocode_server.engine.agent.task_context import TaskContext
from roocode_server.engine.runtimes.runtime import Command, Exit, OutputSink, StillRunning
from roocode_server.engine.tools.tool import HumanAnswer, ToolFailure
from roocode_server.models.conversation import ToolCall
from roocode_server.models.identifier import MessageId, TaskId
from roocode_server.models.mode import ModeSwitched
from roocode_server.models.task import TodosUpdated


class AgentToolContext:
    """The `ToolContext` of one call of a task's model."""

    def __init__(
        self,
        work: TaskContext,
        people: HumanInput,
        commands: Commands,
        modes: Modes,
        call: ToolCall,
        withholds: Callable[[str], bool],
    ) -> None:
        self.workspace = work.workspace
        self.config = work.session.config
        self.session_id = work.session.id
        self.user_id = work.session.user_id
        self.task_id: TaskId | None = work.task.id
        self.heard: MessageId | None = None
        self._work = work
        self._people = people
        self._commands = commands
        self._modes = modes
        self._call = call
        self._withholds = withholds

    def withholds(self, path: str) -> bool:
        """Whether a rule of the session hides a file from this call."""
        return self._withholds(path)

    async def run_command(
        self, line: str, *, directory: str = "", timeout_s: float | None = None
    ) -> Exit | StillRunning:
        """Run a command in the sandbox; its output is streamed to those who are connected."""
        command = Command(line=line, directory=directory)
        return await self._commands.run(self._call.id, command, timeout_s=timeout_s)

    async def run_quietly(self, line: str, sink: OutputSink) -> Exit:
        """Run a tool's own read-only program in the sandbox; its output goes to `sink` only."""
        command = Command(line=line, only_reads=True)
        return await self._work.services.runtime.run(self._work.sandbox, command, on_output=sink)

    async def ask(self, question: str, suggestions: Sequence[str]) -> HumanAnswer:
        """Put a question of the model to people and return their answer."""
        message = await self._people.ask(self._call.id, question, suggestions)
        self.heard = message.id
        return HumanAnswer(text=message.text or "", images=message.images)

    async def say(self, kind: str, text: str, images: Sequence[str] = ()) -> None:
        """Store a message of the task for people."""
        await self._work.say(kind, text, images=images)

    async def set_todos(self, todos: str) -> None:
        """Replace the task's to-do list."""
        await self._work.note(TodosUpdated(todos=todos), todos=todos)

    async def switch_mode(self, slug: str, reason: str) -> str:
        """Switch the mode, from the next request on; returns a text for the model. Raises: ToolFailure."""
        mode = self._modes.by_slug.get(slug)
        if mode is None:
            raise ToolFailure(f"There is no mode `{slug}`. There are: {', '.join(self._modes.by_slug)}.")
        if slug == self._work.task.mode:
            return f"You are in {mode.name} mode already."
        await self._work.note(ModeSwitched(mode=slug, reason=reason), mode=slug)
        return f"You are in {mode.name} mode now. {mode.role_definition}"

    async def delegate(self, mode: str, message: str, todos: str | None) -> str:
        """Run a subtask in a mode and return its result. Raises: ToolFailure, if it did not complete."""
        if mode not in self._modes.by_slug:
            raise ToolFailure(f"There is no mode `{mode}`. There are: {', '.join(self._modes.by_slug)}.")
        went_well, result = await self._work.subtasks.delegate(
            self._work, self._call.id, mode=mode, message=message, todos=todos
        )
        if not went_well:
            raise ToolFailure(result)
        await self._work.say("subtask_result", result)
        return result
