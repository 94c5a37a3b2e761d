"""A task's transcript: the conversation with the model, and the messages for people. Both are stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from roocode_server.engine.storage.database import Database, Statements, Transaction
from roocode_server.engine.storage.tasks import ConversationRepository, MessageRepository
from roocode_server.engine.tools.attempt_completion import AttemptCompletion
from roocode_server.models.clock import milliseconds, now
from roocode_server.models.conversation import ToolCall, Turn, TurnRole
from roocode_server.models.identifier import CallId, MessageId, TaskId, new_id
from roocode_server.models.message import Author, Message, MessageType
from roocode_server.models.task import MessageCreated, Task


class Conversation:
    """The turns of one task, in memory as in the database."""

    def __init__(self, repository: ConversationRepository, task_id: TaskId, turns: list[Turn]) -> None:
        self._repository = repository
        self._task_id = task_id
        self.turns = turns
        self._call_ids = {call.id for turn in turns for call in turn.calls}

    async def append(self, unit: Transaction, turn: Turn, *, ahead: int = 0) -> None:
        """Store a turn in the unit of work, after the `ahead` turns that it has stored before.

        Call `keep` after the commit to add it to `turns`.
        """
        await self._repository.append(unit, self._task_id, len(self.turns) + ahead, turn)

    def keep(self, turn: Turn) -> None:
        """Add a turn whose unit of work is committed."""
        self.turns.append(turn)
        self._call_ids.update(call.id for call in turn.calls)

    def has_call(self, call_id: str) -> bool:
        """Whether a reply has a call with this id."""
        return call_id in self._call_ids

    @property
    def is_empty(self) -> bool:
        """Whether there is no turn yet."""
        return not self.turns

    @property
    def unanswered(self) -> Sequence[ToolCall]:
        """The calls of the last reply that have no result yet, in order; a call that completes the task comes
        last.
        """
        answered: set[CallId] = set()
        for turn in reversed(self.turns):
            if turn.role is TurnRole.ASSISTANT:
                left = [call for call in turn.calls if call.id not in answered]
                return sorted(left, key=lambda call: call.tool_name == AttemptCompletion.name)
            if turn.call_id is not None:
                answered.add(turn.call_id)
        return ()

    @property
    def has_failures(self) -> bool:
        """Whether a call of the last reply has failed or was refused."""
        for turn in reversed(self.turns):
            if turn.role is TurnRole.ASSISTANT:
                return False
            if turn.role is TurnRole.TOOL and not turn.success:
                return True
        return False

    @property
    def completion(self) -> str | None:
        """The result with which the model completed the task, if a stop prevented storing the task's end."""
        succeeded: dict[CallId, str] = {}
        for turn in reversed(self.turns):
            if turn.role is TurnRole.USER:
                return None
            if turn.role is TurnRole.ASSISTANT:
                presented = [call.id for call in turn.calls if call.tool_name == AttemptCompletion.name]
                return next((succeeded[call_id] for call_id in presented if call_id in succeeded), None)
            if turn.call_id is not None and turn.success:
                succeeded[turn.call_id] = turn.text
        return None

    @property
    def last_reply(self) -> Turn | None:
        """The model's last turn, or None."""
        return next((turn for turn in reversed(self.turns) if turn.role is TurnRole.ASSISTANT), None)


@dataclass(slots=True)
class MessagePosition:
    """Where the next message of a task goes: messages of one unit of work have one position."""

    next: int
    unit: Transaction | None = None

    def take(self, unit: Transaction) -> int:
        """Return the position of a message that is stored in the unit of work."""
        if unit is not self.unit:
            self.unit, self.next = unit, self.next + 1
        return self.next - 1


class Transcripts:
    """Loads conversations and stores messages."""

    def __init__(
        self, database: Database, conversations: ConversationRepository, messages: MessageRepository
    ) -> None:
        self._database = database
        self._conversations = conversations
        self._messages = messages
        self._latest: dict[TaskId, int] = {}
        """The time of the last message of each task in progress, in milliseconds."""
        self._positions: dict[TaskId, MessagePosition] = {}
        self._checkpoints: dict[TaskId, str] = {}
        """The last checkpoint of each task in progress."""

    async def load(self, task_id: TaskId) -> Conversation:
        """Load a task's conversation. From now until `forget`, `next_ts` can be used for the task."""
        async with self._database.read() as connection:
            await self._learn(connection, task_id)
        return Conversation(self._conversations, task_id, await self._conversations.load(task_id))

    def next_ts(self, task_id: TaskId) -> int:
        """Return a time for a new message, in milliseconds, later than all others of the task."""
        self._latest[task_id] = max(milliseconds(now()), self._latest[task_id] + 1)
        return self._latest[task_id]

    def forget(self, task_id: TaskId) -> None:
        """Called when work on a task has ended."""
        self._latest.pop(task_id, None)
        self._positions.pop(task_id, None)
        self._checkpoints.pop(task_id, None)

    def saved(self, task_id: TaskId, checkpoint_id: str) -> None:
        """Called when the files of a task in progress are those of a checkpoint."""
        self._checkpoints[task_id] = checkpoint_id

    def next_position(self, task_id: TaskId) -> int:
        """Return the position of the next message of a task in progress."""
        return self._positions[task_id].next

    async def correct(self, unit: Transaction, task_id: TaskId, *, since: int, checkpoint: str) -> None:
        """Store the checkpoint that holds the files as the messages since a position tell of them."""
        await self._messages.correct(unit, task_id, since=since, checkpoint=checkpoint)

    def has_checkpoint(self, task_id: TaskId) -> bool:
        """Whether a checkpoint of a task in progress is known."""
        return task_id in self._checkpoints

    async def _learn(self, connection: Statements, task_id: TaskId) -> None:
        if task_id not in self._latest:
            latest, position = await self._messages.latest(connection, task_id)
            self._latest[task_id] = max(latest, self._latest.get(task_id, 0))
            self._positions.setdefault(task_id, MessagePosition(position))

    async def unheard(self, task_id: TaskId) -> Sequence[Message]:
        """Return people's messages that are not yet part of the conversation."""
        return await self._messages.unheard(task_id)

    async def is_any_unheard(self, unit: Transaction, task_id: TaskId) -> bool:
        """Whether people have said something that is not yet part of the conversation."""
        return await self._messages.is_any_unheard(unit, task_id)

    async def begin_anew(self, unit: Transaction, task_id: TaskId) -> None:
        """Delete a task's conversation with the model, but for what it began with; its messages stay."""
        await self._conversations.clear(unit, task_id)

    async def copy(self, unit: Transaction, source_id: TaskId, task_id: TaskId) -> None:
        """Let a new task begin with the conversation of another one."""
        await self._conversations.copy(unit, source_id, task_id)

    async def page(self, task_id: TaskId, *, limit: int, offset: int) -> tuple[list[Message], int]:
        """Return one page of a task's messages, oldest first, and their total number."""
        return await self._messages.page(task_id, limit=limit, offset=offset)

    async def write(
        self,
        unit: Transaction,
        task: Task,
        *,
        say: str | None = None,
        ask: str | None = None,
        text: str,
        images: Sequence[str] = (),
        ts: int | None = None,
        message_id: MessageId | None = None,
        author: Author = Author.AGENT,
    ) -> Message:
        """Store a message and its event in the unit of work; a given `ts` must come from `next_ts`."""
        if ts is None:
            await self._learn(unit.connection, task.id)
            ts = self.next_ts(task.id)
        message = Message(
            id=message_id or new_message_id(),
            task_id=task.id,
            ts=ts,
            type=MessageType.ASK if ask else MessageType.SAY,
            ask=ask,
            say=say,
            text=text,
            images=list(images),
            created_at=now(),
        )
        await self._messages.insert(
            unit,
            message,
            run=task.retry_count,
            position=self._positions[task.id].take(unit),
            mode=task.mode,
            checkpoint=self._checkpoints.get(task.id),
        )
        unit.append(task.session_id, MessageCreated(message=message, author=author), task_id=task.id)
        return message


def new_message_id() -> MessageId:
    """Return an id for a new message."""
    return MessageId(new_id("message"))


def shown(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """Return what a model is shown of a conversation: everything from its last summary on."""
    for position in range(len(turns) - 1, 0, -1):
        if turns[position].is_summary:
            return tuple(turns[position:])
    return tuple(turns)
