"""One stretch of work on a task: the task as it stands, its conversation, and the ways to change them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Protocol

from roocode_server.engine.agent.limits import Ledger, PausableTimeout, TaskSlot
from roocode_server.engine.agent.services import AgentServices
from roocode_server.engine.agent.store.states import Alongside
from roocode_server.engine.agent.store.transcript import Conversation, new_message_id
from roocode_server.engine.runtimes.runtime import SandboxSpec
from roocode_server.engine.storage.database import Transaction
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.conversation import Turn
from roocode_server.models.event import Event
from roocode_server.models.identifier import CallId, MessageId
from roocode_server.models.message import Author
from roocode_server.models.session import Session
from roocode_server.models.task import MessageDiscarded, Task
from roocode_server.models.usage import TokenUsage


class Subtasks(Protocol):
    """Has tasks done for other tasks."""

    async def delegate(
        self, work: TaskContext, call_id: CallId, *, mode: str, message: str, todos: str | None
    ) -> tuple[bool, str]:
        """Have a subtask done; whether it went well, and its result."""
        ...


class TaskContext:
    """What belongs to a task while it is worked on."""

    def __init__(
        self,
        services: AgentServices,
        task: Task,
        session: Session,
        conversation: Conversation,
        *,
        workspace: Workspace,
        sandbox: SandboxSpec,
        slot: TaskSlot,
        subtasks: Subtasks,
        ledger: Ledger,
        parent: TaskContext | None = None,
    ) -> None:
        self.services = services
        self.task = task
        self.session = session
        self.conversation = conversation
        self.workspace = workspace
        self.sandbox = sandbox
        self.slot = slot
        self.subtasks = subtasks
        self.mistakes = 0
        """How many steps in a row have led nowhere."""
        self.is_condensing_asked = False
        self.begun_messages: dict[CallId, tuple[MessageId, int]] = {}
        """The messages of calls that people have seen growing, and that are not complete."""
        self.completed_by: CallId | None = None
        self.ledger = ledger
        self.depth: int = 0 if parent is None else parent.depth + 1
        """How many tasks wait for this one."""
        time_limit_s = task.config.timeout or services.settings.task_timeout_s
        lender = None if parent is None else parent.patience
        self.patience: PausableTimeout = PausableTimeout(time_limit_s, lender)

    async def note(
        self, *events: Event, in_same_transaction: Alongside | None = None, **changes: Any
    ) -> None:
        """Change the task within its status, in one transaction with its events."""
        self.task = await self.services.states.note(
            self.task.id, *events, in_same_transaction=in_same_transaction, **changes
        )

    async def append(
        self, turn: Turn, *events: Event, in_same_transaction: Alongside | None = None, **changes: Any
    ) -> None:
        """Store a turn of the conversation, and what comes with it, in one transaction."""

        async def store(unit: Transaction) -> None:
            await self.conversation.append(unit, turn)
            if in_same_transaction is not None:
                await in_same_transaction(unit)

        await self.note(*events, in_same_transaction=store, **changes)
        self.conversation.keep(turn)

    def next_ts(self) -> int:
        """A time for a message of the agent that is about to be written; it rises within the task."""
        return self.services.transcripts.next_ts(self.task.id)

    def new_message(self) -> tuple[MessageId, int]:
        """The id and the time of a message that is about to be written."""
        return new_message_id(), self.next_ts()

    def message_of(self, call_id: CallId | None) -> tuple[MessageId, int]:
        """The id and the time of a call's next message: of the one that was begun, if there is one."""
        begun = self.begun_messages.pop(call_id, None) if call_id is not None else None
        return begun or self.new_message()

    def drop_message(self, call_id: CallId) -> None:
        """A message that was begun for a call will not be completed."""
        begun = self.begun_messages.pop(call_id, None)
        if begun is not None:
            self.signal(MessageDiscarded(message_id=begun[0], ts=begun[1]))

    def writing(
        self,
        *,
        say: str | None = None,
        ask: str | None = None,
        text: str,
        images: Sequence[str] = (),
        ts: int | None = None,
        message_id: MessageId | None = None,
        author: Author = Author.AGENT,
    ) -> Alongside:
        """A message to be stored with a change of the task."""

        async def write(unit: Transaction) -> None:
            await self.services.transcripts.write(
                unit,
                self.task,
                say=say,
                ask=ask,
                text=text,
                images=images,
                ts=ts,
                message_id=message_id,
                author=author,
            )

        return write

    async def say(self, kind: str, text: str, *events: Event, images: Sequence[str] = ()) -> None:
        """Store a message of the agent, with the events that tell of the same."""
        await self.note(*events, in_same_transaction=self.writing(say=kind, text=text, images=images))

    async def save_checkpoint(self, reason: str) -> None:
        """Save the workspace, where the task keeps checkpoints. Raises: CheckpointsUnavailable."""
        if not self.task.config.enable_checkpoints:
            return
        saved = await self.services.history.save(self.session.id, reason, self.task.id)
        if saved is not None:
            await self.say("checkpoint_saved", saved.id)

    def usage_with(self, **changes: Any) -> TokenUsage:
        """What the task has used, with some of it changed."""
        return dataclasses.replace(self.task.usage, **changes)

    def signal(self, happened: Event) -> None:
        """Show something ephemeral to whoever watches."""
        self.services.hub.signal(self.session.id, happened, task_id=self.task.id)
