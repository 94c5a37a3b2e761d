"""The repository of usage: one row for each user, session, model and UTC day, which outlives the session."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, delete, func, select
from sqlalchemy.dialects.sqlite import insert

from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.prepared import Prepared
from roocode_server.engine.storage.tables import usage_days
from roocode_server.models.clock import now
from roocode_server.models.identifier import SessionId, UserId
from roocode_server.models.usage_report import UsageGroup, UsageReport, UsageRow, UsageSums

USAGE_KEPT_DAYS: Final = 400
COST_DIGITS: Final = 8
"""How many digits of a US dollar a sum has after the point, as the usage of a task has."""
_SUMMED: Final = tuple(each.name for each in dataclasses.fields(UsageSums))
_COLUMNS: Final = {
    UsageGroup.DAY: ("day",),
    UsageGroup.USER: ("user_id",),
    UsageGroup.SESSION: ("session_id",),
    UsageGroup.MODEL: ("provider", "model"),
}
_FILTERS: Final = ("user_id", "session_id", "provider", "model")
_INSERT: Final = insert(usage_days)
_ADD: Final = Prepared(
    _INSERT.on_conflict_do_update(
        index_elements=list(usage_days.primary_key.columns),
        set_={name: usage_days.c[name] + _INSERT.excluded[name] for name in _SUMMED},
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUse:
    """A use of a model: usually one request. The cost is in US dollars, without that of unpriced requests."""

    provider: str
    model: str
    requests: int
    tokens_in: int
    tokens_out: int
    cache_reads: int
    cache_writes: int
    cost: float
    unpriced_requests: int


class UsageRepository:
    """Usage by day."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._tidied = ""
        """The day on which rows were last removed."""

    async def add(self, unit: Transaction, user_id: UserId, session_id: SessionId, used: ModelUse) -> None:
        """Count a use of a model today; rows that are too old are removed once a day."""
        today = now().astimezone(datetime.UTC).date()
        place = {"user_id": user_id, "session_id": session_id, "day": today.isoformat()}
        await unit.write(_ADD, [place | dataclasses.asdict(used)])
        if self._tidied != place["day"]:
            self._tidied = place["day"]
            oldest = today - datetime.timedelta(days=USAGE_KEPT_DAYS)
            await unit.write(delete(usage_days).where(usage_days.c.day < oldest.isoformat()))

    async def page(self, request: UsageReport) -> tuple[list[UsageRow], UsageSums, int]:
        """Return one page of the sums of what fits, latest day first, the sums of all, and how many rows
        there are.
        """
        names = [name for group in dict.fromkeys(request.group_by) for name in _COLUMNS[group]]
        keys = [usage_days.c[name] for name in names]
        sums: list[ColumnElement[Any]] = [
            func.coalesce(func.sum(usage_days.c[name]), 0).label(name) for name in _SUMMED
        ]
        fitting = list(_conditions(request))
        grouped = select(*keys, *sums).where(*fitting).group_by(*keys)
        order = [key.desc() if key.name == "day" else key for key in keys]
        paged = grouped.order_by(*order).limit(request.limit).offset(request.offset)
        async with self._database.read() as connection:
            rows = (await connection.execute(paged)).mappings().all()
            total = (await connection.execute(select(*sums).where(*fitting))).mappings().one()
            count = select(func.count()).select_from(grouped.subquery())
            number: int = (await connection.execute(count)).scalar_one()
        return [UsageRow(**_rounded(row)) for row in rows], UsageSums(**_rounded(total)), number


def _rounded(row: RowMapping) -> dict[str, Any]:
    """Return a row without the noise of adding floating-point numbers up."""
    return {**row, "cost": round(row["cost"], COST_DIGITS)}


def _conditions(request: UsageReport) -> Iterator[ColumnElement[bool]]:
    columns = usage_days.c
    for name in _FILTERS:
        wanted = getattr(request, name)
        if wanted is not None:
            yield columns[name] == wanted
    if request.since is not None:
        yield columns.day >= request.since
    if request.until is not None:
        yield columns.day <= request.until
