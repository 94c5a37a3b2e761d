"""What is sent: an event in the form that S0 gives its webhooks."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from roocode_server.models.clock import format_time, now
from roocode_server.models.identifier import EventId, WebhookId, new_id
from roocode_server.models.webhook import TEST_EVENT


@dataclass(frozen=True, slots=True)
class WebhookMessage:
    """A request's body, and what it tells of."""

    event: str
    event_id: EventId
    body: str

    @property
    def id(self) -> str:
        """The id of the message, which stays the same however often it is sent.

        It is the event's, without full stops: the standard sets the parts of what is signed apart by them.
        """
        return self.event_id.replace(".", "-")


def message_of(body: bytes) -> WebhookMessage:
    """The message of an event, given its JSON. Source: S0, "Webhooks", Payload.

    `data` has all of the event's own fields, with `id`, `seq`, `sessionId` and `taskId` beside them.
    """
    data = orjson.loads(body)
    payload = {"event": data.pop("type"), "timestamp": data.pop("timestamp"), "data": data}
    return WebhookMessage(payload["event"], data["id"], orjson.dumps(payload).decode())


def test_message(webhook_id: WebhookId) -> WebhookMessage:
    """A message that tells of nothing."""
    event_id = EventId(new_id("test"))
    data = {"id": event_id, "webhookId": webhook_id}
    payload = {"event": TEST_EVENT, "timestamp": format_time(now()), "data": data}
    return WebhookMessage(TEST_EVENT, event_id, orjson.dumps(payload).decode())
