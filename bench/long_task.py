"""One long task: the cost of a step at its end, compared with one at its beginning.

The model is a stand-in with OpenAI's protocol, in a separate process, that answers every request with the
cheapest call; so the engine, the provider and the vendor's library do all that they do for a real one. A step
lasts from one request to the next, and its cost is this process's CPU time. Other programs on the machine
increase that, too. So before each step a fixed piece of work is timed as a yardstick, and the costs are
scaled as if it had always taken as long as at the first steps. The figure is the ratio of the medians of the
last and of the first steps.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Final

from bench.figure import OURS, Figure, Target
from roocode_server.engine.engine import open_engine
from roocode_server.engine.providers.openai import OpenAIProvider
from roocode_server.engine.providers.provider import Endpoint, ModelEvent, ModelRequest
from roocode_server.models.session import SessionCreate
from roocode_server.models.settings import Settings, WireProtocol
from roocode_server.models.task import FINAL, Activity, TaskCreate, TaskStatus
from roocode_server.models.user import Caller

STEPS: Final = 1000
SAMPLE: Final = 100
"""The number of steps at either end of which the median is taken."""
WARM_UP: Final = 10
"""The number of steps ignored at the beginning, which include imports at first use."""
MOST: Final = 1.5
FIRST: Final = "its first steps"
SERVER: Final = Path(__file__).with_name("answering.py")


FIRST_STEPS: Final = slice(WARM_UP, WARM_UP + SAMPLE)
LAST_STEPS: Final = slice(-SAMPLE, None)
YARDSTICK: Final = [{"role": "user", "content": [{"type": "text", "text": f"{n} " * 20}]} for n in range(100)]
"""What the yardstick writes and reads as JSON: like a step, this creates many small objects."""


@dataclass(frozen=True, slots=True)
class Prices:
    """The CPU milliseconds of each step and of the yardstick before it, in order."""

    steps_ms: Sequence[float]
    yardsticks_ms: Sequence[float]

    @property
    def first_ms(self) -> float:
        return statistics.median(self.steps_ms[FIRST_STEPS])

    @property
    def last_ms(self) -> float:
        """The costs, scaled to the machine's speed at the first steps."""
        speed = statistics.median(self.yardsticks_ms[LAST_STEPS]) / statistics.median(
            self.yardsticks_ms[FIRST_STEPS]
        )
        return statistics.median(self.steps_ms[LAST_STEPS]) / speed


class Timed(OpenAIProvider):
    """A provider that records this process's CPU time around a yardstick at each request."""

    name: ClassVar[str] = "timed"

    def __init__(self, url: str) -> None:
        super().__init__(WireProtocol.CHAT)
        self._url = url
        self.asked_at: list[float] = []
        self.went_on_at: list[float] = []

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        self.asked_at.append(time.process_time())
        json.loads(json.dumps(YARDSTICK))
        self.went_on_at.append(time.process_time())
        async for piece in super().stream(replace(request, endpoint=Endpoint(base_url=self._url))):
            yield piece


async def run(rounds: int) -> AsyncIterator[Figure]:
    """Return the median cost of the last steps and of the first, in each round."""
    measured = [await prices() for _ in range(rounds)]
    yield Figure(
        name=f"a step at the end of a task of {STEPS:,}",
        unit="ms",
        rounds={OURS: [each.last_ms for each in measured], FIRST: [each.first_ms for each in measured]},
        is_price=True,
        target=Target(peer=FIRST, ratio=MOST),
    )


async def prices(steps: int = STEPS) -> Prices:
    """Return the cost of each step of a task with this many."""
    with tempfile.TemporaryDirectory(prefix="roocode-bench-") as folder:
        async with _model(steps) as url:
            return await _worked(folder, url, steps)


@contextlib.asynccontextmanager
async def _model(steps: int) -> AsyncIterator[str]:
    """Run the stand-in while the block runs; yields its address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(SERVER), str(steps), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield (await process.stdout.readline()).decode().strip()
    finally:
        process.kill()
        await process.wait()


async def _worked(folder: str, url: str, steps: int) -> Prices:
    settings = Settings.load_plain(
        {
            "server": {"data_dir": folder},
            "agent": {"max_iterations": steps + 1, "repetition_limit": 0},  # every call is the same one
        }
    )
    provider = Timed(url)
    engine = await open_engine(settings, more_providers=[provider])
    try:
        caller = Caller.of(await engine.accounts.open_identity(), request_id="bench", base_url="http://bench")
        wanted = SessionCreate.load({"config": {"provider": provider.name, "model": "any"}})
        session = await engine.sessions.create(caller, wanted)
        task = await engine.tasks.create(TaskCreate.load({"sessionId": session.id, "input": "work"}))
        while task.status not in FINAL:
            assert task.activity is not Activity.INTERACTIVE, "it asks somebody, and nobody is there"
            await asyncio.sleep(0.2)
            task = await engine.tasks.get(session.id, task.id)
    finally:
        await engine.close()
    assert task.status is TaskStatus.COMPLETED, task.error
    asked_at, went_on_at = provider.asked_at, provider.went_on_at
    return Prices(_passed_ms(went_on_at[:-1], asked_at[1:]), _passed_ms(asked_at, went_on_at))


def _passed_ms(begun: Sequence[float], ended: Sequence[float]) -> Sequence[float]:
    return [1000 * (end - begin) for begin, end in zip(begun, ended, strict=True)]
