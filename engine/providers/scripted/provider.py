"""The `scripted` provider: a playbook in the place of a language model.

It keeps no state between requests.
"""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Final

from roocode_server.engine.providers.provider import (
    ModelEvent,
    ModelRequest,
    ProviderFailure,
    TextDelta,
    Usage,
)
from roocode_server.engine.providers.scripted.answer import Speech, answer
from roocode_server.engine.providers.scripted.files import load
from roocode_server.engine.providers.scripted.playbook import Playbook
from roocode_server.engine.providers.scripted.progress import task_input

SHIPPED: Final = Path(__file__).with_name("playbooks")
DEFAULT_PLAYBOOK: Final = "survey"
ANY_PLAYBOOK: Final = ("auto", "")
MOST_STREAMED_PIECES: Final = 200
WORDS_A_PIECE: Final = 4

_WORDS: Final = re.compile(r"\w+")
_WITH_SPACE_AFTER: Final = re.compile(r"\S+\s*|\s+")


class ScriptedProvider:
    """Plays the built-in playbooks and those of `folders`; a later folder's playbook replaces one with the
    same name.
    """

    name: ClassVar[str] = "scripted"

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        """Raises: PlaybookInvalid, with all mistakes in all files."""
        own = load(folders)
        shipped = {name: playbook for name, playbook in _shipped().items() if name not in own}
        self.playbooks: Mapping[str, Playbook] = {**own, **shipped}

    def knows(self, model: str) -> bool:
        """Whether there is a playbook with this name, or it is chosen by the task's text."""
        return model in ANY_PLAYBOOK or model in self.playbooks

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """Stream the playbook's next answer. `request.model` names the playbook; `auto` chooses by the task's
        text.

        Raises: ProviderFailure: MODEL_UNKNOWN, PLAYBOOK_STEP_FAILED, PLAYBOOK_INVALID.
        """
        given = answer(self._playbook(request), request.turns)
        for said in given.said:
            async for piece in _spoken(said):
                yield piece
        for call in given.calls:
            yield call
        yield Usage(tokens_in=0, tokens_out=0)

    def _playbook(self, request: ModelRequest) -> Playbook:
        if request.model in ANY_PLAYBOOK:
            return self._fitting(task_input(request.turns))
        if request.model not in self.playbooks:
            known = ", ".join(["auto", *sorted(self.playbooks)])
            raise ProviderFailure(
                "MODEL_UNKNOWN", f"There is no playbook with this name. The playbooks are: {known}."
            )
        return self.playbooks[request.model]

    def _fitting(self, text: str) -> Playbook:
        """Return the first playbook with a phrase that occurs in the text, as whole words, ignoring case."""
        words = _words(text)
        fitting = (
            playbook
            for playbook in self.playbooks.values()
            if any(_words(phrase) in words for phrase in playbook.match)
        )
        return next(fitting, self.playbooks[DEFAULT_PLAYBOOK])


@functools.cache
def _shipped() -> Mapping[str, Playbook]:
    """The built-in playbooks, which are read once a process."""
    return load([SHIPPED])


def _words(text: str) -> str:
    return f" {' '.join(_WORDS.findall(text.casefold()))} "


async def _spoken(said: Speech) -> AsyncIterator[TextDelta]:
    for position, piece in enumerate(_pieces(said.text)):
        if position and said.pace_ms:
            await asyncio.sleep(said.pace_ms / 1000)
        yield TextDelta(text=piece)


def _pieces(text: str) -> Iterator[str]:
    """Yield groups of a few words, larger ones if there would be more than `MOST_STREAMED_PIECES`."""
    words = _WITH_SPACE_AFTER.findall(text)
    size = max(WORDS_A_PIECE, -(-len(words) // MOST_STREAMED_PIECES))
    for start in range(0, len(words), size):
        yield "".join(words[start : start + size])
