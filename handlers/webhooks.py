"""Operations on the caller's own webhooks. Source: S0, "Webhooks"; docs/webhooks.md."""

from __future__ import annotations

from roocode_server.engine.idempotency.receipts import Receipt
from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.error import Conflict, NotFound
from roocode_server.models.quota import Limit
from roocode_server.models.user import Caller, Permission
from roocode_server.models.webhook import (
    AttemptList,
    AttemptPage,
    AttemptShown,
    WebhookCreate,
    WebhookList,
    WebhookRedeliver,
    WebhookRef,
    WebhookRemoved,
    WebhookRotate,
    Webhooks,
    WebhookShown,
    WebhookUpdate,
    WebhookWithSecret,
)


class WebhookHandlers(Handlers, namespace="/webhooks"):
    """`webhook.*`: the caller's own webhooks."""

    @operation("webhook.list", rest="GET /api/v1/webhooks", permission=Permission.WEBHOOK_READ)
    async def list(self, caller: Caller, request: WebhookList) -> Webhooks:
        """List your own webhooks, oldest first. Secrets are never shown."""
        return Webhooks(webhooks=await self.engine.webhooks.list(caller.user_id))

    @operation(
        "webhook.create",
        rest="POST /api/v1/webhooks",
        status=201,
        made="/api/v1/webhooks/{webhook.id}",
        permission=Permission.WEBHOOK_WRITE,
        errors=(Conflict,),
    )
    async def create(self, caller: Caller, request: WebhookCreate, receipt: Receipt) -> WebhookWithSecret:
        """Post the events of your sessions, from now on, to a URL. (S0, Webhooks)

        Without a `secret` the server generates one and returns it in this answer only.
        """

        def answer(created: WebhookWithSecret) -> WebhookWithSecret:
            return created

        return await self.engine.webhooks.create(caller.user_id, request, on_created=receipt.of(answer))

    @operation(
        "webhook.get",
        rest="GET /api/v1/webhooks/{webhookId}",
        permission=Permission.WEBHOOK_READ,
        errors=(NotFound,),
    )
    async def get(self, caller: Caller, request: WebhookRef) -> WebhookShown:
        """Get one of your own webhooks, and the state of its deliveries."""
        return WebhookShown(webhook=await self.engine.webhooks.get(caller.user_id, request.webhook_id))

    @operation(
        "webhook.update",
        rest="PUT /api/v1/webhooks/{webhookId}",
        permission=Permission.WEBHOOK_WRITE,
        errors=(NotFound,),
    )
    async def update(self, caller: Caller, request: WebhookUpdate) -> WebhookShown:
        """Change a webhook, disable it, or enable it again.

        Fields that are left out stay as they are. A delivery that waits is tried again at once. New `events`
        also apply to events that have not been delivered yet.
        """
        return WebhookShown(webhook=await self.engine.webhooks.update(caller.user_id, request))

    @operation(
        "webhook.rotate",
        rest="POST /api/v1/webhooks/{webhookId}/rotate",
        permission=Permission.WEBHOOK_WRITE,
        errors=(NotFound,),
    )
    async def rotate(self, caller: Caller, request: WebhookRotate) -> WebhookWithSecret:
        """Replace the secret. Until `formerSecretUntil`, messages are signed with the former one as well.

        Without a `secret` the server generates one and returns it in this answer only.
        """
        return await self.engine.webhooks.rotate(caller.user_id, request)

    @operation(
        "webhook.delete",
        rest="DELETE /api/v1/webhooks/{webhookId}",
        permission=Permission.WEBHOOK_WRITE,
        errors=(NotFound,),
    )
    async def delete(self, caller: Caller, request: WebhookRef) -> WebhookRemoved:
        """Delete a webhook with its secret and attempts. Nothing more is sent."""
        await self.engine.webhooks.delete(caller.user_id, request.webhook_id)
        return WebhookRemoved(webhook_id=request.webhook_id, deleted=True)

    @operation(
        "webhook.test",
        rest="POST /api/v1/webhooks/{webhookId}/test",
        permission=Permission.WEBHOOK_WRITE,
        exclusive=("webhook_id",),
        limit=Limit.TOOL_EXECUTION,
        errors=(NotFound,),
    )
    async def test(self, caller: Caller, request: WebhookRef) -> AttemptShown:
        """Send a `webhook.test` now; the answer has its result."""
        return AttemptShown(attempt=await self.engine.webhooks.test(caller.user_id, request.webhook_id))

    @operation(
        "webhook.redeliver",
        rest="POST /api/v1/webhooks/{webhookId}/redeliver",
        permission=Permission.WEBHOOK_WRITE,
        exclusive=("webhook_id",),
        limit=Limit.TOOL_EXECUTION,
        errors=(NotFound,),
    )
    async def redeliver(self, caller: Caller, request: WebhookRedeliver) -> AttemptShown:
        """Send an event of your sessions again, now and out of order; the answer has its result."""
        return AttemptShown(
            attempt=await self.engine.webhooks.redeliver(caller.user_id, request.webhook_id, request.event_id)
        )

    @operation(
        "webhook.attempts",
        rest="GET /api/v1/webhooks/{webhookId}/attempts",
        permission=Permission.WEBHOOK_READ,
        errors=(NotFound,),
    )
    async def attempts(self, caller: Caller, request: AttemptList) -> AttemptPage:
        """List the last requests to a webhook's receiver, newest first: status, duration and error."""
        return await self.engine.webhooks.attempts(caller.user_id, request)
