"""Condensing: when a conversation nears the model's context window, it continues from a summary.

Nothing stored is lost: the summary is stored as a turn, and models are shown the last summary and what
follows.
"""

from __future__ import annotations

from typing import Final

import orjson

from roocode_server.engine.agent.model_client import ModelClient
from roocode_server.engine.agent.store.transcript import shown
from roocode_server.engine.agent.task_context import TaskContext
from roocode_server.engine.providers.provider import ProviderFailure
from roocode_server.models.conversation import Turn, TurnRole
from roocode_server.models.task import TaskCondensed

SYSTEM: Final = "You summarise the work of an agent, so that it can continue without the conversation."
REQUEST: Final = (
    "Sum up this conversation for yourself, who goes on with the task. Say, in this order: what the person "
    "wants, in their own words where they matter; what has been found out; what has been done, with the "
    "paths of the files and what changed in them; what went wrong and how it was solved; what is left; and "
    "what the very next step is. Leave nothing out that would have to be found out again."
)
CHARACTERS_A_TOKEN: Final = 4


class Condenser:
    """Condenses the conversation of one task."""

    def __init__(self, work: TaskContext, model: ModelClient) -> None:
        self._work = work
        self._model = model

    @property
    def is_due(self) -> bool:
        """Whether the last request used `condense_percent` of the model's context window."""
        window = self._model.facts.context_window
        percent = self._work.services.settings.condense_percent
        return self._work.task.usage.context_tokens * 100 >= window * percent

    async def condense(self) -> None:
        """Store a summary to continue from; if the conversation is too long to summarise, its last turns
        instead.

        Raises: ProviderFailure, if the model cannot be asked at all.
        """
        before = self._work.task.usage.context_tokens
        try:
            text, kind = await self._summary(), "condense_context"
        except ProviderFailure as failure:
            if failure.code != "CONTEXT_OVERFLOW":
                raise
            text, kind = self._tail(), "sliding_window_truncation"
        turn = Turn(role=TurnRole.USER, text=f"{self._heading()}\n\n{text}", is_summary=True)
        told = orjson.dumps({"summary": text, "prevContextTokens": before}).decode()
        usage = self._work.usage_with(context_tokens=len(turn.text) // CHARACTERS_A_TOKEN)
        await self._work.append(
            turn,
            TaskCondensed(summary=text, tokens_before=before),
            in_same_transaction=self._work.writing(say=kind, text=told),
            usage=usage,
        )

    async def _summary(self) -> str:
        turns = [*shown(self._work.conversation.turns), Turn(role=TurnRole.USER, text=REQUEST)]
        reply = await self._model.complete(SYSTEM, turns)
        if not reply.text("text").strip():
            raise ProviderFailure("CONTEXT_OVERFLOW", "The model returned no summary")
        return reply.text("text")

    def _heading(self) -> str:
        return f"The task, in the person's words:\n{self._work.task.input}\n\nWhat came of it so far:"

    def _tail(self) -> str:
        """Return the last turns as text, up to a quarter of the model's context window."""
        room = self._model.facts.context_window * CHARACTERS_A_TOKEN // 4
        kept: list[str] = []
        for turn in reversed(self._work.conversation.turns):
            said = f"[{turn.role}] {turn.text}" + "".join(
                f"\n[calls {each.tool_name}]" for each in turn.calls
            )
            room -= len(said)
            if room < 0:
                break
            kept.append(said)
        left_out = "(What came before is left out: it was too long for the model.)"
        return "\n".join([left_out, *reversed(kept)])
