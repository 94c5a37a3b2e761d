from __future__ import annotations

import datetime
import email.utils

import pytest

from roocode_server.engine.providers.provider import ProviderFailure
from roocode_server.engine.providers.wire import (
    broken,
    checked_key,
    closing,
    failure_of_status,
    parse_arguments,
)
from roocode_server.models.clock import now


@pytest.mark.parametrize(
    ("status", "message", "code", "retryable"),
    [
        (400, "tools.0.name: too long", "REQUEST_REFUSED", False),
        (400, "prompt is too long: 210000 tokens > 200000 maximum", "CONTEXT_OVERFLOW", False),
        (400, "This model's maximum context length is 8192 tokens", "CONTEXT_OVERFLOW", False),
        (400, "The input token count (2000000) exceeds the maximum", "CONTEXT_OVERFLOW", False),
        (400, "the request exceeds the available context size", "CONTEXT_OVERFLOW", False),
        (413, "Request exceeds the maximum size", "CONTEXT_OVERFLOW", False),
        (401, "no", "PROVIDER_KEY_REFUSED", False),
        (403, "no", "PROVIDER_KEY_REFUSED", False),
        (404, "model: nothing", "MODEL_UNKNOWN", False),
        (408, "slow", "RATE_LIMITED", True),
        (429, "slow down", "RATE_LIMITED", True),
        (500, "oh", "MODEL_OVERLOADED", True),
        (529, "Overloaded", "MODEL_OVERLOADED", True),
        (402, "no money", "REQUEST_REFUSED", False),
    ],
)
def test_each_status_means_one_thing(status: int, message: str, code: str, retryable: bool) -> None:
    failure = failure_of_status(status, message)
    assert (failure.code, failure.retryable) == (code, retryable)


def test_a_refused_key_is_not_repeated() -> None:
    assert "sk-" not in failure_of_status(401, "Incorrect API key provided: sk-abc").message


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [("7", 7.0), ("0.5", 0.5), (None, None), ("soon", None), ("-1", None), ("nan", None)],
)
def test_the_seconds_to_wait_are_read(header: str | None, wait_s: float | None) -> None:
    assert failure_of_status(429, "slow down", header).retry_after_s == wait_s


def test_a_date_to_wait_for_is_read() -> None:
    date = email.utils.format_datetime(now() + datetime.timedelta(hours=1), usegmt=False)
    wait_s = failure_of_status(503, "later", date).retry_after_s
    assert wait_s is not None and 3500 < wait_s <= 3600


def test_a_date_that_has_passed_means_at_once() -> None:
    past = email.utils.format_datetime(now() - datetime.timedelta(hours=1))
    assert failure_of_status(503, "later", past).retry_after_s == 0


def test_a_broken_connection_may_be_tried_again() -> None:
    failure = broken(ConnectionResetError())
    assert (failure.code, failure.retryable) == ("CONNECTION_BROKEN", True)
    assert "ConnectionResetError" in failure.message


def test_a_missing_key_is_named() -> None:
    with pytest.raises(ProviderFailure, match="GEMINI_API_KEY or GOOGLE_API_KEY") as raised:
        checked_key("gemini", " ", "GEMINI_API_KEY", "GOOGLE_API_KEY")
    assert raised.value.code == "PROVIDER_UNAVAILABLE"


@pytest.mark.parametrize("key", ["secret\nkey", "secret\u00e9"])
def test_a_key_that_no_header_can_carry_is_refused_without_repeating_it(key: str) -> None:
    with pytest.raises(ProviderFailure) as raised:
        checked_key("gemini", key, "GEMINI_API_KEY")
    assert raised.value.code == "PROVIDER_KEY_REFUSED"
    assert "secret" not in raised.value.message


def test_the_space_around_a_key_is_not_part_of_it() -> None:
    assert checked_key("gemini", " key\n", "GEMINI_API_KEY") == "key"


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ('{"path": "a"}', {"path": "a"}),
        ("", {}),
        ('{"path": "a', {"invalid_json": '{"path": "a'}),
        ("[1]", {"invalid_json": "[1]"}),
    ],
)
def test_arguments_that_are_no_json_object_reach_the_engine_as_written(
    text: str, arguments: dict[str, object]
) -> None:
    assert parse_arguments(text) == arguments


class _Connection:
    closed = 0

    async def close(self) -> None:
        self.closed += 1


async def test_a_stream_is_closed_once_it_is_read() -> None:
    connection = _Connection()
    async with closing(connection.close):
        assert connection.closed == 0
    assert connection.closed == 1


async def test_a_stream_that_fails_is_closed_and_the_failure_goes_on() -> None:
    connection = _Connection()
    with pytest.raises(ValueError, match="bad"):
        async with closing(connection.close):
            raise ValueError("bad")
    assert connection.closed == 1
