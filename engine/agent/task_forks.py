"""Copies of tasks at one of their messages: the session is copied, and the task in the copy rewound.

That it is to be rewound is stored with the completion of the copy, so a stop of the server in between leaves
nothing but what the next start finishes.
"""

from __future__ import annotations

from dataclasses import dataclass

from roocode_server.engine.agent.forking import SessionForks
from roocode_server.engine.agent.rewinding import Rewinding, check_files, check_rewindable
from roocode_server.engine.agent.store.checkpoints import History
from roocode_server.engine.sessions.sessions import Sessions
from roocode_server.engine.storage.creation import OnCreated, nothing_more
from roocode_server.engine.storage.database import Transaction
from roocode_server.engine.storage.rewinds import Rewind, TaskMoment
from roocode_server.engine.storage.session_rows import Renaming
from roocode_server.engine.storage.tasks import TaskRepository
from roocode_server.models.checkpoint import Checkpoint, CheckpointSaved
from roocode_server.models.error import AppError, NotFound
from roocode_server.models.fork import SessionFork, TaskFork
from roocode_server.models.identifier import MessageId, SessionId, TaskId
from roocode_server.models.session import Session
from roocode_server.models.task import Task
from roocode_server.models.user import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class CopiedTask:
    """A task in a copied session, and the message that is its last one there."""

    session: Session
    task_id: TaskId
    message_id: MessageId


@dataclass(frozen=True, slots=True, kw_only=True)
class _Copied:
    """What is known of a copied task before it is rewound."""

    task: Task
    moment: TaskMoment
    former: str | None
    saved: Checkpoint | None


class TaskForks:
    """Copies tasks."""

    def __init__(
        self,
        forks: SessionForks,
        sessions: Sessions,
        tasks: TaskRepository,
        rewinding: Rewinding,
        history: History,
    ) -> None:
        self._forks = forks
        self._sessions = sessions
        self._tasks = tasks
        self._rewinding = rewinding
        self._history = history

    async def fork(
        self,
        caller: Caller,
        request: TaskFork,
        source: Session,
        *,
        on_created: OnCreated[CopiedTask] = nothing_more,
    ) -> CopiedTask:
        """Copy the session of a task, and rewind the task there; in the original nothing changes.

        Raises: NotFound; Conflict, if it is a subtask, if an agent program keeps its conversation, or if its
        files at the message are not known; what copying a session and restoring a checkpoint raise.
        """
        check_rewindable(source)
        task = await self._task(source.id, request.task_id)
        if request.files:
            check_files(await self._rewinding.moment(task, request.message_id))
        else:
            await self._rewinding.moment(task, request.message_id)
        prepared: list[_Copied] = []
        begun: list[Rewind] = []
        made: list[CopiedTask] = []

        async def prepare(copy: Session, renaming: Renaming) -> None:
            prepared.append(await self._prepared(copy, renaming, request))

        async def on_forked(unit: Transaction, copy: Session) -> None:
            [there] = prepared
            if there.saved is not None:
                unit.append(copy.id, CheckpointSaved(checkpoint=there.saved), task_id=there.task.id)
            begun.append(
                await self._rewinding.begin_in_copy(
                    unit, there.task, there.moment, there.former, files=request.files
                )
            )
            copied = CopiedTask(session=copy, task_id=there.task.id, message_id=there.moment.message_id)
            made.append(copied)
            await on_created(unit, copied)

        asked = SessionFork(session_id=source.id, name=request.name)
        copy = await self._forks.fork(caller, asked, source, prepare=prepare, on_created=on_forked)
        try:
            await self._rewinding.finish(copy.id, begun[0])
        except AppError:
            await self._sessions.delete(copy.id)
            raise
        return made[0]

    async def _prepared(self, copy: Session, renaming: Renaming, request: TaskFork) -> _Copied:
        """Look at the copied task, and save its files as they are."""
        task = await self._task(copy.id, TaskId(renaming.applied(request.task_id)))
        moment = await self._rewinding.moment(task, MessageId(renaming.applied(request.message_id)))
        if not request.files:
            return _Copied(task=task, moment=moment, former=None, saved=None)
        saved = await self._history.save_unannounced(copy.id, "before a rewind", task.id)
        former = saved.id if saved is not None else await self._history.latest(copy.id)
        if moment.checkpoint is not None:
            await self._history.check_restorable(copy.id, moment.checkpoint)
        return _Copied(task=task, moment=moment, former=former, saved=saved)

    async def _task(self, session_id: SessionId, task_id: TaskId) -> Task:
        task = await self._tasks.find(session_id, task_id)
        if task is None:
            raise NotFound("task", task_id)
        return task
