"""Shared parts of all wire protocols of language models: keys, images, arguments, failures, closing."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from typing import Any, Final

from roocode_server.engine.network.retry_after import retry_after_s
from roocode_server.engine.providers.provider import ProviderFailure
from roocode_server.engine.providers.refusals import is_of_an_image, is_too_long
from roocode_server.models.cleaning import cleaned_text, flaw_of

REPEATED_MESSAGE_CHARACTERS: Final = 1000
"""The most characters of a server's message that a failure repeats."""
MODEL_SILENCE_TIMEOUT_S: Final = 600.0
"""How long a model may be silent (it may be thinking) before the connection counts as broken."""
MODEL_CONNECT_TIMEOUT_S: Final = 20.0
"""How long connecting to a model's server may take."""
INVALID_JSON: Final = "invalid_json"
"""The single argument of a call whose arguments cannot be used; its value is the model's own text."""

DATA_URL: Final = re.compile(
    r"data:(?P<type>[\w.+-]+/[\w.+-]+)(?:;[\w=.+-]+)*;base64,(?P<content>.*)\Z", re.S
)


def left_out(media_type: str) -> str:
    """Return the note for the model in place of an image that it cannot see."""
    return f"(An image of type {media_type} was left out: you cannot see it.)"


def parse_arguments(text: str) -> dict[str, Any]:
    """Parse the arguments of a call from JSON; an empty text means no arguments.

    If the text is not a JSON object, or contains what cannot be stored, it is returned as the argument
    `INVALID_JSON`: such a call is not executed, and the model is shown what it wrote.
    """
    written = cleaned_text(text)
    if not written.strip():
        return {}
    arguments = _object(written)
    return {INVALID_JSON: written} if isinstance(arguments, str) else arguments


def objection(arguments: Mapping[str, Any]) -> str | None:
    """Return why a call with these arguments cannot be executed, for the model; None if they could be
    parsed.
    """
    written = arguments.get(INVALID_JSON)
    if len(arguments) != 1 or not isinstance(written, str):
        return None
    reason = _object(written)
    if not isinstance(reason, str):
        return None
    return f"The arguments of this call cannot be used, so nothing was done. {reason} Write the call again."


def _object(text: str) -> dict[str, Any] | str:
    """Parse a JSON object, or return what is wrong with the text."""
    try:
        content = json.loads(text)
    except json.JSONDecodeError as mistake:
        return f"They are not valid JSON: {mistake}."
    except (ValueError, RecursionError):
        return "They contain a number of thousands of digits, or are nested too deeply."
    if not isinstance(content, dict):
        return "They are not a JSON object."
    flaw = flaw_of(content)
    if flaw is None:
        return content
    return f"`{flaw.path}`: {flaw.reason}" if flaw.path else flaw.reason


def checked_key(provider: str, key: str | None, *variables: str) -> str:
    """Return the key without surrounding space; `variables` are the environment variables that can set it.

    Raises: ProviderFailure: PROVIDER_UNAVAILABLE, if there is no key; PROVIDER_KEY_REFUSED, if a header
    cannot contain it: a client that tried would repeat it in its error.
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
            "PROVIDER_KEY_REFUSED",
            f"The key for `{provider}` contains characters that no key can contain. Check it.",
        )
    return clean


def without_key(key: str | None, said: str) -> str:
    """Remove the key from a message of a server or library."""
    clean = (key or "").strip()
    return said.replace(clean, "…") if clean else said


def failure_of_status(
    status: int, message: str, retry_after: str | None = None, code: str | None = None
) -> ProviderFailure:
    """Return the failure for an HTTP status and the server's message.

    `retry_after` is the raw header, `code` the server's error code. If the key was refused, the server's
    message is left out, because some repeat the key.
    """
    said = message.strip()[:REPEATED_MESSAGE_CHARACTERS]
    wait_s = retry_after_s(retry_after)
    if status in (401, 403):
        return ProviderFailure("PROVIDER_KEY_REFUSED", f"The model's server refused the key (HTTP {status}).")
    if is_of_an_image(status, message):
        return ProviderFailure(
            "IMAGE_REFUSED", f"The model's server refused an image (HTTP {status}): {said}"
        )
    if status == 404:
        return ProviderFailure("MODEL_UNKNOWN", f"The server does not know this model: {said}")
    if is_too_long(status, message, code):
        return ProviderFailure("CONTEXT_OVERFLOW", f"The conversation is too long for the model: {said}")
    if status in (408, 409, 429):
        return ProviderFailure(
            "RATE_LIMITED",
            f"The model's server limits the rate of requests: {said}",
            retryable=True,
            retry_after_s=wait_s,
        )
    if status >= 500:
        return ProviderFailure(
            "MODEL_OVERLOADED", f"The model cannot answer now: {said}", retryable=True, retry_after_s=wait_s
        )
    return ProviderFailure(
        "REQUEST_REFUSED", f"The model's server refused the request (HTTP {status}): {said}"
    )


def broken(failure: BaseException | str) -> ProviderFailure:
    """Return the failure for a broken connection, before or during an answer; it is retryable."""
    said = failure if isinstance(failure, str) else str(failure) or type(failure).__name__
    return ProviderFailure(
        "CONNECTION_BROKEN",
        f"The connection to the model's server broke: {said[:REPEATED_MESSAGE_CHARACTERS]}",
        retryable=True,
    )


def unusable_address(provider: str) -> ProviderFailure:
    """Return the failure for a configured address that is not an http(s) URL."""
    return ProviderFailure(
        "PROVIDER_UNAVAILABLE", f"The configured URL of `{provider}` is not an http(s) URL."
    )


@contextlib.contextmanager
def transport_translated(key: str | None) -> Iterator[None]:
    """While the block runs, raise what the HTTP client raises, and what a broken stream leads to, as
    ProviderFailure, without the key.

    The exception is not attached as cause, because its text may repeat the key.
    """
    import httpx2

    try:
        yield
    except (httpx2.HTTPError, httpx2.StreamError) as error:
        raise broken(without_key(key, str(error) or type(error).__name__)) from None
    except (json.JSONDecodeError, UnicodeDecodeError):
        raise no_stream() from None


def no_stream() -> ProviderFailure:
    """Return the failure for an answer that is not what the protocol streams."""
    return broken("the answer is no valid stream of events")


@contextlib.asynccontextmanager
async def closing(close: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """Call `close` at the end of the block, however it ends.

    An error while closing does not hide an earlier exception.
    """
    try:
        yield
    except BaseException:
        with contextlib.suppress(OSError, RuntimeError):
            await close()
        raise
    await close()
