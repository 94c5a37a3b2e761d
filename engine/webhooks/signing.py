"""Signatures by which a receiver knows who has sent a request. Source: Standard Webhooks 1.0.0."""

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
    """A secret in the standard's form: 256 random bits."""
    return WEBHOOK_KEY_PREFIX + base64.b64encode(secrets.token_bytes(MADE_SECRET_BYTES)).decode()


def check_secret(secret: str) -> None:
    """Raises: InvalidField, for one by which not every library of the standard could verify."""
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
    """The standard's headers, with a signature by each of these secrets. `moment` is that of the attempt.

    A secret without the standard's prefix (S0's `webhook_secret`) is its own characters.
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
    """The bytes behind the standard's prefix; None, if it has none, or they are no base64."""
    if not secret.startswith(WEBHOOK_KEY_PREFIX):
        return None
    try:
        return base64.b64decode(secret.removeprefix(WEBHOOK_KEY_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
