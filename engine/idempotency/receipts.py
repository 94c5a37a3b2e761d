"""Calls that create something once, however often they are repeated with their idempotency key.

The answer is stored in the transaction that stores what was created, under a unique id made of the user and
the key. So there is never one without the other: whatever is killed when, a repeated call either finds the
answer or finds that nothing was created. Refusals are not stored; a repeated call is tried again.

Source: IETF, draft-ietf-httpapi-idempotency-key-header-07.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import orjson
from sqlalchemy.exc import IntegrityError

from roocode_server.engine.sealing.columns import ANSWERS_OF_CREATES
from roocode_server.engine.sealing.keys import SealingKeys
from roocode_server.engine.sealing.sealer import Sealer
from roocode_server.engine.storage.creation import OnCreated, nothing_more
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.receipts import ReceiptRepository, ReceiptRow
from roocode_server.models.cleaning import encoded
from roocode_server.models.clock import now
from roocode_server.models.error import IdempotencyKeyInUse, IdempotencyKeyReused, RateLimitExceeded
from roocode_server.models.idempotency import IDEMPOTENCY_KEY_LIFETIME
from roocode_server.models.identifier import SessionId, UserId
from roocode_server.models.shape import Shape

MOST_IDEMPOTENCY_KEYS: Final = 10_000
"""How many keys a user may use in a day."""

Noun = TypeVar("Noun")
Body = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedCall:
    """A call with an idempotency key: who makes it, and what it asks for without the key."""

    user_id: UserId
    key: str
    session_id: SessionId | None
    operation: str
    request: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The same for all calls of a user with this key, and for no others."""
        return hashlib.sha256(f"{self.user_id}\n{self.key}".encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """The same for all calls that ask for the same."""
        asked = json.dumps([self.operation, self.request], sort_keys=True)
        return hashlib.sha256(asked.encode()).hexdigest()


class Receipt:
    """What a call that creates something hands to the service that does."""

    def __init__(self, keep: Callable[[Transaction, Body], Awaitable[None]] | None = None) -> None:
        self._keep = keep

    def of(self, answer: Callable[[Noun], Shape]) -> OnCreated[Noun]:
        """Return what stores the call's answer, `answer` of what is created, if the call has a key."""
        keep = self._keep
        if keep is None:
            return nothing_more

        async def on_created(unit: Transaction, created: Noun) -> None:
            await keep(unit, answer(created).dump())

        return on_created


NO_RECEIPT: Final = Receipt()
"""That of a call without a key."""


class Receipts:
    """The answers of the last day, by user and key."""

    def __init__(
        self, database: Database, keys: SealingKeys, clock: Callable[[], datetime.datetime] = now
    ) -> None:
        self._database = database
        self._repository = ReceiptRepository(database)
        self._sealer = Sealer(keys.keys, ANSWERS_OF_CREATES)
        self._clock = clock
        self._under_way: set[str] = set()

    async def once(self, call: KeyedCall, create: Callable[[Receipt], Awaitable[Body]]) -> Body:
        """Return the answer that `create` keeps, or what was kept of the first call with this key.

        Raises: IdempotencyKeyInUse, while the first call is under way; IdempotencyKeyReused, if it asked for
        something else; RateLimitExceeded, if the user has used `MOST_IDEMPOTENCY_KEYS`; what `create` raises.
        """
        if call.id in self._under_way:
            raise IdempotencyKeyInUse
        self._under_way.add(call.id)
        try:
            first = await self._first_answer(call)
            return await self._create(call, create) if first is None else first
        finally:
            self._under_way.discard(call.id)

    async def remove_expired(self) -> None:
        """Remove answers that are older than a day; `once` does so, too."""
        async with self._database.transaction() as unit:
            await self._repository.remove_expired(unit, since=self._since())

    async def _create(self, call: KeyedCall, create: Callable[[Receipt], Awaitable[Body]]) -> Body:
        await self._check_number(call.user_id)
        kept: list[Body] = []

        async def keep(unit: Transaction, body: Body) -> None:
            kept[:] = [body]
            answer = encoded({"fingerprint": call.fingerprint, "body": body}).decode()
            row = ReceiptRow(
                id=call.id,
                user_id=call.user_id,
                session_id=call.session_id,
                sealed_answer=self._sealer.close(answer, call.id),
                created_at=self._clock(),
            )
            await self._repository.insert(unit, row, since=self._since())

        try:
            answered = await create(Receipt(keep))
        except IntegrityError:
            # Another process was faster; what this one was about to create is not stored. The answer is read
            # by a unit of work, which waits for the commit that has it.
            async with self._database.transaction() as unit:
                sealed = await self._repository.find_on(unit, call.id, since=self._since())
            if sealed is None:
                raise
            return self._opened(call, sealed)
        return kept[0] if kept else answered

    async def _first_answer(self, call: KeyedCall) -> Body | None:
        sealed = await self._repository.find(call.id, since=self._since())
        return None if sealed is None else self._opened(call, sealed)

    def _opened(self, call: KeyedCall, sealed: str) -> Body:
        """Raises: IdempotencyKeyReused."""
        answer = orjson.loads(self._sealer.open(sealed, call.id))
        if answer["fingerprint"] != call.fingerprint:
            raise IdempotencyKeyReused
        body: Body = answer["body"]
        return body

    async def _check_number(self, user_id: UserId) -> None:
        number, oldest = await self._repository.usage(user_id, since=self._since())
        if oldest is not None and number >= MOST_IDEMPOTENCY_KEYS:
            left = oldest + IDEMPOTENCY_KEY_LIFETIME - self._clock()
            raise RateLimitExceeded(
                "You have used too many idempotency keys",
                retry_after_s=int(left.total_seconds()) + 1,
                most=MOST_IDEMPOTENCY_KEYS,
            )

    def _since(self) -> datetime.datetime:
        return self._clock() - IDEMPOTENCY_KEY_LIFETIME
