"""Standing rules: what a person has decided for all sessions that they own. Source: docs/approvals.md."""

from __future__ import annotations

import datetime
from dataclasses import field

from roocode_server.models.approval import ApprovalRule
from roocode_server.models.identifier import RuleId
from roocode_server.models.page import Pagination
from roocode_server.models.shape import Shape, limited, value

MOST_STANDING_RULES = 1000


@value
class StandingRule(Shape):
    """A rule that applies in all sessions of a person, unless a rule of the session decides."""

    id: RuleId
    rule: ApprovalRule
    created_at: datetime.datetime


@value
class RuleList(Shape):
    """A request for the caller's standing rules."""

    limit: int = field(default=100, metadata=limited(least=1, most=MOST_STANDING_RULES))
    offset: int = field(default=0, metadata=limited(least=0, most=1_000_000_000))


@value
class RulePage(Shape):
    """A page of standing rules, in the order in which they apply: the last that matches decides."""

    data: list[StandingRule]
    pagination: Pagination


@value
class RuleRef(Shape):
    """A reference to a standing rule."""

    rule_id: RuleId


@value
class RuleRemoved(Shape):
    """A rule that was taken back."""

    rule_id: RuleId
    deleted: bool
