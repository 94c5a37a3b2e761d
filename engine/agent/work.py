"""One stretch of work on a task: the task as it stands, its conversation, and the ways to change them."""

from __future__ import annotations

from typing import Any

from engine.agent.equipment import Equipment
from engine.agent.limits import Patience, Slot
from engine.agent.states import Alongside
from engine.agent.transcript import Conversation
from engine.runtimes.runtime import Sandbox
from engine.runtimes.workspace import Workspace
from engine.storage.database import Transaction
from models.conversation import Turn
from models.event import Event
from models.session import Session
from models.task import Task


class Work:
    """What belongs to a task while it is worked on."""

    def __init__(
        self,
        equipment: Equipment,
        task: Task,
        session: Session,
        conversation: Conversation,
        *,
        workspace: Workspace,
        sandbox: Sandbox,
        slot: Slot,
    ) -> None:
        self.equipment = equipment
        self.task = task
        self.session = session
        self.conversation = conversation
        self.workspace = workspace
        self.sandbox = sandbox
        self.slot = slot
        self.patience = Patience(task.config.timeout or equipment.settings.task_timeout_s)

    async def note(self, *events: Event, alongside: Alongside | None = None, **changes: Any) -> None:
        """Change the task within its status, in one transaction with its events."""
        self.task = await self.equipment.states.note(self.task.id, *events, alongside=alongside, **changes)

    async def append(
        self, turn: Turn, *events: Event, alongside: Alongside | None = None, **changes: Any
    ) -> None:
        """Store a turn of the conversation, and what comes with it, in one transaction."""

        async def store(unit: Transaction) -> None:
            await self.conversation.append(unit, turn)
            if alongside is not None:
                await alongside(unit)

        await self.note(*events, alongside=store, **changes)
        self.conversation.keep(turn)

    def signal(self, happened: Event) -> None:
        """Show something ephemeral to whoever watches."""
        self.equipment.hub.signal(self.session.id, happened, task_id=self.task.id)
