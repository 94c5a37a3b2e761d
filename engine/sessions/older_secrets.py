"""Secrets that an earlier version has left: sealed by the signing key, or not at all."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import orjson
import structlog
from sqlalchemy import ColumnElement, RowMapping, Table, delete, select, tuple_, update

from roocode_server.engine.sealing.keys import SealingKeys
from roocode_server.engine.sealing.resealing import reseal
from roocode_server.engine.sessions.secrets import SessionSecretStore
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.rows import Rows
from roocode_server.engine.storage.sessions import SessionRepository
from roocode_server.engine.storage.tables import UNSEALED, events, feed_entries, server_state, sessions
from roocode_server.models.session import Session, SessionCreatedEvent, SessionUpdatedEvent
from roocode_server.models.session_secrets import HIDDEN, are_in, hidden

OLDER_ROWS_PER_UNIT: Final = 100
_TELLING: Final = (SessionCreatedEvent.name, SessionUpdatedEvent.name)
"""The events that hold a session's configuration."""

log = structlog.get_logger("sealing")


async def seal_older(database: Database, keys: SealingKeys, signing_secret: bytes) -> None:
    """Seal what an earlier version has left, if this database is of one; nothing of it stays in the file.

    An interrupted call is repeated by the next. `signing_secret` is what earlier versions sealed with.
    Raises: DatabaseUnusable, if there is no room to write the database anew.
    """
    if not await _is_older(database):
        return
    log.info("sealing the secrets of an earlier version")
    await reseal(database, dataclasses.replace(keys, keys=(*keys.keys, signing_secret)))
    await _seal_sessions(database, keys)
    for table in (events, feed_entries):
        await _hide_in_events(database, table)
    await database.compact()
    async with database.transaction() as unit:
        await unit.execute(delete(server_state).where(server_state.c.name == UNSEALED))


async def _is_older(database: Database) -> bool:
    async with database.read() as connection:
        statement = select(server_state.c.value).where(server_state.c.name == UNSEALED)
        return (await connection.execute(statement)).first() is not None


async def _seal_sessions(database: Database, keys: SealingKeys) -> None:
    repository, rows = SessionRepository(database), Rows(database, sessions, Session)
    store, last = SessionSecretStore(repository, keys), ""
    statement = select(sessions).where(sessions.c.sealed_secrets.is_(None)).order_by(sessions.c.id)
    while True:
        async with database.transaction() as unit:
            found = await unit.execute(statement.where(sessions.c.id > last).limit(OLDER_ROWS_PER_UNIT))
            taken = [rows.to_shape(row) for row in found.mappings()]
            for session in taken:
                if are_in(session.config):
                    await repository.save_sealed(unit, session.id, store.sealed(session.id, session.config))
                    await repository.save(unit, dataclasses.replace(session, config=hidden(session.config)))
        if not taken:
            return
        last = taken[-1].id


async def _hide_in_events(database: Database, table: Table) -> None:
    key = list(table.primary_key)
    statement = select(*key, table.c.body).where(table.c.type.in_(_TELLING), table.c.body.is_not(None))
    last: tuple[Any, ...] | None = None
    while True:
        following = statement if last is None else statement.where(_after(key, last))
        async with database.transaction() as unit:
            found = await unit.execute(following.order_by(*key).limit(OLDER_ROWS_PER_UNIT))
            taken = list(found.mappings())
            for row in taken:
                await _hide(unit, table, row)
        if not taken:
            return
        last = tuple(taken[-1][column.name] for column in key)


def _after(key: list[Any], last: tuple[Any, ...]) -> ColumnElement[bool]:
    return tuple_(*key) > last


async def _hide(unit: Transaction, table: Table, row: RowMapping) -> None:
    happened = orjson.loads(row["body"])
    config = happened.get("session", {}).get("config", {})
    holders: list[Any] = []
    for server in (config.get("mcpServers") or {}).values():
        holders += [server.get("env"), server.get("headers")]
    holders.append(((config.get("agent") or {}).get("acp") or {}).get("environment"))
    given = [holder for holder in holders if holder]
    if not given:
        return
    for holder in given:
        holder.update(dict.fromkeys(holder, HIDDEN))
    where = [column == row[column.name] for column in table.primary_key]
    await unit.write(update(table).where(*where).values(body=orjson.dumps(happened)))
