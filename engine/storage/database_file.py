"""The file of a SQLite database, as far as it can be read without opening the database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from roocode_server.engine.storage.data_directory import DATABASE_FILE
from roocode_server.engine.storage.database import DatabaseUnusable
from roocode_server.models.settings import Settings


def database_file(data_dir: Path, settings: Settings) -> Path:
    """Return where the database is or will be. Raises: DatabaseUnusable, if the settings name no file."""
    if not settings.database.url:
        return data_dir / DATABASE_FILE
    try:
        url = make_url(settings.database.url)
    except ArgumentError:
        url = None
    if url is None or url.get_backend_name() != "sqlite" or not url.database:
        raise DatabaseUnusable("The setting database.url names no file of SQLite")
    return Path(url.database).absolute()


def stored_version(file: Path) -> str:
    """Return the version of the schema; the file is only read.

    Raises: DatabaseUnusable, if it is no database of a server.
    """
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            [version] = connection.execute("SELECT version_num FROM alembic_version").fetchone() or [None]
    except sqlite3.Error as failure:
        raise DatabaseUnusable(f"The database {file} cannot be used: {failure}") from failure
    if version is None:
        raise DatabaseUnusable(f"The database {file} cannot be used: it has no schema")
    return str(version)


def snapshot(file: Path, target: Path) -> None:
    """Copy a database as it is at one moment, while others write to it, and check the copy.

    The copy is one file, without the log that SQLite keeps beside a database in use. Source: SQLite Online
    Backup API. Raises: DatabaseUnusable.
    """
    try:
        with (
            closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(
                copy
            )  # all pages in one step: a step for some of them would begin anew at each write
            copy.execute("PRAGMA journal_mode=DELETE")
            [found] = copy.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as failure:
        raise DatabaseUnusable(f"The database {file} cannot be copied: {failure}") from failure
    if found != "ok":
        raise DatabaseUnusable(f"The database {file} is damaged: {found}")


def stored_sessions(file: Path) -> list[str]:
    """Return the ids of all sessions; the file is only read. Raises: DatabaseUnusable."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return [session for (session,) in connection.execute("SELECT id FROM sessions ORDER BY id")]
    except sqlite3.Error as failure:
        raise DatabaseUnusable(f"The database {file} cannot be used: {failure}") from failure
