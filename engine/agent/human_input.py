"""A task's contact with people: approvals, questions and messages."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any, Final

import orjson

from roocode_server.engine.agent.failure import TaskFailure
from roocode_server.engine.agent.reviewing import ReviewFailed, answer, decide
from roocode_server.engine.agent.store.approvals import TOO_SLOW
from roocode_server.engine.agent.task_context import TaskContext
from roocode_server.engine.storage.database import Transaction
from roocode_server.engine.tools.tool import Notice, PreparedCall
from roocode_server.models.approval import Approval, ApprovalPrompt, ApprovalRule, ApprovalStatus
from roocode_server.models.clock import now
from roocode_server.models.conversation import ToolCall
from roocode_server.models.event import Event
from roocode_server.models.identifier import CallId
from roocode_server.models.message import SAID_BY_A_PERSON, Message
from roocode_server.models.task import Activity, TaskActive, TaskAnswered, TaskIdle, TaskInteractive
from roocode_server.models.unattended import Fallback, ModelReview, QuestionKind, Unanswered

Judge = Callable[[], Awaitable[ApprovalRule | None]]
"""Returns the rule that answers an open question at present, or None."""

IDLE_ASKS: Final = frozenset({"mistake_limit_reached", "auto_approval_max_req_reached", "api_req_failed"})
"""Asks that leave the task idle rather than interactive: it goes on only if somebody confirms. Source: S2."""


CONFIRMED: Final = {
    "mistake_limit_reached": QuestionKind.MISTAKES,
    "auto_approval_max_req_reached": QuestionKind.BUDGET,
    "api_req_failed": QuestionKind.FAILED_REQUEST,
}
"""The kind of question that each confirmation is."""
NOBODY: Final = Unanswered(after=0, then=Fallback.REFUSE)
"""What happens to every question of an unattended session that its policy does not name."""
NOBODY_ANSWERS: Final = "Nobody is there to answer. Decide yourself and continue."
"""The answer to a question in an unattended session."""


class HumanInput:
    """The people's side of one task."""

    def __init__(self, work: TaskContext) -> None:
        self._work = work
        self._spoken = asyncio.Event()
        self._is_quiet = False
        """Whether the last look found no message, and none has arrived since."""

    def hear(self) -> None:
        """Called when a message for this task has been stored."""
        self._is_quiet = False
        self._spoken.set()

    async def unheard(self) -> Sequence[Message]:
        """Return messages of people that are not yet part of the conversation."""
        if self._is_quiet:
            return ()
        self._is_quiet = True  # set before the look, so that a message that arrives during it is not missed
        found = await self._work.services.transcripts.unheard(self._work.task.id)
        if found:
            self._is_quiet = False
        return found

    async def has_asked(self, call: ToolCall) -> bool:
        """Whether people were asked about the call before the task was interrupted."""
        return await self._work.services.approvals.for_call(self._work.task, call.id) is not None

    async def approve(
        self,
        call: ToolCall,
        prepared: PreparedCall,
        notice: Notice | None,
        *,
        may_be_asked: bool,
        rules: Sequence[ApprovalRule],
        judge: Judge,
    ) -> Approval:
        """Ask people to approve a call and return their answer; `rules` are what they may have remembered.
        A rule that is made meanwhile answers in their place, if `judge` says so.

        A call that may have been asked about before the task was interrupted is not asked about again. For
        any other call an approval under its id is that of another call, and does not count.
        """
        approvals = self._work.services.approvals
        approval = await approvals.for_call(self._work.task, call.id) if may_be_asked else None
        if approval is None:
            approval = approvals.draft(
                self._work.task,
                call.id,
                tool_name=call.tool_name,
                action=call.tool_name,
                description=prepared.describe(),
                parameters=call.arguments,
                unanswered=self.unanswered(prepared.tool.group),
                rules=rules,
            )
            approval = await self._put_before(
                approval, notice or Notice(kind="tool", text=prepared.describe())
            )
        return await self._answer(approval, judge)

    async def confirm(self, kind: str, question: str) -> Approval:
        """Ask people whether the task should go on; a message also counts as approval.

        If the same question was already answered in this step of the task, it is asked again.
        """
        task, approvals = self._work.task, self._work.services.approvals
        for often in itertools.count():
            call_id = CallId(f"{kind}-{task.iterations}" + (f"-{often}" if often else ""))
            approval = await approvals.for_call(task, call_id)
            if approval is None or approval.status is ApprovalStatus.PENDING:
                break
        if approval is None:
            approval = approvals.draft(
                task,
                call_id,
                tool_name=kind,
                action=kind,
                description=question,
                parameters={},
                unanswered=self.unanswered(CONFIRMED[kind]),
            )
            approval = await self._put_before(approval, Notice(kind=kind, text=question))
        return await self._answer(approval)

    def unanswered(self, kind: str) -> Unanswered | None:
        """Return what happens when nobody answers a question of this kind; None if people are waited for."""
        config = self._work.session.config
        named: Unanswered | None = getattr(config.unattended_policy, kind, None)
        return named or (NOBODY if config.unattended else None)

    async def _put_before(self, approval: Approval, notice: Notice) -> Approval:
        """Store a question as an approval and as a message.

        If nobody is to be asked, it is settled in the same transaction, so that nobody sees it open.
        """
        approvals = self._work.services.approvals
        message_id, ts = self._work.message_of(approval.call_id)
        write = self._work.writing(ask=notice.kind, text=notice.text, message_id=message_id, ts=ts)
        settled: list[Approval] = []

        async def put(unit: Transaction) -> None:
            await write(unit)
            await approvals.ask(unit, approval, self._work.task)
            if _is_settled_at_once(approval.unanswered):
                settled.append(await approvals.settle(unit, approval))

        await self._work.note(_told(approval), activity=Activity.INTERACTIVE, in_same_transaction=put)
        return settled[0] if settled else approval

    async def _answer(self, approval: Approval, judge: Judge | None = None) -> Approval:
        is_at_once = _is_settled_at_once(approval.unanswered)
        if self._work.task.activity is Activity.INTERACTIVE and is_at_once:
            await self._work.note(TaskAnswered(), TaskActive(), activity=Activity.ACTIVE)
        if approval.status is ApprovalStatus.PENDING:
            async with self._waiting(_told(approval)):
                approval = await self._settled(approval, judge)
        if _ends_the_task(approval):
            raise TaskFailure("NOBODY_ANSWERED", f"{approval.description}: {approval.feedback}")
        return approval

    async def _settled(self, approval: Approval, judge: Judge | None) -> Approval:
        """Wait for people, a model in their place, or a rule: the first answer wins."""
        waiting = asyncio.create_task(self._work.services.approvals.wait(approval))
        settling: list[asyncio.Task[None]] = []
        if judge is not None:
            settling.append(asyncio.create_task(self._rule(approval, judge)))
        if approval.unanswered is not None and approval.unanswered.reviewed is not None:
            settling.append(asyncio.create_task(self._review(approval, approval.unanswered.reviewed)))
        try:
            done, _ = await asyncio.wait({waiting, *settling}, return_when=asyncio.FIRST_COMPLETED)
            if waiting not in done:
                for each in done:
                    each.result()
            return await waiting
        finally:
            await _end([waiting, *settling])

    async def _rule(self, approval: Approval, judge: Judge) -> None:
        """Settle the approval once a rule answers it, also one made before a restart."""
        services = self._work.services
        with services.standing_rules.changes(self._work.session) as changed:
            while (rule := await judge()) is None:
                await changed.wait()
                changed.clear()
        await services.approvals.apply(approval, rule)

    async def _review(self, approval: Approval, review: ModelReview) -> None:
        """Have a model decide if people have not in their time, and settle the approval with that."""
        approvals = self._work.services.approvals
        left_s = (approval.expires_at - now()).total_seconds() - review.within
        await asyncio.sleep(max(0.0, left_s))
        try:
            verdict = await decide(self._work, review, approval)
        except ReviewFailed as failure:
            await approvals.give_up(approval, why=str(failure))
        else:
            await approvals.decide(approval, verdict.status, why=verdict.why, by_model=verdict.by)

    async def ask(self, call_id: CallId, question: str, suggestions: Sequence[str]) -> Message:
        """Return a person's answer: a message that is already waiting, or the next one; if nobody answers,
        what the session says. Raises: TaskFailure, if the task is not to go on without an answer.
        """
        unanswered = self.unanswered(QuestionKind.QUESTION)
        if not await self.unheard():
            await self._put(call_id, question, suggestions)
            if unanswered is not None and _is_settled_at_once(unanswered):
                await self._answer_for_nobody(unanswered, question, suggestions)
        async with self._waiting(TaskInteractive(question=question, suggestions=list(suggestions))):
            return await self._hear(question, suggestions)

    async def _hear(self, question: str, suggestions: Sequence[str]) -> Message:
        """Return the next message; if the session answers automatically, the first suggestion after its
        timeout.
        """
        auto = self._work.session.config.auto_approval
        unanswered = self.unanswered(QuestionKind.QUESTION)
        if auto.auto_approval_enabled and auto.always_allow_followup_questions and suggestions:
            after = auto.followup_auto_approve_timeout_ms / 1000
            if unanswered is None or after <= unanswered.after:
                unanswered = Unanswered(after=after, then=Fallback.ALLOW)
        try:
            async with asyncio.timeout(None if unanswered is None else unanswered.after):
                return await self._next_message()
        except TimeoutError:
            if unanswered is None:
                raise  # the task's own time limit
            await self._answer_for_nobody(unanswered, question, suggestions)
            return await self._next_message()

    async def _answer_for_nobody(
        self, unanswered: Unanswered, question: str, suggestions: Sequence[str]
    ) -> None:
        """Store the answer that counts when nobody has given one. Raises: TaskFailure."""
        text = unanswered.answer or NOBODY_ANSWERS
        if unanswered.then is Fallback.ALLOW and suggestions:
            text = suggestions[0]
        elif unanswered.reviewed is not None:
            text = await self._reviewed_answer(unanswered, unanswered.reviewed, question, suggestions)
            if await self.unheard():
                self.hear()
                return  # somebody was there after all
        elif unanswered.ends_the_task:
            reason = f"Nobody answered the question within {unanswered.after:g} s"
            raise TaskFailure("NOBODY_ANSWERED", reason)
        await self._work.note(in_same_transaction=self._work.writing(say=SAID_BY_A_PERSON, text=text))
        self.hear()

    async def _reviewed_answer(
        self, unanswered: Unanswered, review: ModelReview, question: str, suggestions: Sequence[str]
    ) -> str:
        """Return a model's answer; if it gives none, what the policy says. Raises: TaskFailure."""
        try:
            async with asyncio.timeout(review.within):
                return await answer(self._work, review, question, suggestions)
        except TimeoutError:
            why = TOO_SLOW
        except ReviewFailed as failure:
            why = str(failure)
        if unanswered.ends_the_task:
            raise TaskFailure("NOBODY_ANSWERED", f"Nobody answered the question, and {why}")
        return NOBODY_ANSWERS

    async def _next_message(self) -> Message:
        while True:
            self._spoken.clear()
            if unheard := await self.unheard():
                return unheard[0]
            await self._spoken.wait()

    async def _put(self, call_id: CallId, question: str, suggestions: Sequence[str]) -> None:
        suggest = [{"answer": suggestion} for suggestion in suggestions]
        told = orjson.dumps({"question": question, "suggest": suggest}).decode()

        message_id, ts = self._work.message_of(call_id)
        await self._work.note(
            TaskInteractive(question=question, suggestions=list(suggestions)),
            activity=Activity.INTERACTIVE,
            in_same_transaction=self._work.writing(ask="followup", text=told, message_id=message_id, ts=ts),
        )

    @contextlib.asynccontextmanager
    async def _waiting(self, told: Event) -> AsyncIterator[None]:
        """While the block runs, the task takes no slot and its time limit is paused.

        `told` is emitted again by a task that was interrupted and still waits.
        """
        if self._work.task.activity is not Activity.INTERACTIVE:
            await self._work.note(told, activity=Activity.INTERACTIVE)
        with self._work.patience.paused():
            async with self._work.slot.given_back():
                yield
        await self._work.note(TaskAnswered(), TaskActive(), activity=Activity.ACTIVE)


async def _end(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for each in tasks:
        each.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def _is_settled_at_once(unanswered: Unanswered | None) -> bool:
    return unanswered is not None and not unanswered.longest_s


def _ends_the_task(approval: Approval) -> bool:
    """Whether nobody has answered, and the task is not to go on without an answer."""
    is_decided = any((approval.resolved_by, approval.reviewed_by, approval.by_rule))
    is_to_fail = approval.unanswered is not None and approval.unanswered.ends_the_task
    return is_to_fail and approval.status is ApprovalStatus.REJECTED and not is_decided


def _told(approval: Approval) -> Event:
    """The event of a task that now waits for this approval."""
    asked = ApprovalPrompt.of(approval)
    return TaskIdle(approval=asked) if approval.action in IDLE_ASKS else TaskInteractive(approval=asked)
