"""The repositories of webhooks and of their attempts."""

from __future__ import annotations

import datetime
from typing import Final

from sqlalchemy import delete, func, or_, select

from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.rows import Rows
from roocode_server.engine.storage.tables import delivery_attempts, users, webhooks
from roocode_server.models.identifier import UserId, WebhookId
from roocode_server.models.webhook import DeliveryAttempt, StoredWebhook

KEPT_ATTEMPTS: Final = 200
"""Of each webhook; older ones are forgotten."""


class WebhookRepository:
    """Webhooks as rows, each found by its owner too."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, webhooks, StoredWebhook)

    async def everybodys(self) -> list[StoredWebhook]:
        return await self._rows.all(select(webhooks))

    async def of_user(self, user_id: UserId) -> list[StoredWebhook]:
        """A user's webhooks, oldest first."""
        order = (webhooks.c.created_at, webhooks.c.id)
        return await self._rows.all(select(webhooks).where(webhooks.c.user_id == user_id).order_by(*order))

    async def count_on(self, unit: Transaction, user_id: UserId) -> int:
        """How many a user has, as the unit sees it."""
        counted = select(func.count()).select_from(webhooks).where(webhooks.c.user_id == user_id)
        return int((await unit.execute(counted)).scalar_one())

    async def find(self, user_id: UserId, webhook_id: WebhookId) -> StoredWebhook | None:
        return await self._rows.first_with(id=webhook_id, user_id=user_id)

    async def find_on(
        self, unit: Transaction, user_id: UserId, webhook_id: WebhookId
    ) -> StoredWebhook | None:
        """The webhook as the unit sees it."""
        return await self._rows.first_with_on(unit.connection, id=webhook_id, user_id=user_id)

    async def deliverable(self, webhook_id: WebhookId) -> StoredWebhook | None:
        """The webhook, unless it is gone or disabled, or its owner may do nothing any more."""
        in_good_standing = select(users.c.id).where(users.c.disabled_at.is_(None))
        return await self._rows.first(
            webhooks.c.id == webhook_id,
            webhooks.c.disabled_at.is_(None),
            webhooks.c.user_id.in_(in_good_standing),
        )

    async def least_position(
        self, unit: Transaction, user_id: UserId, *, disabled_after: datetime.datetime
    ) -> int | None:
        """The place of the webhook that is furthest behind; of disabled ones only those since then count."""
        counts = or_(webhooks.c.disabled_at.is_(None), webhooks.c.disabled_at > disabled_after)
        statement = select(func.min(webhooks.c.position)).where(webhooks.c.user_id == user_id, counts)
        position: int | None = (await unit.execute(statement)).scalar_one_or_none()
        return position

    async def insert(self, unit: Transaction, webhook: StoredWebhook) -> None:
        await self._rows.insert(unit, webhook)

    async def save(self, unit: Transaction, webhook: StoredWebhook, before: StoredWebhook) -> None:
        await self._rows.save(unit, webhook, before)

    async def delete(self, unit: Transaction, webhook_id: WebhookId) -> None:
        await unit.execute(delete(webhooks).where(webhooks.c.id == webhook_id))


class AttemptRepository:
    """The last attempts of each webhook as rows."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, delivery_attempts, DeliveryAttempt)

    async def insert(self, unit: Transaction, attempt: DeliveryAttempt) -> None:
        """Store an attempt, and forget the one that is too many now."""
        await self._rows.insert(unit, attempt)
        await unit.write(
            delete(delivery_attempts).where(
                delivery_attempts.c.webhook_id == attempt.webhook_id,
                delivery_attempts.c.number <= attempt.number - KEPT_ATTEMPTS,
            )
        )

    async def page(
        self, webhook_id: WebhookId, *, limit: int, offset: int
    ) -> tuple[list[DeliveryAttempt], int]:
        """A webhook's attempts, newest first, and how many are kept."""
        order = (delivery_attempts.c.number.desc(),)
        where = delivery_attempts.c.webhook_id == webhook_id
        return await self._rows.page(where, order=order, limit=limit, offset=offset)
