"""The chain of the audit log reveals what was changed, removed or inserted, and where."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roocode_server.engine.audit.chain import chained, verify
from roocode_server.models.audit import AuditEntry, AuditVerification
from roocode_server.models.clock import now
from roocode_server.models.identifier import UserId
from roocode_server.models.user import Credential, Door


def entry(operation: str) -> AuditEntry:
    return AuditEntry(
        number=0,
        at=now(),
        user_id=UserId("user-1"),
        credential=Credential.KEY,
        credential_id="key-1",
        address="127.0.0.1",
        door=Door.REST,
        operation=operation,
        subject={"path": "/ä.txt"},
        status=200,
        code=None,
        request_id="req-1",
        previous="",
        hash="",
    )


def chain(count: int) -> list[AuditEntry]:
    entries: list[AuditEntry] = []
    for number in range(count):
        entries.append(chained(entry(f"file.{number}"), entries[-1] if entries else None))
    return entries


async def follow(entries: Sequence[AuditEntry], head: str | None = None) -> AuditVerification:
    async def each() -> AsyncIterator[AuditEntry]:
        for one in entries:
            yield one

    return await verify(each(), head=head)


async def test_an_untouched_chain_holds() -> None:
    entries = chain(5)
    assert await follow(entries) == AuditVerification(
        entries=5, head=entries[-1].hash, broken_at=None, reason=None
    )


async def test_an_empty_log_holds() -> None:
    assert (await follow([])).broken_at is None


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(AuditEntry)])
async def test_a_field_that_was_changed_is_found(name: str) -> None:
    entries = chain(3)
    changed = {
        "number": 7,
        "credential": Credential.TOKEN,
        "door": Door.WEBSOCKET,
        "status": 403,
        "subject": {"path": "/b.txt"},
        "at": entries[1].at.replace(year=2001),
    }.get(name, "other")
    entries[1] = dataclasses.replace(entries[1], **{name: changed})
    found = await follow(entries)
    assert found.broken_at in (2, 7)
    assert found.entries == 1


@pytest.mark.parametrize("position", [0, 1])
async def test_an_entry_that_was_removed_is_found(position: int) -> None:
    entries = chain(3)
    del entries[position]
    found = await follow(entries)
    assert (found.broken_at, found.reason) == (position + 2, f"entry {position + 1} is missing")


async def test_a_log_that_was_cut_or_made_anew_is_found_by_a_head_that_was_kept() -> None:
    entries = chain(4)
    assert (await follow(entries, head=entries[2].hash)).broken_at is None
    assert (await follow(entries[:2], head=entries[2].hash)).broken_at == 3


@given(st.permutations(range(4)))
async def test_entries_in_another_order_are_found(order: list[int]) -> None:
    entries = chain(4)
    found = await follow([entries[position] for position in order])
    assert (found.broken_at is None) == (order == sorted(order))
