"""Completes sessions that are made from others, or removes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from roocode_server.engine.agent.store.approvals import Approvals
from roocode_server.engine.agent.store.checkpoints import History
from roocode_server.engine.agent.store.states import TaskStates
from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.sessions.sessions import Sessions
from roocode_server.engine.storage.creation import OnCreated
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.pending_ends import PendingEndRepository
from roocode_server.engine.storage.tasks import TaskRepository
from roocode_server.models.error import WorkspaceLimitExceeded
from roocode_server.models.event import Event
from roocode_server.models.identifier import SessionId
from roocode_server.models.session import Session
from roocode_server.models.task import InterruptedBy, TaskResumable
from roocode_server.models.user import Caller


class SessionDrafts:
    """The drafts of sessions."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        tasks: TaskRepository,
        states: TaskStates,
        approvals: Approvals,
        pending_ends: PendingEndRepository,
        history: History,
        *,
        most_tasks_of_user: int | None,
    ) -> None:
        self._most_tasks = most_tasks_of_user
        self._database = database
        self._sessions = sessions
        self._tasks = tasks
        self._states = states
        self._approvals = approvals
        self._pending_ends = pending_ends
        self._history = history

    async def made(
        self,
        caller: Caller,
        draft: Session,
        make: Callable[[], Awaitable[Event]],
        on_created: OnCreated[Session],
        *,
        reason: str,
    ) -> Session:
        """Show a draft once `make` has filled it and returned how that is told, or remove it.

        Nothing is at work in it: what was is interrupted for a `reason`, and pending approvals are withdrawn.
        Raises: WorkspaceLimitExceeded, if the user has reached `limits.sessions` or `limits.tasks`; what
        `make` and `on_created` raise.
        """
        try:
            told = await make()
            unfinished = await self._tasks.unfinished(draft.id)
            async with self._database.transaction() as unit:
                await self._sessions.complete(unit, caller, draft)
                unit.append(draft.id, told)
                await self._pending_ends.carry_out_on(unit, draft.id)
                await self._approvals.withdraw_all(unit, draft.id)
                suspended = TaskResumable(reason=reason, interrupted_by=InterruptedBy.SERVER)
                for task in unfinished:
                    await self._states.suspend(unit, task, suspended)
                if unfinished:
                    await self._check_tasks(unit, caller)
                await on_created(unit, draft)
        except BaseException:
            await run_to_completion(self._discard(draft.id))
            raise
        self._sessions.completed(draft)
        return draft

    async def _check_tasks(self, unit: Transaction, caller: Caller) -> None:
        """Raises: WorkspaceLimitExceeded, if there are too many unfinished tasks with those of the copy."""
        most = self._most_tasks
        if most is None or caller.is_admin:
            return
        if await self._tasks.count_unfinished_on(unit, caller.user_id) > most:
            raise WorkspaceLimitExceeded(
                f"With those of the copy you would have more than {most} unfinished tasks, and may not; wait "
                "for some, or cancel them",
                limit="tasks",
                most=most,
            )

    async def _discard(self, session_id: SessionId) -> None:
        await self._sessions.discard(session_id)
        await self._history.forget(session_id)
