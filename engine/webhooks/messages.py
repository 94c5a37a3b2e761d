"""The messages that webhooks send: events in the form of S0."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from roocode_server.models.clock import format_time, now
from roocode_server.models.identifier import EventId, WebhookId, new_id
from roocode_server.models.webhook import TEST_EVENT


@dataclass(frozen=True, slots=True)
class WebhookMessage:
    """The body of a request, and the event it reports."""

    event: str
    event_id: EventId
    body: str

    @property
    def id(self) -> str:
        """Return the id of an event's message, which is the same for all attempts.

        It is the event's id without full stops, because the standard uses these as separators in what is
        signed.
        """
        return self.event_id.replace(".", "-")


def message_of(body: bytes) -> WebhookMessage:
    """Return the message for an event, given its JSON. Source: S0, "Webhooks", Payload.

    `data` has all of the event's own fields, and `id`, `seq`, `sessionId` and `taskId`.
    """
    data = orjson.loads(body)
    payload = {"event": data.pop("type"), "timestamp": data.pop("timestamp"), "data": data}
    return WebhookMessage(payload["event"], data["id"], orjson.dumps(payload).decode())


def test_message(webhook_id: WebhookId) -> WebhookMessage:
    """Return a message that reports no event."""
    event_id = EventId(new_id("test"))
    data = {"id": event_id, "webhookId": webhook_id}
    payload = {"event": TEST_EVENT, "timestamp": format_time(now()), "data": data}
    return WebhookMessage(TEST_EVENT, event_id, orjson.dumps(payload).decode())
