"""Approvals: answering them, one by one or by a bot."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Literal

from roocode.errors import Conflict, NotFound
from roocode.handler import Handler, Verdict, handled
from roocode.models import Approval
from roocode.operations import ApprovalsOperations, InboxOperations
from roocode.streams import live_events
from roocode.transport import Transport

Scope = Literal["mine", "shared", "all"]


class AsyncApprovals(ApprovalsOperations):
    """What agents may do, as people or bots decide."""

    async def approve(self, session_id: str, approval_id: str) -> Approval:
        """Let the agent do it. Raises: Conflict, if it has been answered."""
        return await self.respond(session_id, approval_id, "approve")

    async def reject(self, session_id: str, approval_id: str, feedback: str | None = None) -> Approval:
        """Refuse it; `feedback` is told to the agent. Raises: Conflict, if it has been answered."""
        return await self.respond(session_id, approval_id, "reject", feedback=feedback)

    async def answer(self, approval: Approval, verdict: Verdict) -> bool:
        """Answer by a verdict; return whether it was this answer that counts."""
        if verdict is None:
            return False
        try:
            if verdict is True:
                await self.approve(approval.session_id, approval.id)
            else:
                await self.reject(approval.session_id, approval.id, verdict or None)
        except (Conflict, NotFound):
            return False  # somebody was quicker, or the task is over
        return True

    def bot(self, scope: Scope = "mine") -> AsyncApprovalBot:
        """Make a bot that answers the approvals of your sessions (`mine`), of those shared with you, or of
        all.
        """
        return AsyncApprovalBot(self._transport, self, scope)


class AsyncApprovalBot:
    """Answers approvals by the functions that are decorated with `on`; what none of them answers waits for
    people.

    It also answers what waited before it came, and what came while its connection was away.
    """

    def __init__(self, transport: Transport, approvals: AsyncApprovals, scope: Scope) -> None:
        self._transport = transport
        self._approvals = approvals
        self._scope = scope
        self._rules: list[tuple[frozenset[str], Handler[Approval, Verdict]]] = []
        self._running: asyncio.Task[None] | None = None

    def on(self, *tools: str) -> Callable[[Handler[Approval, Verdict]], Handler[Approval, Verdict]]:
        """Decorate a function that decides about calls of these tools, or of all. The first verdict
        counts.
        """

        def register(handler: Handler[Approval, Verdict]) -> Handler[Approval, Verdict]:
            self.add(handler, *tools)
            return handler

        return register

    def add(self, handler: Handler[Approval, Verdict], *tools: str) -> None:
        """As `on`, without a decorator."""
        self._rules.append((frozenset(tools), handler))

    async def run(self) -> None:
        """Answer until `stop` is called. Raises: RooCodeError, and what a function raises."""
        self._running = asyncio.create_task(self._answer_all())
        try:
            await asyncio.wait({self._running})
        finally:
            self._running.cancel()
        if not self._running.cancelled():
            self._running.result()

    async def stop(self) -> None:
        """End `run`."""
        if self._running is not None:
            self._running.cancel()

    async def _answer_all(self) -> None:
        look = asyncio.Event()
        request = {"scope": self._scope, "types": ["approval.required"]}
        async with asyncio.TaskGroup() as group:
            group.create_task(self._answer_waiting(look))
            async with aclosing(
                live_events(self._transport, "event.follow", request, on_open=look.set)
            ) as events:
                async for _ in events:
                    look.set()

    async def _answer_waiting(self, look: asyncio.Event) -> None:
        left_to_people: set[str] = set()
        while True:
            await look.wait()
            look.clear()
            waiting = set()
            async for entry in InboxOperations(self._transport).each(scope=self._scope):
                if entry.approval is None:
                    continue
                waiting.add(entry.approval.id)
                if entry.approval.id not in left_to_people:
                    await self._approvals.answer(entry.approval, await self._verdict(entry.approval))
                    left_to_people.add(entry.approval.id)
            left_to_people &= waiting

    async def _verdict(self, approval: Approval) -> Verdict:
        for tools, handler in self._rules:
            if not tools or approval.tool_name in tools:
                verdict = await handled(handler, approval)
                if verdict is not None:
                    return verdict
        return None
