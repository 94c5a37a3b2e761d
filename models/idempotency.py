"""Idempotency keys: a call that is repeated with its key creates nothing again.

Source: IETF, draft-ietf-httpapi-idempotency-key-header-07.
"""

from __future__ import annotations

import datetime
from typing import Final

from marshmallow import validate

from roocode_server.models.shape import described

IDEMPOTENCY_KEY_FIELD: Final = "idempotency_key"
"""The Python name of the field that holds a request's key."""

IDEMPOTENCY_KEY_LIFETIME: Final = datetime.timedelta(days=1)
"""How long the answer to a call is kept under its key."""

IDEMPOTENCY_KEY: Final = described(
    "Any text of the client's own, such as a UUID: a call that is repeated with it within a day creates "
    "nothing again and gets the first answer",
    validate=validate.Regexp(r"\A[\x21-\x7e]{1,255}\Z", error="Expected 1 to 255 visible ASCII characters."),
)
"""The metadata of that field."""
