"""S4's subscriptions. Source: S4, "Real-time Subscription API"."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from roocode_server.handlers.dialects.opencode.answers import ConfirmedSubscription, ConfirmedUnsubscription
from roocode_server.handlers.dialects.opencode.exchange import OPENING, Exchange
from roocode_server.handlers.dialects.opencode.message import message
from roocode_server.handlers.dialects.opencode.subscriptions import (
    AGENT_CHANNELS,
    Channel,
    Subscribe,
    Unsubscribe,
)
from roocode_server.models.clock import format_time, now
from roocode_server.models.monitoring import WatchChannel

WATCHED: Final = {
    Channel.SYSTEM_RESOURCES: WatchChannel.RESOURCES.value,
    Channel.AGENTS: WatchChannel.RESOURCES.value,
    Channel.LOG_ENTRIES: WatchChannel.LOGS.value,
}
"""What has to be watched for a channel: agents are measured whenever the machine is."""


@message("subscribe_to_updates", *OPENING, "event.subscribe", "system.watch")
async def subscribe_to_updates(exchange: Exchange, request: Subscribe) -> ConfirmedSubscription:
    """Send what happens in these channels from now on."""
    subscriptions = exchange.subscriptions
    subscriptions.check_room()
    if not AGENT_CHANNELS.isdisjoint(request.channels) and subscriptions.followed is None:
        subscriptions.followed = (await exchange.ask_opened("event.subscribe"))["sessionId"]
    if watched := _watched(request.channels):
        await exchange.ask("system.watch", channels=watched)
    made = subscriptions.add(request)
    return ConfirmedSubscription(
        channels=list(dict.fromkeys(request.channels)),
        subscription_id=made.id,
        timestamp=format_time(now()),
    )


@message("unsubscribe_from_updates", "event.unsubscribe", "system.unwatch")
async def unsubscribe_from_updates(exchange: Exchange, request: Unsubscribe) -> ConfirmedUnsubscription:
    """Send nothing more of these channels."""
    subscriptions = exchange.subscriptions
    ended = subscriptions.remove(request.channels, request.subscription_id)
    needed = _watched(subscriptions.channels)
    if unwatched := [name for name in _watched(ended) if name not in needed]:
        await exchange.ask("system.unwatch", channels=unwatched)
    if subscriptions.followed is not None and not subscriptions.want_tasks:
        session_id, subscriptions.followed = subscriptions.followed, None
        await exchange.ask("event.unsubscribe", sessionId=session_id)
    return ConfirmedUnsubscription(
        channels=ended, subscription_id=request.subscription_id, timestamp=format_time(now())
    )


def _watched(channels: Iterable[Channel]) -> list[str]:
    return list(dict.fromkeys(WATCHED[channel] for channel in channels if channel in WATCHED))


SUBSCRIPTION_MESSAGES: Final = (subscribe_to_updates, unsubscribe_from_updates)
