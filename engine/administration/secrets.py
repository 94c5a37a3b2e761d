"""The keys that seal stored secrets and sign access tokens: opened with the data directory, and replaced."""

from __future__ import annotations

import os
from pathlib import Path

from roocode_server.engine.accounts.accounts import SECRET_FILE
from roocode_server.engine.accounts.signing_keys import rotate_signing_key, signing_keys
from roocode_server.engine.events.hub import Hub
from roocode_server.engine.events.log import EventLog
from roocode_server.engine.sealing.keys import SealingKeys
from roocode_server.engine.sealing.opening import open_sealing_keys
from roocode_server.engine.sealing.resealing import Resealing
from roocode_server.engine.sealing.rotation import give_up_sealed, rotate_sealing_key
from roocode_server.engine.sessions.older_secrets import seal_older
from roocode_server.engine.storage.data_directory import database_in, make_data_directory
from roocode_server.engine.storage.database import Database
from roocode_server.engine.storage.ownership import Ownership
from roocode_server.models.settings import Settings


async def sealing_keys(settings: Settings, data_dir: Path, database: Database) -> SealingKeys:
    """The keys that seal secrets; what an earlier version has left is sealed by them now."""
    keys = await open_sealing_keys(database, data_dir, settings.database.sealing_key_variable, os.environ)
    await seal_older(database, keys, signing_keys(data_dir / SECRET_FILE).keys[0].secret)
    return keys


async def rotate_secrets(settings: Settings, *, gives_up: bool) -> Resealing:
    """Replace the keys that seal secrets and sign access tokens; no login ends.

    Where it `gives_up`, the secrets are lost that the present key does not open.
    Raises: DirectoryInUse, if a server is running; SealingKeyUnusable; OSError; DatabaseUnusable.
    """
    data_dir, variable = make_data_directory(settings), settings.database.sealing_key_variable
    ownership = Ownership(data_dir)
    try:
        database = database_in(data_dir, settings)
        await database.open(EventLog(database, Hub().publish))
        try:
            if gives_up:
                await give_up_sealed(database, data_dir, variable, os.environ)
            await sealing_keys(settings, data_dir, database)
            done = await rotate_sealing_key(database, data_dir, variable, os.environ)
        finally:
            await database.close()
        rotate_signing_key(data_dir / SECRET_FILE, lifetime_s=settings.auth.access_token_s)
    finally:
        await ownership.release()
    return done
