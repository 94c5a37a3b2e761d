"""What a connection has subscribed to. Source: S4, "Real-time Subscription API"."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from roocode_server.handlers.dialects.opencode.levels import EntryLevel
from roocode_server.handlers.dialects.opencode.refusals import MessageRefused, RefusalCode
from roocode_server.handlers.dialects.opencode.wire import MessageShape
from roocode_server.models.identifier import SessionId, new_id
from roocode_server.models.shape import LONGEST_IDENTIFIER, limited, value

MOST_SUBSCRIPTIONS: Final = 32
"""The most subscriptions of one connection."""


class Channel(enum.StrEnum):
    """What can be subscribed to. S4 has no name for the channel of its `agent_update`: `agents` is ours."""

    SYSTEM_RESOURCES = "system_resources"
    TASK_STATUS = "task_status"
    AGENTS = "agents"
    LOG_ENTRIES = "log_entries"


AGENT_CHANNELS: Final = frozenset({Channel.TASK_STATUS, Channel.AGENTS})
"""The channels that bring `agent_update`: a client that knows S4 alone subscribes to its tasks."""


@value
class TaskUpdateFilter(MessageShape):
    """Which tasks' updates are sent; null: those of all."""

    task_ids: list[str] | None = field(default=None, metadata=limited(longest=1000))


@value
class EntryUpdateFilter(MessageShape):
    """Which log entries are sent; null: those of all levels, or of all agents."""

    levels: list[EntryLevel] | None = field(default=None, metadata=limited(longest=16))
    agents: list[str] | None = field(default=None, metadata=limited(longest=1000))

    def admits(self, level: str, agent: str) -> bool:
        """Whether an entry is wanted."""
        is_of_level = self.levels is None or level in {each.wire for each in self.levels}
        return is_of_level and (self.agents is None or agent in self.agents)


@value
class UpdateFilters(MessageShape):
    """Filters by channel."""

    task_status: TaskUpdateFilter | None = None
    agents: TaskUpdateFilter | None = None
    log_entries: EntryUpdateFilter | None = None


@value
class Subscribe(MessageShape):
    """The channels to subscribe to."""

    channels: list[Channel] = field(metadata=limited(shortest=1, longest=16))
    filters: UpdateFilters | None = None


@value
class Unsubscribe(MessageShape):
    """The channels that are not wanted any more, null: all; of one subscription, or of all."""

    channels: list[Channel] | None = field(default=None, metadata=limited(longest=16))
    subscription_id: str | None = field(default=None, metadata=limited(longest=LONGEST_IDENTIFIER))


@dataclass(slots=True)
class UpdateSubscription:
    """One subscription, with what is left of its channels."""

    id: str
    channels: set[Channel]
    filters: UpdateFilters

    def admits(self, channel: Channel, task_ids: Collection[str]) -> bool:
        """Whether an update of a task that goes by these ids is wanted."""
        wanted: TaskUpdateFilter | None = getattr(self.filters, channel.value)
        only = None if wanted is None else wanted.task_ids
        return channel in self.channels and (only is None or not set(only).isdisjoint(task_ids))


class Subscriptions:
    """The subscriptions of one connection. A message that several of them want is sent once."""

    def __init__(self) -> None:
        self._all: dict[str, UpdateSubscription] = {}
        self.followed: SessionId | None = None
        """The session whose tasks are followed."""

    @property
    def channels(self) -> set[Channel]:
        """All channels that somebody wants."""
        return {channel for each in self._all.values() for channel in each.channels}

    @property
    def want_tasks(self) -> bool:
        """Whether a session has to be followed."""
        return not AGENT_CHANNELS.isdisjoint(self.channels)

    def check_room(self) -> None:
        """Raises: MessageRefused, if there may be no more subscriptions."""
        if len(self._all) >= MOST_SUBSCRIPTIONS:
            told = f"A connection has at most {MOST_SUBSCRIPTIONS} subscriptions; unsubscribe from one first"
            raise MessageRefused(RefusalCode.SERVER_OVERLOAD, told, most=MOST_SUBSCRIPTIONS)

    def add(self, request: Subscribe) -> UpdateSubscription:
        """Begin a subscription."""
        filters = request.filters or UpdateFilters()
        made = UpdateSubscription(new_id("sub"), set(request.channels), filters)
        self._all[made.id] = made
        return made

    def remove(self, channels: Sequence[Channel] | None, subscription_id: str | None) -> list[Channel]:
        """End channels; return those that have ended, in the order of S4. Raises: MessageRefused."""
        if subscription_id is not None and subscription_id not in self._all:
            raise MessageRefused(
                RefusalCode.INVALID_FIELD_VALUE,
                "Invalid subscription_id value: this connection has no such subscription",
                field="subscription_id",
                value=subscription_id,
                expected=list(self._all),
            )
        named = set(Channel if channels is None else channels)
        ended: set[Channel] = set()
        for each in list(self._concerned(subscription_id)):
            ended |= each.channels & named
            each.channels -= named
            if not each.channels:
                del self._all[each.id]
        return [channel for channel in Channel if channel in ended]

    def want_task(self, channel: Channel, *task_ids: str) -> bool:
        """Whether an update of a task that goes by these ids is wanted."""
        return any(each.admits(channel, task_ids) for each in self._all.values())

    def want_entry(self, level: str, agent: str) -> bool:
        """Whether a log entry is wanted."""
        return any(
            Channel.LOG_ENTRIES in each.channels
            and (each.filters.log_entries or EntryUpdateFilter()).admits(level, agent)
            for each in self._all.values()
        )

    def _concerned(self, subscription_id: str | None) -> Iterator[UpdateSubscription]:
        if subscription_id is None:
            yield from self._all.values()
        else:
            yield self._all[subscription_id]
