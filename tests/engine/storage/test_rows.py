"""Rows and shapes: what a shape has, its table keeps."""

from __future__ import annotations

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table

from roocode_server.engine.storage.rows import Rows
from roocode_server.models.shape import Shape, value
from tests.support.storage import Storage


@value
class Kept(Shape):
    id: int
    forgotten: str = ""


def test_a_field_without_a_column_is_refused_before_anything_is_stored(storage: Storage) -> None:
    table = Table("kept", MetaData(), Column("id", Integer, primary_key=True), Column("other", String(8)))
    with pytest.raises(TypeError, match="forgotten"):
        Rows(storage.database, table, Kept)
