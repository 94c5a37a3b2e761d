"""What happens in a task, as lines that a person reads while it happens."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, Final, TextIO

import click

from roocode.commands.plain_text import StrippedStream, one_line, visible
from roocode.commands.printing import local_time, styled
from roocode.event import Event
from roocode.events import (
    ApprovalRequiredEvent,
    ApprovalResolvedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    MessageCreatedEvent,
    MessageDeltaEvent,
    TaskCancelledEvent,
    TaskCheckedEvent,
    TaskCompletedEvent,
    TaskCreatedEvent,
    TaskFailedEvent,
    TaskInteractiveEvent,
    TaskProgressEvent,
    TaskResumableEvent,
    TaskResumedEvent,
    TaskRetryingEvent,
    TaskSpawnedEvent,
    ToolFailedEvent,
    ToolOutputEvent,
    ToolStartedEvent,
)
from roocode.models import Message

SUMMARY_CHARACTERS: Final = 100
OUTPUT_MARGIN: Final = "  | "
SHOWN_SAYS: Final = frozenset({"text", "reasoning", "command_output"})
"""Kinds of messages that are printed: the others repeat what other events tell, or are for programs."""
TELLING: Final = ("command", "path", "query", "regex", "url", "mode", "question")
"""The parameters that say most about a call of a tool."""


class Narrator:
    """Prints events. Text that comes in pieces is printed as it comes; the whole one then adds the rest."""

    def __init__(self, stream: TextIO | None = None, *, has_times: bool = False) -> None:
        self._stream = stream or sys.stderr
        self._has_times = has_times
        self._shown: dict[str, int] = {}
        self._open: str | None = None
        self._strips = StrippedStream()
        self._at_line_start = True
        self._step = ""

    def tell(self, event: Event) -> None:
        """Print what an event means to a person, if anything."""
        match event:
            case MessageDeltaEvent():
                if event.say in SHOWN_SAYS:
                    self._piece(event.message_id, event.position, event.text, "")
            case ToolOutputEvent():
                if event.message_id is not None and event.position is not None:
                    self._piece(event.message_id, event.position, event.text, OUTPUT_MARGIN)
            case MessageCreatedEvent():
                if event.author == "agent":
                    self._message(event.message)
                else:
                    self._line(event)
            case _:
                self._line(event)

    def close(self) -> None:
        """End the line that is open."""
        if self._open is not None:
            self._write(self._strips.rest(), OUTPUT_MARGIN if self._open.startswith("|") else "")
            self._open = None
        if not self._at_line_start:
            click.echo(file=self._stream)
            self._at_line_start = True

    def _piece(self, message_id: str, position: int, text: str, margin: str) -> None:
        if position != self._shown.get(message_id, 0):
            return  # a piece before it was missed: the whole message has it
        self._shown[message_id] = position + len(text)
        self._into(message_id, margin)
        self._write(self._strips.feed(text), margin)

    def _message(self, message: Message) -> None:
        kind = message.say or ""
        if kind not in SHOWN_SAYS or not message.text:
            return
        margin = OUTPUT_MARGIN if kind == "command_output" else ""
        rest = message.text[self._shown.pop(message.id, 0) :]
        if rest:
            self._into(message.id, margin)
            self._write(self._strips.feed(rest), margin)
        self.close()

    def _into(self, message_id: str, margin: str) -> None:
        name = ("|" if margin else " ") + message_id
        if self._open != name:
            self.close()
            self._open = name

    def _write(self, text: str, margin: str) -> None:
        for line in text.splitlines(keepends=True):
            begin = margin if self._at_line_start else ""
            shown = begin + line
            click.echo(
                styled(shown, self._stream, dim=True) if margin else shown, file=self._stream, nl=False
            )
            self._at_line_start = line.endswith("\n")
        self._stream.flush()

    def _line(self, event: Event) -> None:
        told, style = _told(event)
        if isinstance(event, TaskProgressEvent):
            self._step = told or ""
            return  # told with the call that it is about
        if told is None:
            return
        self.close()
        if isinstance(event, ToolStartedEvent) and self._step:
            told, self._step = f"{self._step} {told}", ""
        time = f"{local_time(event.timestamp)} " if self._has_times else ""
        click.echo(time + styled(told, self._stream, **style), file=self._stream)


def _told(event: Event) -> tuple[str | None, dict[str, Any]]:
    """Return what to print of an event, and in which style."""
    tell, style = _TELLINGS.get(type(event), (None, {}))
    return tell(event) if tell is not None else None, style


def event_call(tool: str, parameters: Mapping[str, Any]) -> str:
    """Return a call of a tool in one line."""
    chief = next((parameters[name] for name in TELLING if parameters.get(name)), "")
    return f"{one_line(tool)} {one_line(str(chief), SUMMARY_CHARACTERS)}".rstrip()


def _resolved(event: ApprovalResolvedEvent) -> str:
    by = f" by {one_line(event.resolved_by)}" if event.resolved_by else ""
    return f"  {event.status}{by}"


def _said(event: MessageCreatedEvent) -> str | None:
    """Return what a person said to the agent; the task's input is told when it is created."""
    is_remark = event.message.say == "user_feedback" and event.message.text
    return f"» {visible(event.message.text or '')}" if is_remark else None


def _resumable(event: TaskResumableEvent) -> str:
    if event.interrupted_by == "server":
        return "The server was stopped while the task ran"
    return visible(event.reason)


def _checked(event: TaskCheckedEvent) -> str:
    """Return a line for each check of a task that says it is done."""
    return "\n".join(
        f"{'✓' if each.passed else '✗'} {each.kind} {one_line(each.check, SUMMARY_CHARACTERS)}"
        + (f": {one_line(each.reason)}" if each.reason else "")
        for each in event.evidence.results
    )


_TELLINGS: Final[Mapping[type[Event], tuple[Callable[[Any], str | None], dict[str, Any]]]] = {
    TaskCreatedEvent: (
        lambda event: f"Task {event.task.id}: {one_line(event.task.input, SUMMARY_CHARACTERS)}",
        {"bold": True},
    ),
    MessageCreatedEvent: (_said, {"bold": True}),
    TaskProgressEvent: (lambda event: f"{event.progress:3} %", {}),
    ToolStartedEvent: (lambda event: f"→ {event_call(event.tool_name, event.parameters)}", {"fg": "cyan"}),
    ToolFailedEvent: (
        lambda event: f"✗ {one_line(event.tool_name)}: {visible(event.error)}",
        {"fg": "red"},
    ),
    ApprovalRequiredEvent: (lambda event: f"? {one_line(event.description)}", {"fg": "yellow"}),
    ApprovalResolvedEvent: (_resolved, {"fg": "yellow"}),
    TaskInteractiveEvent: (
        lambda event: f"? {visible(event.question)}" if event.question else None,
        {"fg": "yellow"},
    ),
    FileCreatedEvent: (lambda event: f"+ {one_line(event.path)}", {"fg": "green"}),
    FileModifiedEvent: (lambda event: f"~ {one_line(event.path)}", {"fg": "green"}),
    FileDeletedEvent: (lambda event: f"- {one_line(event.path)}", {"fg": "green"}),
    TaskSpawnedEvent: (lambda event: f"A subtask begins: {one_line(event.child_task_id)}", {}),
    TaskCheckedEvent: (_checked, {}),
    TaskRetryingEvent: (
        lambda event: f"The model is asked again in {event.delay:.0f} s: {visible(event.error.message)}",
        {"fg": "yellow"},
    ),
    TaskResumableEvent: (_resumable, {"fg": "yellow"}),
    TaskResumedEvent: (lambda _: "The task continues", {}),
    TaskCompletedEvent: (lambda event: f"✓ {visible(event.result.summary)}", {"fg": "green"}),
    TaskFailedEvent: (
        lambda event: f"✗ {one_line(event.error.code)}: {visible(event.error.message)}",
        {"fg": "red"},
    ),
    TaskCancelledEvent: (lambda _: "✗ The task was cancelled", {"fg": "red"}),
}
"""What a person is told of an event, and in which style. Of the others they are told nothing."""
