"""What every wire protocol of a language model has in common: keys, images, arguments, failures, closing."""

from __future__ import annotations

import contextlib
import datetime
import email.utils
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final

from roocode_server.engine.providers.provider import ProviderFailure
from roocode_server.engine.providers.refusals import is_of_an_image, is_too_long
from roocode_server.models.cleaning import cleaned_text, flaw_of
from roocode_server.models.clock import now

LONGEST_MESSAGE: Final = 1000
"""Characters of a server's own words that a failure repeats."""
LONGEST_PAUSE_S: Final = 600.0
"""How long a model may say nothing (it may be thinking) before its connection counts as broken."""
CONNECTING_S: Final = 20.0
"""How long it may take to reach a model's server."""
INVALID_JSON: Final = "invalid_json"
"""The one argument of a call whose arguments cannot be used: what the model wrote instead."""

DATA_URL: Final = re.compile(
    r"data:(?P<type>[\w.+-]+/[\w.+-]+)(?:;[\w=.+-]+)*;base64,(?P<content>.*)\Z", re.S
)


def left_out(media_type: str) -> str:
    """What a model reads in the place of an image that it could not see."""
    return f"(An image of type {media_type} was left out: you cannot see it.)"


def parse_arguments(text: str) -> dict[str, Any]:
    """The arguments of a call from their JSON text; no text means none.

    What is no JSON object, or holds what nothing can store, comes back as the argument `INVALID_JSON` with
    the text in it: such a call is not made, and the model reads there what it wrote.
    """
    written = cleaned_text(text)
    if not written.strip():
        return {}
    arguments = _object(written)
    return {INVALID_JSON: written} if isinstance(arguments, str) else arguments


def objection(arguments: Mapping[str, Any]) -> str | None:
    """Why a call with these arguments cannot be made, in words for the model; None: they could be read."""
    written = arguments.get(INVALID_JSON)
    if len(arguments) != 1 or not isinstance(written, str):
        return None
    reason = _object(written)
    if not isinstance(reason, str):
        return None
    return f"The arguments of this call cannot be used, so nothing was done. {reason} Write the call again."


def _object(text: str) -> dict[str, Any] | str:
    """The JSON object that a text is, or in words what is wrong with it."""
    try:
        content = json.loads(text)
    except json.JSONDecodeError as mistake:
        return f"They are no valid JSON: {mistake}."
    except (ValueError, RecursionError):
        return "They hold a number of thousands of digits, or are nested without end."
    if not isinstance(content, dict):
        return "They are no JSON object."
    flaw = flaw_of(content)
    if flaw is None:
        return content
    return f"`{flaw.path}`: {flaw.reason}" if flaw.path else flaw.reason


def checked_key(provider: str, key: str | None, *variables: str) -> str:
    """The key without the space around it; `variables` are those of the environment that can give one.

    Raises: ProviderFailure: PROVIDER_UNAVAILABLE, where there is none; PROVIDER_KEY_REFUSED, for one that no
    header can carry: a client that tried would repeat it in its error.
    """
    clean = (key or "").strip()
    if not clean:
        names = " or ".join(variables)
        raise ProviderFailure(
            "PROVIDER_UNAVAILABLE",
            f"The provider `{provider}` needs a key: set {names} where the server runs.",
        )
    if not (clean.isascii() and clean.isprintable()):
        raise ProviderFailure(
            "PROVIDER_KEY_REFUSED", f"The key for `{provider}` has characters that no key has."
        )
    return clean


def without_key(key: str | None, said: str) -> str:
    """What a server or a library said, without the key, should it have repeated that."""
    clean = (key or "").strip()
    return said.replace(clean, "…") if clean else said


def failure_of_status(
    status: int, message: str, retry_after: str | None = None, code: str | None = None
) -> ProviderFailure:
    """What an HTTP status and the server's own words mean. `retry_after` is the header as it came, `code` the
    server's word for the error.

    The words of a server that refuses a key are not repeated: some repeat the key.
    """
    said = message.strip()[:LONGEST_MESSAGE]
    wait_s = retry_after_s(retry_after)
    if status in (401, 403):
        return ProviderFailure("PROVIDER_KEY_REFUSED", f"The model's server refused the key (HTTP {status}).")
    if is_of_an_image(status, message):
        return ProviderFailure(
            "IMAGE_REFUSED", f"The model's server refused an image (HTTP {status}): {said}"
        )
    if status == 404:
        return ProviderFailure("MODEL_UNKNOWN", f"The server knows no such model: {said}")
    if is_too_long(status, message, code):
        return ProviderFailure("CONTEXT_OVERFLOW", f"The conversation is too long for the model: {said}")
    if status in (408, 409, 429):
        return ProviderFailure(
            "RATE_LIMITED", f"The model's server asks to wait: {said}", retryable=True, retry_after_s=wait_s
        )
    if status >= 500:
        return ProviderFailure(
            "MODEL_OVERLOADED", f"The model cannot answer now: {said}", retryable=True, retry_after_s=wait_s
        )
    return ProviderFailure(
        "REQUEST_REFUSED", f"The model's server refused the request (HTTP {status}): {said}"
    )


def retry_after_s(header: str | None) -> float | None:
    """Seconds to wait by a `Retry-After` header: seconds or a date, RFC 9110. None: it has neither."""
    if not header:
        return None
    with contextlib.suppress(ValueError):
        seconds = float(header)
        return seconds if 0 <= seconds < float("inf") else None
    try:
        date = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=datetime.UTC)
    return max(0.0, (aware - now()).total_seconds())


def broken(failure: BaseException | str) -> ProviderFailure:
    """The way to the model broke, at first or in the middle of an answer; asking again may go better."""
    said = failure if isinstance(failure, str) else str(failure) or type(failure).__name__
    return ProviderFailure(
        "CONNECTION_BROKEN",
        f"The connection to the model's server broke: {said[:LONGEST_MESSAGE]}",
        retryable=True,
    )


def unusable_address(provider: str) -> ProviderFailure:
    """The address that was set up for a provider is none."""
    return ProviderFailure(
        "PROVIDER_UNAVAILABLE", f"The address that is set up for `{provider}` is no http address."
    )


@contextlib.asynccontextmanager
async def closing(close: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """Call `close` in the end, whether the answer was read, given up, cancelled or failed.

    What goes wrong while closing a connection hides nothing that went wrong before.
    """
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError, RuntimeError):
            await close()
        raise
    await close()
