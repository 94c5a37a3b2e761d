"""Signatures with which receivers verify who sent a request. Source: Standard Webhooks 1.0.0."""

from __future__ import annotations

import base64
import binascii
import datetime
import secrets
from collections.abc import Sequence
from typing import Final

import standardwebhooks

from roocode_server.models.error import InvalidField

WEBHOOK_KEY_PREFIX: Final = "whsec_"
MADE_SECRET_BYTES: Final = 32
LEAST_SECRET_BYTES: Final = 24
MOST_SECRET_BYTES: Final = 64


def new_secret() -> str:
    """Return a new secret of 256 random bits in the standard's form."""
    return WEBHOOK_KEY_PREFIX + base64.b64encode(secrets.token_bytes(MADE_SECRET_BYTES)).decode()


def check_secret(secret: str) -> None:
    """Raises: InvalidField, if not every library for the standard could verify with this secret."""
    if not (secret.isascii() and secret.isprintable()):
        raise InvalidField("secret", "Expected printable ASCII characters.")
    if (
        secret.startswith(WEBHOOK_KEY_PREFIX)
        and not LEAST_SECRET_BYTES <= len(_decoded(secret) or b"") <= MOST_SECRET_BYTES
    ):
        raise InvalidField(
            "secret",
            f"Expected base64 of {LEAST_SECRET_BYTES} to {MOST_SECRET_BYTES} bytes "
            f"behind {WEBHOOK_KEY_PREFIX}.",
        )


def headers(keys: Sequence[str], *, message_id: str, moment: datetime.datetime, body: str) -> dict[str, str]:
    """Return the standard's headers, with a signature by each of these secrets.

    `moment` is the time of the attempt. Of a secret without the standard's prefix (such as S0's
    `webhook_secret`), the characters themselves are the key.
    """
    signatures = [
        standardwebhooks.Webhook(_decoded(key) or key.encode()).sign(message_id, moment, body) for key in keys
    ]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _decoded(secret: str) -> bytes | None:
    """Return the bytes after the standard's prefix; None without the prefix or if they are not base64."""
    if not secret.startswith(WEBHOOK_KEY_PREFIX):
        return None
    try:
        return base64.b64decode(secret.removeprefix(WEBHOOK_KEY_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
