"""The webhooks of one user with two sessions, and quick retries."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest

from roocode_server.engine.sealing.keys import SealingKeys
from roocode_server.engine.storage.webhooks import AttemptRepository, WebhookRepository
from roocode_server.engine.webhooks.dispatcher import Dispatcher
from roocode_server.engine.webhooks.ledger import DeliveryLedger
from roocode_server.engine.webhooks.sender import Sender
from roocode_server.engine.webhooks.webhooks import UserWebhooks
from roocode_server.models.identifier import SessionId
from roocode_server.models.settings import WebhookSettings
from roocode_server.models.task import TaskProgress
from roocode_server.models.webhook import (
    AttemptList,
    DeliveryAttempt,
    Webhook,
    WebhookCreate,
    WebhookWithSecret,
)
from tests.support.storage import SESSION, USER, Storage

SECRET = b"s" * 32
QUICK = {"retry_delay_s": 0.01, "max_retry_delay_s": 0.05, "allow_private_addresses": True}


@dataclass
class Hooks:
    """The service on a storage, with helpers for tests."""

    storage: Storage
    service: UserWebhooks
    dispatcher: Dispatcher

    async def create(self, url: str, *events: str, secret: str | None = None) -> WebhookWithSecret:
        request = WebhookCreate(url=url, events=list(events or ("*",)), secret=secret)
        return await self.service.create(USER, request)

    async def tell(self, percent: int, session_id: SessionId = SESSION) -> None:
        """Append an event to a session's log."""
        await self.storage.log.append(session_id, TaskProgress(progress=percent, step="working"))

    async def get(self, webhook: Webhook) -> Webhook:
        return await self.service.get(USER, webhook.id)

    async def attempts(self, webhook: Webhook) -> list[DeliveryAttempt]:
        """Oldest first."""
        page = await self.service.attempts(USER, AttemptList(webhook_id=webhook.id, limit=100))
        return page.data[::-1]


async def open_hooks(storage: Storage, *, secret: bytes = SECRET, **settings: Any) -> Hooks:
    """Begin to deliver what a storage holds, with a server's sealing key."""
    asked = WebhookSettings(**{**QUICK, **settings})
    rows, attempts = WebhookRepository(storage.database), AttemptRepository(storage.database)
    sender = Sender(asked, SealingKeys(keys=(secret,), place="here"))
    ledger = DeliveryLedger(storage.database, rows, attempts, storage.feed, asked)
    dispatcher = Dispatcher(rows, storage.feed, ledger, sender)
    service = UserWebhooks(
        storage.database,
        rows,
        attempts,
        storage.log,
        storage.feed,
        sender=sender,
        ledger=ledger,
        dispatcher=dispatcher,
        settings=asked,
    )
    await dispatcher.prepare()
    dispatcher.begin()
    return Hooks(storage, service, dispatcher)


@pytest.fixture
async def opened(storage: Storage) -> AsyncIterator[Callable[..., Awaitable[Hooks]]]:
    """Open webhooks with the test's settings."""
    all_opened: list[Hooks] = []

    async def open_with(**settings: Any) -> Hooks:
        hooks = await open_hooks(storage, **settings)
        all_opened.append(hooks)
        return hooks

    yield open_with
    for hooks in all_opened:
        await hooks.dispatcher.close()


@pytest.fixture
async def hooks(opened: Callable[..., Awaitable[Hooks]]) -> Hooks:
    return await opened()
