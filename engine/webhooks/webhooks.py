"""What a user can do with their webhooks. Source: S0, "Webhooks"; docs/webhooks.md."""

from __future__ import annotations

import dataclasses
import datetime
import ipaddress
from typing import Any, Final
from urllib.parse import urlsplit

from roocode_server.engine.accounts.tokens import Clock
from roocode_server.engine.events.feed import Feed
from roocode_server.engine.events.log import EventLog
from roocode_server.engine.network.addresses import is_public
from roocode_server.engine.storage.creation import OnCreated, nothing_more
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.webhooks import AttemptRepository, WebhookRepository
from roocode_server.engine.webhooks.dispatcher import Dispatcher
from roocode_server.engine.webhooks.ledger import DeliveryLedger
from roocode_server.engine.webhooks.messages import WebhookMessage, message_of, test_message
from roocode_server.engine.webhooks.sender import Sender
from roocode_server.engine.webhooks.signing import check_secret, new_secret
from roocode_server.models.clock import now
from roocode_server.models.error import Conflict, InvalidField, NotFound
from roocode_server.models.identifier import EventId, UserId, WebhookId, new_id
from roocode_server.models.page import pagination
from roocode_server.models.settings import WebhookSettings
from roocode_server.models.shape import LEFT_OUT
from roocode_server.models.webhook import (
    AttemptKind,
    AttemptList,
    AttemptPage,
    DeliveryAttempt,
    DisabledReason,
    StoredWebhook,
    Webhook,
    WebhookCreate,
    WebhookRotate,
    WebhookUpdate,
    WebhookWithSecret,
)

MOST_WEBHOOKS: Final = 20
"""The most webhooks of a user: fewer than simultaneous deliveries, so that one user's receivers cannot hold
up all others'.
"""


class UserWebhooks:
    """Operations on a user's webhooks. Secrets are stored encrypted and shown only when they are created."""

    def __init__(
        self,
        database: Database,
        webhooks: WebhookRepository,
        attempts: AttemptRepository,
        log: EventLog,
        feed: Feed,
        *,
        sender: Sender,
        ledger: DeliveryLedger,
        dispatcher: Dispatcher,
        settings: WebhookSettings,
        clock: Clock = now,
    ) -> None:
        self._database = database
        self._webhooks = webhooks
        self._attempts = attempts
        self._log = log
        self._feed = feed
        self._sender = sender
        self._ledger = ledger
        self._dispatcher = dispatcher
        self._settings = settings
        self._clock = clock

    async def list(self, user_id: UserId) -> list[Webhook]:
        """Return a user's webhooks, oldest first."""
        return [webhook.shown for webhook in await self._webhooks.of_user(user_id)]

    async def get(self, user_id: UserId, webhook_id: WebhookId) -> Webhook:
        """Return a user's webhook. Raises: NotFound."""
        return (await self._find(user_id, webhook_id)).shown

    async def create(
        self,
        user_id: UserId,
        request: WebhookCreate,
        *,
        on_created: OnCreated[WebhookWithSecret] = nothing_more,
    ) -> WebhookWithSecret:
        """Create a webhook for events from now on; return it, and its secret if none was given.

        Raises: Conflict, if there are too many; InvalidField, if the address or the secret cannot be used.
        """
        self._check(request.url, request.secret)
        secret = request.secret or new_secret()
        webhook_id = WebhookId(new_id("webhook"))
        moment = self._clock()
        async with self._database.transaction() as unit:
            if await self._webhooks.count_on(unit, user_id) >= MOST_WEBHOOKS:
                raise Conflict("You have too many webhooks; delete one first", limit=MOST_WEBHOOKS)
            webhook = StoredWebhook(
                id=webhook_id,
                user_id=user_id,
                url=request.url,
                events=request.events,
                sealed_secret=self._sender.sealed(webhook_id, secret),
                position=await self._feed.open(unit, user_id),
                created_at=moment,
                updated_at=moment,
            )
            await self._webhooks.insert(unit, webhook)
            shown = WebhookWithSecret(webhook=webhook.shown, secret=None if request.secret else secret)
            await on_created(unit, shown)
        await self._dispatcher.refresh(user_id)
        return shown

    async def update(self, user_id: UserId, request: WebhookUpdate) -> Webhook:
        """Change a webhook and return it. Raises: NotFound; InvalidField, as `create`."""
        self._check(*(None if each is LEFT_OUT else each for each in (request.url, request.secret)))
        async with self._database.transaction() as unit:
            before = await self._find_on(unit, user_id, request.webhook_id)
            after = self._changed(before, request)
            if request.skip_pending:
                after = dataclasses.replace(after, position=await self._feed.open(unit, user_id))
            await self._webhooks.save(unit, after, before)
        await self._dispatcher.refresh(user_id)
        return after.shown

    async def rotate(self, user_id: UserId, request: WebhookRotate) -> WebhookWithSecret:
        """Replace the secret; the former one is used for signing as well for a while.

        Raises: NotFound; InvalidField, if the secret cannot be used.
        """
        self._check(None, request.secret)
        secret = request.secret or new_secret()
        async with self._database.transaction() as unit:
            before = await self._find_on(unit, user_id, request.webhook_id)
            after = dataclasses.replace(before, **self._rotated(before, secret), updated_at=self._clock())
            await self._webhooks.save(unit, after, before)
        await self._dispatcher.refresh(user_id)
        return WebhookWithSecret(webhook=after.shown, secret=None if request.secret else secret)

    async def delete(self, user_id: UserId, webhook_id: WebhookId) -> None:
        """Delete a webhook with its secret and attempts. Raises: NotFound."""
        async with self._database.transaction() as unit:
            await self._find_on(unit, user_id, webhook_id)
            await self._webhooks.delete(unit, webhook_id)
        await self._dispatcher.refresh(user_id)
        await self._ledger.forget_delivered(user_id)

    async def test(self, user_id: UserId, webhook_id: WebhookId) -> DeliveryAttempt:
        """Send a `webhook.test` now, also to a disabled webhook; return the attempt. Raises: NotFound."""
        webhook = await self._find(user_id, webhook_id)
        return await self._send(webhook, AttemptKind.TEST, test_message(webhook_id))

    async def redeliver(self, user_id: UserId, webhook_id: WebhookId, event_id: EventId) -> DeliveryAttempt:
        """Send an event of the user's again, now and out of order. Raises: NotFound, also for the event."""
        webhook = await self._find(user_id, webhook_id)
        body = await self._log.body_of(user_id, event_id)
        if body is None:
            raise NotFound("event", event_id)
        return await self._send(webhook, AttemptKind.REDELIVERY, message_of(body))

    async def attempts(self, user_id: UserId, request: AttemptList) -> AttemptPage:
        """Return a page of a webhook's attempts, newest first. Raises: NotFound."""
        await self._find(user_id, request.webhook_id)
        found, total = await self._attempts.page(
            request.webhook_id, limit=request.limit, offset=request.offset
        )
        place = pagination(total=total, limit=request.limit, offset=request.offset)
        return AttemptPage(data=found, pagination=place)

    async def _send(
        self, webhook: StoredWebhook, kind: AttemptKind, message: WebhookMessage
    ) -> DeliveryAttempt:
        outcome = await self._sender.send(webhook, message)
        attempt = await self._ledger.record(webhook, kind, message, outcome)
        if attempt is None:
            raise NotFound("webhook", webhook.id)
        return attempt

    async def _find(self, user_id: UserId, webhook_id: WebhookId) -> StoredWebhook:
        found = await self._webhooks.find(user_id, webhook_id)
        if found is None:
            raise NotFound("webhook", webhook_id)
        return found

    async def _find_on(self, unit: Transaction, user_id: UserId, webhook_id: WebhookId) -> StoredWebhook:
        found = await self._webhooks.find_on(unit, user_id, webhook_id)
        if found is None:
            raise NotFound("webhook", webhook_id)
        return found

    def _check(self, url: str | None, secret: str | None) -> None:
        """Check a URL's address; host names are only checked when connecting. Raises: InvalidField."""
        if secret is not None:
            check_secret(secret)
        if url is None or self._settings.allow_private_addresses:
            return
        try:
            address = ipaddress.ip_address(urlsplit(url).hostname or "")
        except ValueError:
            return
        if not is_public(address):
            raise InvalidField(
                "url", "This address is not public; see the setting webhooks.allow_private_addresses."
            )

    def _changed(self, before: StoredWebhook, request: WebhookUpdate) -> StoredWebhook:
        """Return the webhook with the change; a delivery that was waiting is tried again at once."""
        change: dict[str, Any] = {"next_attempt_at": None}
        if request.url is not LEFT_OUT:
            change["url"] = request.url
        if request.events is not LEFT_OUT:
            change["events"] = request.events
        if request.secret is not LEFT_OUT:
            change |= self._rotated(before, request.secret)
        if request.enabled is True and before.disabled_at is not None:
            change |= {"disabled_at": None, "disabled_reason": None, "failures": 0, "failing_since": None}
        if request.enabled is False and before.disabled_at is None:
            change |= {"disabled_at": self._clock(), "disabled_reason": DisabledReason.BY_OWNER}
        return dataclasses.replace(before, **change, updated_at=self._clock())

    def _rotated(self, before: StoredWebhook, secret: str) -> dict[str, Any]:
        """Return the columns to change for a new secret; none if it is the current one."""
        present = self._sender.secret_of(before)
        if present == secret:
            return {}
        until = self._clock() + datetime.timedelta(seconds=self._settings.former_secret_s)
        return {
            "sealed_secret": self._sender.sealed(before.id, secret),
            "sealed_former_secret": None if present is None else before.sealed_secret,
            "former_secret_until": None if present is None else until,
        }
