"""S4's tasks. Source: S4, "Task Management API" and "Task Object"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final

from roocode_server.handlers.dialects.opencode.answers import (
    BriefTask,
    CancelledTask,
    ListedTasks,
    RetriedTask,
    StartedTask,
    ToldTask,
    WholeTask,
)
from roocode_server.handlers.dialects.opencode.exchange import FINDING, OPENING, Exchange
from roocode_server.handlers.dialects.opencode.known_tasks import shown_id
from roocode_server.handlers.dialects.opencode.message import message
from roocode_server.handlers.dialects.opencode.refusals import MessageRefused, RefusalCode, task_not_found
from roocode_server.handlers.dialects.opencode.wire import MessageShape
from roocode_server.models.clock import format_time, now
from roocode_server.models.error import Conflict
from roocode_server.models.shape import LONGEST_IDENTIFIER, limited, value
from roocode_server.models.task import MOST_DEPENDENCIES, Activity, TaskPriority, TaskStatus

ANY_TYPE: Final = "general"
"""The type of tasks that were started elsewhere without one."""
NEEDED: Final = ("id", "type", "description")
"""The fields of a task to start whose absence has a code of its own, `INVALID_TASK_DATA`."""
TASKS_PER_PAGE: Final = 100
MOST_LISTED_TASKS: Final = 1000
_ID: Final = limited(shortest=1, longest=LONGEST_IDENTIFIER)
_TYPE: Final = limited(shortest=1, longest=64)


@value
class TaskData(MessageShape):
    """A task to start; `timeout` is in milliseconds."""

    id: str | None = field(default=None, metadata=limited(longest=LONGEST_IDENTIFIER))
    type: str | None = field(default=None, metadata=limited(longest=64))
    description: str | None = field(default=None, metadata=limited(longest=1_000_000))
    priority: TaskPriority = TaskPriority.MEDIUM
    files_pattern: str | None = field(default=None, metadata=limited(longest=1000))
    dependencies: list[str] = field(default_factory=list, metadata=limited(longest=MOST_DEPENDENCIES))
    timeout: int | None = field(default=None, metadata=limited(least=1, most=2_592_000_000))


@value
class StartTask(MessageShape):
    """A task to start."""

    task: TaskData


@value
class NamedTask(MessageShape):
    """A task, by the id that its client has chosen or the server has given."""

    task_id: str = field(metadata=_ID)


@value
class TaskFilter(MessageShape):
    """Which tasks are listed."""

    status: TaskStatus | None = None
    type: str | None = field(default=None, metadata=_TYPE)
    priority: TaskPriority | None = None


@value
class TaskListing(MessageShape):
    """Which tasks are listed, and which part of them."""

    filter: TaskFilter | None = None
    limit: int = field(default=50, metadata=limited(least=1, most=MOST_LISTED_TASKS))
    offset: int = field(default=0, metadata=limited(least=0, most=1_000_000_000))


@message("start_task", *OPENING, "task.create")
async def start_task(exchange: Exchange, request: StartTask) -> StartedTask:
    """Start a task, in the caller's automation session unless the connection has named one."""
    task = request.task
    missing = [name for name in NEEDED if not getattr(task, name)]
    if missing:
        told = f"Task data is missing required fields: {', '.join(missing)}"
        raise MessageRefused(RefusalCode.INVALID_TASK_DATA, told, field=missing[0], missing=missing)
    try:
        made = await exchange.ask_opened(
            "task.create",
            clientId=task.id,
            type=task.type,
            input=task.description,
            priority=task.priority.value,
            filesPattern=task.files_pattern or None,
            dependencies=task.dependencies,
            config=None if task.timeout is None else {"timeout": task.timeout / 1000},
        )
    except Conflict as failure:
        if failure.details.get("clientId") is None:
            raise
        told = f"Task with ID '{task.id}' already exists"
        raise MessageRefused(RefusalCode.TASK_ALREADY_EXISTS, told, task_id=task.id) from failure
    shown = brief(made["task"])
    return StartedTask(task_id=shown.id, task=shown)


@message("cancel_task", *FINDING, "task.cancel")
async def cancel_task(exchange: Exchange, request: NamedTask) -> CancelledTask:
    """Stop a task and everything it started."""
    task = await _about(exchange, "task.cancel", request.task_id)
    return CancelledTask(task_id=shown_id(task), timestamp=format_time(now()))


@message("retry_task", *FINDING, "task.retry")
async def retry_task(exchange: Exchange, request: NamedTask) -> RetriedTask:
    """Queue a failed or cancelled task again."""
    task = await _about(exchange, "task.retry", request.task_id)
    return RetriedTask(task_id=shown_id(task), retry_count=task["retryCount"], timestamp=format_time(now()))


@message("get_task_status", *FINDING, "task.get")
async def get_task_status(exchange: Exchange, request: NamedTask) -> ToldTask:
    """Tell all about a task."""
    return ToldTask(task=whole(await _about(exchange, "task.get", request.task_id)))


@message("list_tasks", *FINDING, "task.list")
async def list_tasks(exchange: Exchange, request: TaskListing) -> ListedTasks:
    """List the session's tasks, newest first."""
    wanted = request.filter or TaskFilter()
    filters = {
        "status": wanted.status and wanted.status.value,
        "type": wanted.type,
        "priority": wanted.priority and wanted.priority.value,
    }
    tasks, filtered = await page_of_tasks(exchange, request.limit, request.offset, **filters)
    total = filtered if not any(filters.values()) else (await page_of_tasks(exchange, 1, 0))[1]
    return ListedTasks(tasks=[brief(task) for task in tasks], total_count=total, filtered_count=filtered)


async def page_of_tasks(
    exchange: Exchange, limit: int, offset: int, **filters: str | None
) -> tuple[list[dict[str, Any]], int]:
    """At most `limit` of the session's tasks, newest first, and how many there are."""
    found: list[dict[str, Any]] = []
    total = 0
    while len(found) < limit:
        most = min(TASKS_PER_PAGE, limit - len(found))
        page = await exchange.ask_there("task.list", limit=most, offset=offset + len(found), **filters)
        if page is None:
            break
        found += page["data"]
        total = page["pagination"]["total"]
        if not page["pagination"]["hasMore"]:
            break
    return found, total


async def _about(exchange: Exchange, operation: str, task_id: str) -> dict[str, Any]:
    """The answer of an operation about one task. Raises: MessageRefused, if there is none."""
    answer = await exchange.ask_there(operation, taskId=task_id)
    if answer is None:
        raise task_not_found(task_id)
    task: dict[str, Any] = answer["task"]
    return task


def brief(task: dict[str, Any]) -> BriefTask:
    """A task as lists show it."""
    return BriefTask(**_briefly(task))


def whole(task: dict[str, Any]) -> WholeTask:
    """A task with all that S4 knows of it."""
    timeout = task["config"].get("timeout")
    return WholeTask(
        **_briefly(task),
        started_at=task.get("startedAt"),
        completed_at=task.get("completedAt"),
        runtime_status=runtime_status(task),
        dependencies=task["dependencies"],
        files_pattern=task.get("filesPattern"),
        timeout=None if timeout is None else round(timeout * 1000),
        retry_count=task["retryCount"],
        error=task["error"]["message"] if task.get("error") else None,
    )


def _briefly(task: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": shown_id(task),
        "type": task.get("type") or ANY_TYPE,
        "priority": TaskPriority(task["priority"]),
        "description": task["input"],
        "status": TaskStatus(task["status"]),
        "progress": task["progress"],
        "created_at": task["createdAt"],
    }


def runtime_status(task: Mapping[str, Any]) -> str:
    """What the task is doing: its activity where that says more than its status."""
    activity, status = str(task["activity"]), str(task["status"])
    telling = activity not in (Activity.ACTIVE, Activity.QUEUED)
    return activity if telling and status in (TaskStatus.RUNNING, TaskStatus.PENDING) else status


TASK_MESSAGES: Final = (start_task, cancel_task, retry_task, get_task_status, list_tasks)
