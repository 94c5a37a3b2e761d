"""How a turn of a task begins: the first with what the task is, each later one with what a person said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from roocode_server.engine.agent.checks import Digests, start_digests
from roocode_server.engine.agent.task_context import TaskContext
from roocode_server.engine.agent.task_files import files_of
from roocode_server.engine.storage.database import Transaction
from roocode_server.engine.tools.ask_followup_question import AskFollowupQuestion
from roocode_server.engine.tools.new_task import NewTask
from roocode_server.models.approval import ApprovalStatus
from roocode_server.models.conversation import ToolCall, Turn, TurnRole
from roocode_server.models.identifier import TaskId
from roocode_server.models.message import Author, Message
from roocode_server.models.task import InterruptedBy, TaskStatus, TaskTurn

HOW_IT_ENDED: Final = {
    TaskStatus.COMPLETED: "The task was completed",
    TaskStatus.FAILED: "Work on the task failed",
    TaskStatus.CANCELLED: "A person cancelled the task",
}
BEFORE_THIS_TASK: Final = "The task before this one ended"
STOPPED_BY_PERSON: Final = "A person stopped the work"
CALL_CUT_OFF: Final = (
    "{why} while this ran, so its outcome is unknown. Look at what it did before repeating it."
)
CALL_NOT_MADE: Final = "{why} before this was done, so it was not."


async def open_turn(work: TaskContext) -> bool:
    """Begin the task's turn, unless that has happened already; return whether it has begun now.

    A call that was cut off is never simply made again if a person stopped the work or began another turn.
    """
    task, conversation = work.task, work.conversation
    if not any(turn.begins_turn == task.turn for turn in conversation.turns):
        before = await work.services.turns.last(task) if is_open(conversation.turns) else None
        if before is None:
            await _open_conversation(work)
        else:
            await _open_later_turn(work, before)
        return True
    if task.interrupted_by is InterruptedBy.PERSON:
        await work.append_all(await _stopped(work), interrupted_by=None)
    return False


async def _open_conversation(work: TaskContext) -> None:
    """Take a snapshot of the workspace, and append the task's input and its files to the conversation."""
    task = work.task
    since = work.services.transcripts.next_position(task.id)
    left = await _left(work, BEFORE_THIS_TASK, work.conversation.unanswered, of=task.continued_from)
    turns = [*left, Turn(role=TurnRole.USER, text=task.input, images=task.images, begins_turn=task.turn)]
    if task.files_pattern is not None:
        turns.append(Turn(role=TurnRole.USER, text=await files_of(work, task.files_pattern)))
    snapshot = await work.services.results.look(work.workspace)
    if not snapshot.is_empty:
        await work.services.history.keep_start(task)
    digests = await _digests(work)
    author = Author.PERSON if task.parent_id is None else Author.AGENT
    write = work.writing(say="text", text=task.input, images=task.images, author=author)

    async def remember(unit: Transaction) -> None:
        await work.services.results.remember(unit, task.id, snapshot)
        if digests is not None:
            await work.services.results.remember_digests(unit, task.id, digests)
        await write(unit)

    await work.append_all(turns, in_same_transaction=remember)
    await work.save_checkpoint("before the task", since=since)


async def _digests(work: TaskContext) -> Digests | None:
    """Return what the task's checks compare files with, at its first start. Raises: TaskFailure."""
    checks = work.task.config.checks
    if checks is None or await work.services.results.digests(work.task.id) is not None:
        return None
    return await start_digests(work.workspace, checks)


async def _open_later_turn(work: TaskContext, before: TaskTurn) -> None:
    """Take a snapshot of the workspace, and append how the turn before ended, and the person's message."""
    task, why = work.task, HOW_IT_ENDED[before.status]
    since = work.services.transcripts.next_position(task.id)
    turns = await _left(work, why, work.conversation.unanswered)
    if before.status is not TaskStatus.COMPLETED:
        turns.append(Turn(role=TurnRole.USER, text=_told(before), begins_turn=task.turn))
    message = next(iter(await work.services.transcripts.unheard(task.id)), None)
    if message is not None:
        begins = task.turn if before.status is TaskStatus.COMPLETED else None
        turns.append(spoken(message, begins_turn=begins))
    snapshot = await work.services.results.look(work.workspace)
    if not snapshot.is_empty:
        await work.services.history.keep_start(task)

    async def remember(unit: Transaction) -> None:
        await work.services.results.remember_turn(unit, task.id, snapshot)

    await work.append_all(turns, in_same_transaction=remember)
    await work.save_checkpoint(f"before turn {task.turn}", since=since)


def _told(before: TaskTurn) -> str:
    error = f": {before.error.message} ({before.error.code})" if before.error is not None else ""
    return f"{HOW_IT_ENDED[before.status]}{error}. You now go on with it, because a person says something."


async def _stopped(work: TaskContext) -> list[Turn]:
    """Answer the calls that a person has cut off and, if they have said something, those not yet made."""
    unanswered = work.conversation.unanswered
    has_spoken = bool(await work.services.transcripts.unheard(work.task.id))
    dropped = [
        call
        for call in unanswered
        if (has_spoken and not await _is_still_wanted(work, call))
        or (not _is_repeatable(work, call) and await _has_begun(work, call))
    ]
    return await _left(work, STOPPED_BY_PERSON, dropped)


async def _is_still_wanted(work: TaskContext, call: ToolCall) -> bool:
    """Whether a call goes on although a person has said something: it waits for them, or they decided it."""
    if call.tool_name in (AskFollowupQuestion.name, NewTask.name):
        return True
    approval = await work.services.approvals.for_call(work.task, call.id)
    return approval is not None and approval.status is not ApprovalStatus.PENDING


async def _left(
    work: TaskContext, why: str, calls: Sequence[ToolCall], *, of: TaskId | None = None
) -> list[Turn]:
    """Return answers to calls that will not be made, of the task itself or of the one that it continues."""
    return [
        Turn(
            role=TurnRole.TOOL,
            text=(CALL_CUT_OFF if await _has_begun(work, call, of) else CALL_NOT_MADE).format(why=why),
            call_id=call.id,
            success=False,
            interrupted=True,
        )
        for call in calls
    ]


def _is_repeatable(work: TaskContext, call: ToolCall) -> bool:
    tool = work.services.tools.tools.get(call.tool_name)
    return tool is not None and tool.repeatable


async def _has_begun(work: TaskContext, call: ToolCall, of: TaskId | None = None) -> bool:
    return await work.services.tool_calls.was_begun(of or work.task.id, call.id)


def spoken(message: Message, *, begins_turn: int | None = None) -> Turn:
    """Return the turn of the conversation that passes on a person's message."""
    return Turn(
        role=TurnRole.USER,
        text=message.text or "",
        images=message.images,
        message_id=message.id,
        begins_turn=begins_turn,
    )


def is_open(turns: Sequence[Turn]) -> bool:
    """Whether a turn of the task itself has begun; it may have inherited what another task said before."""
    return any(turn.begins_turn is not None for turn in turns)
