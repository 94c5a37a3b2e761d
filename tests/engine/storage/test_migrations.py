"""The migrations bring a database, empty or of any earlier version, to the tables of `tables.py` and back."""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy import inspect as inspect_database

import roocode_server.engine.storage.migrations
from roocode_server.engine.storage.tables import metadata
from tests.support.storage import open_storage

PLACE = Path(roocode_server.engine.storage.migrations.__file__).parent


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(PLACE))
    config.attributes["connection"] = connection
    return config


def _scripts() -> list[Script]:
    """Every migration, the first one first."""
    return list(ScriptDirectory.from_config(_config()).walk_revisions())[::-1]


VERSIONS = [script.revision for script in _scripts()]
BASE = "base"


@pytest.fixture(scope="module", autouse=True)
def scripts_read_once() -> Iterator[None]:
    """Each migration reads all scripts, which takes longer than to run them."""
    read = ScriptDirectory.from_config(_config())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(ScriptDirectory, "from_config", lambda _: read)
        yield


@pytest.fixture(scope="module")
def earlier(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A database of each version, and an empty one, `base`: migrated once, to be copied."""
    folder = tmp_path_factory.mktemp("versions")
    made = {BASE: folder / "base.sqlite3"}
    made[BASE].touch()
    for before, version in zip([BASE, *VERSIONS], VERSIONS, strict=False):
        made[version] = folder / f"{version}.sqlite3"
        shutil.copyfile(made[before], made[version])
        with opened(made[version]) as connection:
            command.upgrade(_config(connection), version)
    return made


@contextmanager
def opened(file: Path) -> Iterator[Connection]:
    database = create_engine(f"sqlite:///{file}", isolation_level="AUTOCOMMIT")
    with database.connect() as connection:
        yield connection
    database.dispose()


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    with opened(tmp_path / "empty.sqlite3") as connection:
        yield connection


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(
        connection, opts={"compare_type": True, "compare_server_default": True, "target_metadata": metadata}
    )
    return list(compare_metadata(context, metadata))


def _described(connection: Connection) -> dict[str, object]:
    """What autogenerate leaves out: keys, their cascades, and whether a table has row ids."""
    found = inspect_database(connection)
    described: dict[str, object] = {}
    for table in sorted(found.get_table_names()):
        if table == "alembic_version":
            continue
        keys = sorted(
            (tuple(key["constrained_columns"]), key["referred_table"], str(key["options"]))
            for key in found.get_foreign_keys(table)
        )
        made = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": table})
        described[table] = (
            found.get_pk_constraint(table)["constrained_columns"],
            keys,
            "WITHOUT ROWID" in made.scalar_one().upper(),
        )
    return described


def _rows(connection: Connection) -> dict[str, list[object]]:
    """All that is stored."""
    tables = inspect_database(connection).get_table_names()
    return {
        table: [tuple(row) for row in connection.execute(text(f"SELECT * FROM {table}"))]  # noqa: S608
        for table in tables
    }


def _versions_table(connection: Connection) -> str:
    """How Alembic's own table was made, in one line."""
    made = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = 'alembic_version'"))
    return " ".join(made.scalar_one().split())


def test_an_empty_database_is_brought_to_exactly_the_tables(connection: Connection) -> None:
    command.upgrade(_config(connection), "head")
    assert _differences(connection) == []


def test_keys_and_cascades_are_those_of_the_tables(connection: Connection, tmp_path: Path) -> None:
    command.upgrade(_config(connection), "head")
    made = create_engine(f"sqlite:///{tmp_path / 'made.sqlite3'}")
    metadata.create_all(made)
    with made.connect() as wanted:
        assert _described(connection) == _described(wanted)
    made.dispose()


async def test_an_empty_database_is_opened_as_the_migrations_leave_it(
    connection: Connection, tmp_path: Path
) -> None:
    command.upgrade(_config(connection), "head")
    storage = await open_storage(tmp_path)
    await storage.database.close()
    with opened(tmp_path / "test.sqlite3") as made:
        assert _differences(made) == []
        assert _described(made) == _described(connection)
        assert _rows(made) == _rows(connection)
        assert _versions_table(made) == _versions_table(connection)
        assert MigrationContext.configure(made).get_current_heads() == (VERSIONS[-1],)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_server_brings_a_database_of_an_earlier_version_up_to_date(
    tmp_path: Path, earlier: dict[str, Path], version: str
) -> None:
    file = tmp_path / "test.sqlite3"
    shutil.copyfile(earlier[version], file)
    storage = await open_storage(tmp_path)
    await storage.database.close()
    with opened(file) as connection:
        assert _differences(connection) == []


async def test_a_database_that_is_up_to_date_is_opened_unchanged(tmp_path: Path) -> None:
    for _ in range(2):
        storage = await open_storage(tmp_path)
        await storage.database.close()
    with opened(tmp_path / "test.sqlite3") as connection:
        assert _differences(connection) == []


def test_the_migrations_are_one_line_from_the_first_version_on() -> None:
    scripts = _scripts()
    assert [script.down_revision for script in scripts] == [None, *VERSIONS[:-1]]
    assert VERSIONS[0] == "0001"


@pytest.mark.parametrize("script", _scripts(), ids=VERSIONS)
def test_every_migration_can_be_undone_or_says_why_not(
    tmp_path: Path, earlier: dict[str, Path], script: Script
) -> None:
    undo = script.module.downgrade
    if undo.__doc__:  # it says why it cannot
        with pytest.raises(NotImplementedError):
            undo()
        return
    assert "op." in inspect.getsource(undo)
    before = script.down_revision if isinstance(script.down_revision, str) else BASE
    file = tmp_path / "undone.sqlite3"
    shutil.copyfile(earlier[script.revision], file)
    with opened(earlier[before]) as was, opened(file) as connection:
        is_now = _described(connection)
        command.downgrade(_config(connection), before)
        assert _described(connection) == _described(was)
        command.upgrade(_config(connection), script.revision)
        assert _described(connection) == is_now


def test_what_is_told_of_a_dead_server_outlasts_its_tables_new_name(connection: Connection) -> None:
    told = ("session-1", "process-1", None, "process.ended", b"{}")
    command.upgrade(_config(connection), "0016")
    connection.execute(text("PRAGMA foreign_keys = OFF"))
    connection.exec_driver_sql("INSERT INTO wills VALUES (?, ?, ?, ?, ?)", told)
    command.upgrade(_config(connection), "0017")
    assert connection.exec_driver_sql("SELECT * FROM pending_ends").all() == [told]
    command.downgrade(_config(connection), "0016")
    assert connection.exec_driver_sql("SELECT * FROM wills").all() == [told]


def test_earlier_usage_that_cost_nothing_is_taken_as_unpriced_but_not_that_of_playbooks(
    connection: Connection,
) -> None:
    command.upgrade(_config(connection), "0032")
    rows = {
        ("anthropic", "claude-haiku-4-5", 100, 0.02): 0,
        ("openai", "a-model-of-ours", 100, 0.0): 3,
        ("openai", "one-that-failed", 0, 0.0): 0,
        ("scripted", "write-and-run", 100, 0.0): 0,
    }
    for provider, model, tokens, cost in rows:
        connection.exec_driver_sql(
            "INSERT INTO usage_days VALUES ('2026-02-28', 'user', 'session', ?, ?, 3, ?, 0, 0, 0, ?)",
            (provider, model, tokens, cost),
        )
    command.upgrade(_config(connection), "0033")
    found = connection.exec_driver_sql("SELECT model, unpriced_requests FROM usage_days").all()
    assert dict(map(tuple, found)) == {model: unpriced for (_, model, _, _), unpriced in rows.items()}
