"""Webhooks: a user's events, sent to a URL of theirs.

Source: S0, "Webhooks"; Standard Webhooks 1.0.0.
"""

from __future__ import annotations

import datetime
import enum
import urllib.parse
from collections.abc import Sequence
from dataclasses import field
from typing import Any, Final

from marshmallow import ValidationError

from roocode_server.models.event import EVENTS, Event, event
from roocode_server.models.idempotency import IDEMPOTENCY_KEY
from roocode_server.models.identifier import EventId, UserId, WebhookId
from roocode_server.models.page import Pagination
from roocode_server.models.shape import LONGEST_URL, Shape, described, left_out, limited, value

SHORTEST_WEBHOOK_SECRET: Final = 12
LONGEST_WEBHOOK_SECRET: Final = 256
MOST_EVENT_PATTERNS: Final = 100
ANY_EVENT: Final = "*"
TEST_EVENT: Final = "webhook.test"
"""The type of the message that `webhook.test` sends; it belongs to no session and is in no log."""


def _check_url(url: str) -> None:
    """Raises: marshmallow.ValidationError, if it is not a URL that can be posted to."""
    try:
        parts = urllib.parse.urlsplit(url)
        is_plain = parts.port != 0 and not (parts.username or parts.password or parts.fragment)
    except ValueError:
        raise ValidationError("Expected an http(s) URL.") from None
    is_printable = url.isascii() and url.isprintable() and " " not in url
    if len(url) > LONGEST_URL or not (is_plain and is_printable):
        raise ValidationError("Expected an http(s) URL without user information or a fragment.")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValidationError("Expected a URL that begins with http:// or https://.")


def _check_patterns(patterns: list[str]) -> None:
    """Raises: marshmallow.ValidationError, for a pattern that matches no durable event."""
    stored = {name for name, declared in EVENTS.items() if declared.durable}
    for pattern in patterns:
        if pattern in EVENTS and pattern not in stored:
            raise ValidationError(f"{pattern} is not stored, so it cannot be delivered.")
        if not any(fits(pattern, name) for name in stored):
            raise ValidationError(f"No event matches {pattern[:100]}; docs/events.md lists them.")


def fits(pattern: str, name: str) -> bool:
    """Whether an event's name matches the pattern: `task.completed`, a group (`task.*`), or all (`*`)."""
    if pattern.endswith(".*"):
        return name.startswith(pattern[:-1])
    return pattern in (ANY_EVENT, name)


def fits_any(patterns: Sequence[str], name: str) -> bool:
    """Whether an event's name matches one of the patterns."""
    return any(fits(pattern, name) for pattern in patterns)


_URL: Final[dict[str, Any]] = described("The URL to which events are posted", validate=_check_url)
_EVENTS: Final[dict[str, Any]] = described(
    "Names of events, groups of them (`task.*`), or all (`*`)",
    validate=[limited(shortest=1, longest=MOST_EVENT_PATTERNS)["validate"], _check_patterns],
)
_SECRET: Final[dict[str, Any]] = described(
    "Signs the requests: `whsec_` and base64 of 24 to 64 bytes, or 12 to 256 printable ASCII characters",
    **limited(shortest=SHORTEST_WEBHOOK_SECRET, longest=LONGEST_WEBHOOK_SECRET),
)


class WebhookStatus(enum.StrEnum):
    """The state of deliveries. `failing`: the last event was not accepted and will be sent again."""

    ACTIVE = "active"
    FAILING = "failing"
    DISABLED = "disabled"


class DisabledReason(enum.StrEnum):
    """Why a webhook is disabled: by its owner, after failing for too long, or by an answer 410."""

    BY_OWNER = "by_owner"
    FAILURES = "failures"
    GONE = "gone"


@value
class Webhook(Shape):
    """A webhook as shown, without its secret.

    Until `formerSecretUntil`, messages are also signed with the former secret.
    """

    id: WebhookId
    url: str
    events: list[str]
    status: WebhookStatus
    created_at: datetime.datetime
    updated_at: datetime.datetime
    failures: int
    failing_since: datetime.datetime | None = None
    next_attempt_at: datetime.datetime | None = None
    last_error: str | None = None
    last_delivered_at: datetime.datetime | None = None
    disabled_at: datetime.datetime | None = None
    disabled_reason: DisabledReason | None = None
    former_secret_until: datetime.datetime | None = None


@value
class StoredWebhook(Shape):
    """A webhook as stored: with encrypted secrets, and its position in its user's feed.

    `position` is that of the last event that its receiver has accepted or that it does not want.
    """

    id: WebhookId
    user_id: UserId
    url: str
    events: list[str]
    sealed_secret: str = field(repr=False)
    sealed_former_secret: str | None = field(default=None, repr=False)
    former_secret_until: datetime.datetime | None = None
    position: int
    attempts: int = 0
    failures: int = 0
    failing_since: datetime.datetime | None = None
    next_attempt_at: datetime.datetime | None = None
    last_error: str | None = None
    last_delivered_at: datetime.datetime | None = None
    disabled_at: datetime.datetime | None = None
    disabled_reason: DisabledReason | None = None
    created_at: datetime.datetime
    updated_at: datetime.datetime

    @property
    def status(self) -> WebhookStatus:
        if self.disabled_at is not None:
            return WebhookStatus.DISABLED
        return WebhookStatus.FAILING if self.failures else WebhookStatus.ACTIVE

    @property
    def shown(self) -> Webhook:
        """The webhook without its secrets and position."""
        return Webhook(
            id=self.id,
            url=self.url,
            events=self.events,
            status=self.status,
            created_at=self.created_at,
            updated_at=self.updated_at,
            failures=self.failures,
            failing_since=self.failing_since,
            next_attempt_at=self.next_attempt_at,
            last_error=self.last_error,
            last_delivered_at=self.last_delivered_at,
            disabled_at=self.disabled_at,
            disabled_reason=self.disabled_reason,
            former_secret_until=self.former_secret_until,
        )


@value
class WebhookList(Shape):
    """A request for the caller's own webhooks."""


@value
class Webhooks(Shape):
    webhooks: list[Webhook]


@value
class WebhookRef(Shape):
    webhook_id: WebhookId


@value
class WebhookCreate(Shape):
    """A request to create a webhook; without a `secret` the server generates one.

    Source: S0, "Webhooks", Configuration.
    """

    url: str = field(metadata=_URL)
    events: list[str] = field(metadata=_EVENTS)
    secret: str | None = field(default=None, repr=False, metadata=_SECRET)
    idempotency_key: str | None = field(default=None, metadata=IDEMPOTENCY_KEY)


@value
class WebhookUpdate(Shape):
    """The new fields of a webhook; fields left out are not changed.

    A new `secret` replaces the present one as `webhook.rotate` does. `enabled: true` lets a disabled webhook
    continue where it stopped; with `skipPending`, it continues with what happens from now on.
    """

    webhook_id: WebhookId
    url: str = field(default_factory=left_out, metadata=_URL)
    events: list[str] = field(default_factory=left_out, metadata=_EVENTS)
    secret: str = field(default_factory=left_out, repr=False, metadata=_SECRET)
    enabled: bool = field(default_factory=left_out)
    skip_pending: bool = False


@value
class WebhookRotate(Shape):
    """A request to replace the secret; without a `secret` the server generates one."""

    webhook_id: WebhookId
    secret: str | None = field(default=None, repr=False, metadata=_SECRET)


@value
class WebhookShown(Shape):
    webhook: Webhook


@value
class WebhookWithSecret(Shape):
    """A webhook with the secret that the server has generated, shown only once; left out if the caller has
    chosen it.
    """

    webhook: Webhook
    secret: str | None = field(default=None, repr=False)


@value
class WebhookRemoved(Shape):
    webhook_id: WebhookId
    deleted: bool


class AttemptKind(enum.StrEnum):
    """Why a message was sent: in its turn, by `webhook.test`, or again by `webhook.redeliver`."""

    DELIVERY = "delivery"
    TEST = "test"
    REDELIVERY = "redelivery"


@value
class DeliveryAttempt(Shape):
    """One request to a receiver. `status` is that of its answer, left out if there was none.

    `number` counts the webhook's attempts from 1; `durationMs` is in milliseconds.
    """

    webhook_id: WebhookId
    number: int
    kind: AttemptKind
    event: str
    event_id: EventId
    attempted_at: datetime.datetime
    duration_ms: int
    succeeded: bool
    status: int | None = None
    error: str | None = None


@value
class AttemptShown(Shape):
    attempt: DeliveryAttempt


@value
class AttemptList(Shape):
    """The stored attempts of a webhook, newest first."""

    webhook_id: WebhookId
    limit: int = field(default=20, metadata=limited(least=1, most=100))
    offset: int = field(default=0, metadata=limited(least=0, most=1_000_000))


@value
class AttemptPage(Shape):
    data: list[DeliveryAttempt]
    pagination: Pagination


@value
class WebhookRedeliver(Shape):
    """A request to send an event again; `eventId` is its `id` in `event.list`, in the payload and in the
    attempts.
    """

    webhook_id: WebhookId
    event_id: EventId


@event("webhook.disabled")
@value
class WebhookDisabled(Event):
    """The server has disabled a webhook; emitted in the session whose event could not be delivered."""

    webhook_id: WebhookId
    reason: DisabledReason
    error: str
