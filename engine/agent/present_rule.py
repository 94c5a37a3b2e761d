"""The rule that answers a call which people have been asked about, if one has been made meanwhile."""

from __future__ import annotations

from roocode_server.engine.agent.task_context import TaskContext
from roocode_server.engine.tools.reach import reach
from roocode_server.engine.tools.tool import PreparedCall
from roocode_server.models.approval import ApprovalRule
from roocode_server.models.error import AppError


async def present_rule(work: TaskContext, call: PreparedCall) -> ApprovalRule | None:
    """Judge the call by the present rules and files; None if people have to answer."""
    try:
        touched = await reach(work.workspace, call)
    except AppError:
        return None  # people are asked still, and the call then fails by itself
    config = await work.services.standing_rules.judging(work.session)
    return work.services.policy.ruling(config, call, touched)
