"""Standing rules of people, and the rules by which the calls of a session are judged at present."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from typing import Final

from roocode_server.engine.sessions.sessions import Sessions
from roocode_server.engine.storage.database import Database, Transaction
from roocode_server.engine.storage.standing_rules import StandingRuleRepository
from roocode_server.models.approval import ApprovalRule
from roocode_server.models.clock import now
from roocode_server.models.error import NotFound, WorkspaceLimitExceeded
from roocode_server.models.identifier import RuleId, UserId, new_id
from roocode_server.models.rule import MOST_STANDING_RULES, RuleList, StandingRule
from roocode_server.models.session import Session, SessionConfig

_MOST_CACHED: Final = 10_000


class StandingRules:
    """The rules of people that apply in all their sessions."""

    def __init__(self, database: Database, repository: StandingRuleRepository, sessions: Sessions) -> None:
        self._database = database
        self._repository = repository
        self._sessions = sessions
        self._known: dict[UserId, Sequence[ApprovalRule]] = {}
        self._forgotten = 0
        """How often something was dropped: what was read before that may be old."""
        self._watchers: dict[asyncio.Event, Session] = {}
        sessions.when_changed(self._tell)

    async def judging(self, session: Session) -> SessionConfig:
        """Return the configuration by which a call of a session is judged now: with the session's present
        rules, after those of its owner, because the last rule that matches decides.
        """
        present = await self._sessions.get(session.id)
        standing = await self._of(session.user_id)
        return dataclasses.replace(session.config, approvals=[*standing, *present.config.approvals])

    @contextlib.contextmanager
    def changes(self, session: Session) -> Iterator[asyncio.Event]:
        """An event that is set, while the block runs, whenever the rules that judge the session's calls may
        have changed.
        """
        changed = asyncio.Event()
        self._watchers[changed] = session
        try:
            yield changed
        finally:
            del self._watchers[changed]

    async def page(self, user_id: UserId, request: RuleList) -> tuple[list[StandingRule], int]:
        """Return one page of a person's rules, in the order in which they apply, and their number."""
        return await self._repository.page(user_id, limit=request.limit, offset=request.offset)

    async def add(self, unit: Transaction, user_id: UserId, rules: Sequence[ApprovalRule]) -> None:
        """Store rules of a person, in the unit of work; call `forget` after it.

        Raises: WorkspaceLimitExceeded.
        """
        if await self._repository.count_on(unit, user_id) + len(rules) > MOST_STANDING_RULES:
            raise WorkspaceLimitExceeded(
                f"You have {MOST_STANDING_RULES} standing rules, and may have no more; take some back",
                limit="rules",
                most=MOST_STANDING_RULES,
            )
        for rule in rules:
            standing = StandingRule(id=RuleId(new_id("rule")), rule=rule, created_at=now())
            await self._repository.insert(unit, user_id, standing)

    async def remove(self, user_id: UserId, rule_id: RuleId) -> None:
        """Take a rule back. Raises: NotFound."""
        async with self._database.transaction() as unit:
            if not await self._repository.delete(unit, user_id, rule_id):
                raise NotFound("rule", rule_id)
        self.forget(user_id)

    def forget(self, user_id: UserId) -> None:
        """Drop what is cached of a person's rules, after they were changed."""
        self._known.pop(user_id, None)
        self._forgotten += 1
        for changed, session in self._watchers.items():
            if session.user_id == user_id:
                changed.set()

    def _tell(self, session: Session) -> None:
        for changed, watched in self._watchers.items():
            if watched.id == session.id:
                changed.set()

    async def _of(self, user_id: UserId) -> Sequence[ApprovalRule]:
        known = self._known.get(user_id)
        if known is None:
            forgotten = self._forgotten
            known = [each.rule for each in await self._repository.of_user(user_id)]
            if forgotten != self._forgotten:
                return await self._of(user_id)
            if len(self._known) >= _MOST_CACHED:
                self._known.clear()
            self._known[user_id] = known
        return known
