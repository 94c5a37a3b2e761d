"""Records attempts and positions of webhooks; stored before the next event is sent."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Final

import structlog

from roocode_server.engine.events.feed import Feed, FeedEntry
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.webhooks import AttemptRepository, WebhookRepository
from roocode_server.engine.webhooks.backoff import delay_s
from roocode_server.engine.webhooks.messages import WebhookMessage
from roocode_server.engine.webhooks.sender import DeliveryOutcome
from roocode_server.models.clock import now
from roocode_server.models.identifier import UserId
from roocode_server.models.settings import WebhookSettings
from roocode_server.models.webhook import (
    AttemptKind,
    DeliveryAttempt,
    DisabledReason,
    StoredWebhook,
    WebhookDisabled,
)

KEPT_FOR_DISABLED: Final = datetime.timedelta(days=7)
"""How long pending events are kept for a disabled webhook."""

log = structlog.get_logger("webhooks")


class DeliveryLedger:
    """Records attempts; accepted events advance the webhook's position."""

    def __init__(
        self,
        database: Database,
        webhooks: WebhookRepository,
        attempts: AttemptRepository,
        feed: Feed,
        settings: WebhookSettings,
    ) -> None:
        self._database = database
        self._webhooks = webhooks
        self._attempts = attempts
        self._feed = feed
        self._settings = settings

    async def record(
        self, webhook: StoredWebhook, kind: AttemptKind, message: WebhookMessage, outcome: DeliveryOutcome
    ) -> DeliveryAttempt | None:
        """Store an attempt that does not change the position; None if the webhook was deleted."""
        async with self._database.transaction() as unit:
            before = await self._webhooks.find_on(unit, webhook.user_id, webhook.id)
            if before is None:
                return None
            attempt = _attempt(before, kind, message, outcome)
            await self._attempts.insert(unit, attempt)
            await self._webhooks.save(unit, dataclasses.replace(before, attempts=attempt.number), before)
        return attempt

    async def record_delivery(
        self, webhook: StoredWebhook, entry: FeedEntry, message: WebhookMessage, outcome: DeliveryOutcome
    ) -> StoredWebhook | None:
        """Store the result of delivering the next event and return the updated webhook; None if it was
        deleted.
        """
        async with self._database.transaction() as unit:
            before = await self._webhooks.find_on(unit, webhook.user_id, webhook.id)
            if before is None:
                return None
            attempt = _attempt(before, AttemptKind.DELIVERY, message, outcome)
            await self._attempts.insert(unit, attempt)
            if outcome.succeeded:
                after = _taken(before, attempt, entry)
            else:
                after = self._failed(before, attempt, outcome)
            await self._webhooks.save(unit, after, before)
            if outcome.succeeded:
                await self._forget_delivered(unit, after.user_id)
            is_given_up = before.disabled_at is None and after.disabled_at is not None
            if is_given_up:
                unit.append(entry.session_id, _told_of(after))
        if is_given_up:
            log.warning(
                "webhook disabled", webhook_id=after.id, user_id=after.user_id, error=after.last_error
            )
        return after

    async def pass_by(self, webhook: StoredWebhook, position: int) -> None:
        """Advance a webhook's position past events that it does not want, unless it has changed meanwhile."""
        async with self._database.transaction() as unit:
            before = await self._webhooks.find_on(unit, webhook.user_id, webhook.id)
            if before is not None and before.updated_at == webhook.updated_at:
                after = dataclasses.replace(before, position=max(before.position, position))
                await self._webhooks.save(unit, after, before)
                await self._forget_delivered(unit, webhook.user_id)

    async def forget_delivered(self, user_id: UserId) -> None:
        """Remove the entries of a user's feed that no webhook needs."""
        async with self._database.transaction() as unit:
            await self._forget_delivered(unit, user_id)

    async def _forget_delivered(self, unit: Transaction, user_id: UserId) -> None:
        since = now() - KEPT_FOR_DISABLED
        least = await self._webhooks.least_position(unit, user_id, disabled_after=since)
        await self._feed.forget(unit, user_id, up_to=least)

    def _failed(
        self, before: StoredWebhook, attempt: DeliveryAttempt, outcome: DeliveryOutcome
    ) -> StoredWebhook:
        """Return the webhook after a failed attempt: it waits, or is disabled."""
        moment, failures = now(), before.failures + 1
        since = before.failing_since or attempt.attempted_at
        rest_s = delay_s(
            failures,
            first_s=self._settings.retry_delay_s,
            longest_s=self._settings.max_retry_delay_s,
            asked_s=outcome.retry_after_s,
        )
        after = dataclasses.replace(
            before,
            attempts=attempt.number,
            failures=failures,
            failing_since=since,
            next_attempt_at=moment + datetime.timedelta(seconds=rest_s),
            last_error=outcome.error,
        )
        if before.disabled_at is not None:
            return dataclasses.replace(after, next_attempt_at=None)
        if outcome.is_gone:
            return _given_up(after, DisabledReason.GONE, moment)
        if (moment - since).total_seconds() >= self._settings.disable_after_s:
            return _given_up(after, DisabledReason.FAILURES, moment)
        return after


def counts(webhook: StoredWebhook) -> bool:
    """Whether events are kept for a webhook: it is enabled, or was disabled recently."""
    return webhook.disabled_at is None or webhook.disabled_at > now() - KEPT_FOR_DISABLED


def _taken(before: StoredWebhook, attempt: DeliveryAttempt, entry: FeedEntry) -> StoredWebhook:
    """Return the webhook after its receiver has accepted an event."""
    return dataclasses.replace(
        before,
        attempts=attempt.number,
        position=max(before.position, entry.position),
        failures=0,
        failing_since=None,
        next_attempt_at=None,
        last_error=None,
        last_delivered_at=now(),
    )


def _given_up(webhook: StoredWebhook, reason: DisabledReason, moment: datetime.datetime) -> StoredWebhook:
    return dataclasses.replace(webhook, next_attempt_at=None, disabled_at=moment, disabled_reason=reason)


def _told_of(webhook: StoredWebhook) -> WebhookDisabled:
    assert webhook.disabled_reason is not None  # noqa: S101 - it has just been given up
    return WebhookDisabled(
        webhook_id=webhook.id, reason=webhook.disabled_reason, error=webhook.last_error or ""
    )


def _attempt(
    webhook: StoredWebhook, kind: AttemptKind, message: WebhookMessage, outcome: DeliveryOutcome
) -> DeliveryAttempt:
    """Return a webhook's next attempt."""
    return DeliveryAttempt(
        webhook_id=webhook.id,
        number=webhook.attempts + 1,
        kind=kind,
        event=message.event,
        event_id=message.event_id,
        attempted_at=now() - datetime.timedelta(milliseconds=outcome.duration_ms),
        duration_ms=outcome.duration_ms,
        succeeded=outcome.succeeded,
        status=outcome.status,
        error=outcome.error,
    )
