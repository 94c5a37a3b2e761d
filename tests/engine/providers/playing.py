"""Plays playbooks as the agent does: asks the provider, answers its calls, and keeps the turns."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from roocode_server.engine.providers.provider import CallRequested, ModelRequest, TextDelta
from roocode_server.engine.providers.scripted.playbook import COMPLETION
from roocode_server.engine.providers.scripted.provider import ScriptedProvider
from roocode_server.models.conversation import ToolCall, Turn, TurnRole
from roocode_server.models.identifier import CallId

Outcome = Callable[[ToolCall], Turn]


def answered(
    call: ToolCall, text: str = "done", *, success: bool = True, exit_code: int | None = None
) -> Turn:
    return Turn(role=TurnRole.TOOL, text=text, call_id=call.id, success=success, exit_code=exit_code)


def interrupted(call: ToolCall) -> Turn:
    return Turn(role=TurnRole.TOOL, text="unknown", call_id=call.id, success=False, interrupted=True)


def said(text: str) -> Turn:
    return Turn(role=TurnRole.USER, text=text)


async def ask(provider: ScriptedProvider, model: str, turns: Sequence[Turn]) -> Turn:
    """The provider's answer as a turn."""
    request = ModelRequest(model=model, system="", turns=turns, tools=())
    text: list[str] = []
    calls: list[ToolCall] = []
    async for event in provider.stream(request):
        match event:
            case TextDelta():
                text.append(event.text)
            case CallRequested():
                calls.append(
                    ToolCall(
                        id=CallId(event.call_id), tool_name=event.tool_name, arguments=dict(event.arguments)
                    )
                )
    return Turn(role=TurnRole.ASSISTANT, text="".join(text), calls=calls)


@dataclass
class Play:
    """One conversation with a playbook; `outcome` makes the answer to a call."""

    provider: ScriptedProvider
    model: str
    turns: list[Turn] = field(default_factory=lambda: [said("the task")])

    async def next(self, *outcomes: Turn | Outcome) -> Turn:
        """Ask once, answer its calls (each well unless `outcomes` say otherwise), and return what it said."""
        reply = await ask(self.provider, self.model, self.turns)
        self.turns.append(reply)
        for position, call in enumerate(reply.calls):
            outcome = outcomes[position] if position < len(outcomes) else answered
            self.turns.append(outcome if isinstance(outcome, Turn) else outcome(call))
        return reply

    async def to_the_end(self, perform: Callable[[ToolCall], Awaitable[Turn]]) -> str:
        """Play until the completion; its result."""
        while True:
            for call in self.unanswered:
                self.turns.append(await perform(call))
                if call.tool_name == COMPLETION and self.turns[-1].success:
                    return str(call.arguments["result"])
            self.turns.append(await ask(self.provider, self.model, self.turns))

    @property
    def unanswered(self) -> list[ToolCall]:
        known = {turn.call_id for turn in self.turns}
        return [call for turn in self.turns for call in turn.calls if call.id not in known]

    @property
    def calls(self) -> list[ToolCall]:
        return [call for turn in self.turns for call in turn.calls]

    @property
    def text(self) -> str:
        return "\n".join(turn.text for turn in self.turns if turn.role is TurnRole.ASSISTANT)


def playbook_file(
    folder: Path, steps: Iterable[object], *, name: str = "tried", match: Sequence[str] = ()
) -> Path:
    """Write a playbook into a folder (made if missing)."""
    folder.mkdir(parents=True, exist_ok=True)
    content: dict[str, object] = {"name": name, "description": "A playbook of a test", "steps": list(steps)}
    if match:
        content["match"] = match
    file = folder / f"{name}.yaml"
    file.write_text(json.dumps(content, ensure_ascii=False))
    return file


def play(folder: Path, *steps: object, task: str = "the task", match: Sequence[str] = ()) -> Play:
    """A conversation with a playbook of these steps."""
    playbook_file(folder, steps, match=match)
    return Play(ScriptedProvider([folder]), "tried", [said(task)])
