"""The typed messages of one connection, and its updates. Source: S4."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import orjson
import structlog

from roocode_server.handlers.connection import OverviewConnection, WatchingConnection
from roocode_server.handlers.dialects.dialect import Operations
from roocode_server.handlers.dialects.opencode.agents import RUNNING_AGENTS, running_agents, updated
from roocode_server.handlers.dialects.opencode.answers import EntryUpdate, Greeting, ResourceUpdate
from roocode_server.handlers.dialects.opencode.basics import BASIC_MESSAGES
from roocode_server.handlers.dialects.opencode.exchange import Exchange
from roocode_server.handlers.dialects.opencode.known_tasks import KnownTasks
from roocode_server.handlers.dialects.opencode.logs import LOG_MESSAGES, told_entry
from roocode_server.handlers.dialects.opencode.machine import MACHINE_MESSAGES, briefly_measured
from roocode_server.handlers.dialects.opencode.message import TypedMessage
from roocode_server.handlers.dialects.opencode.performance import PERFORMANCE_MESSAGES
from roocode_server.handlers.dialects.opencode.place import Place
from roocode_server.handlers.dialects.opencode.processes import PROCESS_MESSAGES
from roocode_server.handlers.dialects.opencode.refusals import MessageRefused, RefusalCode, refused, shortened
from roocode_server.handlers.dialects.opencode.subscribing import SUBSCRIPTION_MESSAGES
from roocode_server.handlers.dialects.opencode.subscriptions import AGENT_CHANNELS, Channel, Subscriptions
from roocode_server.handlers.dialects.opencode.tasks import TASK_MESSAGES
from roocode_server.handlers.dialects.opencode.typed_answer import Content
from roocode_server.handlers.dialects.opencode.updates import AGENT_NEWS, TaskUpdates
from roocode_server.handlers.pipeline import refusal_of
from roocode_server.models.clock import format_time, now
from roocode_server.models.error import AppError
from roocode_server.models.event import Broadcast, StoredEvent
from roocode_server.models.log_entry import LogWritten
from roocode_server.models.monitoring import SystemSampled
from roocode_server.models.release import release
from roocode_server.models.session import SessionDeletedEvent
from roocode_server.models.tool import ToolGroup
from roocode_server.models.user import Caller

MESSAGES: Final[Mapping[str, TypedMessage]] = {
    each.name: each
    for each in (
        *BASIC_MESSAGES,
        *TASK_MESSAGES,
        *MACHINE_MESSAGES,
        *LOG_MESSAGES,
        *PERFORMANCE_MESSAGES,
        *PROCESS_MESSAGES,
        *SUBSCRIPTION_MESSAGES,
    )
}

log = structlog.get_logger("opencode")


class OpencodeClient(OverviewConnection, WatchingConnection, Protocol):
    """A connection that can follow a session, all sessions, and the machine."""


class TypedConversation:
    """What one connection asks, is answered, and is told.

    Until its first typed message it is one of S1's clients, which `is_broadcast` every event.
    """

    def __init__(
        self,
        operations: Operations,
        connection: OpencodeClient,
        place: Place,
        allowed: Sequence[ToolGroup],
    ) -> None:
        self._operations = operations
        self._connection = connection
        self._allowed = allowed
        self._subscriptions = Subscriptions()
        self._known = KnownTasks()
        self._updates = TaskUpdates(self._subscriptions, self._known)
        self.place = place
        self.is_broadcast = False
        self.has_agent_news = False
        """Whether agents have changed since the last `agent_updates`."""

    def greeting(self) -> Content:
        """The first message. Source: S4, "Connection"."""
        return Greeting(server_version=release(), timestamp=format_time(now())).said()

    async def begin(self, caller: Caller) -> None:
        """Tell every event of the caller's sessions, as S1 does. Raises: AppError."""
        await self._exchange("broadcast", ("event.follow",), caller).ask("event.follow")
        self.is_broadcast = True

    async def answer(self, said: object, caller: Caller) -> Content:
        """The answer to a message; mistakes and defects become answers. Only cancellation is raised."""
        try:
            return await self._answer(said, caller)
        except MessageRefused as refusal:
            return refusal.content
        except Exception as failure:
            facts = {"request_id": caller.request_id}
            return refused(refusal_of(failure, "message failed", **facts))

    async def _answer(self, said: object, caller: Caller) -> Content:
        declared = _declared(said)
        if self.is_broadcast:
            self.is_broadcast = False
            await self._exchange("broadcast", ("event.unfollow",), caller).ask("event.unfollow")
        exchange = self._exchange(declared.name, declared.operations, caller)
        assert isinstance(said, Mapping)  # noqa: S101 - a message of a declared type is an object
        answer = await declared.answer(exchange, said)
        await self._follow_again(caller)
        return answer

    async def _follow_again(self, caller: Caller) -> None:
        """Follow the session that was made after the one that was followed was deleted."""
        session_id = self.place.session_id
        if self._subscriptions.want_tasks and self._subscriptions.followed is None and session_id is not None:
            exchange = self._exchange("following", ("event.subscribe",), caller)
            await exchange.ask("event.subscribe", sessionId=session_id, lastSeq=0)
            self._subscriptions.followed = session_id

    def refuse(self, failure: AppError) -> Content:
        """An error that answers no message."""
        return refused(failure)

    def broadcast(self, stored: StoredEvent) -> bytes:
        """An event as S1's clients are told it: `{event, data}`."""
        return b'{"event":"%b","data":%b}' % (stored.type.encode(), stored.body)

    async def log_entry(self, happened: LogWritten, caller: Caller) -> Content | None:
        """An entry of the log as it is told; None, if no subscription wants it."""
        exchange = self._exchange("log_entry", ("task.get",), caller)
        entry = await told_entry(exchange, happened.entry.dump())
        is_wanted = self._subscriptions.want_entry(entry.level, entry.agent)
        return EntryUpdate(log=entry).said() if is_wanted else None

    def wants(self, broadcast: Broadcast) -> bool:
        """Whether the connection is told of a sample of the machine."""
        channels = self._subscriptions.channels
        self.has_agent_news = self.has_agent_news or Channel.AGENTS in channels
        return Channel.SYSTEM_RESOURCES in channels

    def watched(self, broadcast: Broadcast) -> Content:
        """A sample of the machine as S4 tells it, alike to everybody."""
        happened = broadcast.happened
        assert isinstance(happened, SystemSampled)  # noqa: S101 - nothing else is wanted
        return ResourceUpdate(resources=briefly_measured(happened.resources.dump())).said()

    def needs(self, stored: StoredEvent) -> str | None:
        """The task that has to be learned before the event can be told."""
        return self._updates.needs(stored)

    async def learn(self, stored: StoredEvent, task_id: str, caller: Caller) -> None:
        """Look a task up. Whatever fails, its event can be told then."""
        exchange = self._exchange("update", ("task.get",), caller)
        await exchange.shown_task_id(stored.session_id, task_id)

    def updates(self, stored: StoredEvent) -> Sequence[bytes]:
        """An event as S4's subscribers are told it."""
        if stored.type == SessionDeletedEvent.name:
            self._subscriptions.followed = None
            self.place.forget()
        told = [orjson.dumps(each.said()) for each in self._updates.tell(stored)]
        if stored.type in AGENT_NEWS and not AGENT_CHANNELS.isdisjoint(self._subscriptions.channels):
            self.has_agent_news = True
        return told

    async def agent_updates(self, caller: Caller) -> Sequence[Content]:
        """The agents that are subscribed to, as they are now."""
        self.has_agent_news = False
        timestamp = format_time(now())
        try:
            agents = await running_agents(self._exchange("agent_update", RUNNING_AGENTS, caller))
        except AppError:  # the session is gone, or they may not be seen; a defect has been logged
            return ()
        return [
            updated(agent, timestamp).said()
            for task_id, agent in agents.items()
            if any(self._subscriptions.want_task(channel, task_id, agent.id) for channel in AGENT_CHANNELS)
        ]

    def _exchange(self, name: str, operations: Sequence[str], caller: Caller) -> Exchange:
        return Exchange(
            type=name,
            declared=operations,
            caller=caller,
            connection=self._connection,
            operations=self._operations,
            allowed=self._allowed,
            place=self.place,
            subscriptions=self._subscriptions,
            known=self._known,
        )


def _declared(said: object) -> TypedMessage:
    """The type of a message. Raises: MessageRefused."""
    if not isinstance(said, dict):
        raise MessageRefused(RefusalCode.INVALID_JSON, "A message is a JSON object", expected="an object")
    if said.get("type") is None:
        told = "Required field is missing: type"
        raise MessageRefused(RefusalCode.MISSING_REQUIRED_FIELD, told, field="type", expected=list(MESSAGES))
    declared = MESSAGES.get(said["type"]) if isinstance(said["type"], str) else None
    if declared is None:
        given = shortened(said["type"])
        raise MessageRefused(
            RefusalCode.UNKNOWN_MESSAGE_TYPE,
            f"Unknown message type: {given!r}",
            field="type",
            value=given,
            expected=list(MESSAGES),
        )
    return declared
