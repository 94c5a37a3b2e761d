"""Requests to the model: streams one reply and retries transient failures."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import random
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

from roocode_server.engine.agent.model_resolution import find_model
from roocode_server.engine.agent.modes import Modes
from roocode_server.engine.agent.prompts import system_prompt
from roocode_server.engine.agent.store.transcript import shown
from roocode_server.engine.agent.task_context import TaskContext
from roocode_server.engine.concurrency.shield import run_to_completion
from roocode_server.engine.providers.catalogue import SCRIPTED, ResolvedModel
from roocode_server.engine.providers.edge import fit
from roocode_server.engine.providers.models import UNKNOWN, ModelFacts, facts_of
from roocode_server.engine.providers.provider import (
    CallDelta,
    CallRequested,
    Continuation,
    ModelEvent,
    ModelRequest,
    ProviderFailure,
    ReasoningDelta,
    Stopped,
    TextDelta,
    Usage,
)
from roocode_server.engine.storage.usage import ModelUse
from roocode_server.models.conversation import ToolCall, Turn, TurnRole
from roocode_server.models.error import AppError
from roocode_server.models.identifier import CallId, MessageId, new_id
from roocode_server.models.profile import AUTO
from roocode_server.models.task import CallWritten, MessageDelta, MessageDiscarded, TaskError, TaskRetrying
from roocode_server.models.tool import ToolDescription, ToolGroup
from roocode_server.models.usage import TokenUsage, UsageUpdated

IMAGES_REFUSED: Final = "(The images were left out because the model's server could not use them.)"
LONGEST_DELAY_S: Final = 600.0


@dataclass(slots=True)
class MessageDraft:
    """A message that is being streamed."""

    say: str
    id: MessageId
    ts: int
    pieces: list[str] = field(default_factory=list)
    length: int = 0

    def add(self, piece: str) -> None:
        """Append a piece of text."""
        self.pieces.append(piece)
        self.length += len(piece)

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(self.pieces)


@dataclass(slots=True)
class Reply:
    """A reply of a model; `ts` is the time of the request in milliseconds."""

    ts: int
    provider: str
    model: str
    drafts: dict[str, MessageDraft] = field(default_factory=dict)
    written: dict[CallId, MessageDraft] = field(default_factory=dict)
    """The arguments of calls as they were streamed, by call id."""
    calls: list[ToolCall] = field(default_factory=list)
    writing: dict[str, CallId] = field(default_factory=dict)
    """The ids of the calls that are being written, by those that the model uses."""
    usage: Usage = field(default_factory=lambda: Usage(tokens_in=0, tokens_out=0))
    stopped: str = "end"
    continuation: Continuation | None = None
    cost: float = 0.0
    is_priced: bool = True
    """Whether `cost` is known; it is 0 otherwise."""

    def text(self, say: str) -> str:
        """Return the text of one kind of message; empty if there is none."""
        return self.drafts[say].text if say in self.drafts else ""

    @property
    def use(self) -> ModelUse:
        """What the request has used."""
        used = self.usage
        return ModelUse(
            provider=self.provider,
            model=self.model,
            requests=1,
            tokens_in=used.tokens_in,
            tokens_out=used.tokens_out,
            cache_reads=used.cache_reads,
            cache_writes=used.cache_writes,
            cost=self.cost,
            unpriced_requests=0 if self.is_priced else 1,
        )

    @property
    def turn(self) -> Turn:
        """The reply as a turn of the conversation."""
        kept = self.continuation
        return Turn(
            role=TurnRole.ASSISTANT,
            text=self.text("text"),
            calls=self.calls,
            reasoning=self.text("reasoning"),
            continuation={"provider": kept.provider, "content": dict(kept.content)} if kept else None,
            stopped=self.stopped,
        )


class ModelClient:
    """Talks to the model of one task."""

    def __init__(self, work: TaskContext, provider: str | None = None, model: str | None = None) -> None:
        """`provider` and `model` are the session's if both are left out."""
        self._work = work
        self._named = (provider, model)
        self._found: ResolvedModel | None = None
        self._unseen: dict[int, Turn] = {}
        """Replacements for turns whose images were refused, by the identity of the turn."""

    @property
    def is_scripted(self) -> bool:
        """Whether a playbook stands in for the model; the task ends when the playbook does."""
        return self._found is not None and self._found.provider.name == SCRIPTED

    @property
    def facts(self) -> ModelFacts:
        """What is known about the model that was asked last."""
        return facts_of(self._found.model) if self._found is not None else UNKNOWN

    async def ask(self, modes: Modes) -> Reply:
        """Request the model's next reply to the conversation.

        Transient failures are retried with growing delays, each announced by an event. The caller counts
        the reply; what failed is counted here. Raises: ProviderFailure; TaskFailure, if the budget is used
        up.
        """
        found = await self._find()
        request = await self._request(found, modes)
        attempts = self._work.services.settings.request_attempts
        for attempt in range(1, attempts + 1):
            reply = Reply(self._work.next_ts(), found.provider.name, found.model)
            bounded = self._work.budget.bounded(request, found)
            try:
                await self._receive(found, bounded, reply)
            except ProviderFailure as failure:
                self._discard(reply)
                self._work.services.model_counts.failed(found.provider.name, failure.code)
                if failure.code == "IMAGE_REFUSED" and self._unsee(request.turns):
                    await self._count(reply)
                    return await self.ask(modes)
                if not failure.retryable or attempt == attempts:
                    await self._count(reply)
                    raise
                await self._wait(failure, attempt, reply)
            except asyncio.CancelledError:
                await self._count_cut_off(reply)
                raise
            else:
                self._settle(found, reply)
                self._work.begun_messages.update(
                    {call_id: (draft.id, draft.ts) for call_id, draft in reply.written.items()}
                )
                return reply
        raise AssertionError("the loop above returns or raises")

    async def complete(self, system: str, turns: list[Turn], tools: Sequence[ToolDescription] = ()) -> Reply:
        """Request a reply outside the conversation, not shown to people. It is counted.

        Raises: ProviderFailure; TaskFailure, if the budget is used up.
        """
        found = await self._find()
        reply = Reply(self._work.next_ts(), found.provider.name, found.model)
        request = ModelRequest(
            model=found.model, system=system, turns=self._seen(turns), tools=tools, endpoint=found.endpoint
        )
        request = self._work.budget.bounded(request, found)
        try:
            await self._receive(found, request, reply, is_shown=False)
        except ProviderFailure as failure:
            self._work.services.model_counts.failed(found.provider.name, failure.code)
            await self._count(reply)
            raise
        except asyncio.CancelledError:
            await self._count_cut_off(reply)
            raise
        self._settle(found, reply)
        await self._count(reply)
        return reply

    def _settle(self, found: ResolvedModel, reply: Reply) -> None:
        """Calculate what a complete reply costs, and count it."""
        self._price(reply)
        self._work.services.model_counts.succeeded(found.provider.name, reply.usage, reply.cost)

    async def _count(self, reply: Reply) -> None:
        """Store the usage of a request that is no reply in the conversation."""
        usage = self._spend(reply)
        told = UsageUpdated(usage=usage, tool_usage=self._work.task.tool_usage)
        await self._work.note(told, usage=usage)

    async def _count_cut_off(self, reply: Reply) -> None:
        """Store what a request had used when its task was stopped."""
        with contextlib.suppress(AppError):  # the task has ended in the meantime
            await run_to_completion(self._count(reply))

    def _spend(self, reply: Reply) -> TokenUsage:
        self._price(reply)
        return self._work.spend(reply.use)

    def _price(self, reply: Reply) -> None:
        reply.cost = self.facts.cost(reply.usage)
        reply.is_priced = self.is_scripted or self.facts.knows_cost(reply.usage)

    async def _find(self) -> ResolvedModel:
        """Resolve the provider and model for this request. Raises: ProviderFailure."""
        config, services = self._work.session.config, self._work.services
        provider, model = self._named
        if provider is None:
            provider, model = config.provider, model or config.model
        self._found = await find_model(services, self._work.session.user_id, provider, model or AUTO)
        return self._found

    async def _request(self, found: ResolvedModel, modes: Modes) -> ModelRequest:
        config = self._work.session.config
        return ModelRequest(
            model=found.model,
            endpoint=found.endpoint,
            system=await system_prompt(self._work, modes),
            turns=self._seen(shown(self._work.conversation.turns)),
            tools=self._offered(modes),
            max_tokens=config.max_tokens,
            temperature=config.temperature,
            effort=config.effort,
        )

    def _seen(self, turns: Sequence[Turn]) -> Sequence[Turn]:
        """Replace the turns whose images were refused."""
        if not self._unseen:
            return turns
        return [self._unseen.get(id(turn), turn) for turn in turns]

    def _unsee(self, turns: Sequence[Turn]) -> bool:
        """Remove the images of the latest turn that has some; return whether there was one.

        Earlier images were accepted before, so the latest are those that were refused.
        """
        latest = next((turn for turn in reversed(turns) if turn.images), None)
        if latest is None:
            return False
        text = f"{latest.text}\n\n{IMAGES_REFUSED}".strip()
        self._unseen[id(latest)] = dataclasses.replace(latest, text=text, images=[])
        return True

    def _offered(self, modes: Modes) -> list[ToolDescription]:
        """Return the tools that the task's mode has."""
        granted = {group.name for group in modes.find(self._work.task.mode).groups}
        granted |= {ToolGroup.ALWAYS.value, ToolGroup.MODES.value}
        hidden = set() if self._work.task.config.enable_diff else {"apply_diff"}
        described = self._work.services.tools.describe()
        return [tool for tool in described if tool.group in granted and tool.name not in hidden]

    async def _receive(
        self, found: ResolvedModel, request: ModelRequest, reply: Reply, *, is_shown: bool = True
    ) -> None:
        stream = cast(AsyncGenerator[ModelEvent, None], found.provider.stream(request))
        try:
            with self._work.services.tracer.span(f"chat {found.model}", is_remote_call=True) as span:
                span.set("gen_ai.provider.name", found.provider.name)
                span.set("gen_ai.request.model", found.model)
                async with contextlib.aclosing(stream), contextlib.aclosing(fit(stream)) as pieces:
                    async for piece in pieces:
                        self._take(reply, piece, is_shown=is_shown)
                span.set("gen_ai.usage.input_tokens", reply.usage.tokens_in)
                span.set("gen_ai.usage.output_tokens", reply.usage.tokens_out)
        except ProviderFailure as failure:
            if failure.code != "MODEL_UNKNOWN":
                raise
            raise ProviderFailure(failure.code, f"`{found.model}`: {failure.message}") from failure

    def _take(self, reply: Reply, piece: ModelEvent, *, is_shown: bool) -> None:
        match piece:
            case TextDelta():
                self._draft(reply, "text", piece.text, is_shown=is_shown)
            case ReasoningDelta():
                self._draft(reply, "reasoning", piece.text, is_shown=is_shown)
            case CallDelta():
                self._write_call(reply, piece)
            case CallRequested():
                reply.calls.append(self._call(reply, piece))
            case Usage():
                reply.usage = piece
            case Stopped():
                reply.stopped = piece.reason
            case Continuation():
                reply.continuation = piece

    def _draft(self, reply: Reply, say: str, text: str, *, is_shown: bool) -> None:
        if say not in reply.drafts:
            reply.drafts[say] = MessageDraft(say, *self._work.new_message())
        draft = reply.drafts[say]
        if is_shown:
            piece = MessageDelta(message_id=draft.id, text=text, ts=draft.ts, say=say, position=draft.length)
            self._work.signal(piece)
        draft.add(text)

    def _call(self, reply: Reply, asked: CallRequested) -> ToolCall:
        identifier = self._id_of(reply, asked.call_id)
        reply.writing.pop(asked.call_id, None)
        return ToolCall(id=identifier, tool_name=asked.tool_name, arguments=dict(asked.arguments))

    def _id_of(self, reply: Reply, named: str) -> CallId:
        """Return the id of a call: the model's or, if an earlier call of the task has it, another.

        Otherwise what was decided about the earlier call would count for this one.
        """
        if named not in reply.writing:
            taken = self._work.conversation.has_call(named) or any(call.id == named for call in reply.calls)
            reply.writing[named] = CallId(new_id("call") if taken else named)
        return reply.writing[named]

    def _write_call(self, reply: Reply, piece: CallDelta) -> None:
        identifier = self._id_of(reply, piece.call_id)
        if identifier not in reply.written:
            reply.written[identifier] = MessageDraft("tool", *self._work.new_message())
        draft = reply.written[identifier]
        written = CallWritten(
            call_id=identifier,
            tool_name=piece.tool_name,
            arguments=piece.arguments,
            message_id=draft.id,
            ts=draft.ts,
            position=draft.length,
        )
        self._work.signal(written)
        draft.add(piece.arguments)

    def _discard(self, reply: Reply) -> None:
        """Withdraw what was shown of a reply that broke off."""
        for draft in (*reply.drafts.values(), *reply.written.values()):
            self._work.signal(MessageDiscarded(message_id=draft.id, ts=draft.ts))

    async def _wait(self, failure: ProviderFailure, attempt: int, broken: Reply) -> None:
        delay = failure.retry_after_s
        if delay is None:
            base = self._work.services.settings.retry_delay_s * 2 ** (attempt - 1)
            delay = base * random.uniform(0.8, 1.2)  # noqa: S311 - so that many tasks do not return at once
        delay = min(delay, LONGEST_DELAY_S)
        error = TaskError(code=failure.code, message=failure.message)
        told = TaskRetrying(attempt=attempt, delay=round(delay, 3), error=error)
        usage = self._spend(broken)
        await self._work.say("api_req_retry_delayed", failure.message, told, usage=usage)
        await asyncio.sleep(delay)
