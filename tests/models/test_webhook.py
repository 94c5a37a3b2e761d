"""Which events match a webhook's patterns, and which URLs and names are refused."""

from __future__ import annotations

import pytest

import roocode_server.handlers.registry  # noqa: F401 - declares all events
from roocode_server.models.error import ValidationFailed
from roocode_server.models.webhook import WebhookCreate, fits

S0 = {
    "url": "https://your-app.com/webhooks/roocode",
    "secret": "webhook_secret",
    "events": ["task.completed", "task.failed"],
}


def test_the_configuration_of_s0_is_taken_as_it_stands() -> None:
    request = WebhookCreate.load(S0)
    assert (request.url, request.secret, request.events) == tuple(S0.values())


@pytest.mark.parametrize(
    ("pattern", "name", "is_wanted"),
    [
        ("*", "task.completed", True),
        ("task.*", "task.completed", True),
        ("task.completed", "task.completed", True),
        ("task.*", "tool.completed", False),
        ("task.*", "tasks.completed", False),
        ("task.complete", "task.completed", False),
        ("*.completed", "task.completed", False),
    ],
)
def test_a_pattern_is_a_name_a_kind_or_all(pattern: str, name: str, is_wanted: bool) -> None:
    assert fits(pattern, name) is is_wanted


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        (["task.complete"], "No event matches"),
        (["tasks.*"], "No event matches"),
        (["*.completed"], "No event matches"),
        (["webhook.test"], "No event matches"),
        (["message.delta"], "not stored"),
        ([], "Length must be"),
        (["*"] * 101, "Length must be"),
    ],
)
def test_names_of_no_stored_event_are_refused(events: list[str], reason: str) -> None:
    with pytest.raises(ValidationFailed) as refusal:
        WebhookCreate.load(S0 | {"events": events})
    assert refusal.value.details["field"] == "events"
    assert reason in refusal.value.details["reason"]


@pytest.mark.parametrize(
    "url", ["ftp://example.com/", "example.com", "https://user:word@example.com/", "https://", "http://a b/"]
)
def test_what_cannot_be_posted_to_is_refused(url: str) -> None:
    with pytest.raises(ValidationFailed) as refusal:
        WebhookCreate.load(S0 | {"url": url})
    assert refusal.value.details["field"] == "url"


def test_a_secret_is_not_printed() -> None:
    assert "webhook_secret" not in repr(WebhookCreate.load(S0))
