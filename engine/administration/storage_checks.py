"""Checks of where everything is kept: the data directory, its disk, the database and the keys."""

from __future__ import annotations

import asyncio
import os
import pwd
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from roocode_server.engine.events.hub import Hub
from roocode_server.engine.events.log import EventLog
from roocode_server.engine.monitoring.readiness import disk_room
from roocode_server.engine.sealing.keys import SealingKeyUnusable, find_sealing_keys
from roocode_server.engine.storage.data_directory import data_directory, database_in
from roocode_server.engine.storage.database import DatabaseUnusable
from roocode_server.engine.storage.database_file import database_file, stored_version
from roocode_server.engine.storage.schema import VERSION, NewerVersion, check_version
from roocode_server.models.diagnosis import Finding
from roocode_server.models.settings import Settings

CLOCK_TOLERANCE_S: Final = 60.0
"""How far a file may be in the future before the clock is doubted."""


async def check_storage(settings: Settings) -> Sequence[Finding]:
    """Look at the data directory, and write to its database if there is one. Nothing is made or migrated."""
    folder = data_directory(settings)
    return [
        await asyncio.to_thread(_directory, folder),
        await _disk(folder, settings.monitoring.min_free_disk_mb),
        await _database(folder, settings),
        await asyncio.to_thread(_keys, folder, settings),
    ]


def _existing(folder: Path) -> Path:
    """The folder, or the closest one above it that is there."""
    return next(place for place in (folder, *folder.parents) if place.exists())


def _directory(folder: Path) -> Finding:
    place = _existing(folder)
    advice = f"Let the server's user write {place}, or name another folder with --data-dir."
    if not place.is_dir():
        return Finding.bad("data directory", f"{place} is not a folder", advice)
    if place != folder:
        if not os.access(place, os.W_OK | os.X_OK):
            return Finding.bad("data directory", f"{folder} cannot be made in {place}", advice)
        return Finding.good("data directory", f"{folder} will be made at the first start")
    owner = folder.stat().st_uid
    if owner != os.geteuid():
        return Finding.bad(
            "data directory",
            f"{folder} belongs to {_user(owner)}, and this is {_user(os.geteuid())}",
            f"Run server and doctor as {_user(owner)}, or name another folder with --data-dir.",
        )
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as failure:
        return Finding.bad("data directory", f"{folder} cannot be written: {failure.strerror}", advice)
    return Finding.good("data directory", f"{folder} can be written")


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"


async def _disk(folder: Path, least_mb: int) -> Finding:
    reason = await disk_room(_existing(folder), least_mb)
    if reason is not None:
        advice = "Free some space, or lower monitoring.min_free_disk_mb."
        return Finding.bad("disk", reason, advice)
    return Finding.good("disk", f"more than {least_mb} MiB are free")


async def _database(folder: Path, settings: Settings) -> Finding:
    """Write to the database as `/readyz` does; one that a start would migrate is left alone."""
    try:
        file = database_file(folder, settings)
    except DatabaseUnusable as failure:
        return Finding.bad("database", str(failure), "Correct the setting.")
    if not file.exists():
        return Finding.good("database", "there is none yet; the first start makes it")
    if file.stat().st_uid != os.geteuid():
        return Finding.lacking(
            "database", f"not tried: it belongs to {_user(file.stat().st_uid)}", "Run doctor as that user."
        )
    if file.stat().st_mtime > time.time() + CLOCK_TOLERANCE_S:
        return Finding.bad(
            "database", "it was last written in the future: the clock is slow", "Set this machine's clock."
        )
    try:
        version = await asyncio.to_thread(stored_version, file)
        check_version(version)
        if version != VERSION:
            return Finding.good(
                "database",
                f"its schema is {version}; the next start brings it to {VERSION}: make a backup first",
            )
        await _write(folder, settings)
    except NewerVersion as failure:
        return Finding.bad(
            "database",
            f"it was left by a newer version of this server (its schema is {failure})",
            "Start that version, or restore a backup that was made before it.",
        )
    except DatabaseUnusable as failure:
        return Finding.bad("database", str(failure), "Restore a backup, or name another --data-dir.")
    return Finding.good("database", f"it can be written; its schema is {VERSION}")


async def _write(folder: Path, settings: Settings) -> None:
    """Raises: DatabaseUnusable."""
    database = database_in(folder, settings)
    await database.open(EventLog(database, Hub().publish))
    try:
        await database.probe()
    finally:
        await database.close()


def _keys(folder: Path, settings: Settings) -> Finding:
    variable = settings.database.sealing_key_variable
    try:
        keys = find_sealing_keys(folder, variable, os.environ)
    except PermissionError:
        return Finding.lacking("sealing key", "this user may not read it", "Run doctor as the server's user.")
    except SealingKeyUnusable as failure:
        return Finding.bad("sealing key", str(failure), "See docs/authentication.md, secrets at rest.")
    if keys is None:
        return Finding.good("sealing key", "there is none yet; the first start makes it")
    return Finding.good("sealing key", f"in {keys.place}")
