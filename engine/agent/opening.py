"""The first turns of a task's conversation: what it is, and the files that it is about."""

from __future__ import annotations

from roocode_server.engine.agent.checks import Digests, start_digests
from roocode_server.engine.agent.task_context import TaskContext
from roocode_server.engine.agent.task_files import files_of
from roocode_server.engine.storage.database import Transaction
from roocode_server.models.conversation import Turn, TurnRole
from roocode_server.models.message import Author


async def open_conversation(work: TaskContext) -> None:
    """Take a snapshot of the workspace, and append the task's input and its files to the conversation."""
    task, conversation = work.task, work.conversation
    since = work.services.transcripts.next_position(task.id)
    files = None
    if task.files_pattern is not None:
        files = Turn(role=TurnRole.USER, text=await files_of(work, task.files_pattern))
    snapshot = await work.services.results.look(work.workspace)
    if not snapshot.is_empty:
        await work.services.history.keep_start(work.session.id, task.id)
    digests = await _digests(work)
    author = Author.PERSON if task.parent_id is None else Author.AGENT
    write = work.writing(say="text", text=task.input, images=task.images, author=author)

    async def remember(unit: Transaction) -> None:
        await work.services.results.remember(unit, task.id, snapshot)
        if digests is not None:
            await work.services.results.remember_digests(unit, task.id, digests)
        if files is not None:
            await conversation.append(unit, files, ahead=1)
        await write(unit)

    await work.append(
        Turn(role=TurnRole.USER, text=task.input, images=task.images), in_same_transaction=remember
    )
    if files is not None:
        conversation.keep(files)
    await work.save_checkpoint("before the task", since=since)


async def _digests(work: TaskContext) -> Digests | None:
    """Return what the task's checks compare files with, at its first start. Raises: TaskFailure."""
    checks = work.task.config.checks
    if checks is None or await work.services.results.digests(work.task.id) is not None:
        return None
    return await start_digests(work.workspace, checks)


def opening_text(work: TaskContext) -> str:
    """Return what the first turns say together."""
    first = work.conversation.turns[: 1 if work.task.files_pattern is None else 2]
    return "\n\n".join(turn.text for turn in first)
