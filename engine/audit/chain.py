"""The chain of the audit log: each entry's hash covers the hash of the entry before it.

Whoever changes, removes or reorders entries without computing every later hash anew is found out; whoever
does compute them anew is found out by a head that was kept elsewhere.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import AsyncIterable

import orjson

from roocode_server.models.audit import FIRST_PREVIOUS, AuditEntry, AuditVerification


def chained(entry: AuditEntry, last: AuditEntry | None) -> AuditEntry:
    """The entry in its place behind `last`; None: it is the first one."""
    number, previous = (1, FIRST_PREVIOUS) if last is None else (last.number + 1, last.hash)
    placed = dataclasses.replace(entry, number=number, previous=previous, hash="")
    return dataclasses.replace(placed, hash=hash_of(placed))


def hash_of(entry: AuditEntry) -> str:
    """SHA-256, in hexadecimal, over the entry's JSON without `hash`: keys sorted, no spaces, UTF-8."""
    content = entry.dump()
    del content["hash"]
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()


async def verify(entries: AsyncIterable[AuditEntry], *, head: str | None = None) -> AuditVerification:
    """Follow the chain from its start; with `head`, it must have been the hash of one of the entries."""
    count, last, has_head = 0, FIRST_PREVIOUS, head is None
    async for entry in entries:
        reason = _objection(entry, count + 1, last)
        if reason is not None:
            return AuditVerification(entries=count, head=last, broken_at=entry.number, reason=reason)
        count, last = entry.number, entry.hash
        has_head = has_head or last == head
    if not has_head:
        return AuditVerification(
            entries=count, head=last, broken_at=count + 1, reason="no entry has the hash that was kept"
        )
    return AuditVerification(entries=count, head=last, broken_at=None, reason=None)


def _objection(entry: AuditEntry, number: int, previous: str) -> str | None:
    if entry.number != number:
        return f"entry {number} is missing"
    if entry.previous != previous:
        return "it does not name the hash of the entry before it"
    if entry.hash != hash_of(entry):
        return "its content does not fit its hash"
    return None
