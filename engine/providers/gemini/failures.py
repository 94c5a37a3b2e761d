"""Translates the exceptions of Google's library to ProviderFailure. Source: Gemini API, "Troubleshooting"."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from roocode_server.engine.providers.provider import ProviderFailure
from roocode_server.engine.providers.wire import (
    failure_of_status,
    no_stream,
    transport_translated,
    unusable_address,
    without_key,
)

if TYPE_CHECKING:
    from google.genai.errors import APIError

INVALID_KEY: Final = "API_KEY_INVALID"
"""The reason given for an invalid key, whose status is that of an invalid request."""
RETRY: Final = "type.googleapis.com/google.rpc.RetryInfo"


@contextlib.contextmanager
def translated(key: str | None) -> Iterator[None]:
    """While the block runs, raise the library's exceptions as ProviderFailure, without the key.

    The library's exception is not attached as cause, because its text may repeat the key.
    """
    import httpx2
    import pydantic
    from google.genai import errors

    try:
        with transport_translated(key):
            try:
                yield
            except (httpx2.InvalidURL, httpx2.UnsupportedProtocol):
                raise unusable_address("gemini") from None
    except errors.APIError as error:
        raise _of_status(error, key) from None
    except (pydantic.ValidationError, errors.UnknownApiResponseError):
        raise no_stream() from None


def _of_status(error: APIError, key: str | None) -> ProviderFailure:
    details = list(_details(error.details))
    said = without_key(key, error.message or str(error.status or ""))
    status = error.code if isinstance(error.code, int) and error.code >= 400 else 500
    if any(detail.get("reason") == INVALID_KEY for detail in details) or "API key not valid" in said:
        status = 401
    return failure_of_status(status, said, _retry_after(error, details))


def _details(body: object) -> Iterator[Mapping[str, object]]:
    """Yield the details of an error, such as its reason and retry delay. Source: google.rpc.Status."""
    error = body.get("error") if isinstance(body, Mapping) else None
    details = error.get("details") if isinstance(error, Mapping) else None
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, Mapping):
            yield detail


def _retry_after(error: APIError, details: list[Mapping[str, object]]) -> str | None:
    """Return the retry delay of the details (`17s`), without its unit, or else the header."""
    for detail in details:
        if detail.get("@type") == RETRY:
            return str(detail.get("retryDelay", "")).removesuffix("s")
    headers = getattr(error.response, "headers", None)
    return headers.get("retry-after") if isinstance(headers, Mapping) else None
