"""The repository of standing rules."""

from __future__ import annotations

from sqlalchemy import delete, func, select

from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.rows import Rows
from roocode_server.engine.storage.tables import standing_rules
from roocode_server.models.identifier import RuleId, UserId
from roocode_server.models.rule import StandingRule

_ORDER = (standing_rules.c.created_at, standing_rules.c.id)


class StandingRuleRepository:
    """Standing rules in the database; users find only their own."""

    def __init__(self, database: Database) -> None:
        self._rows = Rows(database, standing_rules, StandingRule)

    async def of_user(self, user_id: UserId) -> list[StandingRule]:
        """Return a user's rules, in the order in which they were made."""
        of_user = select(standing_rules).where(standing_rules.c.user_id == user_id)
        return await self._rows.all(of_user.order_by(*_ORDER))

    async def page(self, user_id: UserId, *, limit: int, offset: int) -> tuple[list[StandingRule], int]:
        """Return one page of a user's rules, in the order in which they were made, and their number."""
        return await self._rows.page(
            standing_rules.c.user_id == user_id, order=_ORDER, limit=limit, offset=offset
        )

    async def count_on(self, unit: Transaction, user_id: UserId) -> int:
        """Return how many rules a user has, as the unit of work sees it."""
        of_user = select(func.count()).where(standing_rules.c.user_id == user_id)
        number: int = (await unit.execute(of_user)).scalar_one()
        return number

    async def insert(self, unit: Transaction, user_id: UserId, rule: StandingRule) -> None:
        """Store a new rule."""
        await self._rows.insert(unit, rule, user_id=user_id)

    async def delete(self, unit: Transaction, user_id: UserId, rule_id: RuleId) -> bool:
        """Delete a user's rule; return whether there was one."""
        of_user = (standing_rules.c.id == rule_id, standing_rules.c.user_id == user_id)
        return bool(await unit.changed(delete(standing_rules).where(*of_user)))
