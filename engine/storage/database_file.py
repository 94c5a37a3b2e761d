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
