"""The schema: made at once in an empty database, brought up to date by the migrations in an older one."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from sqlalchemy import (
    Column,
    Connection,
    ExecutableDDLElement,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    create_mock_engine,
    insert,
    inspect,
    select,
)

from roocode_server.engine.storage.driver import driver_of
from roocode_server.engine.storage.tables import PROBED, metadata, server_state

_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_KNOWN: Final = frozenset(file.name.partition("_")[0] for file in _MIGRATIONS.glob("versions/[0-9]*.py"))
VERSION: Final = max(_KNOWN)
"""The last migration. A database that is made at once is what all of them together make; a test compares."""

_versions: Final = Table(  # as Alembic makes it
    "alembic_version",
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)


class NewerVersion(Exception):
    """The schema's version is unknown to this server."""


def bring_up_to_date(connection: Connection) -> None:
    """Make the tables, or migrate those that are there. Raises: NewerVersion; DBAPIError."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    names = inspect(connection).get_table_names()
    if not names:
        _make(connection)
    elif _versions.name not in names or _found(connection) != [VERSION]:
        _migrate(connection)
    connection.exec_driver_sql("COMMIT")


def check_version(version: str) -> None:
    """Raises: NewerVersion, if this server does not know it."""
    if version not in _KNOWN:
        raise NewerVersion(version)


def _make(connection: Connection) -> None:
    driver = driver_of(connection)
    for statement in _statements(connection.dialect.name):
        driver.defer("execute", statement)
    connection.execute(insert(server_state).values(name=PROBED, value="0"))
    connection.execute(insert(_versions).values(version_num=VERSION))


@functools.cache
def _statements(dialect: str) -> Sequence[str]:
    """What makes all tables and indexes in a database of this kind; put into words once a process."""
    said: list[str] = []

    def note(statement: ExecutableDDLElement, *_: object, **__: object) -> None:
        said.append(str(statement.compile(dialect=teller.dialect)))

    teller = create_mock_engine(f"{dialect}://", note)
    metadata.create_all(teller, checkfirst=False)
    _versions.create(teller, checkfirst=False)
    return said


def _found(connection: Connection) -> list[str]:
    return list(connection.execute(select(_versions.c.version_num)).scalars())


def _migrate(connection: Connection) -> None:
    # Few starts migrate anything, and importing this takes a tenth of a start.
    from alembic import command
    from alembic.config import Config
    from alembic.migration import MigrationContext

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    unknown = set(MigrationContext.configure(connection).get_current_heads()) - _KNOWN
    if unknown:
        raise NewerVersion(", ".join(sorted(unknown)))
    command.upgrade(config, "head")
