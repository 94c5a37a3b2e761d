"""The chain of the audit log: each entry's hash covers the hash of the entry before it.

Changing, removing or reordering entries is detected unless all later hashes are recomputed; recomputing them
is detected with a head that was kept elsewhere.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import AsyncIterable

import orjson

from roocode_server.models.audit import FIRST_PREVIOUS, AuditEntry, AuditVerification


def chained(entry: AuditEntry, last: AuditEntry | None) -> AuditEntry:
    """Return the entry with its number and hashes, following `last` (None for the first entry)."""
    number, previous = (1, FIRST_PREVIOUS) if last is None else (last.number + 1, last.hash)
    placed = dataclasses.replace(entry, number=number, previous=previous, hash="")
    return dataclasses.replace(placed, hash=hash_of(placed))


def hash_of(entry: AuditEntry) -> str:
    """Return the hexadecimal SHA-256 of the entry's JSON without `hash`: keys sorted, no spaces, UTF-8."""
    content = entry.dump()
    del content["hash"]
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


async def verify(entries: AsyncIterable[AuditEntry], *, head: str | None = None) -> AuditVerification:
    """Check the chain from its start. With `head`, one of the entries must have this hash."""
    count, last, has_head = 0, FIRST_PREVIOUS, head is None
    async for entry in entries:
        reason = _objection(entry, count + 1, last)
        if reason is not None:
            return AuditVerification(entries=count, head=last, broken_at=entry.number, reason=reason)
        count, last = entry.number, entry.hash
        has_head = has_head or last == head
    if not has_head:
        return AuditVerification(
            entries=count, head=last, broken_at=count + 1, reason="no entry has the given hash"
        )
    return AuditVerification(entries=count, head=last, broken_at=None, reason=None)


def _objection(entry: AuditEntry, number: int, previous: str) -> str | None:
    if entry.number != number:
        return f"entry {number} is missing"
    if entry.previous != previous:
        return "it does not contain the hash of the entry before it"
    if entry.hash != hash_of(entry):
        return "its content does not match its hash"
    return None
