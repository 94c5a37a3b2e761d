"""S2's two buttons: what a press does depends on what the current task asks. Source: S2."""

from __future__ import annotations

from typing import Any, Final

from roocode_server.handlers.dialects.extension.method import Call, NoArguments, method
from roocode_server.handlers.dialects.extension.tasks import put_away, stack_of
from roocode_server.models.approval import ApprovalStatus, Verdict
from roocode_server.models.error import Conflict
from roocode_server.models.task import Activity, CommandAction

BEHIND: Final = (
    "task.stack",
    "task.list",
    "task.get",
    "approval.list",
    "approval.respond",
    "task.command",
    "task.resume",
    "task.cancel",
)


@method("pressPrimaryButton", *BEHIND)
async def press_primary_button(call: Call, arguments: NoArguments) -> None:
    """Approve, save, run, continue, or resume; put a completed task away to make room for a new one."""
    stack = await stack_of(call)
    if not stack:
        await put_away(call)
    elif not await _answer(call, stack[-1], Verdict.APPROVE):
        if stack[-1]["activity"] == Activity.RESUMABLE:
            await call.ask_here("task.resume", taskId=stack[-1]["id"])
        else:
            await _steer(call, stack[-1], CommandAction.CONTINUE)


@method("pressSecondaryButton", *BEHIND)
async def press_secondary_button(call: Call, arguments: NoArguments) -> None:
    """Reject, end or terminate; kill the command that the task waits for."""
    stack = await stack_of(call)
    if not stack:
        raise Conflict("There is nothing to press: no task is under way")
    if not await _answer(call, stack[-1], Verdict.REJECT):
        if stack[-1]["activity"] == Activity.RESUMABLE:
            await call.ask_here("task.cancel", taskId=stack[0]["id"])
        else:
            await _steer(call, stack[-1], CommandAction.KILL)


async def _answer(call: Call, task: dict[str, Any], verdict: Verdict) -> bool:
    """Answer the task's first pending approval; False if it has none."""
    pending = await call.ask_here("approval.list", status=ApprovalStatus.PENDING.value, limit=100)
    asked = [approval for approval in pending["data"] if approval["taskId"] == task["id"]]
    if asked:
        await call.ask_here("approval.respond", approvalId=asked[-1]["id"], action=verdict.value)
    return bool(asked)


async def _steer(call: Call, task: dict[str, Any], action: CommandAction) -> None:
    """Press a button of `command_output`. Raises: Conflict, if there is no button to press."""
    if task["activity"] == Activity.INTERACTIVE:
        raise Conflict("The task asks a question: answer it with sendMessage", taskId=task["id"])
    try:
        await call.ask_here("task.command", taskId=task["id"], action=action.value)
    except Conflict:
        raise Conflict(
            "There is nothing to press: the task is not waiting for anybody", taskId=task["id"]
        ) from None


BUTTON_METHODS: Final = (press_primary_button, press_secondary_button)
