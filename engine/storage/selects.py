"""SELECTs without SQLAlchemy's cursors and results.

SQLAlchemy still puts each statement into words once and remembers them. But to execute it, and to describe
the columns of its result anew each time, takes some six times as long as the driver needs to find a row by
its key, with the way to its thread and back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from weakref import WeakKeyDictionary

from sqlalchemy import CompoundSelect, Connection, IteratorResult, Result, Select
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.sql.compiler import SQLCompiler

from roocode_server.models.shape import Convert

AnySelect = Select[Any] | CompoundSelect[Any]


@dataclass(frozen=True, slots=True)
class Columns:
    """Of a SELECT's result: their names, and how what the driver returns becomes what the program uses."""

    names: tuple[str, ...]
    described: SimpleResultMetaData
    converts: tuple[tuple[int, Convert], ...]

    def converted(self, rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
        """The driver's rows as the columns' types say."""
        if not self.converts:
            return rows
        made = [list(row) for row in rows]
        for row in made:
            for place, convert in self.converts:
                row[place] = convert(row[place])
        return made


@dataclass(frozen=True, slots=True)
class Selected:
    """All rows of a SELECT's result."""

    columns: Columns
    rows: Sequence[Sequence[Any]]

    def mappings(self) -> list[dict[str, Any]]:
        """The rows by the names of their columns."""
        names = self.columns.names
        return [dict(zip(names, row, strict=True)) for row in self.rows]

    def result(self) -> Result[Any]:
        """The rows as SQLAlchemy hands them out."""
        return IteratorResult(self.columns.described, iter([tuple(row) for row in self.rows]))


@dataclass(frozen=True, slots=True)
class WordedSelect:
    """A SELECT in the driver's words, with its parameters in their order."""

    sql: str
    parameters: tuple[Any, ...]
    _compiled: SQLCompiler
    _statement: AnySelect

    def selected(self, connection: Connection, rows: Sequence[Any], description: Sequence[Any]) -> Selected:
        """What the driver has returned."""
        columns = _columns.get(self._compiled)
        if columns is None:
            columns = _columns[self._compiled] = _described(self._statement, connection, description)
        return Selected(columns, columns.converted(rows))


def put_into_words(
    connection: Connection, statement: AnySelect, named: Mapping[str, Any] | None = None
) -> WordedSelect:
    """Return a SELECT as the driver takes it, from what has been compiled before if there is one like it."""
    compiled, given, set_by_name, _ = statement._compile_w_cache(
        connection.dialect, compiled_cache=connection.engine._compiled_cache, column_keys=[]
    )
    assert isinstance(compiled, SQLCompiler) and compiled.positiontup is not None  # noqa: S101 - it is SQLite's
    by_name = {**(set_by_name or {}), **(named or {})}
    values = compiled.construct_params(by_name, extracted_parameters=given, escape_names=False)
    sql, order = compiled.string, compiled.positiontup
    converts = cast(Mapping[str, Convert], compiled._bind_processors)  # none has tuples
    if compiled.post_compile_params:
        expanded = compiled._process_parameters_for_postcompile(values)
        sql, order = expanded.statement, cast(list[str], expanded.positiontup)
        values = {**values, **expanded.additional_parameters}
        converts = {**converts, **cast(Mapping[str, Convert], expanded.processors)}
    parameters = tuple([converts[name](values[name]) if name in converts else values[name] for name in order])
    return WordedSelect(sql, parameters, compiled, statement)


def _described(statement: AnySelect, connection: Connection, description: Sequence[Any]) -> Columns:
    names = tuple(each[0] for each in description)
    columns = list(statement.selected_columns)
    converts = [each.type.dialect_impl(connection.dialect) for each in columns]
    return Columns(
        names,
        SimpleResultMetaData(names, [(column,) for column in columns]),
        tuple(
            (place, convert)
            for place, kind in enumerate(converts)
            if (convert := kind.result_processor(connection.dialect, None)) is not None
        ),
    )


_columns: Final[WeakKeyDictionary[SQLCompiler, Columns]] = WeakKeyDictionary()
