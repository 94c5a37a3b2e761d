"""What the machine has run out of is told as that, however it was noticed."""

from __future__ import annotations

import contextlib
import errno
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from roocode_server.models.exhaustion import exhausted


def full(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("PRAGMA max_page_count = 2")
        connection.execute("INSERT INTO t VALUES (zeroblob(100000))")


def unopened(file: Path) -> None:
    sqlite3.connect(file.parent / "nowhere" / "database")


def locked(file: Path) -> None:
    with (
        contextlib.closing(sqlite3.connect(file)) as one,
        contextlib.closing(sqlite3.connect(file, timeout=0)) as other,
    ):
        one.execute("BEGIN EXCLUSIVE")
        other.execute("BEGIN IMMEDIATE")


@pytest.mark.parametrize(
    ("break_it", "told"),
    [(full, "disk of the server is full"), (unopened, "no file descriptors"), (locked, "locked")],
)
def test_a_database_that_lacks_something_is_the_servers_overload(
    tmp_path: Path, break_it: Callable[[Path], None], told: str
) -> None:
    with pytest.raises(sqlite3.OperationalError) as raised:
        break_it(tmp_path / "database")
    try:
        raise RuntimeError("a statement failed") from raised.value
    except RuntimeError as failure:
        overload = exhausted(failure)
    assert overload is not None and told in overload.message


@pytest.mark.parametrize(
    "failure", [OSError(errno.EACCES, "no"), sqlite3.ProgrammingError("closed"), ValueError(), None]
)
def test_anything_else_is_not(failure: Exception | None) -> None:
    assert exhausted(failure) is None


def test_a_mistake_in_a_statement_is_not() -> None:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        with pytest.raises(sqlite3.OperationalError) as raised:
            connection.execute("SELECT nothing")
        assert exhausted(raised.value) is None
