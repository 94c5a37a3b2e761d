"""Which keys have sealed what a database holds: found, or made, before anything is opened with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import delete, insert, select

from roocode_server.engine.sealing.keys import (
    SEALING_FILE,
    SealingKeys,
    SealingKeyUnusable,
    find_sealing_keys,
    make_sealing_keys,
)
from roocode_server.engine.storage.database import Database
from roocode_server.engine.storage.tables import PROVED, server_state

_LOST: Final = "If it is lost, `roocode-server secrets rotate --give-up` goes on without these secrets"

log = structlog.get_logger("sealing")


async def open_sealing_keys(
    database: Database, data_dir: Path, variable: str, environment: Mapping[str, str]
) -> SealingKeys:
    """The keys that have sealed what is stored; the first call for a database makes one.

    They are in the environment variable with this name, or, if it is empty, in the data directory.
    Raises: SealingKeyUnusable, if they are missing or others; OSError.
    """
    keys = find_sealing_keys(data_dir, variable, environment)
    proof = await _proof(database)
    if proof is None:
        keys = keys or make_sealing_keys(data_dir)
        await store_proof(database, keys)
    elif keys is None:
        raise SealingKeyUnusable(
            "The key that has sealed the secrets in the database is missing: restore "
            f"{data_dir / SEALING_FILE}, or name the environment variable that has it "
            f"(database.sealing_key_variable). {_LOST}"
        )
    elif not keys.are_proved(proof):
        raise SealingKeyUnusable(
            f"The key of {keys.place} is not the one that has sealed the secrets in the database: put that "
            f"one in its place, or behind it. {_LOST}"
        )
    if keys.file is not None and keys.are_being_rotated:
        log.warning("rotation of the sealing key was interrupted", next="roocode-server secrets rotate")
    return keys


async def store_proof(database: Database, keys: SealingKeys) -> None:
    """Store by what these keys are recognized from now on."""
    async with database.transaction() as unit:
        await unit.execute(delete(server_state).where(server_state.c.name == PROVED))
        await unit.execute(insert(server_state).values(name=PROVED, value=keys.proof()))


async def _proof(database: Database) -> str | None:
    async with database.read() as connection:
        statement = select(server_state.c.value).where(server_state.c.name == PROVED)
        proof: str | None = (await connection.execute(statement)).scalar_one_or_none()
    return proof
