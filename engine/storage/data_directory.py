"""The folder that holds everything a server keeps, and the database in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from roocode_server.engine.storage.database import Database
from roocode_server.models.settings import Settings

DATABASE_FILE: Final = "roocode.sqlite3"


def data_directory(settings: Settings) -> Path:
    """The folder that the settings name, whether it is there or not."""
    return Path(settings.server.data_dir).absolute()


def has_database(settings: Settings) -> bool:
    """Whether a server has run here before; a database named in the settings counts as one."""
    return bool(settings.database.url) or (data_directory(settings) / DATABASE_FILE).exists()


def make_data_directory(settings: Settings) -> Path:
    """Make the folder that the settings name, for this user alone, if it is missing. Raises: OSError."""
    data_dir = data_directory(settings)
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    return data_dir


def database_in(
    data_dir: Path, settings: Settings, on_commit: Callable[[float], None] | None = None
) -> Database:
    """The database of this folder, or the one that the settings name; not open yet."""
    return Database(
        settings.database.url or f"sqlite+aiosqlite:///{data_dir / DATABASE_FILE}",
        synchronous=settings.database.synchronous,
        on_commit=on_commit,
    )
