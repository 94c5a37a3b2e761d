"""The context of work on a task: its state, its conversation, and the means to change them."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

from roocode_server.engine.agent.budget import TaskBudget, used_up
from roocode_server.engine.agent.failure import TaskFailure
from roocode_server.engine.agent.limits import Deadline, Ledger, PausableTimeout
from roocode_server.engine.agent.scheduler import TaskSlot
from roocode_server.engine.agent.services import AgentServices
from roocode_server.engine.agent.store.states import Alongside
from roocode_server.engine.agent.store.transcript import Conversation, new_message_id
from roocode_server.engine.checkpoints.checkpoints import WorkspaceTooLarge
from roocode_server.engine.runtimes.runtime import SandboxSpec
from roocode_server.engine.storage.database import Transaction
from roocode_server.engine.storage.usage import ModelUse
from roocode_server.engine.workspace.workspace import Workspace
from roocode_server.models.check import CheckEvidence
from roocode_server.models.clock import now
from roocode_server.models.conversation import Turn
from roocode_server.models.event import Event
from roocode_server.models.identifier import CallId, MessageId
from roocode_server.models.message import Author
from roocode_server.models.session import Session
from roocode_server.models.task import MessageDiscarded, Task
from roocode_server.models.usage import TokenUsage


class Subtasks(Protocol):
    """Runs subtasks."""

    async def delegate(
        self, work: TaskContext, call_id: CallId, *, mode: str, message: str, todos: str | None
    ) -> tuple[bool, str]:
        """Run a subtask; return whether it succeeded, and its result."""
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
        """How many steps in a row were of no use: mistaken calls, or no call at all."""
        self.is_condensing_asked = False
        self.begun_messages: dict[CallId, tuple[MessageId, int]] = {}
        """Messages of calls that people have seen streaming and that are not complete yet."""
        self.completed_by: CallId | None = None
        self.evidence: CheckEvidence | None = None
        """That the task's checks have passed."""
        self.ledger = ledger
        self.depth: int = 0 if parent is None else parent.depth + 1
        """How deeply this task is nested: 0 for a task without a parent."""
        time_limit_s = task.config.timeout or services.settings.task_timeout_s
        lender = None if parent is None else parent.patience
        self.patience: PausableTimeout = PausableTimeout(time_limit_s, lender)
        self.deadline: Deadline = self._deadline() if parent is None else parent.deadline.of_subtask()
        self._unstored: list[ModelUse] = []
        """Uses of models that the next change of the task stores."""
        self.budget = TaskBudget(task.config, ledger)

    def _deadline(self) -> Deadline:
        seconds, since = self.task.config.max_duration, self.task.turn_started_at
        if seconds is None:
            return Deadline(None)
        gone = now() - (since or now())
        return Deadline(asyncio.get_running_loop().time() + seconds - gone.total_seconds())

    @contextlib.asynccontextmanager
    async def in_time(self) -> AsyncIterator[None]:
        """Work on the task within its limits of time. Raises: TaskFailure, when one is reached."""
        try:
            async with self.deadline, self.patience:
                yield
        except TimeoutError:
            seconds = self.task.config.max_duration
            if seconds is not None and self.deadline.has_passed:
                raise used_up("maxDuration", seconds, seconds) from None
            raise TaskFailure("TASK_TIMEOUT", "The task has exceeded its time limit") from None

    def spend(self, used: ModelUse) -> TokenUsage:
        """Count a use of a model that has ended; return the task's usage, for the next change of the task,
        which also stores the use.
        """
        self._unstored.append(used)
        self.ledger.spent = _sum(self.ledger.spent, used)
        return _sum(self.task.usage, used)

    async def note(
        self, *events: Event, in_same_transaction: Alongside | None = None, **changes: Any
    ) -> None:
        """Change the task within its status, in one transaction with its events."""
        spent, self._unstored = self._unstored, []

        async def store(unit: Transaction) -> None:
            for used in spent:
                await self.services.usage.add(unit, self.session.user_id, self.session.id, used)
            if in_same_transaction is not None:
                await in_same_transaction(unit)

        self.task = await self.services.states.note(
            self.task.id, *events, in_same_transaction=store, **changes
        )

    async def append(
        self, turn: Turn, *events: Event, in_same_transaction: Alongside | None = None, **changes: Any
    ) -> None:
        """Store a turn of the conversation together with other changes, in one transaction."""
        await self.append_all([turn], *events, in_same_transaction=in_same_transaction, **changes)

    async def append_all(
        self,
        turns: Sequence[Turn],
        *events: Event,
        in_same_transaction: Alongside | None = None,
        **changes: Any,
    ) -> None:
        """As `append`, for several turns."""

        async def store(unit: Transaction) -> None:
            for ahead, turn in enumerate(turns):
                await self.conversation.append(unit, turn, ahead=ahead)
            if in_same_transaction is not None:
                await in_same_transaction(unit)

        await self.note(*events, in_same_transaction=store, **changes)
        for turn in turns:
            self.conversation.keep(turn)

    def next_ts(self) -> int:
        """Return a time for a new message, in milliseconds; it rises within the task."""
        return self.services.transcripts.next_ts(self.task.id)

    def new_message(self) -> tuple[MessageId, int]:
        """Return an id and a time for a new message."""
        return new_message_id(), self.next_ts()

    def message_of(self, call_id: CallId | None) -> tuple[MessageId, int]:
        """Return id and time for a call's message: those of the streamed message, if there is one."""
        begun = self.begun_messages.pop(call_id, None) if call_id is not None else None
        return begun or self.new_message()

    def drop_message(self, call_id: CallId) -> None:
        """Discard the streamed message of a call, which will not be completed."""
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
        """Return a function that stores a message, to be passed as `in_same_transaction`."""

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

    async def say(
        self, kind: str, text: str, *events: Event, images: Sequence[str] = (), **changes: Any
    ) -> None:
        """Store a message of the agent together with events and changes of the task."""
        write = self.writing(say=kind, text=text, images=images)
        await self.note(*events, in_same_transaction=write, **changes)

    async def save_checkpoint(self, reason: str, *, since: int) -> None:
        """Save the workspace, if checkpoints are enabled for the task; people are told if it is too large.

        It is how the files are as the messages since this position tell. Raises: CheckpointsUnavailable.
        """
        if not self.task.config.enable_checkpoints:
            return
        try:
            saved = await self.services.history.save(self.session.id, reason, self.task.id)
        except WorkspaceTooLarge as refusal:
            await self.say("error", f"No checkpoint was saved. {refusal.message}.")
            return
        if saved is not None:
            await self._tell_files(saved.id, since, self.writing(say="checkpoint_saved", text=saved.id))
        elif not self.services.transcripts.has_checkpoint(self.task.id):
            await self.look_at_files(since=since)

    async def look_at_files(self, *, since: int | None = None) -> None:
        """Note that the files are those of the session's last checkpoint, whoever has saved it."""
        if not self.task.config.enable_checkpoints:
            return
        latest = await self.services.history.latest(self.session.id)
        if latest is not None:
            first = self.services.transcripts.next_position(self.task.id) if since is None else since
            await self._tell_files(latest, first)

    async def _tell_files(self, checkpoint: str, since: int, write: Alongside | None = None) -> None:
        transcripts = self.services.transcripts

        async def correct(unit: Transaction) -> None:
            await transcripts.correct(unit, self.task.id, since=since, checkpoint=checkpoint)
            if write is not None:
                await write(unit)

        transcripts.saved(self.task.id, checkpoint)
        await self.note(in_same_transaction=correct)

    def usage_with(self, **changes: Any) -> TokenUsage:
        """Return the task's usage with some figures replaced."""
        return dataclasses.replace(self.task.usage, **changes)

    def signal(self, happened: Event) -> None:
        """Emit an ephemeral event to those who are connected."""
        self.services.hub.signal(self.session.id, happened, task_id=self.task.id)


def _sum(before: TokenUsage, used: ModelUse) -> TokenUsage:
    return dataclasses.replace(
        before,
        total_tokens_in=before.total_tokens_in + used.tokens_in,
        total_tokens_out=before.total_tokens_out + used.tokens_out,
        total_cache_writes=before.total_cache_writes + used.cache_writes,
        total_cache_reads=before.total_cache_reads + used.cache_reads,
        total_cost=round(before.total_cost + used.cost, 8),
        total_requests=before.total_requests + used.requests,
    )
