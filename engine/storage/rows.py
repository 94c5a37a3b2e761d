"""The mapping between rows and shapes, the same for every table."""

from __future__ import annotations

import enum
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, Table, bindparam, func, insert, select, update

from roocode_server.engine.storage.database import Database, Statements, Transaction
from roocode_server.engine.storage.prepared import Prepared
from roocode_server.engine.storage.revival import revivals
from roocode_server.models.cleaning import cleaned_text
from roocode_server.models.shape import Convert, Shape, StoredSchema, cached, converter, schema_of

AnyShape = TypeVar("AnyShape", bound=Shape)

Each = TypeVar("Each")

KEYS_PER_STATEMENT: Final = 500
"""The most keys in one statement."""


def batched(items: Iterable[Each], size: int) -> Iterator[list[Each]]:
    """Yield the items in lists of at most `size`."""
    left = iter(items)
    while some := list(islice(left, size)):
        yield some


class RowShape(Generic[AnyShape]):
    """The mapping between a table's rows and shapes of one class; columns have the names of its fields.

    Raises: TypeError, if the shape has a field without a column.
    """

    def __init__(self, table: Table, shape: type[AnyShape]) -> None:
        self.table = table
        self._shape = shape
        self._converters = _converters(table, shape)
        self._revivals = revivals(shape)

    def to_row(self, item: AnyShape, before: AnyShape | None = None) -> dict[str, Any]:
        """Return the columns of a shape: nested shapes as JSON, enumerations as their values.

        With `before`, only the columns that differ from it.
        """
        row: dict[str, Any] = {}
        for name, convert in self._converters.items():
            content = getattr(item, name)
            if before is not None and getattr(before, name) == content:
                continue
            row[name] = _stored(content) if convert is None or content is None else convert(content)
        return row

    def to_shape(self, row: Mapping[Any, Any]) -> AnyShape:
        """Return the shape of a row."""
        return self._shape(**{name: revive(row[name]) for name, revive in self._revivals.items()})


class Rows(RowShape[AnyShape]):
    """A table whose rows are shapes of one class. Raises: TypeError, as `RowShape`."""

    def __init__(self, database: Database, table: Table, shape: type[AnyShape]) -> None:
        super().__init__(table, shape)
        self.database = database
        self._insert, self._update, self._select = _statements(table)

    async def insert(self, unit: Transaction, item: AnyShape, **columns: Any) -> None:
        """Store a new row; `columns` are those that are not fields of the shape."""
        await unit.write(self._insert, [self.to_row(item) | columns])

    async def save(self, unit: Transaction, item: AnyShape, before: AnyShape | None = None) -> None:
        """Update an existing row, or only the columns that differ from `before`."""
        row = self.to_row(item, before)
        for column in self.table.primary_key:
            row.pop(column.name, None)
        if not row:
            return
        key = {f"of_{column.name}": getattr(item, column.name) for column in self.table.primary_key}
        await unit.write(self._update, [row | key])

    async def first(self, *where: ColumnElement[bool]) -> AnyShape | None:
        """Return the first matching row, or None."""
        async with self.database.read() as connection:
            found = (await connection.select(self._select.where(*where).limit(1))).mappings()
        return self.to_shape(found[0]) if found else None

    async def first_with(self, **columns: Any) -> AnyShape | None:
        """Return the first row with these contents, where None is NULL; None if there is no such row."""
        async with self.database.read() as connection:
            return await self.first_with_on(connection, **columns)

    async def first_with_on(self, connection: Statements, **columns: Any) -> AnyShape | None:
        """As `first_with`, on a given connection."""
        statement = _with(self.table, _nulls(columns), 1)
        found = (await connection.select(statement, columns)).mappings()
        return self.to_shape(found[0]) if found else None

    async def all_with(self, **columns: Any) -> list[AnyShape]:
        """Return all rows with these contents, where None is NULL."""
        async with self.database.read() as connection:
            found = await connection.select(_with(self.table, _nulls(columns)), columns)
            return [self.to_shape(row) for row in found.mappings()]

    async def all(self, statement: Select[Any]) -> list[AnyShape]:
        """Return the shapes of all rows that a statement on this table selects."""
        async with self.database.read() as connection:
            return [self.to_shape(row) for row in (await connection.select(statement)).mappings()]

    async def ids_among(self, ids: Collection[str], *where: ColumnElement[bool]) -> set[str]:
        """Return those of these ids whose rows match; the table's key is `id`."""
        found: set[str] = set()
        async with self.database.read() as connection:
            for some in batched(ids, KEYS_PER_STATEMENT):
                statement = select(self.table.c.id).where(self.table.c.id.in_(some), *where)
                found.update((await connection.execute(statement)).scalars())
        return found

    async def page(
        self, *where: ColumnElement[bool], order: Any, limit: int, offset: int
    ) -> tuple[list[AnyShape], int]:
        """Return one page of the matching rows, and their total number."""
        found = select(self.table).where(*where).order_by(*order).limit(limit).offset(offset)
        counted = select(func.count()).select_from(self.table).where(*where)
        async with self.database.read() as connection:
            total = (await connection.execute(counted)).scalar_one()
            return [self.to_shape(row) for row in (await connection.select(found)).mappings()], total


@cached
def _converters(table: Table, shape: type[Shape]) -> Mapping[str, Convert | None]:
    """How the content of each column with JSON is made; None for the others.

    Raises: TypeError, if there is no column for a field of the shape.
    """
    fields = schema_of(shape, StoredSchema).fields
    if missing := fields.keys() - table.columns.keys():
        raise TypeError(f"the table {table.name} has no column for {shape.__name__}'s {sorted(missing)}")
    is_json = {column.name for column in table.columns if column.type.python_type is dict}
    return {
        name: converter(field, is_stored=True) if name in is_json else None for name, field in fields.items()
    }


@cached
def _statements(table: Table) -> tuple[Prepared, Prepared, Select[Any]]:
    """What inserts a row, what updates one by its key, and what selects all."""
    is_that = [column == bindparam(f"of_{column.name}") for column in table.primary_key]
    return Prepared(insert(table)), Prepared(update(table).where(*is_that)), select(table)


def _nulls(columns: Mapping[str, Any]) -> tuple[tuple[str, bool], ...]:
    return tuple([(name, content is None) for name, content in columns.items()])


@cached
def _with(table: Table, columns: tuple[tuple[str, bool], ...], most: int | None = None) -> Select[Any]:
    """What selects rows by the contents of these columns, which are NULL or parameters of their names."""
    is_that = [
        table.c[name].is_(None) if is_null else table.c[name] == bindparam(name) for name, is_null in columns
    ]
    return select(table).where(*is_that).limit(most)


def _stored(content: Any) -> Any:
    if isinstance(content, enum.Enum):
        return content.value
    return cleaned_text(content) if isinstance(content, str) else content
