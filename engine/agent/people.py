"""Where a task meets people: it asks for approval, puts questions, and hears what they say."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

from engine.agent.work import Work
from engine.storage.database import Transaction
from engine.tools.catalogue import PreparedCall
from models.approval import Approval, ApprovalStatus
from models.conversation import ToolCall
from models.message import Message
from models.task import Activity, TaskActive, TaskInteractive


class People:
    """The people around one task."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._spoken = asyncio.Event()

    def hear(self) -> None:
        """A message for this task has been stored: look for it."""
        self._spoken.set()

    async def unheard(self) -> Sequence[Message]:
        """What people said that the model does not know yet."""
        return await self._work.equipment.transcripts.unheard(self._work.task.id)

    async def approve(self, call: ToolCall, prepared: PreparedCall) -> Approval:
        """The answer to whether a call may be run; asked once, even over a restart."""
        approvals = self._work.equipment.approvals
        approval = await approvals.for_call(self._work.task, call.id)
        if approval is None:
            approval = approvals.draft(
                self._work.task,
                call.id,
                tool_name=call.tool_name,
                action=call.tool_name,
                description=prepared.tool.describe(prepared.parameters),
                parameters=call.arguments,
            )
            asked = approval
            await self._work.note(
                TaskInteractive(),
                activity=Activity.INTERACTIVE,
                alongside=lambda unit: approvals.ask(unit, asked),
            )
        if approval.status is not ApprovalStatus.PENDING:
            return approval
        async with self._waiting():
            return await approvals.wait(approval)

    async def ask(self, question: str, suggestions: Sequence[str]) -> Message:
        """A person's answer: one that waits already, or the next message."""
        if not await self.unheard():
            await self._put(question, suggestions)
        async with self._waiting():
            while True:
                self._spoken.clear()
                if unheard := await self.unheard():
                    return unheard[0]
                await self._spoken.wait()

    async def _put(self, question: str, suggestions: Sequence[str]) -> None:
        async def write(unit: Transaction) -> None:
            await self._work.equipment.transcripts.write(unit, self._work.task, ask="followup", text=question)

        await self._work.note(
            TaskInteractive(question=question, suggestions=list(suggestions)),
            activity=Activity.INTERACTIVE,
            alongside=write,
        )

    @contextlib.asynccontextmanager
    async def _waiting(self) -> AsyncIterator[None]:
        """The task takes no place and no time while it waits."""
        if self._work.task.activity is not Activity.INTERACTIVE:
            await self._work.note(TaskInteractive(), activity=Activity.INTERACTIVE)
        with self._work.patience.paused():
            async with self._work.slot.given_back():
                yield
        await self._work.note(TaskActive(), activity=Activity.ACTIVE)
