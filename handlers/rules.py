"""Operations on the caller's own standing rules. Source: docs/approvals.md."""

from __future__ import annotations

from roocode_server.handlers.operation import Handlers, operation
from roocode_server.models.error import NotFound
from roocode_server.models.page import pagination
from roocode_server.models.rule import RuleList, RulePage, RuleRef, RuleRemoved
from roocode_server.models.user import Caller, Permission


class RuleHandlers(Handlers, namespace="/approvals"):
    """`rule.*`: the caller's standing rules, made by answers that are remembered always."""

    @operation("rule.list", rest="GET /api/v1/rules", permission=Permission.ACCOUNT_READ)
    async def list(self, caller: Caller, request: RuleList) -> RulePage:
        """List your standing rules, in the order in which they apply: the last that matches decides."""
        rules, total = await self.engine.standing_rules.page(caller.user_id, request)
        return RulePage(
            data=rules, pagination=pagination(total=total, limit=request.limit, offset=request.offset)
        )

    @operation(
        "rule.delete",
        rest="DELETE /api/v1/rules/{ruleId}",
        permission=Permission.APPROVAL_RESPOND,
        errors=(NotFound,),
    )
    async def delete(self, caller: Caller, request: RuleRef) -> RuleRemoved:
        """Take one of your standing rules back. What it allowed is asked about again from now on."""
        await self.engine.standing_rules.remove(caller.user_id, request.rule_id)
        return RuleRemoved(rule_id=request.rule_id, deleted=True)
