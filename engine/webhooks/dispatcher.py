"""Delivers each webhook's events in order, one at a time, until its receiver has accepted them.

An acceptance is stored before the next event is sent. Wherever either side is killed, the next start
continues with the first event whose acceptance was not stored: an event can arrive twice, but none is left
out.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import structlog

from roocode_server.engine.events.feed import Feed, FeedEntry
from roocode_server.engine.storage.webhooks import WebhookRepository
from roocode_server.engine.webhooks.ledger import DeliveryLedger, counts
from roocode_server.engine.webhooks.messages import message_of
from roocode_server.engine.webhooks.sender import Sender
from roocode_server.models.clock import now
from roocode_server.models.identifier import UserId, WebhookId
from roocode_server.models.webhook import StoredWebhook, fits_any

FEED_PAGE_ENTRIES: Final = 50
LONGEST_WAIT_FOR_DUE_S: Final = 60.0
"""The longest wait at a time, because the machine's clock can be set, or stop while it sleeps."""
SWEEP_PAUSE_S: Final = 600.0
PAUSE_AFTER_DEFECT_S: Final = 5.0

log = structlog.get_logger("webhooks")


@dataclass(slots=True, eq=False)
class DeliveryWork:
    """The delivery task of one webhook."""

    task: asyncio.Task[None] | None = None
    has_more: bool = True
    """Set if there may be new entries since the feed was last read."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)


class Dispatcher:
    """Runs a task for each webhook that has something to deliver; idle webhooks cost nothing."""

    def __init__(
        self, webhooks: WebhookRepository, feed: Feed, ledger: DeliveryLedger, sender: Sender
    ) -> None:
        self._webhooks = webhooks
        self._feed = feed
        self._ledger = ledger
        self._sender = sender
        self._of_user: dict[UserId, list[WebhookId]] = {}
        self._under_way: dict[WebhookId, DeliveryWork] = {}
        self._sweeping: asyncio.Task[None] | None = None

    async def prepare(self) -> None:
        """Start entering events into feeds; called early, because starting the server emits events."""
        await self._follow_all()

    def begin(self) -> None:
        """Resume the deliveries of all webhooks."""
        self._feed.tell(self._deliver_for)
        self._deliver_for_all()
        self._sweeping = asyncio.create_task(self._sweep_again_and_again(), name="sweep of webhooks")

    async def refresh(self, user_id: UserId) -> None:
        """Apply a change of a user's webhooks."""
        self._follow(user_id, await self._webhooks.of_user(user_id))
        for webhook_id in self._of_user.get(user_id, ()):
            if (work := self._under_way.get(webhook_id)) is not None:
                work.changed.set()
        self._deliver_for(user_id)

    async def close(self) -> None:
        """Stop all deliveries. Requests in progress are aborted, and sent again after the next start."""
        self._of_user.clear()
        tasks = [self._sweeping, *(work.task for work in self._under_way.values())]
        running = {task for task in tasks if task is not None}
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)
        await self._sender.close()

    def _follow(self, user_id: UserId, webhooks: Sequence[StoredWebhook]) -> None:
        """Select the events to enter into the feed: those that any of the user's webhooks wants, or may want
        once it is enabled again.
        """
        patterns = sorted({pattern for each in webhooks if counts(each) for pattern in each.events})
        self._feed.want(user_id, (lambda name: fits_any(patterns, name)) if patterns else None)
        self._of_user[user_id] = [each.id for each in webhooks if each.disabled_at is None]
        if not webhooks:
            del self._of_user[user_id]

    async def _follow_all(self) -> None:
        of_user: defaultdict[UserId, list[StoredWebhook]] = defaultdict(list)
        for webhook in await self._webhooks.everybodys():
            of_user[webhook.user_id].append(webhook)
        for user_id in self._of_user.keys() | of_user.keys():
            self._follow(user_id, of_user[user_id])

    def _deliver_for_all(self) -> None:
        for user_id in self._of_user:
            self._deliver_for(user_id)

    def _deliver_for(self, user_id: UserId) -> None:
        """Make each of the user's webhooks check for events to deliver."""
        for webhook_id in self._of_user.get(user_id, ()):
            work = self._under_way.get(webhook_id)
            if work is not None:
                work.has_more = True
                continue
            work = self._under_way[webhook_id] = DeliveryWork()
            work.task = asyncio.create_task(
                self._pursue(webhook_id, work), name=f"deliveries of {webhook_id}"
            )

    async def _pursue(self, webhook_id: WebhookId, work: DeliveryWork) -> None:
        """Deliver until nothing is left; a defect of this server only delays it."""
        try:
            while work.has_more:
                work.has_more = False
                try:
                    await self._deliver(webhook_id, work)
                except Exception:
                    log.exception("deliveries failed and will be tried again", webhook_id=webhook_id)
                    work.has_more = True
                    await asyncio.sleep(PAUSE_AFTER_DEFECT_S)
        finally:
            del self._under_way[webhook_id]

    async def _deliver(self, webhook_id: WebhookId, work: DeliveryWork) -> None:
        """Deliver a webhook's entries of the feed, in order."""
        while (webhook := await self._webhooks.deliverable(webhook_id)) is not None:
            if await _rest(webhook, work):
                continue
            entries = await self._feed.read(webhook.user_id, after=webhook.position, limit=FEED_PAGE_ENTRIES)
            if (
                not any(fits_any(webhook.events, entry.type) for entry in entries)
                and len(entries) < FEED_PAGE_ENTRIES
            ):
                return  # the few that it does not want are skipped with the next position
            await self._deliver_page(webhook, entries)

    async def _deliver_page(self, webhook: StoredWebhook, entries: Sequence[FeedEntry]) -> None:
        """Deliver these entries until one is not accepted or the webhook changes."""
        position = webhook.position
        for entry in entries:
            if not fits_any(webhook.events, entry.type):
                continue
            body = await self._feed.body(webhook.user_id, entry)
            if body is None:
                log.warning("an event is gone", webhook_id=webhook.id, position=entry.position)
                await self._ledger.pass_by(webhook, entry.position)
                return
            message = message_of(body)
            outcome = await self._sender.send(webhook, message)
            after = await self._ledger.record_delivery(webhook, entry, message, outcome)
            if after is None or not outcome.succeeded or after.updated_at != webhook.updated_at:
                return
            position = after.position
        if len(entries) == FEED_PAGE_ENTRIES and position < entries[-1].position:
            await self._ledger.pass_by(webhook, entries[-1].position)

    async def sweep(self) -> None:
        """Apply changes made by other processes, and delete entries that no webhook needs."""
        users = list(self._of_user)
        await self._follow_all()
        self._deliver_for_all()
        for user_id in users:
            await self._ledger.forget_delivered(user_id)

    async def _sweep_again_and_again(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_PAUSE_S)
            try:
                await self.sweep()
            except Exception:
                log.exception("checking webhooks failed and will be tried again")


async def _rest(webhook: StoredWebhook, work: DeliveryWork) -> bool:
    """Wait until the next attempt is due or something has changed; return whether there was anything to wait
    for.
    """
    work.changed.clear()
    if webhook.next_attempt_at is None:
        return False
    left_s = (webhook.next_attempt_at - now()).total_seconds()
    if left_s <= 0:
        return False
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(min(left_s, LONGEST_WAIT_FOR_DUE_S)):
            await work.changed.wait()
    return True
