"""The engine's own time for a step, from the model's answer to the next request, with many tasks at once.

The model is a stand-in that calls the cheapest tool after the time that a quick model takes, so nearly all of
a step is the engine: storing the answer, the call and its result, emitting their events, and building the
next request. The figure is the median over all steps of all tasks.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import ClassVar, Final

from bench.figure import OURS, Figure
from roocode_server.engine.engine import Engine, open_engine
from roocode_server.engine.providers.provider import CallRequested, ModelEvent, ModelRequest, Stopped, Usage
from roocode_server.models.session import SessionCreate
from roocode_server.models.settings import Settings
from roocode_server.models.task import FINAL, TaskCreate, TaskStatus
from roocode_server.models.user import Caller

TASKS: Final = 50
STEPS: Final = 30
THINKING_S: Final = (0.5, 1.5)
"""The range of times that an answer takes, as of a quick model."""
SEED: Final = 1
TARGET_MS: Final = 10.0


class Model:
    """The stand-in for a model: it records when its answers end and when the next request of the same task
    arrives.
    """

    name: ClassVar[str] = "bench"

    def __init__(self) -> None:
        self.taken_ms: list[float] = []
        self.completed: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._ended: dict[str, float] = {}
        self._random = random.Random(SEED)

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """One call of the cheapest tool, or the end after `STEPS` of them."""
        task = request.turns[0].text
        if task in self._ended:
            self.taken_ms.append((time.perf_counter() - self._ended[task]) * 1000)
        done = len(request.turns) // 2
        await asyncio.sleep(self._random.uniform(*THINKING_S))
        tool, arguments = "fetch_instructions", {"task": "create_mode"}
        if done >= STEPS:
            tool, arguments = "attempt_completion", {"result": "done"}
            self.completed[task].set()
        yield CallRequested(call_id=f"call-{done}", tool_name=tool, arguments=arguments)
        yield Usage(tokens_in=1000, tokens_out=10)
        yield Stopped(reason="calls")
        self._ended[task] = time.perf_counter()


async def run(rounds: int) -> AsyncIterator[Figure]:
    """Return the median milliseconds of a step."""
    reached: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="roocode-bench-") as folder:
            reached[OURS].append(statistics.median(await _steps(folder)))
    is_met = statistics.median(reached[OURS]) < TARGET_MS
    yield Figure(
        name=f"steps (target < {TARGET_MS:.0f} ms: {'met' if is_met else 'MISSED'})",
        unit="ms",
        rounds=reached,
    )


async def _steps(folder: str) -> list[float]:
    settings = Settings.load_plain(
        {
            "server": {"data_dir": folder},
            "agent": {"concurrent_tasks": TASKS, "repetition_limit": 0},  # every call is the same one
        }
    )
    model = Model()
    engine = await open_engine(settings, more_providers=[model])
    try:
        await asyncio.gather(*(_task(engine, model, number) for number in range(TASKS)))
    finally:
        await engine.close()
    return model.taken_ms


async def _task(engine: Engine, model: Model, number: int) -> None:
    """Run one task from start to end, in a session of its own."""
    caller = Caller.of(await engine.accounts.open_identity(), request_id="bench", base_url="http://bench")
    wanted = SessionCreate.load({"config": {"provider": Model.name, "model": "any"}})
    session = await engine.sessions.create(caller, wanted)
    request = TaskCreate.load({"sessionId": session.id, "input": f"task {number}"})
    task = await engine.tasks.create(request)
    await model.completed[request.input].wait()
    while task.status not in FINAL:
        await asyncio.sleep(0.1)
        task = await engine.tasks.get(session.id, task.id)
    assert task.status is TaskStatus.COMPLETED, task.error
