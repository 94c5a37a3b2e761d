"""Approvals: ask people and take the first answer. Pending approvals survive a restart."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

from roocode_server.engine.storage.approvals import ApprovalRepository
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.models.approval import (
    Approval,
    ApprovalList,
    ApprovalRequired,
    ApprovalResolved,
    ApprovalRule,
    ApprovalStatus,
    Decision,
    Remember,
    Verdict,
)
from roocode_server.models.clock import now
from roocode_server.models.error import Conflict, NotFound
from roocode_server.models.identifier import ApprovalId, CallId, SessionId, TaskId, new_id
from roocode_server.models.inbox import ApprovalSearch
from roocode_server.models.task import Task
from roocode_server.models.unattended import Fallback, Unanswered
from roocode_server.models.user import Caller

Alongside = Callable[[Transaction], Awaitable[None]]

UNATTENDED: Final = "This session is unattended, and its rules do not allow this."
ALLOWED: Final = "This session is unattended, and its policy allows this."
NOT_ANSWERED: Final = "Nobody answered within {seconds:g} s, and the session's policy {does}."
UNDECIDED: Final = "Nobody answered, {why}, and the session's policy {does}."
FORBIDDEN_MEANWHILE: Final = (
    "A rule that was made meanwhile forbids this. Find another way, or ask the person."
)
TOO_SLOW: Final = "the reviewing model did not decide in time"
_DOES: Final = {
    Fallback.REFUSE: "refuses this then",
    Fallback.ALLOW: "allows this then",
    Fallback.FAIL: "ends the task then",
}
_OUTCOMES = {Verdict.APPROVE: ApprovalStatus.APPROVED, Verdict.REJECT: ApprovalStatus.REJECTED}


class Approvals:
    """The approvals of all sessions."""

    def __init__(self, database: Database, repository: ApprovalRepository, *, timeout_s: int) -> None:
        self._database = database
        self._repository = repository
        self._timeout_s = timeout_s
        self._waiting: dict[ApprovalId, asyncio.Future[Approval]] = {}

    async def find(self, session_id: SessionId, approval_id: ApprovalId) -> Approval:
        """Return an approval of the session. Raises: NotFound."""
        approval = await self._repository.find(session_id, approval_id)
        if approval is None:
            raise NotFound("approval", approval_id)
        return approval

    async def page(self, request: ApprovalList) -> tuple[list[Approval], int]:
        """Return one page of a session's approvals, newest first, and their total number."""
        return await self._repository.page(
            request.session_id, request.status, limit=request.limit, offset=request.offset
        )

    async def search(self, caller: Caller, request: ApprovalSearch) -> tuple[list[Approval], int]:
        """Return one page of the approvals of the caller's sessions, newest first, and their total number."""
        return await self._repository.search(
            caller.user_id, request.scope, request.status, limit=request.limit, offset=request.offset
        )

    async def pending(self, task_id: TaskId) -> list[Approval]:
        """Return the pending approvals of a task."""
        return await self._repository.pending(task_id)

    async def for_call(self, task: Task, call_id: CallId) -> Approval | None:
        """Return the approval that a call of this run requested before a restart, or None."""
        return await self._repository.for_call(task.id, call_id, run=task.retry_count)

    def draft(
        self,
        task: Task,
        call_id: CallId,
        *,
        tool_name: str,
        action: str,
        description: str,
        parameters: dict[str, object],
        unanswered: Unanswered | None,
        rules: Sequence[ApprovalRule] = (),
    ) -> Approval:
        """Build a pending approval, to be stored with `ask`; `unanswered` says what happens in the end."""
        moment = now()
        timeout_s = self._timeout_s if unanswered is None else unanswered.longest_s
        return Approval(
            id=ApprovalId(new_id("approval")),
            session_id=task.session_id,
            task_id=task.id,
            call_id=call_id,
            tool_name=tool_name,
            action=action,
            description=description,
            parameters=parameters,
            status=ApprovalStatus.PENDING,
            created_at=moment,
            expires_at=moment + timedelta(seconds=timeout_s),
            rules=list(rules),
            unanswered=unanswered,
        )

    async def ask(self, unit: Transaction, approval: Approval, task: Task) -> None:
        """Store a question of a task and its event in the unit of work."""
        await self._repository.insert(unit, approval, run=task.retry_count)
        asked = ApprovalRequired(
            approval_id=approval.id,
            call_id=approval.call_id,
            tool_name=approval.tool_name,
            action=approval.action,
            description=approval.description,
            parameters=approval.parameters,
            expires_at=approval.expires_at,
            rules=approval.rules,
            unanswered=approval.unanswered,
        )
        unit.append(approval.session_id, asked, task_id=approval.task_id)

    async def wait(self, approval: Approval) -> Approval:
        """Wait for the answer and return the approval; at `expiresAt` it is settled as it says itself, or
        expires, which counts as refusal.
        """
        answered: asyncio.Future[Approval] = asyncio.get_running_loop().create_future()
        self._waiting[approval.id] = answered
        try:
            current = await self.find(approval.session_id, approval.id)
            if current.status is not ApprovalStatus.PENDING:
                return current
            async with asyncio.timeout(max(0.0, (approval.expires_at - now()).total_seconds())):
                return await answered
        except TimeoutError:
            return await self._expire(approval)
        finally:
            self._waiting.pop(approval.id, None)

    async def respond(
        self,
        asked: Approval,
        verdict: Verdict,
        *,
        feedback: str | None,
        by: str,
        remember: Remember = Remember.ONCE,
        in_same_transaction: Alongside | None = None,
    ) -> Approval:
        """Answer a question, in one transaction with `in_same_transaction`. The first answer wins.

        Raises: NotFound, if it has been deleted; Conflict, if it has been answered or has expired.
        """
        if asked.status is ApprovalStatus.PENDING and asked.expires_at <= now():
            await self._expire(asked)
            raise Conflict("This approval has expired", status=ApprovalStatus.EXPIRED)
        return await self._resolve(
            asked.id,
            _OUTCOMES[verdict],
            feedback=feedback,
            by=by,
            remembered=None if remember is Remember.ONCE else remember,
            in_same_transaction=in_same_transaction,
        )

    async def decide(self, approval: Approval, status: ApprovalStatus, *, why: str, by_model: str) -> None:
        """Answer a question as a reviewing model has decided. The first answer wins."""
        with contextlib.suppress(Conflict):
            await self._resolve(approval.id, status, feedback=why, by=None, by_model=by_model)

    async def apply(self, approval: Approval, rule: ApprovalRule) -> None:
        """Answer a question as a rule says that was made while it was open. The first answer wins."""
        is_allowed = rule.decision is Decision.ALWAYS
        status = ApprovalStatus.APPROVED if is_allowed else ApprovalStatus.REJECTED
        feedback = None if is_allowed else FORBIDDEN_MEANWHILE
        with contextlib.suppress(Conflict):
            await self._resolve(approval.id, status, feedback=feedback, by=None, by_rule=rule)

    async def give_up(self, approval: Approval, *, why: str) -> None:
        """Settle a question about which a reviewing model has not decided, if nobody has answered."""
        await self._expire(approval, why=why)

    async def expire_overdue(self) -> None:
        """Expire every question that reached its time limit while no server was running."""
        for approval in await self._repository.overdue(now()):
            await self._expire(approval)

    async def settle(self, unit: Transaction, approval: Approval) -> Approval:
        """Settle a question that nobody is to be asked, in the unit of work that asks it."""
        status, feedback = _fallback(approval)
        return await self._store(unit, approval, status, feedback=feedback, by=None)

    async def withdraw(self, unit: Transaction, task_id: TaskId) -> None:
        """Cancel a task's pending questions, in the unit of work that ends the task."""
        for approval in await self._repository.pending(task_id):
            await self._store(unit, approval, ApprovalStatus.CANCELLED, feedback=None, by=None)

    async def withdraw_all(self, unit: Transaction, session_id: SessionId) -> None:
        """Cancel all pending questions of a session, in the unit of work that completes it as a copy."""
        for approval in await self._repository.pending_of_session(session_id):
            await self._store(unit, approval, ApprovalStatus.CANCELLED, feedback=None, by=None)

    async def _expire(self, approval: Approval, *, why: str = TOO_SLOW) -> Approval:
        status, feedback = _fallback(approval, why)
        try:
            return await self._resolve(approval.id, status, feedback=feedback, by=None)
        except Conflict:
            # Somebody answered at the last moment.
            return await self.find(approval.session_id, approval.id)

    async def _resolve(
        self,
        approval_id: ApprovalId,
        status: ApprovalStatus,
        *,
        feedback: str | None,
        by: str | None,
        by_model: str | None = None,
        by_rule: ApprovalRule | None = None,
        remembered: Remember | None = None,
        in_same_transaction: Alongside | None = None,
    ) -> Approval:
        async with self._database.transaction() as unit:
            approval = await self._repository.find_on(unit, approval_id)
            if approval is None:
                raise NotFound("approval", approval_id)
            if approval.status is not ApprovalStatus.PENDING:
                raise Conflict("This approval has already been answered", status=approval.status)
            resolved = await self._store(
                unit,
                approval,
                status,
                feedback=feedback,
                by=by,
                by_model=by_model,
                by_rule=by_rule,
                remembered=remembered,
            )
            if in_same_transaction is not None:
                await in_same_transaction(unit)
        waiting = self._waiting.get(approval_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(resolved)
        return resolved

    async def _store(
        self,
        unit: Transaction,
        approval: Approval,
        status: ApprovalStatus,
        *,
        feedback: str | None,
        by: str | None,
        by_model: str | None = None,
        by_rule: ApprovalRule | None = None,
        remembered: Remember | None = None,
    ) -> Approval:
        resolved = dataclasses.replace(
            approval,
            status=status,
            feedback=feedback,
            resolved_at=now(),
            resolved_by=by,
            reviewed_by=by_model,
            by_rule=by_rule,
            remembered=remembered,
        )
        await self._repository.save(unit, resolved)
        told = ApprovalResolved(
            approval_id=approval.id,
            call_id=approval.call_id,
            status=status,
            feedback=feedback,
            resolved_by=by,
            reviewed_by=by_model,
            by_rule=by_rule,
            remembered=remembered,
        )
        unit.append(approval.session_id, told, task_id=approval.task_id)
        return resolved


def _fallback(approval: Approval, why: str = TOO_SLOW) -> tuple[ApprovalStatus, str | None]:
    """What becomes of a question that nobody has answered, and why; `why` is what kept a reviewing model from
    a decision.
    """
    unanswered = approval.unanswered
    if unanswered is None:
        return ApprovalStatus.EXPIRED, None
    if unanswered.reviewed is not None:
        does = _DOES[Fallback(unanswered.reviewed.otherwise)]
        return ApprovalStatus.REJECTED, UNDECIDED.format(why=why, does=does)
    reason = UNATTENDED
    if unanswered.after:
        reason = NOT_ANSWERED.format(seconds=unanswered.after, does=_DOES[unanswered.then])
    if unanswered.then is Fallback.ALLOW:
        return ApprovalStatus.APPROVED, reason if unanswered.after else ALLOWED
    if unanswered.then is Fallback.REFUSE and unanswered.answer:
        reason = f"{reason} {unanswered.answer}"
    return ApprovalStatus.REJECTED, reason
