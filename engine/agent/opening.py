"""The beginning of a task's conversation."""

from __future__ import annotations

from engine.agent.work import Work
from engine.storage.database import Transaction
from models.conversation import Role, Turn
from models.message import Author


async def open_conversation(work: Work) -> None:
    """Remember what the workspace holds, and hand the task itself to the conversation."""
    task = work.task
    snapshot = await work.equipment.results.look(work.workspace)
    author = Author.PERSON if task.parent_id is None else Author.AGENT
    write = work.writing(say="text", text=task.input, images=task.images, author=author)

    async def remember(unit: Transaction) -> None:
        await work.equipment.results.remember(unit, task.id, snapshot)
        await write(unit)

    await work.append(Turn(role=Role.USER, text=task.input, images=task.images), alongside=remember)
    await work.save_checkpoint("before the task")
