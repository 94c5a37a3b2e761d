"""S2's events with their positional arguments, translated from the events of this server.

Source: S2, "Events".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import orjson

from roocode_server.handlers.dialects.extension.messages import PartialMessages, complete_message
from roocode_server.models.event import StoredEvent
from roocode_server.models.message import SAID_BY_A_PERSON
from roocode_server.models.mode import ModeSwitched
from roocode_server.models.session import SessionUpdatedEvent
from roocode_server.models.task import (
    CallFailure,
    CallWritten,
    InterruptedBy,
    MessageCreated,
    MessageDelta,
    MessageDiscarded,
    TaskActive,
    TaskAnswered,
    TaskCancelled,
    TaskCompleted,
    TaskCreatedEvent,
    TaskFailed,
    TaskFocused,
    TaskIdle,
    TaskInteractive,
    TaskPaused,
    TaskResumable,
    TaskResumed,
    TaskSpawned,
    TaskStarted,
    TaskUnfocused,
    TaskUnpaused,
    ToolFailed,
    ToolOutput,
)
from roocode_server.models.usage import UsageUpdated

Content = dict[str, Any]
Said = list[list[Any]]

FORM: Final = "extension"
CUT_OFF_FAILURES: Final = frozenset({CallFailure.INTERRUPTED, CallFailure.CANCELLED, CallFailure.ABANDONED})
TASK_ENDS: Final = frozenset(
    ended.name for ended in (TaskCompleted, TaskFailed, TaskCancelled, TaskResumable)
)


class ExtensionEventStream:
    """Translates events for one client. Only messages being written need to know what was sent before."""

    def __init__(self) -> None:
        self._drafts = PartialMessages()

    def render(self, stored: StoredEvent) -> Sequence[bytes]:
        """The event in S2's words, each a JSON list; nothing if S2 does not know it."""
        if stored.type == MessageDelta.name:
            return _encoded(self._drafts.write(orjson.loads(stored.body)))
        if stored.type == CallWritten.name:
            return _encoded(self._drafts.write_call(orjson.loads(stored.body)))
        if stored.type == ToolOutput.name:
            return self._printed(orjson.loads(stored.body))
        if stored.type == MessageDiscarded.name:
            return _encoded(self._drafts.discard(orjson.loads(stored.body)["messageId"]))
        if stored.type == MessageCreated.name:
            return self._complete(stored)
        if stored.type in TASK_ENDS:
            return [*_encoded(self._drafts.end(stored.task_id)), *_shared(stored)]
        return _shared(stored)

    def _printed(self, content: Content) -> Sequence[bytes]:
        """A command's output extends its message; a direct call has none."""
        if content.get("messageId") is None:
            return ()
        return _encoded(self._drafts.write(content | {"say": "command_output"}))

    def _complete(self, stored: StoredEvent) -> Sequence[bytes]:
        if self._drafts.is_empty:
            return _shared(stored)
        content = orjson.loads(stored.body)
        return _encoded(_message(content, self._drafts.complete(content["message"])))


def _shared(stored: StoredEvent) -> Sequence[bytes]:
    """The translation that is the same for every client: made once and kept with the event."""
    words = WORDS.get(stored.type)
    if words is None:
        return ()
    made = stored.frames.get(FORM)
    if made is None:
        # JSON has no line end of its own, so lines keep the lists apart.
        stored.frames[FORM] = made = b"\n".join(_encoded(words(orjson.loads(stored.body))))
    return made.split(b"\n") if made else ()


def _encoded(said: Said) -> list[bytes]:
    return [orjson.dumps(each) for each in said]


def _of_task(*names: str) -> Callable[[Content], Said]:
    """Events whose only argument is the task."""
    return lambda content: [[name, content["taskId"]] for name in names]


def _message(content: Content, action: str = "created") -> Said:
    is_from_a_person = content["message"].get("say") == SAID_BY_A_PERSON
    told = [["taskUserMessage", content["taskId"]]] if is_from_a_person else []
    return [complete_message(content, action), *told]


def _completed(content: Content) -> Said:
    """A task that completes waits for the next one; a subtask returns to its parent."""
    task_id, is_subtask = content["taskId"], content["isSubtask"]
    options = {"isSubtask": is_subtask}
    told = ["taskCompleted", task_id, _usage(content), content["toolUsage"], options]
    return [told] if is_subtask else [told, ["taskIdle", task_id]]


def _usage(content: Content) -> Content:
    """Return S2's `TokenUsage`, which does not count requests."""
    return {name: count for name, count in content["usage"].items() if name != "totalRequests"}


def _resumable(content: Content) -> Said:
    """A person who stops a task has aborted it, as S2's `cancelCurrentTask` does; it can be resumed."""
    is_stopped = content.get("interruptedBy") == InterruptedBy.PERSON
    names = ["taskAborted", "taskResumable"] if is_stopped else ["taskResumable"]
    return [[name, content["taskId"]] for name in names]


def _spawned(content: Content) -> Said:
    parent, child = content["taskId"], content["childTaskId"]
    return [["taskSpawned", parent, child], ["taskDelegated", parent, child]]


def _unpaused(content: Content) -> Said:
    parent, child = content["taskId"], content["childTaskId"]
    done = [["taskDelegationCompleted", parent, child, content["result"]]] if content["success"] else []
    return [*done, ["taskUnpaused", parent], ["taskDelegationResumed", parent, child]]


def _tool_failed(content: Content) -> Said:
    """S2 knows only the calls of tasks. If a call is cut short, the event of its task says so."""
    if "taskId" not in content or content.get("code") in CUT_OFF_FAILURES:
        return []
    return [["taskToolFailed", content["taskId"], content["toolName"], content["error"]]]


def _mode_switched(content: Content) -> Said:
    return [["taskModeSwitched", content["taskId"], content["mode"]], ["modeChanged", content["mode"]]]


def _session_updated(content: Content) -> Said:
    if "config.mode" not in content["changed"]:
        return []
    return [["modeChanged", content["session"]["config"]["mode"]]]


WORDS: Final[dict[str, Callable[[Content], Said]]] = {
    TaskCreatedEvent.name: _of_task("taskCreated"),
    TaskStarted.name: _of_task("taskStarted"),
    TaskCompleted.name: _completed,
    TaskFailed.name: _of_task("taskAborted"),
    TaskCancelled.name: _of_task("taskAborted"),
    TaskFocused.name: _of_task("taskFocused"),
    TaskUnfocused.name: _of_task("taskUnfocused"),
    TaskActive.name: _of_task("taskActive"),
    TaskResumed.name: lambda content: [] if content.get("isPaused") else [["taskActive", content["taskId"]]],
    TaskInteractive.name: _of_task("taskInteractive"),
    TaskResumable.name: _resumable,
    TaskIdle.name: _of_task("taskIdle"),
    TaskPaused.name: _of_task("taskPaused"),
    TaskUnpaused.name: _unpaused,
    TaskSpawned.name: _spawned,
    MessageCreated.name: _message,
    ModeSwitched.name: _mode_switched,
    TaskAnswered.name: _of_task("taskAskResponded"),
    ToolFailed.name: _tool_failed,
    UsageUpdated.name: lambda content: [
        ["taskTokenUsageUpdated", content["taskId"], _usage(content), content["toolUsage"]]
    ],
    SessionUpdatedEvent.name: _session_updated,
}
"""How each event is translated to S2; others are left out."""
