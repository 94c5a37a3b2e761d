"""Webhooks: whether a request is genuine, and the event that it brings."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from roocode.errors import SignatureInvalid, UnexpectedAnswer
from roocode.event import Event
from roocode.wire import loaded_event

TOLERANCE_S: Final = 300.0
"""How old or young a request may be: later ones may have been recorded and sent again."""
GENERATED: Final = "whsec_"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a webhook has brought. An event that is sent again has the same `id`: ignore what you have
    seen.
    """

    id: str
    event: Event


def verify(
    secret: str, headers: Mapping[str, str], body: bytes | str, *, tolerance_s: float = TOLERANCE_S
) -> Delivery:
    """Check a request and return what it brings. `body` is as it came, not parsed and written again.

    Raises: SignatureInvalid. Source: Standard Webhooks.
    """
    given = {name.lower(): content for name, content in headers.items()}
    raw = body.encode() if isinstance(body, str) else body
    try:
        delivery, sent_at = given["webhook-id"], given["webhook-timestamp"]
        signatures = given["webhook-signature"].split(" ")
        age_s = abs(time.time() - int(sent_at))
    except (KeyError, ValueError) as failure:
        raise SignatureInvalid(f"a header of webhooks is missing or malformed: {failure}") from failure
    if age_s > tolerance_s:
        raise SignatureInvalid(f"the request was signed {age_s:.0f} seconds ago, or the clocks differ")
    signed = b".".join([delivery.encode(), sent_at.encode(), raw])
    expected = "v1," + base64.b64encode(hmac.new(_key(secret), signed, hashlib.sha256).digest()).decode()
    if not any(hmac.compare_digest(expected.encode(), each.encode()) for each in signatures):
        raise SignatureInvalid("no signature matches: the secret is another one, or the request was changed")
    content = json.loads(raw)
    try:
        event = {**content["data"], "type": content["event"], "timestamp": content["timestamp"]}
        return Delivery(delivery, loaded_event({"id": delivery, **event}))
    except (KeyError, TypeError) as failure:
        raise UnexpectedAnswer(f"this is no webhook's request: {content!r:.200}") from failure


def _key(secret: str) -> bytes:
    if not secret.startswith(GENERATED):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(GENERATED), validate=True)
    except binascii.Error as failure:
        raise SignatureInvalid("the secret is no whsec_ and base64") from failure
