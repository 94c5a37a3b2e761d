"""Rotation knows every column that holds something sealed."""

from __future__ import annotations

from roocode_server.engine.sealing.columns import SEALED_COLUMNS
from roocode_server.engine.storage.tables import metadata


def test_every_column_that_is_named_as_sealed_is_sealed_anew() -> None:
    named = {
        (table.name, column.name)
        for table in metadata.tables.values()
        for column in table.columns
        if column.name.startswith(("sealed", "encrypted"))
    }
    assert {(each.table.name, each.name) for each in SEALED_COLUMNS} == named
