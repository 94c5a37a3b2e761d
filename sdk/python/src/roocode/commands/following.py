"""A task that a person follows: what happens in it, answers to what it asks, and what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import sys
from collections.abc import Iterator, Sequence
from typing import Literal

from roocode.client import AsyncRooCodeClient
from roocode.commands.answering import Answerer, ApprovedTools
from roocode.commands.connection import Connection
from roocode.commands.narration import Narrator
from roocode.commands.outcome import ExitCode
from roocode.commands.plain_text import visible
from roocode.commands.printing import print_diff, print_json, say
from roocode.errors import Conflict
from roocode.event import Event
from roocode.models import Task, TaskDifference
from roocode.tasks import AsyncTaskRun
from roocode.wire import dumped

InterruptChoice = Literal["cancel", "detach"]


async def followed(
    client: AsyncRooCodeClient,
    connection: Connection,
    run: AsyncTaskRun,
    approved: ApprovedTools,
    *,
    leaves_to_others: bool,
    on_interrupt: InterruptChoice,
    past: Sequence[Event] = (),
) -> ExitCode:
    """Follow a task to its end, answer what it asks, and print its diff; return the exit code for it.

    `past` is what has happened before: it is printed, and what it has left open is answered.
    """
    if connection.may_ask:
        does = "cancels the task" if on_interrupt == "cancel" else "leaves the task running"
        say(f"Ctrl-C {does}", dim=True)
    narrator = Narrator(sys.stderr)
    async with asyncio.TaskGroup() as group:
        answerer = Answerer(
            client,
            run.session_id,
            approved,
            group,
            may_ask=connection.may_ask,
            leaves_to_others=leaves_to_others,
        )
        interruption = _Interruption(run, group, cancels=on_interrupt == "cancel")

        def tell(event: Event) -> None:
            print_json(event.raw) if connection.is_json else narrator.tell(event)

        async def read() -> None:
            for event in past:
                tell(event)
            answerer.catch_up(past)
            known = max((event.seq or 0 for event in past), default=0)
            async with contextlib.aclosing(run.events()) as events:
                async for event in events:
                    if event.seq is None or event.seq > known:
                        tell(event)
                        answerer.hear(event)

        reading = group.create_task(read())
        with interruption.heard(reading):
            await asyncio.wait({reading})
        answerer.close()
    narrator.close()
    return await _ended(client, connection, run, is_interrupted=interruption.has_come)


class _Interruption:
    """Ctrl-C: the first one cancels the task, or leaves it; the second one leaves it in any case."""

    def __init__(self, run: AsyncTaskRun, group: asyncio.TaskGroup, *, cancels: bool) -> None:
        self._run = run
        self._group = group
        self._cancels = cancels
        self.has_come = False

    @contextlib.contextmanager
    def heard(self, reading: asyncio.Task[None]) -> Iterator[None]:
        """Handle it while the task is followed."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, self._happened, reading)
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGINT)

    def _happened(self, reading: asyncio.Task[None]) -> None:
        say()
        if self._cancels and not self.has_come:
            say("Cancelling the task. Ctrl-C again leaves it as it is.", fg="yellow")
            self._group.create_task(self._cancel())
        else:
            reading.cancel()
        self.has_come = True

    async def _cancel(self) -> None:
        with contextlib.suppress(Conflict):  # it has just ended
            await self._run.cancel()


async def _ended(
    client: AsyncRooCodeClient, connection: Connection, run: AsyncTaskRun, *, is_interrupted: bool
) -> ExitCode:
    task = await run.refresh()
    if task.status in ("pending", "running"):
        say(f"The task goes on: roocode tasks attach {task.id}, or: roocode tasks cancel {task.id}")
        return ExitCode.INTERRUPTED
    try:
        difference: TaskDifference | None = await run.diff()
    except Conflict as conflict:
        say(f"There is no diff: {visible(conflict.message)}")
        difference = None
    if connection.is_json:
        print_json({"type": "run.ended", "task": dumped(task), "difference": dumped(difference)})
    elif difference is not None:
        print_diff(difference.diff)
    if difference is not None and difference.is_truncated:
        say(f"The diff is cut off: roocode diff {task.id} prints all of it", fg="yellow")
    if difference is not None and difference.files and not connection.is_json:
        say(f"To have the change here: roocode apply {task.id}")
    return ExitCode.INTERRUPTED if is_interrupted else _code(task)


def _code(task: Task) -> ExitCode:
    if task.status == "cancelled":
        return ExitCode.TASK_CANCELLED
    if task.status == "failed":
        is_late = task.error is not None and task.error.code == "TASK_TIMEOUT"
        return ExitCode.TIMED_OUT if is_late else ExitCode.TASK_FAILED
    return ExitCode.DONE
