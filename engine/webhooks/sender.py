"""Requests to receivers: signed, limited in time and number, and only to permitted addresses."""

from __future__ import annotations

import asyncio
import socket
import time
from dataclasses import dataclass
from typing import Final

import aiohttp
from aiohttp import ClientTimeout, TCPConnector

from roocode_server.engine.network.retry_after import retry_after_s
from roocode_server.engine.network.sockets import PrivateAddress, any_socket, public_socket
from roocode_server.engine.sealing.columns import SECRETS_OF_WEBHOOKS
from roocode_server.engine.sealing.keys import SealingKeys
from roocode_server.engine.sealing.sealer import SealBroken, Sealer
from roocode_server.engine.webhooks.messages import WebhookMessage
from roocode_server.engine.webhooks.signing import headers
from roocode_server.models.clock import now
from roocode_server.models.settings import WebhookSettings
from roocode_server.models.webhook import StoredWebhook

GONE_STATUS: Final = 410
LONGEST_DELIVERY_ERROR: Final = 300
CONNECTION_LIFETIME_S: Final = 2.0
"""Shorter than receivers keep idle connections, because a request on one that is just being closed fails."""
_FIXED: Final = {"Content-Type": "application/json", "User-Agent": "roocode-server"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryOutcome:
    """The result of a request. `status` is None if there was no answer; `error` says what is wrong."""

    duration_ms: int
    status: int | None = None
    error: str | None = None
    retry_after_s: float | None = None

    @property
    def succeeded(self) -> bool:
        return self.error is None

    @property
    def is_gone(self) -> bool:
        """Whether the receiver asks not to be sent anything again."""
        return self.status == GONE_STATUS


class Sender:
    """Sends messages, a limited number at a time.

    A name is resolved and checked anew for each connection, and the connection is made to the very address
    that was checked, so changing what a name resolves to circumvents nothing. Redirects are not followed:
    they count as failures.
    """

    def __init__(self, settings: WebhookSettings, keys: SealingKeys) -> None:
        self._settings = settings
        self._seal = Sealer(keys.keys, SECRETS_OF_WEBHOOKS)
        self._slots = asyncio.Semaphore(settings.concurrent_deliveries)
        self._client: aiohttp.ClientSession | None = None

    def sealed(self, webhook_id: str, secret: str) -> str:
        """Encrypt a webhook's secret for storage."""
        return self._seal.close(secret, webhook_id)

    def secret_of(self, webhook: StoredWebhook) -> str | None:
        """A webhook's secret; None, if it was sealed by a key that is gone."""
        try:
            return self._seal.open(webhook.sealed_secret, webhook.id)
        except SealBroken:
            return None

    async def send(self, webhook: StoredWebhook, message: WebhookMessage) -> DeliveryOutcome:
        """Post a message once. Raises nothing but cancellation."""
        async with self._slots:
            started = time.monotonic()
            status = asked_s = None
            try:
                status, asked_s = await self._post(webhook, message)
                error = _objection(status)
            except SealBroken:
                error = "The key that sealed its secret is gone: give the webhook a new one (webhook.rotate)."
            except TimeoutError:
                error = f"No answer within {self._settings.timeout_s:g} s."
            except (aiohttp.ClientError, OSError, ValueError) as failure:
                error = _told(failure)
            duration_ms = round((time.monotonic() - started) * 1000)
        return DeliveryOutcome(duration_ms=duration_ms, status=status, error=error, retry_after_s=asked_s)

    async def close(self) -> None:
        """Close all connections."""
        if self._client is not None:
            await self._client.close()

    async def _post(self, webhook: StoredWebhook, message: WebhookMessage) -> tuple[int, float | None]:
        """Return the answer's status, and how long it asks to wait. Its body is not read."""
        signed = headers(self._keys(webhook), message_id=message.id, moment=now(), body=message.body)
        async with self._opened().post(
            webhook.url, data=message.body.encode(), headers=_FIXED | signed, allow_redirects=False
        ) as answer:
            return answer.status, retry_after_s(answer.headers.get("Retry-After"))

    def _keys(self, webhook: StoredWebhook) -> list[str]:
        """Return the secrets that are valid now. Raises: SealBroken."""
        keys = [self._seal.open(webhook.sealed_secret, webhook.id)]
        until = webhook.former_secret_until
        if webhook.sealed_former_secret is not None and until is not None and until > now():
            keys.append(self._seal.open(webhook.sealed_former_secret, webhook.id))
        return keys

    def _opened(self) -> aiohttp.ClientSession:
        if self._client is None:
            self._client = aiohttp.ClientSession(
                connector=TCPConnector(
                    limit=0,
                    use_dns_cache=False,
                    keepalive_timeout=CONNECTION_LIFETIME_S,
                    socket_factory=self._socket,
                ),
                timeout=ClientTimeout(total=self._settings.timeout_s),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._client

    def _socket(self, place: aiohttp.AddrInfoType) -> socket.socket:
        """The socket for one address of a receiver. Raises: PrivateAddress."""
        return any_socket(place) if self._settings.allow_private_addresses else public_socket(place)


def _objection(status: int) -> str | None:
    """Describe what is wrong with an answer."""
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return f"The receiver redirects ({status}); redirects are not followed."
    return f"The receiver answered {status}."


def _told(failure: Exception) -> str:
    """Describe a failure for the webhook's owner."""
    cause = failure.os_error if isinstance(failure, aiohttp.ClientConnectorError) else failure
    if isinstance(cause, PrivateAddress):
        return f"{cause}; see the setting webhooks.allow_private_addresses."
    return (str(cause) or type(cause).__name__)[:LONGEST_DELIVERY_ERROR]
