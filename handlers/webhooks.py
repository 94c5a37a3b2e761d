"""Operations on the caller's own webhooks. Source: S0, "Webhooks"; docs/webhooks.md."""

from __future__ import annotations

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
    async def create(self, caller: Caller, request: WebhookCreate) -> WebhookWithSecret:
        """Have the events of your sessions, from now on, posted to an address. (S0, Webhooks)

        Without a `secret` the server makes one and shows it in this answer alone.
        """
        return await self.engine.webhooks.create(caller.user_id, request)

    @operation(
        "webhook.get",
        rest="GET /api/v1/webhooks/{webhookId}",
        permission=Permission.WEBHOOK_READ,
        errors=(NotFound,),
    )
    async def get(self, caller: Caller, request: WebhookRef) -> WebhookShown:
        """Get one of your own webhooks, and whether its receiver takes what it is sent."""
        return WebhookShown(webhook=await self.engine.webhooks.get(caller.user_id, request.webhook_id))

    @operation(
        "webhook.update",
        rest="PUT /api/v1/webhooks/{webhookId}",
        permission=Permission.WEBHOOK_WRITE,
        errors=(NotFound,),
    )
    async def update(self, caller: Caller, request: WebhookUpdate) -> WebhookShown:
        """Change a webhook, disable it, or have it go on.

        What is left out stays as it is. A delivery that rests is tried again at once. Another `events` holds
        for what has not been delivered yet, too.
        """
        return WebhookShown(webhook=await self.engine.webhooks.update(caller.user_id, request))

    @operation(
        "webhook.rotate",
        rest="POST /api/v1/webhooks/{webhookId}/rotate",
        permission=Permission.WEBHOOK_WRITE,
        errors=(NotFound,),
    )
    async def rotate(self, caller: Caller, request: WebhookRotate) -> WebhookWithSecret:
        """Replace the secret; the former one signs beside it until `formerSecretUntil`.

        Without a `secret` the server makes one and shows it in this answer alone.
        """
        return await self.engine.webhooks.rotate(caller.user_id, request)

    @operation(
        "webhook.delete",
        rest="DELETE /api/v1/webhooks/{webhookId}",
        permission=Permission.WEBHOOK_WRITE,
        errors=(NotFound,),
    )
    async def delete(self, caller: Caller, request: WebhookRef) -> WebhookRemoved:
        """Delete a webhook, with its secret and its attempts; nothing is sent any more."""
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
        """Send a `webhook.test` now; the answer says what became of it."""
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
        """Send an event of your sessions again, now and out of turn; the answer says what became of it."""
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
