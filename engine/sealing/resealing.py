"""Sealing everything that is stored by the present key, in small steps: a stop in between loses nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sqlalchemy import select, update

from roocode_server.engine.sealing.columns import SEALED_COLUMNS, SealedColumn
from roocode_server.engine.sealing.keys import SealingKeys
from roocode_server.engine.sealing.sealer import SealBroken, Sealer
from roocode_server.engine.storage.database import Database, Transaction

RESEALED_ROWS_PER_UNIT: Final = 100


@dataclass(frozen=True, slots=True)
class Resealing:
    """How many texts were sealed anew, and how many no key opens: these stay as they are."""

    renewed: int = 0
    unreadable: int = 0

    def __add__(self, other: Resealing) -> Resealing:
        return Resealing(self.renewed + other.renewed, self.unreadable + other.unreadable)


async def reseal(database: Database, keys: SealingKeys) -> Resealing:
    """Seal by the present key what a former one has sealed. All keys open all rows until this is done."""
    done = Resealing()
    for column in SEALED_COLUMNS:
        sealer, last = Sealer(keys.keys, column.purpose), ""
        while True:
            async with database.transaction() as unit:
                last, step = await _some(unit, column, sealer, after=last)
            if not last:
                break
            done += step
    return done


async def _some(
    unit: Transaction, sealed: SealedColumn, sealer: Sealer, *, after: str
) -> tuple[str, Resealing]:
    """Look at the next rows; the id of the last one, or nothing where there are no more."""
    row_id, column = sealed.table.c.id, sealed.column
    statement = (
        select(row_id, column)
        .where(row_id > after, column.is_not(None))
        .order_by(row_id)
        .limit(RESEALED_ROWS_PER_UNIT)
    )
    last, done = "", Resealing()
    for row in (await unit.execute(statement)).mappings():
        last = owner = row[row_id]
        text = row[column]
        if sealer.is_present(text):
            continue
        try:
            opened = sealer.open(text, owner)
        except SealBroken:
            done += Resealing(unreadable=1)
            continue
        renewed = {sealed.name: sealer.close(opened, owner)}
        await unit.write(update(sealed.table).where(row_id == owner).values(renewed))
        done += Resealing(renewed=1)
    return last, done
