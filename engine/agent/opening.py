"""The first turn of a task's conversation."""

from __future__ import annotations

from roocode_server.engine.agent.task_context import TaskContext
from roocode_server.engine.storage.database import Transaction
from roocode_server.models.conversation import Turn, TurnRole
from roocode_server.models.message import Author


async def open_conversation(work: TaskContext) -> None:
    """Take a snapshot of the workspace and append the task's input to the conversation."""
    task = work.task
    snapshot = await work.services.results.look(work.workspace)
    if not snapshot.is_empty:
        await work.services.history.keep_start(work.session.id, task.id)
    author = Author.PERSON if task.parent_id is None else Author.AGENT
    write = work.writing(say="text", text=task.input, images=task.images, author=author)

    async def remember(unit: Transaction) -> None:
        await work.services.results.remember(unit, task.id, snapshot)
        await write(unit)

    await work.append(
        Turn(role=TurnRole.USER, text=task.input, images=task.images), in_same_transaction=remember
    )
    await work.save_checkpoint("before the task")
