"""Writes that are put into the driver's words once, not each time that they are executed.

SQLAlchemy takes six times as long to hand a small statement to a driver as to put its parameters into order,
and one step of the agent writes a dozen rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Delete, Dialect, Insert, Update
from sqlalchemy.sql.compiler import SQLCompiler

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Parameter:
    """Of a statement in the driver's words: from the row, or always the same."""

    name: str
    is_given: bool
    constant: Any
    convert: Callable[[Any], Any] | None

    def of(self, row: Row) -> Any:
        content = row[self.name] if self.is_given else self.constant
        return content if self.convert is None else self.convert(content)


@dataclass(frozen=True, slots=True)
class Worded:
    """A statement in the driver's words, for rows with certain columns."""

    sql: str
    _parameters: tuple[_Parameter, ...]

    def parameters(self, row: Row) -> tuple[Any, ...]:
        """The parameters of a row with these columns, in their order."""
        return tuple([each.of(row) for each in self._parameters])


class Prepared:
    """An INSERT, UPDATE or DELETE whose text depends on nothing but the names in its rows."""

    def __init__(self, statement: Insert | Update | Delete) -> None:
        self._statement = statement
        self._worded: dict[tuple[str, tuple[str, ...]], Worded] = {}

    def worded(self, dialect: Dialect, row: Row) -> Worded:
        """Return it for rows with these names. Raises: TypeError, if it has no place for one of them or needs
        others, or cannot be prepared.
        """
        key = (dialect.name, tuple(row))
        if (found := self._worded.get(key)) is None:
            found = self._worded[key] = _put_into_words(self._statement, dialect, tuple(row))
        return found


def _put_into_words(statement: Insert | Update | Delete, dialect: Dialect, names: Sequence[str]) -> Worded:
    compiled = statement.compile(dialect=dialect, column_keys=list(names), for_executemany=True)
    assert isinstance(compiled, SQLCompiler)  # noqa: S101 - of an SQL statement
    is_computed = compiled.insert_prefetch or compiled.update_prefetch
    if is_computed or compiled.post_compile_params or compiled.positiontup is None:
        raise TypeError(f"its text or values are not the same each time: {compiled}")
    converters = cast(Mapping[str, Callable[[Any], Any]], compiled._bind_processors)  # none has tuples
    parameters = [
        _Parameter(bound.key, bound.key in names, bound.effective_value, converters.get(name))
        for name, bound in ((name, compiled.binds[name]) for name in compiled.positiontup)
    ]
    missing = {compiled.binds[name].key for name in compiled.positiontup if compiled.binds[name].required}
    if wrong := (missing - set(names)) | (set(names) - {each.name for each in parameters}):
        raise TypeError(f"{sorted(wrong)} of a row and of its statement do not fit: {compiled}")
    return Worded(str(compiled), tuple(parameters))
