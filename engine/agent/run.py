"""The agent loop: works on one task until it completes, fails, is cancelled or is interrupted."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
from typing import Any, Final

import orjson

from roocode_server.engine.agent.calls import ToolCalls
from roocode_server.engine.agent.checks import CompletionChecks
from roocode_server.engine.agent.commands import Commands, lost
from roocode_server.engine.agent.condensing import Condenser
from roocode_server.engine.agent.failure import TaskFailure
from roocode_server.engine.agent.human_input import HumanInput
from roocode_server.engine.agent.model_client import ModelClient, Reply
from roocode_server.engine.agent.modes import Modes
from roocode_server.engine.agent.opening import open_turn, spoken
from roocode_server.engine.agent.task_context import TaskContext
from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.providers.provider import ProviderFailure
from roocode_server.engine.storage.database import Transaction
from roocode_server.models.approval import Approval, ApprovalStatus
from roocode_server.models.conversation import ToolCall, Turn, TurnRole
from roocode_server.models.error import NotFound
from roocode_server.models.task import TaskProgress
from roocode_server.models.usage import UsageUpdated

NOT_YET_DONE: Final = 95
"""The highest progress of an unfinished task, in percent: progress is an estimate until the end."""
REFUSAL: Final = "refusal"
"""The stop reason of a reply in which the model refuses the request."""
MOST_FAILED_REQUESTS: Final = 10
"""How many failed requests in a row are repeated without a person."""
NO_CALL: Final = (
    "You called no tool. If the task is done, call attempt_completion. If you need something from the "
    "person, call ask_followup_question. Otherwise continue with the next step."
)
CUT: Final = (
    "Your last answer was cut off at its output limit; a call that was not complete was not made. Do not "
    "write it again as it was: take smaller steps, and write large files in several parts."
)
LED_NOWHERE: Final = "The agent has made {count} steps in a row without success. Continue anyway?"
REPEATED: Final = "The agent has made the same call {count} times in a row. Continue anyway?"
SPENT: Final = "The task has used up what it may without asking: {what}. Continue?"


class Run:
    """The agent loop for one task."""

    def __init__(self, work: TaskContext) -> None:
        self.work = work
        self.people = HumanInput(work)
        self.commands = Commands(work)
        self._checks = CompletionChecks(work, self.commands)
        self._calls = ToolCalls(work, self.people, self.commands)
        self._model = ModelClient(work)
        self._condenser = Condenser(work, self._model)
        self._failed_requests = 0
        """How many requests in a row have failed and were repeated because nobody was there to decide."""
        self._looked_at = len(work.conversation.turns)
        """The number of turns when a person last confirmed repeated calls, or when the work began."""

    @property
    def is_scripted(self) -> bool:
        """Whether a playbook stands in for the model."""
        return self._model.is_scripted

    async def to_the_end(self) -> str:
        """Work on the task until the agent completes it, and return its summary.

        Raises: TaskFailure; CancelledError, at any await, with all work up to then stored.
        """
        try:
            async with self.work.in_time():
                return await self._loop()
        except ProviderFailure as failure:
            raise TaskFailure(failure.code, failure.message) from failure
        finally:
            await run_to_completion(self.commands.close())

    async def _loop(self) -> str:
        conversation = self.work.conversation
        await open_turn(self.work)
        if conversation.completion is not None:
            await self._listen()  # what people have said since comes first
        summary = conversation.completion
        if summary is not None and await self._is_accepted():
            return summary
        await self._tell_of_lost()
        while True:
            with self.work.services.tracer.span("agent.step") as span:
                span.set("roocode.iteration", self.work.task.iterations)
                summary = await self._step()
            if summary is not None and await self._is_accepted():
                return summary

    async def _is_accepted(self) -> bool:
        """Whether the task's checks agree that it is complete; if not, the agent is told why.

        Raises: TaskFailure, if they have failed for the last time.
        """
        if await self._checks.objection() is None:
            return True
        if self.work.completed_by is not None:
            self.work.drop_message(self.work.completed_by)
            self.work.completed_by = None
        await self._tell_of_lost()
        return False

    async def _tell_of_lost(self) -> None:
        """Tell the model of commands in the background that have ended without its knowledge."""
        for turn in lost(self.work.conversation.turns):
            await self.work.append(turn)

    async def _step(self) -> str | None:
        """Execute the calls of the last reply, and ask for the next; return the summary of a task that is
        complete.
        """
        conversation = self.work.conversation
        for call in conversation.unanswered:
            summary = await self._calls.answer(call)
            if summary is not None:
                return summary
        await self._listen()
        await self._tell_of_cut()
        last = conversation.turns[-1]
        if last.role is TurnRole.ASSISTANT:
            if self._model.is_scripted:
                return last.text
            await self._remind()
        await self._check()
        await self._ask_model()
        return None

    async def _listen(self) -> None:
        """Append people's messages and the output of background commands to the conversation."""
        for turn in await self.commands.hear():
            await self.work.append(turn)
        for message in await self.people.unheard():
            await self.work.append(spoken(message))

    async def _tell_of_cut(self) -> None:
        """Tell the model, once, that its reply was cut off at the output limit, which it does not notice
        itself.
        """
        turns = self.work.conversation.turns
        reply = self.work.conversation.last_reply
        if reply is None or reply.stopped != "max_tokens":
            return
        since = itertools.takewhile(lambda turn: turn is not reply, reversed(turns))
        if not any(turn.text == CUT for turn in since):
            if not reply.calls:
                self.work.mistakes += 1
            await self.work.append(Turn(role=TurnRole.USER, text=CUT))

    async def _remind(self) -> None:
        """Remind a model that called no tool how to go on."""
        self.work.mistakes += 1
        await self.work.append(Turn(role=TurnRole.USER, text=NO_CALL))

    async def _check(self) -> None:
        """Check the task's limits before the next step, asking people where they may extend them.

        Raises: TaskFailure.
        """
        self.work.budget.check()
        done = self.work.ledger.requests
        limit = self.work.task.config.max_iterations or self.work.services.settings.max_iterations
        if done >= limit:
            raise TaskFailure("ITERATION_LIMIT", f"The task has used all of its {limit} iterations")
        most = self.work.services.settings.mistake_limit
        if most and self.work.mistakes >= most:
            question = LED_NOWHERE.format(count=self.work.mistakes)
            await self._confirm("mistake_limit_reached", question, "MISTAKE_LIMIT")
            self.work.mistakes = 0
        often = self.work.services.settings.repetition_limit
        repeated = 0 if self.is_scripted or not often else self._repeated(often)
        if often and repeated >= often:
            question = REPEATED.format(count=repeated)
            await self._confirm("mistake_limit_reached", question, "MISTAKE_LIMIT")
            self._looked_at = len(self.work.conversation.turns)
        spent = self._spent()
        if spent is not None:
            question = SPENT.format(what=spent)
            await self._confirm("auto_approval_max_req_reached", question, "APPROVAL_LIMIT")

    def _repeated(self, enough: int) -> int:
        """Count how often the model has made the same call in a row, since a person last spoke.

        No turn is looked at after this many, however long the conversation is.
        """
        last: ToolCall | None = None
        count = 0
        for turn in reversed(self.work.conversation.turns[self._looked_at :]):
            if turn.message_id is not None or count >= enough:
                break
            for call in reversed(turn.calls):
                last = last or call
                if (call.tool_name, call.arguments) != (last.tool_name, last.arguments):
                    return count
                count += 1
        return count

    def _spent(self) -> str | None:
        """Return which automatic approval limit the task has used up, or None. Source: S2's settings."""
        auto, ledger = self.work.session.config.auto_approval, self.work.ledger
        if not auto.auto_approval_enabled:
            return None
        requests = ledger.requests - ledger.confirmed_requests
        if auto.allowed_max_requests is not None and requests >= auto.allowed_max_requests:
            return f"{requests} requests"
        cost = ledger.cost - ledger.confirmed_cost
        if auto.allowed_max_cost is not None and cost > auto.allowed_max_cost:
            return f"{cost:.4f} US dollars"
        return None

    async def _confirm(self, kind: str, question: str, code: str) -> None:
        """Ask a person whether to go on. Raises: TaskFailure, if they refuse."""
        answer = await self.people.confirm(kind, question)
        if answer.status is not ApprovalStatus.APPROVED:
            raise TaskFailure(code, _refusal(answer, question))
        self.work.ledger.confirm()
        if answer.feedback:
            await self.work.append(Turn(role=TurnRole.USER, text=answer.feedback))
        await self._listen()

    async def _ask_model(self) -> None:
        """Send one request to the model; its reply is stored before any call is executed."""
        modes = await self._modes()
        auto = self.work.session.config.auto_approval
        if auto.auto_approval_enabled:
            await asyncio.sleep(auto.request_delay_seconds)
        if self._condenser.is_due or self.work.is_condensing_asked:
            await self._condense()
        try:
            reply = await self._reply(modes)
        except ProviderFailure as failure:
            if not self._may_ask_about_failure():
                raise
            answer = await self.people.confirm("api_req_failed", failure.message)
            if answer.status is not ApprovalStatus.APPROVED:
                raise
            self._failed_requests = self._failed_requests + 1 if answer.resolved_by is None else 0
            if answer.feedback:
                await self.work.append(Turn(role=TurnRole.USER, text=answer.feedback))
            return  # the loop reads other messages, and asks the model again
        self._failed_requests = 0
        await self._keep(reply)
        if reply.stopped == REFUSAL:
            said = reply.text("text").strip() or "it does not say why"
            raise TaskFailure("MODEL_REFUSED", f"The model refuses to continue: {said[:1000]}")

    async def _reply(self, modes: Modes) -> Reply:
        """Request a reply, condensing the conversation once if it is too long. Raises: ProviderFailure."""
        try:
            return await self._model.ask(modes)
        except ProviderFailure as failure:
            if failure.code != "CONTEXT_OVERFLOW":
                raise
            await self._condense()
            return await self._model.ask(modes)

    def _may_ask_about_failure(self) -> bool:
        """Whether people, or the session's policy in their place, decide if a failed request is repeated."""
        if self.is_scripted or self._failed_requests >= MOST_FAILED_REQUESTS:
            return False
        config = self.work.session.config
        is_named = config.unattended_policy.failed_request is not None
        return is_named or (bool(self.work.task.config.ask_on_failure) and not config.unattended)

    async def _condense(self) -> None:
        self.work.is_condensing_asked = False
        if not self.is_scripted:
            await self._condenser.condense()

    async def _modes(self) -> Modes:
        """Return the session's modes. Raises: TaskFailure, if the task's mode no longer exists."""
        modes = await self.work.services.modes.of(self.work.workspace)
        try:
            modes.find(self.work.task.mode)
        except NotFound:
            problem = f" ({modes.problem})" if modes.problem else ""
            raise TaskFailure("MODE_UNKNOWN", f"There is no mode `{self.work.task.mode}`{problem}") from None
        return modes

    async def _keep(self, reply: Reply) -> None:
        """Store a reply with its messages and usage in one transaction."""
        self.work.ledger.requests += 1
        self.work.ledger.cost += reply.cost
        usage = dataclasses.replace(
            self.work.spend(reply.use),
            context_tokens=reply.usage.tokens_in + reply.usage.tokens_out,
        )
        step = ", ".join(call.tool_name for call in reply.calls) or "answer"
        done = self.work.task.iterations + 1
        writes = [self.work.writing(say="api_req_started", text=_told(reply), ts=reply.ts)]
        writes += [
            self.work.writing(say=draft.say, text=draft.text, ts=draft.ts, message_id=draft.id)
            for draft in reply.drafts.values()
            if draft.text
        ]

        async def write(unit: Transaction) -> None:
            for each in writes:
                await each(unit)

        await self.work.append(
            reply.turn,
            TaskProgress(progress=_estimate(done), step=step),
            UsageUpdated(usage=usage, tool_usage=self.work.task.tool_usage),
            in_same_transaction=write,
            progress=_estimate(done),
            step=step,
            iterations=done,
            usage=usage,
        )


def _estimate(iterations: int) -> int:
    """Estimate progress in percent from the number of replies; rises, but never reaches 100."""
    return min(NOT_YET_DONE, round(100 * iterations / (iterations + 4)))


def _told(reply: Reply) -> str:
    """Return the content of S2's `api_req_started` message."""
    used = reply.usage
    content: dict[str, Any] = {
        "tokensIn": used.tokens_in,
        "tokensOut": used.tokens_out,
        "cacheWrites": used.cache_writes,
        "cacheReads": used.cache_reads,
        "cost": reply.cost,
    }
    return orjson.dumps(content).decode()


def _refusal(answer: Approval, question: str) -> str:
    said = f": {answer.feedback}" if answer.feedback else ""
    return f"{question} Nobody said yes{said}"
