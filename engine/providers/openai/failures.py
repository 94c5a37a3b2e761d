"""Translates the SDK's exceptions to ProviderFailure."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from roocode_server.engine.providers.provider import ProviderFailure
from roocode_server.engine.providers.refusals import TOO_LONG_CODES
from roocode_server.engine.providers.wire import broken, failure_of_status, transport_translated, without_key

if TYPE_CHECKING:
    import openai

OPENAI_ERROR_STATUSES: Final[Mapping[str, int]] = {
    "context_length_exceeded": 413,
    "rate_limit_exceeded": 429,
    "invalid_api_key": 401,
    "model_not_found": 404,
    "invalid_request_error": 400,
    "invalid_prompt": 400,
    "server_error": 500,
    "vector_store_timeout": 500,
}
"""The HTTP status that corresponds to the code of an error inside a stream."""
NO_CREDIT: Final = "insufficient_quota"


@contextlib.contextmanager
def translated(api_key: str | None) -> Iterator[None]:
    """While the block runs, raise the SDK's exceptions as ProviderFailure, without the key.

    The SDK's exception is not attached as cause, because its text may repeat the key.
    """
    import openai

    try:
        with transport_translated(api_key):
            yield
    except openai.APIStatusError as failure:
        raise _of_status(failure, api_key) from None
    except openai.APIConnectionError as failure:
        raise broken(str(failure.__cause__ or failure)) from None
    except openai.APIError as failure:
        raise failure_of_code(failure.code, failure.message, api_key) from None


def failure_of_code(code: str | None, message: str, api_key: str | None = None) -> ProviderFailure:
    """Return the failure for an error inside a stream; an unknown code counts as the server's own fault."""
    said = without_key(api_key, message)
    if code == NO_CREDIT:
        return _no_credit(said)
    status = (
        int(code)
        if code and code.isdecimal() and len(code) == 3
        else OPENAI_ERROR_STATUSES.get(code or "", 500)
    )
    return failure_of_status(status, said, code=code)


def _of_status(failure: openai.APIStatusError, api_key: str | None) -> ProviderFailure:
    said = without_key(api_key, _words(failure))
    if failure.code == NO_CREDIT:
        return _no_credit(said)
    code = failure.code if failure.code in TOO_LONG_CODES else failure.type
    return failure_of_status(failure.status_code, said, failure.response.headers.get("retry-after"), code)


def _no_credit(said: str) -> ProviderFailure:
    """Its status is that of too many requests, but waiting does not help."""
    return ProviderFailure("RATE_LIMITED", f"The account of the key has no credit left: {said}")


def _words(failure: openai.APIStatusError) -> str:
    """Return the server's own `message`, or else its response body."""
    body = failure.body
    if isinstance(body, Mapping) and isinstance(body.get("message"), str):
        return str(body["message"])
    return body if isinstance(body, str) and body else failure.message
