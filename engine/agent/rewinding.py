"""Rewinds tasks to one of their messages: conversation, to-do list, mode and files together, and undoes it.

Files cannot be restored in the transaction that changes the conversation. So it is stored first what is to be
done, then the files are restored, then the conversation is changed; if the server stops in between, the rest
is done at its next start.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import structlog

from roocode_server.engine.agent.runner import TaskRunner
from roocode_server.engine.agent.store.approvals import Approvals
from roocode_server.engine.agent.store.checkpoints import History
from roocode_server.engine.agent.store.states import TaskStates
from roocode_server.engine.agent.store.transcript import Conversation
from roocode_server.engine.sessions.sessions import Sessions
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.rewinds import Rewind, RewindRepository, TaskMoment
from roocode_server.engine.storage.tasks import ConversationRepository, TaskRepository
from roocode_server.engine.tools.update_todo_list import UpdateTodoList, items_of
from roocode_server.models.checkpoint import ChangedFile, CheckpointRef
from roocode_server.models.clock import now
from roocode_server.models.conversation import Turn, TurnRole
from roocode_server.models.error import AppError, Conflict, NotFound
from roocode_server.models.identifier import MessageId, SessionId, TaskId
from roocode_server.models.rewind import RewindStep, TaskReinstated, TaskRewind, TaskRewound
from roocode_server.models.session import Session
from roocode_server.models.task import (
    Activity,
    InterruptedBy,
    Task,
    TaskCancelled,
    TaskRef,
    TaskResumable,
    TaskStatus,
)

log = structlog.get_logger("rewinding")

GONE_BACK: Final = (
    "The person went back to a moment before this call had a result. If you still need it, first look at "
    "what is there now."
)
REASON: Final = "A person went back to an earlier message"
_FIELDS: Final = (
    "status",
    "activity",
    "progress",
    "step",
    "iterations",
    "result",
    "error",
    "completed_at",
    "mode",
    "todos",
    "interrupted_by",
)
"""The fields of a task that a rewind changes, and that are brought back when it is undone."""


class Rewinding:
    """Goes back in the history of tasks."""

    def __init__(
        self,
        database: Database,
        tasks: TaskRepository,
        rewinds: RewindRepository,
        conversations: ConversationRepository,
        states: TaskStates,
        approvals: Approvals,
        history: History,
        runner: TaskRunner,
        sessions: Sessions,
    ) -> None:
        self._database = database
        self._tasks = tasks
        self._rewinds = rewinds
        self._conversations = conversations
        self._states = states
        self._approvals = approvals
        self._history = history
        self._runner = runner
        self._sessions = sessions

    async def rewind(self, request: TaskRewind) -> tuple[Task, Sequence[ChangedFile]]:
        """Make a message the last one of its task; return the task, and the files that changed.

        Raises: NotFound; Conflict, if the task is at work or a subtask, if an agent program keeps its
        conversation, if its files at that moment are not known, or the session is not active; what restoring
        a checkpoint raises.
        """
        async with self._at_rest(request.session_id, request.task_id) as task:
            moment = await self.moment(task, request.message_id)
            former = await self._present(task, moment) if request.files else None
            last = await self._rewinds.last(task.id)
            rewind = Rewind(
                task_id=task.id,
                number=1 if last is None else last.number + 1,
                message_id=moment.message_id,
                created_at=now(),
                checkpoint=moment.checkpoint if request.files else None,
                former_checkpoint=former,
                under_way=RewindStep.REWIND,
            )
            async with self._database.transaction() as unit:
                await self._rewinds.begin(unit, rewind)
            try:
                files = await self._restore(task.session_id, rewind.checkpoint)
            except AppError:
                async with self._database.transaction() as unit:
                    await self._rewinds.forget(unit, rewind)
                raise
            return await self._take_back(task, rewind, moment), files

    async def reinstate(self, request: TaskRef) -> tuple[Task, Sequence[ChangedFile]]:
        """Undo the last rewind of a task; return the task, and the files that changed.

        Raises: NotFound; Conflict, if it was not rewound or has gone on since, or the session is not active;
        what restoring a checkpoint raises.
        """
        async with self._at_rest(request.session_id, request.task_id) as task:
            rewind = await self._rewinds.last(task.id)
            if rewind is None or rewind.former is None:
                raise Conflict("The task was not rewound")
            is_resumable = task.activity is Activity.RESUMABLE
            if not is_resumable or await self._rewinds.has_gone_on(task, rewind.message_id):
                raise Conflict("The task has gone on since it was rewound")
            if rewind.former_checkpoint is not None:
                await self._history.check_at_rest(task.session_id)
            async with self._database.transaction() as unit:
                await self._rewinds.mark(unit, rewind, RewindStep.UNDO)
            try:
                files = await self._restore(task.session_id, rewind.former_checkpoint)
            except AppError:
                async with self._database.transaction() as unit:
                    await self._rewinds.mark(unit, rewind, None)
                raise
            return await self._give_back(task, rewind), files

    async def moment(self, task: Task, message_id: MessageId) -> TaskMoment:
        """Return what a task was at one of its messages. Raises: NotFound; Conflict, if it is a subtask."""
        if task.parent_id is not None:
            raise Conflict("A subtask is not rewound by itself; rewind the task that asked for it")
        moment = await self._rewinds.moment(task, message_id)
        if moment is None:
            raise NotFound("message", message_id)
        return moment

    async def begin_in_copy(
        self, unit: Transaction, copied: Task, moment: TaskMoment, former: str | None, *, files: bool
    ) -> Rewind:
        """Store in the unit of work that completes a copied session that its task is to be rewound.

        `former` is the checkpoint of the files as they are. `finish` does it, or the next start.
        """
        last = await self._rewinds.last(copied.id)
        rewind = Rewind(
            task_id=copied.id,
            number=1 if last is None else last.number + 1,
            message_id=moment.message_id,
            created_at=now(),
            checkpoint=moment.checkpoint if files else None,
            former_checkpoint=former if files else None,
            under_way=RewindStep.REWIND,
        )
        await self._rewinds.begin(unit, rewind)
        return rewind

    async def finish(self, session_id: SessionId, rewind: Rewind) -> None:
        """Do what was begun. Raises: as `rewind`."""
        async with self._at_rest(session_id, rewind.task_id) as task:
            await self._finish(task, rewind)

    async def recover(self) -> None:
        """Finish what a stop of the server has cut short."""
        for rewind in await self._rewinds.under_way():
            task = await self._tasks.find_anywhere(rewind.task_id)
            if task is None:
                continue
            try:
                await self._finish(task, rewind)
            except AppError as failure:
                log.warning("not rewound", task_id=task.id, reason=failure.message)

    async def _finish(self, task: Task, rewind: Rewind) -> None:
        if rewind.under_way is RewindStep.UNDO:
            await self._restore(task.session_id, rewind.former_checkpoint)
            await self._give_back(task, rewind)
            return
        moment = await self._rewinds.moment(task, rewind.message_id)
        if moment is None:
            raise NotFound("message", rewind.message_id)
        await self._restore(task.session_id, rewind.checkpoint)
        await self._take_back(task, rewind, moment)

    @contextlib.asynccontextmanager
    async def _at_rest(self, session_id: SessionId, task_id: TaskId) -> AsyncIterator[Task]:
        """The task, which does not start while the block runs. Raises: NotFound, Conflict."""
        session = await self._sessions.get_active(session_id)
        check_rewindable(session)
        async with self._runner.nothing_starts(session_id):
            task = await self._tasks.find(session_id, task_id)
            if task is None:
                raise NotFound("task", task_id)
            if self._runner.is_driving(task.id):
                raise Conflict("The task is at work or waits to be; interrupt it or cancel it first")
            yield task

    async def _present(self, task: Task, moment: TaskMoment) -> str | None:
        """Save the files as they are now, and return their checkpoint.

        Raises: Conflict, if those of the moment are not known.
        """
        check_files(moment)
        await self._history.check_at_rest(task.session_id)
        saved = await self._history.save(task.session_id, "before a rewind", task.id)
        return saved.id if saved is not None else await self._history.latest(task.session_id)

    async def _restore(self, session_id: SessionId, checkpoint: str | None) -> Sequence[ChangedFile]:
        if checkpoint is None:
            return ()
        wanted = CheckpointRef(session_id=session_id, checkpoint_id=checkpoint)
        return (await self._history.restore(wanted)).files

    async def _take_back(self, task: Task, rewind: Rewind, moment: TaskMoment) -> Task:
        turns = await self._conversations.load(task.id)
        kept, cut = turns[: moment.turns], turns[moment.turns :]
        closing = _closing(Conversation(self._conversations, task.id, kept))
        replies = sum(turn.role is TurnRole.ASSISTANT for turn in kept)
        former = task.dump()

        async def take_back(unit: Transaction) -> None:
            await self._approvals.withdraw(unit, task.id)
            calls = [call.id for turn in cut for call in turn.calls]
            await self._rewinds.take_back(unit, rewind, moment, calls=calls, former=former)
            for ahead, turn in enumerate(closing):
                await self._conversations.append(unit, task.id, len(kept) + ahead, turn)

        for child in await self._tasks.unfinished_children(task.id):
            await self._states.move(child.id, TaskStatus.CANCELLED, TaskCancelled())
        return await self._states.put_back(
            task.id,
            TaskRewound(message_id=moment.message_id),
            TaskResumable(reason=REASON, interrupted_by=InterruptedBy.PERSON),
            in_same_transaction=take_back,
            status=TaskStatus.PENDING,
            activity=Activity.RESUMABLE,
            interrupted_by=InterruptedBy.PERSON,
            progress=min(task.progress, 95),
            step=None,
            iterations=replies,
            result=None,
            error=None,
            completed_at=None,
            mode=moment.mode,
            todos=_todos(kept),
            usage=replace(task.usage, context_tokens=0),
        )

    async def _give_back(self, task: Task, rewind: Rewind) -> Task:
        former = Task.load((rewind.former or {})["task"])
        changes: Mapping[str, Any] = {name: getattr(former, name) for name in _FIELDS}

        moment = await self._rewinds.moment(task, rewind.message_id)
        if moment is None:
            raise NotFound("message", rewind.message_id)

        async def give_back(unit: Transaction) -> None:
            await self._rewinds.give_back(unit, rewind, turns_left=moment.turns)

        return await self._states.put_back(
            task.id,
            TaskReinstated(message_id=rewind.message_id, task=replace(task, **changes)),
            in_same_transaction=give_back,
            **changes,
        )


def check_files(moment: TaskMoment) -> None:
    """Raises: Conflict, if the files of this moment are not known."""
    if moment.checkpoint is None:
        raise Conflict(
            "No checkpoint of this task was saved (`config.enableCheckpoints`), so its files at this "
            "message are not known; `files: false` rewinds the conversation alone"
        )


def check_rewindable(session: Session) -> None:
    """Raises: Conflict, if the tasks of the session cannot be rewound."""
    if session.config.agent.acp is not None:
        raise Conflict("An agent program keeps its conversations itself; they cannot be rewound")


def _closing(conversation: Conversation) -> list[Turn]:
    """Results for the calls that had none, so that they are not made when the task goes on."""
    return [
        Turn(role=TurnRole.TOOL, text=GONE_BACK, call_id=call.id, success=False, interrupted=True)
        for call in conversation.unanswered
    ]


def _todos(turns: Sequence[Turn]) -> str | None:
    """The to-do list that the turns lead to: that of the last call which changed it."""
    made = {turn.call_id for turn in turns if turn.role is TurnRole.TOOL and turn.success}
    for turn in reversed(turns):
        for call in reversed(turn.calls):
            if call.tool_name == UpdateTodoList.name and call.id in made:
                return "\n".join(items_of(str(call.arguments["todos"])))
    return None
