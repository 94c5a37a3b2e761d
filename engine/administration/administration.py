"""What the command line works on: a data directory, whose server may be running or not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from roocode_server.engine.accounts.accounts import Accounts
from roocode_server.engine.audit.log import AuditLog
from roocode_server.engine.events.hub import Hub
from roocode_server.engine.events.log import EventLog
from roocode_server.engine.storage.data_directory import database_in, make_data_directory
from roocode_server.models.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration:
    """What the command line works on."""

    accounts: Accounts
    audit: AuditLog


@asynccontextmanager
async def open_administration(settings: Settings) -> AsyncIterator[Administration]:
    """Open the accounts and the audit log alone; a server may use the same data directory meanwhile.

    Raises: OSError, SQLAlchemyError, if the data directory cannot be used.
    """
    data_dir = make_data_directory(settings)
    database = database_in(data_dir, settings)
    await database.open(EventLog(database, Hub().publish))
    try:
        audit = AuditLog(database)
        yield Administration(accounts=Accounts(database, settings.auth, data_dir), audit=audit)
        await audit.flush()
    finally:
        await database.close()
