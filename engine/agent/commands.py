"""The commands of one task: the one that its agent waits for, and those that run in the background.

A command goes to the background when it runs longer than its call's timeout, or when a person sends it there.
The model gets the output so far, later output before its next request, and a message when the command ends.
All commands end with the work on the task. Source: S2, `command_output`.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from roocode_server.engine.agent.store.states import Alongside
from roocode_server.engine.agent.task_context import TaskContext
from roocode_server.engine.runtimes.output import Transcript
from roocode_server.engine.runtimes.runtime import (
    KILLED_EXIT_CODE,
    SIGNAL_EXIT_BASE,
    Command,
    Exit,
    Running,
    StillRunning,
)
from roocode_server.engine.tools.text import printable, shortened
from roocode_server.models.conversation import Background, Turn, TurnRole
from roocode_server.models.error import AppError, Conflict, NotFound
from roocode_server.models.identifier import CallId, MessageId
from roocode_server.models.task import CommandAction, CommandContinued, CommandEnded, ToolOutput

ASKS_AFTER_S: Final = 2.0
"""After this time people are asked whether the command should go to the background or be killed."""
COMMAND_OUTPUT_BYTES: Final = 100_000
"""How much of a command's output is shown when it is asked about, and is kept for the model until its next
request.
"""
STORED_OUTPUT_BYTES: Final = 500_000
"""How much of a command's output its message has, for people; the model is given less."""
NEWS_CHARACTERS: Final = 8_000
BY_A_PERSON: Final = "person"
BY_ITS_TASK: Final = "task"
COMMAND_LOST: Final = (
    "A command that you left running has ended, because work on the task was stopped in the meantime."
)


@dataclass(slots=True, kw_only=True)
class RunningCommand:
    """A command in progress."""

    call_id: CallId
    line: str
    message_id: MessageId
    ts: int
    started: float = field(default_factory=time.monotonic)
    running: Running | None = None
    """The command in the sandbox, which keeps its output; None until it has begun."""
    news: Transcript = field(default_factory=lambda: Transcript(COMMAND_OUTPUT_BYTES))
    """Output that the model has not received yet."""
    characters: int = 0
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    is_killed: bool = False
    is_asked_about: bool = False
    """Whether people have been asked if it should go on."""
    execution: asyncio.Task[Exit] = field(init=False)
    ending: asyncio.Task[None] | None = None
    """What tells of its end as soon as it comes, once it is in the background."""

    @property
    def duration_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.started

    @property
    def printed(self) -> Transcript:
        """Its whole output, as far as it is kept."""
        return self.running.transcript if self.running is not None else Transcript(0)

    def begin(self, running: Running) -> None:
        """Take the handle of the command, which has begun."""
        self.running = running

    def kill(self) -> None:
        """Kill the command at a person's request."""
        self.is_killed = True
        self.execution.cancel()

    def exit(self) -> Exit:
        """Return how it ended.

        Raises: AppError, if it could not run; CancelledError, if the work was cancelled.
        """
        if not (self.is_killed and self.execution.cancelled()):
            return self.execution.result()
        return Exit(
            code=KILLED_EXIT_CODE,
            output=self.printed.text,
            is_truncated=self.printed.is_truncated,
            stopped_by=BY_A_PERSON,
            duration_s=self.duration_s,
            peak_memory_bytes=0,
            cpu_s=0.0,
        )


class Commands:
    """The commands of one task."""

    def __init__(self, work: TaskContext) -> None:
        self._work = work
        self._front: RunningCommand | None = None
        self._behind: dict[CallId, RunningCommand] = {}

    async def run(self, call_id: CallId, command: Command, *, timeout_s: float | None) -> Exit | StillRunning:
        """Run a command until it ends or goes to the background.

        Raises: AppError, if it cannot be run. If cancelled, the command runs on until `close`.
        """
        message_id, ts = self._work.new_message()
        running = RunningCommand(call_id=call_id, line=command.line, message_id=message_id, ts=ts)
        running.execution = asyncio.create_task(self._execute(running, command))
        self._front = running
        if not await self._ended(running, timeout_s):
            self._front = None
            self._behind[call_id] = running
            await self._work.note(CommandContinued(call_id=call_id, command=command.line))
            running.ending = asyncio.create_task(self._end(running))
            so_far, running.news = running.news.text, Transcript(COMMAND_OUTPUT_BYTES)
            return StillRunning(output=so_far, duration_s=running.duration_s)
        self._front = None
        await self._tell(running)
        return running.exit()

    def steer(self, action: CommandAction, call_id: CallId | None) -> None:
        """Send the command in the foreground to the background, or kill it; `call_id` may name any running
        command.

        Raises: Conflict, if no such command is running.
        """
        running = self._front
        if call_id is None and running is not None and not running.is_asked_about:
            raise Conflict("The task does not ask about its command yet; pass its callId to choose it")
        if call_id is not None and (running is None or running.call_id != call_id):
            running = self._behind.get(call_id)
        if running is None or running.execution.done():
            raise Conflict("The task has no such running command")
        if action is CommandAction.KILL:
            running.kill()
        elif running is not self._front:
            raise Conflict("The command is already running in the background")
        else:
            running.let_go.set()

    async def hear(self) -> list[Turn]:
        """Return turns about the background commands: new output and exits, each reported once."""
        turns = []
        for running in list(self._behind.values()):
            if running.is_killed:
                await asyncio.wait({running.execution})
            is_over = running.execution.done()
            if is_over:
                await _told(running)
                del self._behind[running.call_id]
            if is_over or running.news.printed_bytes:
                turns.append(_news(running, is_over=is_over))
                running.news = Transcript(COMMAND_OUTPUT_BYTES)
        return turns

    async def close(self) -> None:
        """Kill all commands and store their output."""
        left = [running for running in (self._front, *self._behind.values()) if running is not None]
        for running in left:
            running.execution.cancel()
        if left:
            await asyncio.wait([running.execution for running in left])
        self._front = None
        self._behind.clear()
        for running in left:
            if running.ending is None:
                await self._tell(running)
            else:
                await _told(running)

    async def _ended(self, running: RunningCommand, timeout_s: float | None) -> bool:
        """Wait for the command; False once it should go to the background."""
        first_s = ASKS_AFTER_S if timeout_s is None else min(ASKS_AFTER_S, timeout_s)
        if await _is_done(running, first_s):
            return True
        if timeout_s is not None and timeout_s <= first_s:
            return False
        shown = shortened(printable(running.printed.excerpt(COMMAND_OUTPUT_BYTES)))
        running.is_asked_about = True
        await self._work.note(in_same_transaction=self._work.writing(ask="command_output", text=shown))
        return await _is_done(running, None if timeout_s is None else timeout_s - first_s)

    async def _execute(self, running: RunningCommand, command: Command) -> Exit:
        async def show(stream: str, text: str) -> None:
            self._work.signal(
                ToolOutput(
                    call_id=running.call_id,
                    stream=stream,
                    text=text,
                    message_id=running.message_id,
                    ts=running.ts,
                    position=running.characters,
                )
            )
            running.characters += len(text)
            running.news.add(text)

        return await self._work.services.runtime.run(
            self._work.sandbox, command, on_output=show, on_started=running.begin
        )

    async def _end(self, running: RunningCommand) -> None:
        """Wait for the end of a command in the background, and store it with the message of its output."""
        await asyncio.wait({running.execution})
        # Not through `note` of the task's work, which may be changing the task at this moment: nothing of the
        # task itself changes. A task that has ended in the meantime has told of the ends of its commands.
        with contextlib.suppress(Conflict, NotFound):
            await self._work.services.states.note(
                self._work.task.id, _ended_as(running), in_same_transaction=self._output_of(running)
            )

    async def _tell(self, running: RunningCommand) -> None:
        """Store the message with the command's whole output."""
        write = self._output_of(running)
        if write is not None:
            await self._work.note(in_same_transaction=write)

    def _output_of(self, running: RunningCommand) -> Alongside | None:
        """Return what stores the message with the command's output; None if it has printed nothing."""
        if not running.printed.printed_bytes:
            return None
        text = printable(running.printed.excerpt(STORED_OUTPUT_BYTES))
        return self._work.writing(
            say="command_output", text=text, ts=running.ts, message_id=running.message_id
        )


async def _is_done(running: RunningCommand, within_s: float | None) -> bool:
    """Wait until the command ends, is sent to the background, or the time is over; return whether it has
    ended.
    """
    let_go = asyncio.ensure_future(running.let_go.wait())
    try:
        waited = {running.execution, let_go}
        await asyncio.wait(waited, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        let_go.cancel()
    return running.execution.done()


async def _told(running: RunningCommand) -> None:
    """Wait until the end of a command in the background is stored. Raises what that raises."""
    if running.ending is not None:
        await asyncio.wait({running.ending})
        running.ending.result()


def _ended_as(running: RunningCommand) -> CommandEnded:
    duration_ms = round(running.duration_s * 1000, 1)
    if running.execution.cancelled():
        return CommandEnded(
            call_id=running.call_id,
            exit_code=KILLED_EXIT_CODE,
            signal=signal_of(KILLED_EXIT_CODE),
            stopped_by=BY_A_PERSON if running.is_killed else BY_ITS_TASK,
            execution_time=duration_ms,
        )
    try:
        done = running.execution.result()
    except AppError as failure:
        return CommandEnded(call_id=running.call_id, error=failure.message, execution_time=duration_ms)
    return CommandEnded(
        call_id=running.call_id,
        exit_code=done.code,
        signal=signal_of(done.code),
        stopped_by=done.stopped_by,
        execution_time=round(done.duration_s * 1000, 1),
    )


def signal_of(code: int) -> str | None:
    """Return the name of the signal that an exit code stands for (128 and its number), or None."""
    try:
        return signal.Signals(code - SIGNAL_EXIT_BASE).name
    except ValueError:
        return None


def _news(running: RunningCommand, *, is_over: bool) -> Turn:
    head = f"`{running.line}`, which you left running,"
    if is_over:
        head += f" {_ending(running)}"
    else:
        head += " goes on."
    printed = shortened(printable(running.news.text.rstrip("\n")), NEWS_CHARACTERS)
    text = f"{head} Printed since you last heard of it:\n{printed}" if printed else head
    stage = Background.ENDED if is_over else Background.PRINTED
    return Turn(role=TurnRole.USER, text=text, call_id=running.call_id, background=stage)


def _ending(running: RunningCommand) -> str:
    try:
        done = running.exit()
    except AppError as failure:
        return f"could not be run: {failure.message}."
    by = {None: "", BY_A_PERSON: " A person ended it.", "time": " It exceeded the time limit for a command."}
    why = by.get(done.stopped_by, f" It reached the session's {done.stopped_by} limit.")
    return f"has ended with exit code {done.code} after {done.duration_s:.1f} s.{why}"


def lost(turns: Iterable[Turn]) -> list[Turn]:
    """Return turns that tell the model which background commands ended when work on the task was stopped."""
    stages = {turn.call_id: turn.background for turn in turns if turn.background is not None}
    return [
        Turn(role=TurnRole.USER, text=COMMAND_LOST, call_id=call_id, background=Background.ENDED)
        for call_id, stage in stages.items()
        if stage is not Background.ENDED
    ]
