"""Giving the room of deleted rows back to the disk."""

from __future__ import annotations

from dataclasses import dataclass

from roocode_server.engine.events.hub import Hub
from roocode_server.engine.events.log import EventLog
from roocode_server.engine.storage.data_directory import database_in, make_data_directory
from roocode_server.engine.storage.database_file import database_file
from roocode_server.engine.storage.ownership import Ownership
from roocode_server.models.settings import Settings


@dataclass(frozen=True, slots=True)
class VacuumedDatabase:
    """The size of a database's file before and after it was written anew."""

    before_bytes: int
    after_bytes: int


async def vacuum(settings: Settings) -> VacuumedDatabase:
    """Write the database anew without the room of deleted rows. Killed in between, it is as it was before.

    Raises: DirectoryInUse, if a server is running; DatabaseUnusable, if there is no room; OSError.
    Source: SQLite, "VACUUM".
    """
    data_dir = make_data_directory(settings)
    file = database_file(data_dir, settings)
    ownership = Ownership(data_dir)
    try:
        database = database_in(data_dir, settings)
        await database.open(EventLog(database, Hub().publish))
        try:
            before_bytes = file.stat().st_size
            await database.compact()
            return VacuumedDatabase(before_bytes, file.stat().st_size)
        finally:
            await database.close()
    finally:
        await ownership.release()
