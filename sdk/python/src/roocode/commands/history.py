"""What has happened in a task until now."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Final

from roocode.client import AsyncRooCodeClient
from roocode.event import Event
from roocode.events import TaskSpawnedEvent
from roocode.models import Task
from roocode.wire import loaded_event

PAGE_EVENTS: Final = 1000


async def past_events(client: AsyncRooCodeClient, task: Task) -> AsyncGenerator[Event, None]:
    """Yield the stored events of a task and of its subtasks, in order. Raises: RooCodeError."""
    family, after = {task.id}, 0
    while True:
        page = await client.events.list(task.session_id, after=after, limit=PAGE_EVENTS)
        for raw in page.data:
            event = loaded_event(raw)
            if event.task_id in family:
                if isinstance(event, TaskSpawnedEvent):
                    family.add(event.child_task_id)
                yield event
        after = page.pagination.next_after
        if not page.pagination.has_more:
            return
