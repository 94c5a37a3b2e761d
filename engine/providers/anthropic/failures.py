"""Translates the exceptions of Anthropic's library to ProviderFailure. Source: Anthropic, "Errors"."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from roocode_server.engine.providers.provider import ProviderFailure
from roocode_server.engine.providers.wire import (
    broken,
    failure_of_status,
    transport_translated,
    unusable_address,
    without_key,
)

if TYPE_CHECKING:
    import anthropic

ANTHROPIC_ERROR_STATUSES: Final[Mapping[str, int]] = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""The HTTP status that corresponds to an error inside a stream, whose own status is 200; 500 for any
other.
"""


@contextlib.contextmanager
def translated(key: str | None) -> Iterator[None]:
    """While the block runs, raise the library's exceptions as ProviderFailure, without the key.

    The library's exception is not attached as cause, because its text may repeat the key.
    """
    import anthropic
    import httpx2

    try:
        with transport_translated(key):
            yield
    except anthropic.APIStatusError as error:
        raise _of_status(error, key) from None
    except anthropic.APIConnectionError as error:
        if isinstance(error.__cause__, httpx2.UnsupportedProtocol):
            raise unusable_address("anthropic") from None
        raise broken(without_key(key, str(error.__cause__ or error))) from None
    except anthropic.APIError as error:
        raise broken(without_key(key, str(error) or type(error).__name__)) from None


def _of_status(error: anthropic.APIStatusError, key: str | None) -> ProviderFailure:
    status = (
        error.status_code if error.status_code >= 400 else ANTHROPIC_ERROR_STATUSES.get(error.type or "", 500)
    )
    said = without_key(key, error.api_message or error.message)
    return failure_of_status(status, said, error.response.headers.get("retry-after"))
