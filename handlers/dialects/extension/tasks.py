"""S2's methods for tasks: start, say, resume, clear, cancel. Source: S2, "Task Management"."""

from __future__ import annotations

import contextlib
from dataclasses import field
from typing import Any, Final

from roocode_server.handlers.dialects.extension.method import Call, NoArguments, fields_named, method
from roocode_server.handlers.dialects.extension.settings import ExtensionSettings, names_in, read_settings
from roocode_server.models.error import AppError, Conflict, NotFound
from roocode_server.models.identifier import SessionId
from roocode_server.models.shape import Shape, limited, value
from roocode_server.models.task import FINAL, Activity, TaskStatus

CONFIGURATION: Final = "options.configuration"
TASK_FIELD_NAMES: Final = {"input": "options.text", "images": "options.images", **names_in(CONFIGURATION)}


@value
class StartOptions(Shape):
    """Source: S2, `startNewTask`."""

    text: str = field(metadata=limited(shortest=1))
    configuration: dict[str, Any] = field(default_factory=dict)
    images: list[str] = field(default_factory=list)
    new_tab: bool = False


@value
class StartNewTask(Shape):
    """The arguments of `startNewTask`."""

    options: StartOptions


@value
class SendMessage(Shape):
    """A text and images for the current task."""

    text: str
    images: list[str] = field(default_factory=list)


@value
class OneTask(Shape):
    """A task, by its id."""

    task_id: str


@value
class ClearTask(Shape):
    """A last message to the task."""

    last_message: str | None = None


@method(
    "startNewTask",
    "session.create",
    "session.get",
    "session.delete",
    "event.subscribe",
    "task.stack",
    "task.create",
    "task.cancel",
)
async def start_new_task(call: Call, arguments: StartNewTask) -> str:
    """Start a task and return its id. The previous task is cancelled once the new one is stored.

    With `newTab` the previous task continues: the new one gets its own session, which becomes the client's
    session.
    """
    options = arguments.options
    settings = read_settings(options.configuration, with_task=True, place=CONFIGURATION)
    call.ignored.extend(settings.unknown)
    left = call.desk.session_id
    with fields_named(TASK_FIELD_NAMES):
        before, change = await _make_room(call, settings, is_new=options.new_tab)
        config = {"askOnFailure": True, **settings.task}
        task = {"input": options.text, "images": options.images, "config": config}
        try:
            created = await call.ask_here("task.create", **task, **change)
        except AppError:
            await _go_back(call, left)
            raise
    call.desk.put_away = call.desk.taken_up = None
    if before:
        with contextlib.suppress(Conflict):  # it has ended by itself in the meantime
            await call.ask_here("task.cancel", taskId=before[0]["id"])
    return str(created["task"]["id"])


async def _make_room(
    call: Call, settings: ExtensionSettings, *, is_new: bool
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Prepare a session for a new task.

    Returns the tasks that stand in its way, and the change of configuration to make with it.
    """
    if call.desk.session_id is None:
        await open_session(call, settings.config({}))
        return [], {}
    standing = (await call.ask_here("session.get"))["session"]["config"]
    change = settings.config(standing["autoApproval"])
    if is_new:
        await open_session(call, {**standing, **change})
        return [], {}
    stack: list[dict[str, Any]] = (await call.ask_here("task.stack"))["tasks"]
    return stack, {"sessionConfig": change} if settings.is_for_session else {}


async def _go_back(call: Call, before: SessionId | None) -> None:
    """Undo a refused start: delete a session that was opened for it, and return to the previous one."""
    if call.desk.session_id != before:
        await call.ask_here("session.delete")
        call.desk.session_id = before


async def open_session(call: Call, config: dict[str, Any]) -> None:
    """Open a session for this client and subscribe it to all its events."""
    made = await call.ask("session.create", name="Extension", config=config)
    call.desk.session_id = made["session"]["id"]
    await call.ask_here("event.subscribe", lastSeq=0)


async def stack_of(call: Call) -> list[dict[str, Any]]:
    """The tasks under way in the client's session, the current one last; empty if it has no session."""
    if call.desk.session_id is None:
        return []
    stack: list[dict[str, Any]] = (await call.ask_here("task.stack"))["tasks"]
    return stack


async def at_rest(call: Call) -> dict[str, Any] | None:
    """The ended task that the client has before it: one of the history that it has taken up or, if it has not
    been put away, the newest one of the session, which has completed.
    """
    if call.desk.session_id is None:
        return None
    if call.desk.taken_up is not None:
        found: dict[str, Any] = (await call.ask_here("task.get", taskId=call.desk.taken_up))["task"]
        return found
    newest = (await call.ask_here("task.list", limit=100))["data"]
    task: dict[str, Any] | None = next((task for task in newest if "parentId" not in task), None)
    if task is None or task["status"] != "completed" or task["id"] == call.desk.put_away:
        return None
    return task


@method("sendMessage", "task.stack", "task.list", "task.get", "task.message")
async def send_message(call: Call, arguments: SendMessage) -> None:
    """Send a message to the current task: an answer, a refusal of what it asks, a remark, or what comes next.

    A task that has ended goes on with it.
    """
    stack = await stack_of(call)
    task = stack[-1] if stack else await at_rest(call)
    if task is None:
        raise Conflict("There is no current task; start one with startNewTask")
    await call.ask_here("task.message", taskId=task["id"], text=arguments.text, images=arguments.images)


@method("resumeTask", "task.get", "task.stack", "task.resume")
async def resume_task(call: Call, arguments: OneTask) -> None:
    """Resume an interrupted task; take up one that has ended, which goes on with the next message."""
    found: dict[str, Any] = (await call.ask_here("task.get", taskId=arguments.task_id))["task"]
    if found["status"] not in FINAL:
        await call.ask_here("task.resume", taskId=found["id"])
        return
    if await stack_of(call):
        raise Conflict("Another task is under way; cancel or clear it first", taskId=found["id"])
    call.desk.taken_up = found["id"]


@method("isTaskInHistory", "task.get")
async def is_task_in_history(call: Call, arguments: OneTask) -> bool:
    """Whether the client's session has or had this task."""
    if call.desk.session_id is None:
        return False
    try:
        await call.ask_here("task.get", taskId=arguments.task_id)
    except NotFound:
        return False
    return True


@method("getCurrentTaskStack", "task.stack", "task.list", "task.get")
async def get_current_task_stack(call: Call, arguments: NoArguments) -> list[str]:
    """The ids of the task under way and of its subtasks, the current one last.

    A completed task stays until it is cleared or another one starts.
    """
    stack = await stack_of(call)
    if not stack:
        last = await at_rest(call)
        stack = [last] if last is not None else []
    return [task["id"] for task in stack]


@method("clearCurrentTask", "task.stack", "task.list", "task.get", "task.message", "task.cancel")
async def clear_current_task(call: Call, arguments: ClearTask) -> None:
    """End the current task, after an optional last message; the parent of a subtask continues.

    A task that has ended is put away.
    """
    stack = await stack_of(call)
    if not stack:
        await put_away(call)
        return
    if arguments.last_message:
        await call.ask_here("task.message", taskId=stack[-1]["id"], text=arguments.last_message)
    await call.ask_here("task.cancel", taskId=stack[-1]["id"])


async def put_away(call: Call) -> None:
    """Put the ended task away that the client has before it. Raises: Conflict, if there is none."""
    last = await at_rest(call)
    if last is None:
        raise Conflict("There is no current task")
    call.desk.put_away, call.desk.taken_up = last["id"], None


@method("cancelCurrentTask", "task.stack", "task.interrupt", "task.cancel")
async def cancel_current_task(call: Call, arguments: NoArguments) -> None:
    """Stop the task under way and its subtasks, so that they can be resumed; one that is queued is cancelled.

    Raises: Conflict, if no task is under way.
    """
    stack = await stack_of(call)
    if not stack:
        raise Conflict("There is no current task; start one with startNewTask")
    whole = stack[0]
    if whole["status"] == TaskStatus.RUNNING:
        await call.ask_here("task.interrupt", taskId=whole["id"])
    elif whole["activity"] != Activity.RESUMABLE:
        await call.ask_here("task.cancel", taskId=whole["id"])


TASK_METHODS: Final = (
    start_new_task,
    send_message,
    resume_task,
    is_task_in_history,
    get_current_task_stack,
    clear_current_task,
    cancel_current_task,
)
