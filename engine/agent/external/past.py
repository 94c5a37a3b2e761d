"""What an external agent is told of what was said before, and which session of its own it can load."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from roocode_server.models.conversation import Turn, TurnRole
from roocode_server.models.identifier import TaskId

PROTOCOL: Final = "acp"
MOST_TOLD_CHARACTERS: Final = 100_000
"""How much of an earlier conversation an agent is told that does not remember it: its end."""
AGAIN: Final = (
    "You were interrupted in the middle of this task and begin anew in the same workspace. Look at what is "
    "done already, and go on. The task:\n\n"
)
GO_ON: Final = "You were interrupted before you had answered. Look at what is done already, and go on:\n\n"
FORGOTTEN: Final = (
    "You begin anew in the same workspace and do not remember what was said before, so it is repeated here. "
    "The files are as they were left."
)
SPEAKERS: Final = {TurnRole.USER: "The person said", TurnRole.ASSISTANT: "You said"}


@dataclass(frozen=True, slots=True)
class AgentSession:
    """An agent's own session for a task, as an answer keeps it so that a later turn can load it."""

    session_id: str
    task_id: TaskId
    command: Sequence[str]
    cost: float
    """What the agent has said that the session cost, in US dollars."""

    def dump(self) -> dict[str, Any]:
        """Return it as the continuation of an answer."""
        content = {
            "sessionId": self.session_id,
            "taskId": self.task_id,
            "command": list(self.command),
            "cost": self.cost,
        }
        return {"provider": PROTOCOL, "content": content}


class Past:
    """The conversation up to the agent's last answer, and what was said since."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        answered = [place for place, turn in enumerate(turns) if turn.role is TurnRole.ASSISTANT]
        end = answered[-1] + 1 if answered else 0
        self._before = turns[:end]
        self._since = [turn for turn in turns[end:] if turn.role is TurnRole.USER]

    def session_of(self, task_id: TaskId, command: Sequence[str]) -> AgentSession | None:
        """Return the agent's own session for this task, if the same program had one; otherwise None."""
        kept = self._before[-1].continuation if self._before else None
        if kept is None or kept.get("provider") != PROTOCOL:
            return None
        content = kept["content"]
        if (content["taskId"], content["command"]) != (task_id, list(command)):
            return None
        return AgentSession(content["sessionId"], task_id, command, content["cost"])

    def prompt(self, *, is_begun: bool, is_known: bool) -> str:
        """Return what the agent is told now.

        `is_begun`: the turn has begun just now, and was not interrupted. `is_known`: the agent remembers what
        was said before.
        """
        now = "\n\n".join(turn.text for turn in self._since)
        if not self._before:
            return now if is_begun else AGAIN + now
        if not is_begun:
            now = GO_ON + now
        return now if is_known else f"{FORGOTTEN}\n\n{self._told()}\n\nNow:\n{now}"

    def _told(self) -> str:
        said = [f"{SPEAKERS[turn.role]}:\n{turn.text}" for turn in self._before if turn.role in SPEAKERS]
        return "\n\n".join(said)[-MOST_TOLD_CHARACTERS:]

    @property
    def images(self) -> list[str]:
        """The images of what was said since."""
        return [image for turn in self._since for image in turn.images]
